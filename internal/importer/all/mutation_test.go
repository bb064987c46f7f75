package all_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/metrics"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"penates/internal/importer"
	"penates/internal/importer/all"
	"penates/internal/importer/importertest"
)

var long = flag.Bool("long", false, "run the long versions of the tests")

// own are files of our own, one of each of the more common formats.
var own = map[string]string{
	"a.ofx":     "OFXHEADER:100\nDATA:OFXSGML\nENCODING:USASCII\nCHARSET:1252\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR<BANKACCTFROM><BANKID>30004<ACCTID>1</BANKACCTFROM><BANKTRANLIST><STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20240105<TRNAMT>-12.50<FITID>1<NAME>BOULANGERIE</STMTTRN></BANKTRANLIST><LEDGERBAL><BALAMT>10<DTASOF>20240106</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>",
	"a.qif":     "!Type:Bank\nD05/01'2024\nT-12,50\nPBoulangerie\nLCourses\nSPain\n$-12,50\n^\n",
	"a.sta":     ":20:STARTUMS\n:25:30004/1\n:28C:1/1\n:60F:C240104EUR10,00\n:61:2401050105D12,50NMSCNONREF\n:86:005?00Karte?20BOULANGERIE\n:62F:C240105EUR0,00\n-\n",
	"bank.csv":  "Date;Libellé;Montant\n05/01/2024;BOULANGERIE;-12,50\n06/01/2024;SALAIRE;1 200,00\n",
	"a.xml":     `<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><Stmt><Id>1</Id><Acct><Id><IBAN>FR7630004000031234567890143</IBAN></Id></Acct><Ntry><Amt Ccy="EUR">12.50</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2024-01-05</Dt></BookgDt></Ntry></Stmt></BkToCstmrStmt></Document>`,
	"a.eml":     "From: =?utf-8?q?Zo=C3=A9?= <zoe@example.org>\r\nTo: max@example.org\r\nSubject: Bonjour\r\nDate: Fri, 5 Jan 2024 10:00:00 +0100\r\nMessage-ID: <1@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>=E9t=E9</p>\r\n--x\r\nContent-Type: text/plain; name=a.txt\r\nContent-Transfer-Encoding: base64\r\n\r\nYWJj\r\n--x--\r\n",
	"a.mbox":    "From zoe@example.org Fri Jan  5 10:00:00 2024\nFrom: zoe@example.org\nSubject: un\nDate: Fri, 5 Jan 2024 10:00:00 +0100\n\nBonjour\n\nFrom max@example.org Fri Jan  5 11:00:00 2024\nFrom: max@example.org\nSubject: deux\n\n>From x\n",
	"a.vcf":     "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Leroy;Zo=C3=A9\r\nTEL;CELL:0612345678\r\nEND:VCARD\r\n",
	"a.ics":     "BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:X\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;TZID=X:20240105T100000\r\nDURATION:PT1H\r\nSUMMARY:Rendez-vous\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
	"jcal.json": `["vcalendar",[],[["vevent",[["uid",{},"text","1"],["dtstart",{},"date","2024-01-05"],["rrule",{},"recur",{"freq":"DAILY"}]],[]]]]`,
	"xcard.xml": `<vcards xmlns="urn:ietf:params:xml:ns:vcard-4.0"><vcard><fn><text>Zoé</text></fn><tel><uri>tel:+33612345678</uri></tel></vcard></vcards>`,
	"a.gpx":     `<gpx xmlns="http://www.topografix.com/GPX/1/1"><trk><name>a</name><trkseg><trkpt lat="48.8" lon="2.3"><ele>3</ele><time>2024-01-05T10:00:00Z</time></trkpt></trkseg></trk></gpx>`,
	"a.kml":     `<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><name>a</name><TimeStamp><when>2024-01-05</when></TimeStamp><Point><coordinates>2.3,48.8,3</coordinates></Point></Placemark></kml>`,
	"a.tcx":     `<TrainingCenterDatabase><Activities><Activity Sport="Running"><Id>2024-01-05T10:00:00Z</Id><Lap StartTime="2024-01-05T10:00:00Z"><TotalTimeSeconds>60</TotalTimeSeconds></Lap></Activity></Activities></TrainingCenterDatabase>`,
	"geo.json":  `{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[2.3,48.8]},"properties":{"timestamp":1704448800}}]}`,
	"rec.json":  `{"locations":[{"latitudeE7":488000000,"longitudeE7":23000000,"timestamp":"2024-01-05T10:00:00Z","accuracy":5}]}`,
	"chat.txt":  "[05/01/2024, 10:00:00] Zoé: Bonjour\n[05/01/2024, 10:01:00] Max: <attached: a.jpg>\nsuite\n",
	"tg.json":   `{"name":"Zoé","type":"personal_chat","id":1,"messages":[{"id":1,"type":"message","date":"2024-01-05T10:00:00","from":"Zoé","from_id":"user1","text":["a",{"type":"bold","text":"b"}]}]}`,
	"b.html":    "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p><DT><H3>Dossier</H3><DL><p><DT><A HREF=\"https://example.org/\" ADD_DATE=\"1704448800\" TAGS=\"a,b\">Exemple</A></DL></DL>",
	"rss.xml":   `<rss version="2.0"><channel><title>a</title><item><title>b</title><link>https://example.org/</link><pubDate>Fri, 05 Jan 2024 10:00:00 GMT</pubDate></item></channel></rss>`,
	"n.enex":    `<?xml version="1.0"?><en-export><note><title>a</title><content><![CDATA[<en-note>b</en-note>]]></content><created>20240105T100000Z</created><tag>c</tag></note></en-export>`,
	"fhir.json": `{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Observation","id":"1","code":{"text":"Poids"},"valueQuantity":{"value":61.5,"unit":"kg"},"effectiveDateTime":"2024-01-05"}}]}`,
	"cda.xml":   `<ClinicalDocument><title>a</title><component><structuredBody><component><section><entry><observation><code displayName="Poids"/><effectiveTime value="20240105"/><value type="PQ" value="61.5" unit="kg"/></observation></entry></section></component></structuredBody></component></ClinicalDocument>`,
	"cdc.csv":   "Identifiant PRM;Type de donnees;Date de debut;Date de fin;Grandeur physique;Grandeur metier;Etape metier;Unite;Pas en minutes\n30001234567890;Courbe de charge;05/01/2024;06/01/2024;PA;CONS;BEST;W;30\nHorodate;Valeur\n2024-01-05T00:30:00+01:00;250\n2024-01-05T01:00:00+01:00;251\n",
	"pos.csv":   "time,lat,lon,accuracy\n2024-01-05T10:00:00Z,48.8,2.3,5\n",
	"id.csv":    "family_name,given_name,birthdate,birthplace\nMARTIN,Zoé,1979-03-28,29019\n",
	"side.json": `{"title":"a.jpg","photoTakenTime":{"timestamp":"1704448800"},"geoData":{"latitude":48.8,"longitude":2.3}}`,
	"p.json":    `{"connections":[{"resourceName":"people/1","names":[{"displayName":"Zoé"}],"emailAddresses":[{"value":"zoe@example.org"}]}]}`,
	"a.ttl":     "@prefix vcard: <http://www.w3.org/2006/vcard/ns#> .\n<#me> a vcard:Individual ; vcard:fn \"Zoé\" .\n",
}

