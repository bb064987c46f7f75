package walk

import (
	"bytes"
	"encoding/binary"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// The media types of the archives that are looked into.
const (
	zipType  = "application/zip"
	gzipType = "application/gzip"
	bzipType = "application/x-bzip2"
	xzType   = "application/x-xz"
	zstdType = "application/zstd"
	tarType  = "application/x-tar"
)

// archiveKind returns the media type of the archive that begins as head, or ""
// for all else. Documents that are zips inside (office files, e-books, apps) are
// one file to people, and no archive.
func archiveKind(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		if packageType(head) == "" {
			return zipType
		}
	case bytes.HasPrefix(head, []byte("PK\x05\x06")): // a zip without members
		return zipType
	case bytes.HasPrefix(head, []byte("\x1f\x8b\x08")):
		return gzipType
	case len(head) > 10 && bytes.HasPrefix(head, []byte("BZh")) && string(head[4:10]) == "1AY&SY":
		return bzipType
	case bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")):
		return xzType
	case bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")):
		return zstdType
	case isTar(head):
		return tarType
	}
	return ""
}

// isTar reports that head begins with a tar header whose checksum is right,
// which no other file has by chance; the older forms have no other mark.
func isTar(head []byte) bool {
	const block, at, width = 512, 148, 8
	if len(head) < block || head[0] == 0 {
		return false
	}
	field := strings.Trim(string(head[at:at+width]), " \x00")
	want, err := strconv.ParseInt(field, 8, 64)
	if err != nil {
		return false
	}
	var unsigned, signed int64
	for i, c := range head[:block] {
		if i >= at && i < at+width {
			c = ' '
		}
		unsigned += int64(c)
		signed += int64(int8(c))
	}
	return want == unsigned || want == signed
}

// Mime returns the media type of a file by its content, and by its name only
// where different types of text look alike.
func Mime(name string, head []byte) string {
	if t := signature(head); t != "" {
		return t
	}
	if kind := archiveKind(head); kind != "" {
		return kind
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return packageType(head)
	}
	t := http.DetectContentType(head)
	if kind, _, _ := strings.Cut(t, ";"); kind == "text/plain" || kind == "text/xml" {
		return textType(name, head, t)
	}
	return t
}

// signatures that the standard library does not know.
var signatures = []struct {
	at   int
	mark string
	mime string
}{
	{0, "SQLite format 3\x00", "application/vnd.sqlite3"},
	{0, "7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"},
	{0, "\xfd7zXZ\x00", "application/x-xz"},
	{0, "BZh", "application/x-bzip2"},
	{0, "\x28\xb5\x2f\xfd", "application/zstd"},
	{0, "II*\x00", "image/tiff"},
	{0, "MM\x00*", "image/tiff"},
	{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"},
	{0, "{\\rtf", "application/rtf"},
	{8, ".FIT", "application/vnd.ant.fit"},
	{4, "ftypheic", "image/heic"},
	{4, "ftypheix", "image/heic"},
	{4, "ftypmif1", "image/heif"},
	{4, "ftypmsf1", "image/heif"},
	{4, "ftypavif", "image/avif"},
	{4, "ftypqt  ", "video/quicktime"},
	{4, "ftypM4A ", "audio/mp4"},
	{4, "ftyp3gp", "video/3gpp"},
	{0, "fLaC", "audio/flac"},
	{0, "OggS", "audio/ogg"},
	{0, "#!AMR", "audio/amr"},
	{0, "-----BEGIN PGP MESSAGE", "application/pgp-encrypted"},
	{0, "-----BEGIN ", "application/x-pem-file"},
	{0, "BEGIN:VCARD", "text/vcard"},
	{0, "BEGIN:VCALENDAR", "text/calendar"},
}

func signature(head []byte) string {
	for _, s := range signatures {
		if len(head) >= s.at+len(s.mark) && string(head[s.at:s.at+len(s.mark)]) == s.mark {
			return s.mime
		}
	}
	return ""
}

// textType tells kinds of text apart.
func textType(name string, head []byte, fallback string) string {
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	ext := strings.ToLower(path.Ext(name))
	switch {
	case bytes.HasPrefix(text, []byte("<?xml")) || strings.HasPrefix(fallback, "text/xml"):
		if bytes.Contains(head[:min(len(head), 1024)], []byte("<svg")) {
			return "image/svg+xml"
		}
		return "application/xml"
	case bytes.HasPrefix(text, []byte("<svg")):
		return "image/svg+xml"
	case len(text) > 0 && (text[0] == '{' || text[0] == '[') && ext != ".md" && ext != ".txt":
		return "application/json"
	case ext == ".csv":
		return "text/csv"
	case ext == ".tsv":
		return "text/tab-separated-values"
	case ext == ".md" || ext == ".markdown":
		return "text/markdown"
	case ext == ".eml":
		return "message/rfc822"
	}
	return fallback
}

// packages tells documents that are zips by a member which they all have.
var packages = []struct{ member, mime string }{
	{"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
	{"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
	{"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
	{"AndroidManifest.xml", "application/vnd.android.package-archive"},
	{"META-INF/MANIFEST.MF", "application/java-archive"},
	{"doc.kml", "application/vnd.google-earth.kmz"},
	{"Index/Document.iwa", "application/vnd.apple.pages"},
	{"[Content_Types].xml", "application/octet-stream"},
	{"_rels/.rels", "application/octet-stream"},
}

// packageType returns the media type of a zip that people call a document, or "".
func packageType(head []byte) string {
	found, office := "", false
	for i, name := range localNames(head) {
		if i == 0 && name.name == "mimetype" {
			// ODF 1.3 part 2, 3.3 and EPUB 3.3, 4.2: stored first and not compressed.
			if t, _, err := mime.ParseMediaType(string(name.content)); err == nil {
				return t
			}
		}
		for _, p := range packages {
			if name.name != p.member && !(strings.HasSuffix(p.member, "/") && strings.HasPrefix(name.name, p.member)) {
				continue
			}
			switch {
			case p.mime == "application/octet-stream":
				office = true
			case strings.HasSuffix(p.member, "/"):
				found = p.mime
			default:
				return p.mime
			}
		}
	}
	if !office {
		return "" // an ordinary archive may have a folder named word
	}
	if found != "" {
		return found
	}
	return "application/octet-stream"
}

type localName struct {
	name    string
	content []byte // when stored and within the head
}

// localNames lists the members whose headers are in head.
func localNames(head []byte) (names []localName) {
	for {
		i := bytes.Index(head, []byte("PK\x03\x04"))
		if i < 0 || len(head) < i+30 {
			return names
		}
		h := head[i:]
		name, extra := int(binary.LittleEndian.Uint16(h[26:])), int(binary.LittleEndian.Uint16(h[28:]))
		if len(h) < 30+name+extra {
			return names
		}
		n := localName{name: string(h[30 : 30+name])}
		if size := binary.LittleEndian.Uint32(h[18:]); h[8] == 0 && size < 256 && len(h) >= 30+name+extra+int(size) {
			n.content = h[30+name+extra : 30+name+extra+int(size)]
		}
		names = append(names, n)
		head = h[30+name+extra:]
		// Members of an archive that is a member itself are not this one's.
		if packed := binary.LittleEndian.Uint32(h[18:]); h[6]&8 == 0 {
			head = head[min(uint64(packed), uint64(len(head))):]
		} else if h[8] == 0 {
			return names
		}
	}
}
