package release

import (
	"bufio"
	"bytes"
	"slices"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
)

func newReader(text []byte) *bufio.Reader { return bufio.NewReader(bytes.NewReader(text)) }

// TestComposeFile loads compose.yaml as docker compose does: against the schema, with all that is filled in.
func TestComposeFile(t *testing.T) {
	options, err := cli.NewProjectOptions([]string{"../../compose.yaml"}, cli.WithName("bunkerm"))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, err := project.GetService("bunkerm")
	if err != nil {
		t.Fatal(err)
	}
	if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
		t.Errorf("read_only %v, cap_drop %v, security_opt %v", s.ReadOnly, s.CapDrop, s.SecurityOpt)
	}
	published := map[uint32]string{}
	for _, p := range s.Ports {
		published[p.Target] = p.HostIP + ":" + p.Published
	}
	if published[2000] != "127.0.0.1:2000" || published[1883] != ":1883" || len(published) != 2 {
		t.Errorf("published are %v", published)
	}
	if len(s.Volumes) != 1 || s.Volumes[0].Target != "/data" || s.HealthCheck == nil || s.StopGracePeriod == nil {
		t.Errorf("volumes %v, health check %v, stop grace period %v", s.Volumes, s.HealthCheck, s.StopGracePeriod)
	}
}
