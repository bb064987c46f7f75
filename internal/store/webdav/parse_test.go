package webdav

import (
	"strings"
	"testing"
)

const listing = `<?xml version="1.0"?><D:multistatus xmlns:D="DAV:">
<D:response><D:href>/store/</D:href><D:propstat><D:prop><D:resourcetype><D:collection/></D:resourcetype></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>
<D:response><D:href>http://host/store/a%20b</D:href><D:propstat><D:prop><D:resourcetype/><D:getcontentlength>12</D:getcontentlength><D:getlastmodified>Mon, 02 Jan 2006 15:04:05 GMT</D:getlastmodified></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>
<D:propstat><D:prop><D:x/></D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat></D:response>
<D:response><D:href>/store/gone</D:href><D:propstat><D:prop/><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat></D:response>
</D:multistatus>`

func TestParseMembers(t *testing.T) {
	members, err := parseMembers(strings.NewReader(listing))
	if err != nil || len(members) != 2 {
		t.Fatal(members, err)
	}
	if m := members[0]; !m.Folder || m.path != "/store" {
		t.Errorf("%+v", m)
	}
	if m := members[1]; m.Folder || m.path != "/store/a b" || m.Name != "a b" || m.Size != 12 || m.modified.Year() != 2006 {
		t.Errorf("%+v", m)
	}
	for _, bad := range []string{"", "x", "<a/>", listing[:400], strings.Replace(listing, "</D:multistatus>", "", 1)} {
		if _, err := parseMembers(strings.NewReader(bad)); err == nil {
			t.Errorf("%.30q was read", bad)
		}
	}
}

// The example of RFC 7616, section 3.9.1.
func TestDigest(t *testing.T) {
	const realm, nonce, client = "http-auth@example.org", "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
	for algorithm, want := range map[string]string{
		"MD5":     "8ca523f5e9506fed4657c9700eebdbec",
		"SHA-256": "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
	} {
		c, ok := parseChallenge(`Digest realm="` + realm + `", qop="auth, auth-int", algorithm=` + algorithm + `, nonce="` + nonce + `", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`)
		if !ok {
			t.Fatal(algorithm)
		}
		got := c.answer("Mufasa", "Circle of Life", "GET", "/dir/index.html", 1, client)
		if !strings.Contains(got, `response="`+want+`"`) {
			t.Errorf("%s: %s", algorithm, got)
		}
	}
	for _, other := range []string{"", "Basic realm=x", "Digest realm=x", `Digest nonce="x", algorithm=SHA-512-256`} {
		if _, ok := parseChallenge(other); ok {
			t.Errorf("%q is taken for a challenge that can be answered", other)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(listing)
	f.Add(`Digest realm="a \"b\"", nonce=x, qop="auth,auth-int", algorithm=MD5-sess, opaque=""`)
	f.Fuzz(func(t *testing.T, text string) {
		members, err := parseMembers(strings.NewReader(text))
		for _, m := range members {
			if err == nil && (m.Size < 0 || !strings.HasPrefix(m.path, "/")) {
				t.Errorf("%+v", m)
			}
		}
		if c, ok := parseChallenge(text); ok && strings.ContainsAny(c.answer("u", "p", "GET", "/", 1, "c"), "\r\n") != strings.ContainsAny(text, "\r\n") {
			t.Log("lines") // net/http refuses such headers
		}
	})
}
