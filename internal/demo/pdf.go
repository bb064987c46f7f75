package demo

import (
	"bytes"
	"fmt"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// A page is a text to be printed on one sheet of A4.
type page struct {
	title string
	texts []printed
	rules []int // heights of horizontal lines, in points from the bottom
}

// A printed text stands at x, y points from the lower left corner, or ends at x
// if right is set.
type printed struct {
	x, y, size int
	bold       bool
	right      bool
	text       string
}

// A pdf is a file in the portable document format (ISO 32000-1): one page,
// fonts every reader has and, for an invoice, its XML attached. It follows the
// structure PDF/A-3 asks for but does not claim to be one: its fonts are not
// embedded.
type pdf struct {
	page
	made    day
	xml     []byte // attached as factur-x.xml when there is one
	profile string
}

// Factur-X says so in the metadata, in a schema of its own.
const (
	xmpHead = "<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n" +
		"<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n"
	xmpTitle = "<rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:title><rdf:Alt>" +
		"<rdf:li xml:lang=\"x-default\">%s</rdf:li></rdf:Alt></dc:title></rdf:Description>\n"
	xmpInvoice = "<rdf:Description rdf:about=\"\" xmlns:fx=\"urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#\">" +
		"<fx:DocumentType>INVOICE</fx:DocumentType><fx:DocumentFileName>factur-x.xml</fx:DocumentFileName>" +
		"<fx:Version>1.0</fx:Version><fx:ConformanceLevel>%s</fx:ConformanceLevel></rdf:Description>\n"
	xmpTail = "</rdf:RDF></x:xmpmeta>\n<?xpacket end=\"w\"?>"
)

// bytes writes the file: the objects, the table of where they are, the trailer.
func (p pdf) bytes() []byte {
	var w pdfWriter
	w.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	attached := ""
	if p.xml != nil {
		attached = "/AF [8 0 R] /Names << /EmbeddedFiles << /Names [(factur-x.xml) 8 0 R] >> >> /PageMode /UseAttachments "
	}
	w.object("<< /Type /Catalog /Pages 2 0 R /Metadata 7 0 R /Lang (fr-FR) " + attached + ">>")
	w.object("<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
	w.object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>")
	w.stream("", p.content())
	w.object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
	w.object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>")
	w.stream("/Type /Metadata /Subtype /XML ", p.metadata())
	if p.xml != nil {
		w.object("<< /Type /Filespec /F (factur-x.xml) /UF (factur-x.xml) /Desc (Facture) /AFRelationship /Alternative /EF << /F 9 0 R /UF 9 0 R >> >>")
		w.stream(fmt.Sprintf("/Type /EmbeddedFile /Subtype /text#2Fxml /Params << /Size %d /ModDate (D:%s120000+00'00') >> ", len(p.xml), p.made.compact()), p.xml)
	}
	w.object(fmt.Sprintf("<< /Title %s /Producer (Penates) /CreationDate (D:%s120000+00'00') >>", pdfString(p.title), p.made.compact()))
	return w.finish(uuid("pdf:" + p.title))
}

func (p pdf) metadata() []byte {
	meta := xmpHead + fmt.Sprintf(xmpTitle, xmlEscaped(p.title))
	if p.xml != nil {
		meta += fmt.Sprintf(xmpInvoice, p.profile)
	}
	return []byte(meta + xmpTail)
}

// content writes the page's drawing operators.
func (p page) content() []byte {
	var b bytes.Buffer
	b.WriteString("0.5 w\n")
	for _, y := range p.rules {
		fmt.Fprintf(&b, "50 %d m 545 %d l S\n", y, y)
	}
	for _, t := range p.texts {
		font, x := "F1", t.x
		if t.bold {
			font = "F2"
		}
		if t.right {
			x -= numberWidth(t.text) * t.size / 1000
		}
		fmt.Fprintf(&b, "BT /%s %d Tf 1 0 0 1 %d %d Tm %s Tj ET\n", font, t.size, x, t.y, pdfString(t.text))
	}
	return b.Bytes()
}

// numberWidth returns the width of an amount in Helvetica, in thousandths of
// the size; letters are taken as wide as digits.
func numberWidth(s string) (width int) {
	for _, r := range s {
		switch r {
		case ' ', '\u00a0', ',', '.':
			width += 278
		default:
			width += 556
		}
	}
	return width
}

// pdfString writes a literal string in WinAnsiEncoding.
func pdfString(s string) string {
	coded, err := encoding.ReplaceUnsupported(charmap.Windows1252.NewEncoder()).String(s)
	if err != nil {
		coded = strings.ToValidUTF8(s, "?")
	}
	return "(" + strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`, "\r", `\r`, "\n", `\n`).Replace(coded) + ")"
}

// A pdfWriter numbers the objects it writes and remembers where they begin.
type pdfWriter struct {
	bytes.Buffer
	offsets []int
}

func (w *pdfWriter) object(body string) {
	w.offsets = append(w.offsets, w.Len())
	fmt.Fprintf(w, "%d 0 obj\n%s\nendobj\n", len(w.offsets), body)
}

func (w *pdfWriter) stream(entries string, data []byte) {
	w.object(fmt.Sprintf("<< %s/Length %d >>\nstream\n%s\nendstream", entries, len(data), data))
}

// finish writes the cross-reference table; the last object is the document's
// information, the first its catalog.
func (w *pdfWriter) finish(id string) []byte {
	start := w.Len()
	fmt.Fprintf(w, "xref\n0 %d\n0000000000 65535 f \n", len(w.offsets)+1)
	for _, at := range w.offsets {
		fmt.Fprintf(w, "%010d 00000 n \n", at)
	}
	hex := strings.ReplaceAll(id, "-", "")
	fmt.Fprintf(w, "trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R /ID [<%s> <%s>] >>\nstartxref\n%d\n%%%%EOF\n",
		len(w.offsets)+1, len(w.offsets), hex, hex, start)
	return w.Bytes()
}