// tokens are what breaks parsers.
var tokens = []string{
	"\x00", "\xff\xfe", "\ufeff", "\"", "'", "<![CDATA[", "]]>", "<!--", "&#x0;", "&amp;", "99999999999999999999", "-", "1e309", "NaN", "\r", "\n\n\n", ",,,,", ";;;;", "[[[[[[[[", "{{{{{{{{",
	"=?utf-8?b?", "--x\n", "BEGIN:VCALENDAR\n", "\\", "%00", "\u202e", "0000-00-00", "9999-12-31T23:59:60Z", "<a>", "</", "://",
}

// mutate changes content at one to six places; the same source makes the same changes.
func mutate(content []byte, r *rand.Rand) []byte {
	b := bytes.Clone(content)
	for range 1 + r.IntN(6) {
		if len(b) == 0 {
			b = []byte{0}
		}
		at := r.IntN(len(b))
		piece := b[at:min(len(b), at+1+r.IntN(64))]
		switch r.IntN(9) {
		case 0:
			b[at] ^= 1 << r.IntN(8)
		case 1:
			b[at] = byte(r.IntN(256))
		case 2: // the end is missing
			b = b[:at]
		case 3: // a piece is missing
			b = append(b[:at:at], b[at+len(piece):]...)
		case 4: // a piece stands many times
			b = append(append(b[:at:at], bytes.Repeat(piece, 1+r.IntN(200))...), b[at:]...)
		case 5:
			b = append(append(b[:at:at], tokens[r.IntN(len(tokens))]...), b[at:]...)
		case 6: // a number is as large as it can be
			if i := bytes.IndexAny(b[at:], "0123456789"); i >= 0 {
				b = append(append(b[:at+i:at+i], "9223372036854775807"...), b[at+i+1:]...)
			}
		case 7: // another piece of the file
			from := r.IntN(len(b))
			b = append(append(b[:at:at], b[from:min(len(b), from+r.IntN(2000))]...), b[at:]...)
		case 8: // four bytes that may be a length
			if at+4 <= len(b) {
				binary.LittleEndian.PutUint32(b[at:], []uint32{0, 1, 0x7fffffff, 0xffffffff, 0x00ffffff}[r.IntN(5)])
			}
		}
	}
	return b
}

