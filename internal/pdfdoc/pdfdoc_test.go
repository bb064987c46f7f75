package pdfdoc_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/ascii85"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"penates"
	"penates/internal/pdfdoc"
)

// file writes a PDF of objects, numbered from 1; object 1 is the catalogue. It
// has no cross-reference table, which is the commonest damage.
func file(objects ...string) []byte {
	var b strings.Builder
	b.WriteString("%PDF-1.7\n")
	for i, o := range objects {
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	b.WriteString("trailer << /Root 1 0 R >>\n%%EOF\n")
	return []byte(b.String())
}

func stream(fields, content string) string {
	return fmt.Sprintf("<< %s /Length %d >>\nstream\n%s\nendstream", fields, len(content), content)
}

func deflate(content string) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write([]byte(content))
	z.Close()
	return b.String()
}

func page(content, fonts string) []byte {
	return file("<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R 2 0 R] /Count 1 /Resources << /Font << "+fonts+" >> >> >>",
		"<< /Type /Page /Parent 2 0 R /Contents 4 0 R >>", stream("/Filter /FlateDecode", deflate(content)))
}

const helvetica = "/F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"

func text(t *testing.T, pdf []byte) string {
	t.Helper()
	d, err := pdfdoc.Open(t.Context(), pdf)
	if err != nil {
		t.Fatal(err)
	}
	return d.Text()
}

