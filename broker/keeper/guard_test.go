package keeper_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker/keeper"
)

func TestPutBackTakesTheNewestWholeCopy(t *testing.T) {
	for _, broken := range []string{"", `{"clients":[`} {
		dir := t.TempDir()
		put := func(name, text string) {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		put("d.json", broken)
		put("torn", `{"new`)
		put("whole", `{"ok":1}`)
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		g := keeper.GuardedFile{File: "d.json", Copies: []string{"torn", "whole"}}
		said, err := keeper.PutBack(root, g, -1, -1)
		if err != nil || !strings.Contains(said, "damaged") {
			t.Fatalf("said %q, %v", said, err)
		}
		if data, _ := os.ReadFile(filepath.Join(dir, "d.json")); string(data) != `{"ok":1}` {
			t.Errorf("the file holds %q", data)
		}
		aside, _ := filepath.Glob(filepath.Join(dir, "d.json.broken-*"))
		if len(aside) != 1 {
			t.Fatalf("set aside: %q", aside)
		}
		if data, _ := os.ReadFile(aside[0]); string(data) != broken {
			t.Errorf("set aside is %q", data)
		}
		if said, err := keeper.PutBack(root, g, -1, -1); said != "" || err != nil {
			t.Errorf("a whole file: %q, %v", said, err)
		}
		// A link must not lead to a file of another user.
		os.Remove(filepath.Join(dir, "whole"))
		os.Symlink("/etc/hostname", filepath.Join(dir, "whole"))
		put("d.json", broken)
		if said, err := keeper.PutBack(root, g, -1, -1); said != "" || err != nil {
			t.Errorf("a link as copy: %q, %v", said, err)
		}
	}
}
