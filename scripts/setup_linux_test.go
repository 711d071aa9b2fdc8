// Package scripts_test runs scripts/setup on a pretended machine: a folder that stands for /, and programs on PATH
// that stand for apt-get, sudo and systemctl and look at what the script has put in place while they run.
//
// It imports nothing of ours.
package scripts_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// tools are the real programs that setup uses. Nothing else is on its PATH, whatever this machine has installed.
var tools = []string{"sh", "cat", "chmod", "flock", "go", "grep", "kill", "mktemp", "mv", "node", "npm", "rm"}

func TestSetup(t *testing.T) {
	script, err := filepath.Abs("setup")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/setup",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			bin := filepath.Join(env.WorkDir, "tools")
			if err := os.Mkdir(bin, 0o700); err != nil {
				return err
			}
			for _, name := range tools {
				path, err := exec.LookPath(name)
				if err != nil {
					return err
				}
				if err := os.Symlink(path, filepath.Join(bin, name)); err != nil {
					return err
				}
			}
			root := filepath.Join(env.WorkDir, "root")
			for _, dir := range []string{"run", "usr/sbin", "lib/systemd/system"} {
				if err := os.MkdirAll(filepath.Join(root, dir), 0o700); err != nil {
					return err
				}
			}
			env.Setenv("BUNKERM_SETUP_ROOT", root)
			env.Setenv("ROOT", root)
			env.Setenv("SETUP", script)
			env.Setenv("PATH", filepath.Join(env.WorkDir, "fake")+":"+bin)
			return nil
		},
		// The archive format knows no file modes.
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"executable": func(ts *testscript.TestScript, _ bool, paths []string) {
				for _, path := range paths {
					ts.Check(os.Chmod(ts.MkAbs(path), 0o755))
				}
			},
		},
	})
}