func TestText(t *testing.T) {
	cmap := stream("", "/CIDInit /ProcSet findresource begin 12 dict begin begincmap 1 begincodespacerange <0000> <FFFF> endcodespacerange "+
		"1 beginbfchar <0001> <00C9> endbfchar 1 beginbfrange <0002> <0004> <0061> endbfrange 1 beginbfrange <0005> <0006> [<006600660069> <20AC>] endbfrange endcmap")
	for _, c := range []struct {
		name, want string
		pdf        []byte
	}{
		{"one string", "Facture n° 12", page("BT /F1 10 Tf (Facture n\\260 12) Tj ET", helvetica)},
		{"hexadecimal", "Total", page("BT /F1 10 Tf <546F74616C> Tj ET", helvetica)},
		{"kerning is no blank", "Total due", page("BT /F1 10 Tf [(To) 40 (tal) -400 (due)] TJ ET", helvetica)},
		{"lines", "one\ntwo\nthree", page("BT /F1 10 Tf 12 TL (one) Tj T* (two) Tj (three) ' ET", helvetica)},
		{"apart on a line", "left right", page("BT /F1 10 Tf 0 100 Td (left) Tj 200 0 Td (right) Tj ET", helvetica)},
		{"scaled by the page", "left right\nbelow", page("q .1 0 0 .1 0 0 cm BT /F1 100 Tf 1 0 0 1 0 1000 Tm (left) Tj 1 0 0 1 1000 1000 Tm (right) Tj 1 0 0 1 0 800 Tm (below) Tj ET Q", helvetica)},
		{"escapes", "a(b)c\\d", page("BT /F1 10 Tf (a(b)c\\\\\\\nd) Tj ET", helvetica)},
		{"inline image", "before after", page("BT /F1 10 Tf (before ) Tj ET BI /W 1 /H 1 ID \x00(<\xff EI BT /F1 10 Tf 40 0 Td (after) Tj ET", helvetica)},
		{"differences", "Éœ1x", page("BT /F1 10 Tf (\001\002\003\004) Tj ET", "/F1 << /Subtype /Type1 /Encoding << /Differences [1 /Eacute /oe /one /uni0078] >> >>")},
		{"no font", "", page("BT (lost) Tj ET", helvetica)},
		{"unicode map", "Éabcffi€", file("<< /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] >>",
			"<< /Type /Page /Parent 2 0 R /Contents [4 0 R] /Resources << /Font << /F1 5 0 R >> >> >>",
			stream("", "BT /F1 10 Tf <000100020003000400050006> Tj ET"),
			"<< /Subtype /Type0 /Encoding /Identity-H /ToUnicode 6 0 R /DescendantFonts [<< /DW 500 /W [1 [600 500] 3 4 500] >>] >>", cmap)},
		{"form", "inside", file("<< /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] >>",
			"<< /Type /Page /Contents 4 0 R /Resources << /XObject << /X 5 0 R >> >> >>", stream("", "/X Do"),
			stream("/Subtype /Form /Matrix [1 0 0 1 5 5] /Resources << /Font << "+helvetica+" >> /XObject << /X 5 0 R >> >>", "BT /F1 10 Tf (inside) Tj ET"))},
		{"objects in a stream", "packed", func() []byte {
			first := "<< /Pages 3 0 R >>"
			second := "<< /Type /Pages /Kids [4 0 R] >>"
			third := "<< /Type /Page /Contents 5 0 R /Resources << /Font << " + helvetica + " >> >> >>"
			list := fmt.Sprintf("1 0 3 %d 4 %d ", len(first)+1, len(first)+len(second)+2)
			packed := stream(fmt.Sprintf("/Type /ObjStm /N 3 /First %d /Filter /FlateDecode", len(list)), deflate(list+first+" "+second+" "+third))
			return []byte("%PDF-1.7\n2 0 obj " + packed + " endobj 5 0 obj " + stream("", "BT /F1 10 Tf (packed) Tj ET") +
				" endobj 6 0 obj " + stream("/Type /XRef /Root 1 0 R", "") + " endobj")
		}()},
		{"a later version wins", "new", append(page("BT /F1 10 Tf (old) Tj ET", helvetica), "4 0 obj "+stream("", "BT /F1 10 Tf (new) Tj ET")+" endobj"...)},
		{"broken page tree", "found", file("<< /Pages 99 0 R >>", "<< /Type /Page /Contents 3 0 R /Resources << /Font << "+helvetica+" >> >> >>", stream("", "BT /F1 10 Tf (found) Tj ET"))},
		{"wrong length", "found", bytes.Replace(page("", ""), []byte("/Contents 4 0 R"), []byte("/Contents 9 0 R /Resources << /Font << "+helvetica+" >> >> >> endobj 9 0 obj << /Length 3 >> stream\nBT /F1 10 Tf (found) Tj ET\nendstream endobj 8 0 obj <<"), 1)},
	} {
		if got := text(t, c.pdf); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func in85(s string) string {
	b := make([]byte, ascii85.MaxEncodedLen(len(s)))
	return string(b[:ascii85.Encode(b, []byte(s))])
}

func attachments(t *testing.T, pdf []byte) (all []string) {
	t.Helper()
	d, err := pdfdoc.Open(t.Context(), pdf)
	if err != nil {
		t.Fatal(err)
	}
	for a := range d.Attachments {
		all = append(all, a.Name+"="+string(a.Content))
	}
	return all
}

func TestAttachments(t *testing.T) {
	named := "<< /Type /Filespec /F (x.xml) /UF <FEFF00E9002E0078006D006C> /EF << /F 3 0 R /UF 3 0 R >> >>"
	// Two rows of four bytes behind a PNG predictor: up, then left.
	predicted := string([]byte{0, 'a', 'b', 'c', 'd', 2, 0, 0, 0, 1})
	for _, c := range []struct{ want, filespec, content string }{
		{"é.xml=<a/>", named, stream("/Type /EmbeddedFile /Subtype /text#2Fxml", "<a/>")},
		{"é.xml=<a/>", named, stream("/Filter [/FlateDecode]", deflate("<a/>"))},
		{"é.xml=<a/>", named, stream("/Filter [/ASCIIHexDecode /FlateDecode]", fmt.Sprintf("%x>", deflate("<a/>")))},
		{"é.xml=<a/>", named, stream("/Filter /ASCII85Decode", "<~"+in85("<a/>")+"~>")},
		{"é.xml=abcdabce", named, stream("/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 4 >>", deflate(predicted))},
		{"=<a/>", "null", stream("/Type /EmbeddedFile", "<a/>")},
	} {
		if got := attachments(t, file("<< >>", c.filespec, c.content)); len(got) != 1 || got[0] != c.want {
			t.Errorf("%.60q: %q, want %q", c.content, got, c.want)
		}
	}
	if got := attachments(t, file("<< >>", named, stream("/Filter /JBIG2Decode", "x"))); len(got) != 0 {
		t.Errorf("what cannot be decoded was given: %q", got)
	}
}

func TestRefused(t *testing.T) {
	for want, pdf := range map[penates.Kind]string{
		penates.Invalid:     "no PDF",
		penates.Unsupported: "%PDF-1.7\ntrailer << /Encrypt 1 0 R >>",
		penates.TooLarge:    "%PDF-1.7\n" + strings.Repeat(" ", pdfdoc.MaxSize),
	} {
		if _, err := pdfdoc.Open(t.Context(), []byte(pdf)); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
}

func TestHostile(t *testing.T) {
	bomb := deflate(strings.Repeat("0 ", 12<<20))
	for name, pdf := range map[string][]byte{
		"nested arrays":      []byte("%PDF-1.7\n1 0 obj " + strings.Repeat("[", 1<<20)),
		"unterminated":       page("BT /F1 10 Tf <41", helvetica),
		"stream bomb":        file("<< /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] >>", "<< /Type /Page /Contents ["+strings.Repeat("4 0 R ", 1000)+"] >>", stream("/Filter /FlateDecode", bomb)),
		"form bomb":          file("<< /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] >>", "<< /Type /Page /Contents 4 0 R /Resources << /XObject << /X 4 0 R >> >> >>", stream("/Subtype /Form", strings.Repeat("/X Do ", 10_000))),
		"range bomb":         page("BT /F1 10 Tf (x) Tj ET", "/F1 << /Subtype /Type0 /DescendantFonts [<< /W ["+strings.Repeat("0 65535 1 ", 10_000)+"] >>] >>"),
		"pages in circles":   file("<< /Pages 2 0 R >>", "<< /Type /Pages /Kids [2 0 R 3 0 R] >>", "<< /Type /Pages /Kids [2 0 R 3 0 R] /Parent 3 0 R >>"),
		"reference in rings": file("<< /Pages 2 0 R >>", "3 0 R", "2 0 R"),
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		started := time.Now()
		d, err := pdfdoc.Open(ctx, pdf)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if text := d.Text(); len(text) > 2<<20 {
			t.Errorf("%s: %d bytes of text", name, len(text))
		}
		for range d.Attachments {
		}
		if took := time.Since(started); took > 10*time.Second {
			t.Errorf("%s: took %s in spite of the deadline", name, took)
		}
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(page("BT /F1 10 Tf [(To) 40 (tal)] TJ T* (x) ' ET", helvetica))
	f.Add(file("<< /Pages 2 0 R >>", "<< /Type /Filespec /F (x) /EF << /F 3 0 R >> >>", stream("/Type /EmbeddedFile /Filter /FlateDecode", deflate("<a/>"))))
	f.Add([]byte("%PDF-1.4 1 0 obj<</Length 2 0 R>>stream\nq Q\nendstream 2 0 obj 3"))
	f.Add(file("<< /Pages 2 0 R >>", "<< /Type /Page /Contents 3 0 R /Resources << /Font << /F1 << /Subtype /Type0 /ToUnicode 4 0 R /DescendantFonts [<< /W [1 [2] 3 4 5] >>] >> >> >> >>",
		stream("", "BT /F1 1 Tf <00010002> Tj BI ID x EI ET"), stream("", "1 beginbfrange <0001> <0002> <0041> endbfrange")))
	f.Add(pictures(stream("/Subtype /Image /Width 64 /Height 50 /ColorSpace /DeviceGray /BitsPerComponent 1 /Decode [1 0]", strings.Repeat("\xaa", 8*50))))
	f.Add(pictures(stream("/Subtype /Image /Width 64 /Height 50 /Filter /CCITTFaxDecode /DecodeParms << /K -1 /Columns 64 >>", "\x00\x10\x01")))
	f.Fuzz(func(t *testing.T, pdf []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		d, err := pdfdoc.Open(ctx, pdf)
		if err != nil {
			return
		}
		d.Text()
		d.Lines()
		for range d.Attachments {
		}
		for i := range d.Images {
			if (i.JPEG != nil) == (i.Grey != nil) && i.Err == nil {
				t.Errorf("an image that is neither read nor refused: %+v", i)
			}
		}
	})
}

// laid is a page with the content.
func laid(content string) string {
	return "%PDF-1.7\n1 0 obj << /Pages 2 0 R >> endobj 2 0 obj << /Type /Pages /Kids [3 0 R] >> endobj\n" +
		"3 0 obj << /Type /Page /Contents 4 0 R /Resources << /Font << /F1 << /Subtype /Type1 /BaseFont /Helvetica >> >> >> >> endobj\n" +
		"4 0 obj << >> stream\n" + content + "\nendstream endobj trailer << /Root 1 0 R >>"
}

func TestLines(t *testing.T) {
	for name, tt := range map[string]struct{ content, want string }{
		"out of order": {"BT /F1 10 Tf 300 700 Td (12,50) Tj -250 0 Td (Total) Tj ET BT /F1 10 Tf 50 720 Td (Facture) Tj ET", "Facture\nTotal|12,50\n"},
		"one row":      {"BT /F1 10 Tf 50 700 Td (Date :) Tj 250 1 Td (16/02/2019) Tj ET", "Date :|16/02/2019\n"},
		"joined":       {"BT /F1 10 Tf 100 700 Td (world) Tj ET BT /F1 10 Tf 72 700 Td (Hello) Tj ET", "Hello world\n"},
		"twice":        {"BT /F1 10 Tf 50 700 Td (Bold) Tj ET BT /F1 10 Tf 50.4 700 Td (Bold) Tj ET", "Bold\n"},
		"turned":       {"BT /F1 10 Tf 0 1 -1 0 20 100 Tm (Margin) Tj ET BT /F1 10 Tf 50 700 Td (Text) Tj ET", "Text\nMargin\n"},
		"gap in one":   {"BT /F1 10 Tf 50 700 Td [(A) -9000 (B) -300 (C)] TJ ET", "A|B C\n"},
		"nothing":      {"", ""},
	} {
		d, err := pdfdoc.Open(t.Context(), []byte(laid(tt.content)))
		if err != nil {
			t.Fatal(name, err)
		}
		var got strings.Builder
		for _, l := range d.Lines() {
			for i, p := range l.Pieces {
				if p.X1 < p.X0 || p.Size <= 0 {
					t.Errorf("%s: piece %+v", name, p)
				}
				if i > 0 {
					got.WriteByte('|')
				}
				got.WriteString(p.Text)
			}
			got.WriteByte('\n')
		}
		if got.String() != tt.want {
			t.Errorf("%s: %q, want %q", name, got.String(), tt.want)
		}
	}
}