// broken hears of formats that break down.
type broken struct {
	slog.Handler
	t    *testing.T
	what string
}

func (b *broken) Enabled(context.Context, slog.Level) bool { return true }

func (b *broken) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		b.t.Errorf("%s: %s: %s", b.what, r.Message, a)
		return true
	})
	return nil
}

const (
	mostMemory = 300 << 20
	mostTime   = 5 * time.Second // for each megabyte begun
	mostSeed   = 256 << 10
)

// TestMutations imports files of all formats that were changed at some places: no
// format breaks down, takes longer than 5 s for a megabyte, or needs more than 300 MB.
func TestMutations(t *testing.T) {
	each := 3
	if *long {
		each = 300
	}
	peak, stop := watchMemory(t)
	defer stop()
	run := func(name string, content []byte, each int) {
		hash := fnv.New64a()
		hash.Write([]byte(name))
		r := rand.New(rand.NewPCG(hash.Sum64(), 1))
		for i := range each {
			changed := mutate(content, r)
			b := &broken{Handler: slog.DiscardHandler, t: t, what: fmt.Sprintf("%s, change %d", name, i)}
			o := importer.Options{Log: slog.New(b), File: importer.FileLimits{Time: mostTime * time.Duration(1+len(changed)>>20)}}
			importing := importer.New(importertest.NewStore(), all.Formats, o)
			err := importing.Stream(t.Context(), filepath.Base(name), int64(len(changed)), bytes.NewReader(changed))
			report, ended := importing.End()
			if err != nil || ended != nil {
				t.Errorf("%s: %v %v", b.what, err, ended)
			}
			for _, refusal := range report.Refusals {
				if strings.Contains(refusal.Error, "was given up after") {
					t.Errorf("%s: %s", b.what, refusal.Error)
				}
			}
			if top := peak.Swap(0); top > mostMemory {
				t.Errorf("%s: %d MB", b.what, top>>20)
			}
		}
	}
	for name, content := range own {
		run(name, []byte(content), each*10)
	}
	root := os.Getenv("PENATES_CORPUS")
	if root == "" {
		return
	}
	for i, m := range manifest(t, root) {
		content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(m.file)))
		if err != nil {
			t.Fatal(err)
		}
		if len(content) <= mostSeed && (*long || i%4 == 0) {
			run(m.file, content, max(1, each/3))
		}
	}
}

// watchMemory notes the most memory that live objects take.
func watchMemory(t *testing.T) (peak *atomic.Uint64, stop func()) {
	t.Helper()
	peak = &atomic.Uint64{}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		for {
			select {
			case <-done:
				return
			case <-time.After(20 * time.Millisecond):
			}
			metrics.Read(sample)
			if now := sample[0].Value.Uint64(); now > peak.Load() {
				peak.Store(now)
			}
		}
	}()
	return peak, func() { close(done); <-ended }
}

// Every file of our own is recognised and gives something.
func TestOwnFiles(t *testing.T) {
	for name, content := range own {
		importing := importer.New(importertest.NewStore(), all.Formats, importer.Options{})
		if err := importing.Stream(t.Context(), name, int64(len(content)), strings.NewReader(content)); err != nil {
			t.Fatal(err)
		}
		report, err := importing.End()
		if err != nil || len(report.Files) == 0 || report.Files[0].Format == "" || report.Added == 0 || report.Refused > 0 {
			t.Errorf("%s: %v, %+v, %v", name, err, report.Files, report.Refusals)
		}
	}
}
