package packaging_test

import (
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestDockerfileKeepsItsPromises(t *testing.T) {
	dockerfile := read(t, "../Dockerfile")
	stages := regexp.MustCompile(`(?m)^FROM (?:--platform=(\S+) )?(\S+) AS (\S+)$`).FindAllStringSubmatch(dockerfile, -1)
	if len(stages) != strings.Count(dockerfile, "\nFROM ") || stages[len(stages)-1][3] != "bunkerm" {
		t.Fatalf("the stages are %q", stages)
	}
	own := map[string]bool{"scratch": true}
	for _, s := range stages {
		// What runs during a build runs on the machine that builds; what has another platform has no RUN.
		if !own[s[2]] && s[1] != "$BUILDPLATFORM" {
			t.Errorf("the stage %s would run on the platform that is built for", s[3])
		}
		own[s[3]] = true
	}
	_, result, _ := strings.Cut(dockerfile, "\nFROM scratch AS base\n")
	if strings.Contains(result, "\nRUN ") {
		t.Error("something is run in the image, which needs its platform")
	}
	for _, line := range []string{
		`HEALTHCHECK --interval=30s --timeout=6s --start-period=60s --retries=3 CMD ["/usr/bin/bunkerm", "healthcheck"]`,
		"VOLUME /data", "STOPSIGNAL SIGTERM", `ENTRYPOINT ["/usr/bin/bunkerm"]`, "	BUNKERM_ON_EXIT=stop \\", "	BUNKERM_DATA_DIR=/data/bunkerm \\",
	} {
		if !strings.Contains(result, "\n"+line) {
			t.Errorf("the image has no %s", line)
		}
	}
	if !strings.HasSuffix(strings.TrimSpace(result), "\nUSER 1883:1883") {
		t.Error("the image's user is not the ordinary one")
	}
	for _, label := range []string{"title", "description", "source", "licenses", "version"} {
		if !strings.Contains(result, "org.opencontainers.image."+label+"=") {
			t.Errorf("the image has no label %s", label)
		}
	}
	for _, user := range []string{"bunkerm:x:1883:1883:", "mosquitto:x:1884:1884:", "nobody:x:65534:65534:"} {
		if !strings.Contains(read(t, "image/etc/passwd"), user) {
			t.Errorf("the image has no user %s", user)
		}
	}
}

// TestReleaseIsWhatIsBuiltByHand compares what the release builds with what make builds.
func TestReleaseIsWhatIsBuiltByHand(t *testing.T) {
	release, nfpm, makefile := read(t, "../.goreleaser.yaml"), read(t, "nfpm.yaml"), read(t, "../Makefile")
	targets := regexp.MustCompile(`targets: \[(.*)\]`).FindStringSubmatch(release)
	platforms := regexp.MustCompile(`(?m)^PLATFORMS := (.*)$`).FindStringSubmatch(makefile)
	if targets == nil || platforms == nil {
		t.Fatal("the platforms are not where they were")
	}
	want := strings.Fields(strings.ReplaceAll(platforms[1], "/", "_"))
	if got := strings.Split(targets[1], ", "); !slices.Equal(got, want) {
		t.Errorf("the release is built for %q, make cross for %q", got, want)
	}
	if !strings.Contains(release, "-s -w -X main.version=") || !strings.Contains(makefile, "-s -w -X main.version=") {
		t.Error("the release and make package link differently")
	}
	// What stands in nfpm.yaml and says something about the package stands in the release, too.
	for line := range strings.Lines(nfpm) {
		line = strings.TrimSpace(line)
		key, _, _ := strings.Cut(line, ":")
		if line == "" || line[0] == '#' || strings.Contains(line, "${") ||
			slices.Contains([]string{"name", "platform", "version_schema", "depends", "dst", "expand", "mode"}, key) {
			continue
		}
		if !strings.Contains(release, line) {
			t.Errorf(".goreleaser.yaml has no %q", line)
		}
	}
	contents := func(text string) []string {
		return regexp.MustCompile(`dst: (/etc|/usr/lib|/usr/share)\S+`).FindAllString(text, -1)
	}
	if got, want := contents(release), contents(nfpm); len(want) < 4 || !slices.Equal(got, want) {
		t.Errorf("the release's package holds %q, make's %q", got, want)
	}
}

func TestScriptsAreShell(t *testing.T) {
	for _, path := range []string{
		"deb/preinst", "deb/postinst", "deb/prerm", "deb/postrm", "image/unpack", "version", "tagged", "check",
	} {
		if out, err := exec.Command("sh", "-n", path).CombinedOutput(); err != nil {
			t.Errorf("%s: %v %s", path, err, out)
		}
	}
}

func TestTheVersionOfWhatIsBuilt(t *testing.T) {
	version := strings.TrimSpace(read(t, "VERSION"))
	out, err := exec.Command("./version").Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(string(out)); got != version && !strings.HasPrefix(got, version+"-dev") {
		t.Errorf("version says %q, VERSION %q", got, version)
	}
	if err := exec.Command("./tagged", version, "false").Run(); err != nil {
		t.Errorf("a release of the version that is written down: %v", err)
	}
	if err := exec.Command("./tagged", "99.0.0", "false").Run(); err == nil {
		t.Error("a release of another version is made")
	}
}
