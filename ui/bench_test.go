package ui_test

import (
	"io/fs"
	"regexp"
	"testing"

	"github.com/bunkerm/bunkerm/ui"
)

// BenchmarkBundle is how large the scripts and styles are that the entry page names, which are those that a browser has
// before it paints anything: as they are, and compressed by the build. It takes no time and belongs to no core.
func BenchmarkBundle(b *testing.B) {
	page, err := fs.ReadFile(ui.Files(), "index.html")
	if err != nil {
		b.Fatal(err)
	}
	var plain, gzip, brotli int64
	for _, found := range regexp.MustCompile(`(?:src|href)="\./(assets/[^"]+)"`).FindAllSubmatch(page, -1) {
		for suffix, sum := range map[string]*int64{"": &plain, ".gz": &gzip, ".br": &brotli} {
			info, err := fs.Stat(ui.Files(), string(found[1])+suffix)
			if err != nil {
				b.Fatal(err)
			}
			*sum += info.Size()
		}
	}
	if plain == 0 {
		b.Fatal("the entry page names no script: `make page` builds it")
	}
	b.ReportMetric(float64(plain)/1000, "KB/plain")
	b.ReportMetric(float64(gzip)/1000, "KB/gzip")
	b.ReportMetric(float64(brotli)/1000, "KB/brotli")
	b.ReportMetric(0, "ns/op")
}
