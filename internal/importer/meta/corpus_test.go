package meta_test

import (
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"penates/internal/importer/importertest"
	"penates/internal/importer/meta"
)

// counted finds "liked_posts.json=likes_media_likes:103" and "jaybaker/message_1.json=22 msg".
var counted = regexp.MustCompile(`([^,=:]+\.json)=(?:[a-z0-9_]+:)?(\d+)`)

// differences are files that give more documents than the manifest counts elements.
var differences = map[string]struct {
	documents int
	why       string
}{
	"your_off-facebook_activity.json": {1804, "the manifest counts 79 companies; each event that they told Facebook is something that happened"},
}

func TestCorpus(t *testing.T) {
	manifest, ok := importertest.Corpus(t, "MANIFEST.tsv")
	if !ok {
		return
	}
	for _, archive := range [...]string{"takeout/hestia/facebook.zip", "takeout/hestia/instagram.zip"} {
		content, _ := importertest.Corpus(t, archive)
		_, rest, _ := strings.Cut(string(manifest), "\n"+archive+"\t")
		line, _, _ := strings.Cut(rest, "\n")
		want := map[string]int{}
		for _, m := range counted.FindAllStringSubmatch(line, -1) {
			want[strings.TrimSpace(strings.TrimPrefix(m[1], " "))], _ = strconv.Atoi(m[2])
		}
		if len(want) < 7 {
			t.Fatalf("%s: only %d files in the manifest", archive, len(want))
		}
		for name, file := range importertest.Members(t, content) {
			n, listed := want[path.Base(name)]
			if !listed {
				n, listed = want[path.Base(path.Dir(name))+"/"+path.Base(name)]
			}
			for long, count := range want { // "7 files: apps_and_websites.json"
				if strings.HasSuffix(long, " "+path.Base(name)) {
					n, listed = count, true
				}
			}
			if d, ok := differences[path.Base(name)]; ok {
				n = d.documents
			}
			sure := meta.Format.Recognise(importertest.File(name, file).Head)
			c, err := importertest.Read(meta.Format, name, file)
			if !listed || sure < 80 || err != nil || len(c.Refusals) > 0 || c.Repeated > 0 || len(c.Documents) != n {
				t.Errorf("%s: recognised with %d; %d documents, want %d; %d repeated, refused %v, %v", name, sure, len(c.Documents), n, c.Repeated, c.Refusals, err)
				continue
			}
			t.Logf("%s: %d documents, first %s %q", name, n, c.Documents[0].Type, c.Documents[0].Text)
		}
	}
}
