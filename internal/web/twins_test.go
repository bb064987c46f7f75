package web_test

import (
	"bytes"
	"html"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"penates/internal/intake"
)

const camtTwice = `<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><GrpHdr><MsgId>1</MsgId><CreDtTm>2026-04-30T10:00:00</CreDtTm></GrpHdr>
<Stmt><Id>1</Id><Acct><Id><IBAN>FR7630001007941234567890185</IBAN></Id><Ccy>EUR</Ccy></Acct>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-04-30</Dt></Dt></Bal>
<Ntry><Amt Ccy="EUR">2.50</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-04-02</Dt></BookgDt><AcctSvcrRef>R1</AcctSvcrRef><NtryDtls><TxDtls><RmtInf><Ustrd>CB CAFE DES ARTS</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="EUR">2.50</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-04-02</Dt></BookgDt><AcctSvcrRef>R2</AcctSvcrRef><NtryDtls><TxDtls><RmtInf><Ustrd>CB CAFE DES ARTS</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
</Stmt></BkToCstmrStmt></Document>`

const ofxTwice = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR<BANKACCTFROM><BANKID>30001<BRANCHID>00794<ACCTID>12345678901<ACCTTYPE>CHECKING</BANKACCTFROM>" +
	"<BANKTRANLIST><STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260402<TRNAMT>-2.50<FITID>1<NAME>CB CAFE DES ARTS</STMTTRN>" +
	"<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260402<TRNAMT>-2.50<FITID>2<NAME>CB CAFE DES ARTS</STMTTRN></BANKTRANLIST><LEDGERBAL><BALAMT>100.00<DTASOF>20260430</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n"

// bring imports files by name and content.
func (w *world) bring(t *testing.T, files ...string) {
	t.Helper()
	in, err := intake.Start(t.Context(), w.session(t), "test", nil, slog.Default())
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(files); i += 2 {
		if err := in.Stream(t.Context(), files[i], int64(len(files[i+1])), bytes.NewReader([]byte(files[i+1]))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := in.End(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Two coffees in two formats of one account are two coffees, the page of each says
// why, and the person who knows better counts them all.
func TestWhatTwoFilesTell(t *testing.T) {
	w := newWorld(t).withVault(t, "en")
	w.bring(t, "april.xml", camtTwice, "april.ofx", ofxTwice)
	b := w.browser(t).enter()
	out := func() string {
		page := b.get("/money").body
		found := regexp.MustCompile(`(?s)<tr><th scope="row">.{0,200}?April\x{a0}2026.*?</tr>`).FindString(page)
		return html.UnescapeString(found)
	}
	if got := out(); !strings.Contains(got, "5.00") {
		t.Errorf("April is %q, want 5.00", got)
	}
	if page := b.get("/money").body; strings.Count(page, "FR76") > 1 || strings.Count(page, "100.00") != 1 {
		t.Error("the account is shown twice")
	}
	twin := w.idOf(t, "SELECT id FROM bank_operations WHERE duplicate_of IS NOT NULL LIMIT 1")
	page := b.get("/documents/" + twin).body
	for _, want := range []string{"Sums count this once", "Same amount and wording", "These are two, count both"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	fuller := w.idOf(t, "SELECT duplicate_of FROM bank_operations WHERE id = '"+twin+"'")
	if page := b.get("/documents/" + fuller).body; !strings.Contains(page, "1 other document tells the same") {
		t.Error("the fuller document does not say that another tells the same")
	}
	link := w.idOf(t, `SELECT id FROM links WHERE rel = 'same_as' AND "from" = '`+twin+`'`)
	if a := b.post("/links/"+link, "document", twin, "state", "rejected"); strings.Contains(a.body, "Sums count this once") {
		t.Error("the page still says so")
	}
	w.bring(t, "note.txt", "another import lets the rules run again")
	if got := out(); !strings.Contains(got, "7.50") {
		t.Errorf("April is %q after the rejection, want 7.50", got)
	}
	b.post("/links/"+link, "document", twin, "state", "confirmed")
	if got := out(); !strings.Contains(got, "5.00") {
		t.Errorf("April is %q after the confirmation, want 5.00", got)
	}
}

// The page of a contact says what joined it with another.
func TestWhyTwoContactsAreOne(t *testing.T) {
	w := newWorld(t).withVault(t, "fr")
	w.bring(t, "a.vcf", "BEGIN:VCARD\nVERSION:3.0\nUID:a\nFN:Zoé Martin\nEMAIL:zoe@example.org\nTEL:+33 6 12 34 56 78\nEND:VCARD\n",
		"b.vcf", "BEGIN:VCARD\nVERSION:3.0\nUID:b\nFN:zoe martin\nEMAIL:ZOE@example.org\nEND:VCARD\n")
	page := w.browser(t).enter().get("/documents/" + w.idOf(t, "SELECT id FROM contacts WHERE duplicate_of IS NOT NULL")).body
	if !strings.Contains(strings.ToLower(page), "les deux ont zoe@example.org") {
		t.Error("the page does not say why")
	}
}

// twoBooks are address books that have a person in common, and somebody else who
// uses her address, with a mail.
var twoBooks = []string{
	"a.vcf", card("a", "Zoé Martin", "EMAIL:zoe@example.org\nTEL:+33612345678\nADR:;;1 rue X;Paris;;75001;France"), "b.vcf", card("b", "zoe martin", "EMAIL:ZOE@example.org"),
	"c.vcf", card("c", "Paul Durand", "EMAIL:zoe@example.org"),
	"m.eml", "From: Zoe <zoe@example.org>\nTo: me@example.org\nSubject: Tea\nDate: Sat, 14 Mar 2026 10:00:00 +0100\nMessage-ID: <1@example.org>\n\nAt four?\n",
}

func card(uid, name, rest string) string {
	return "BEGIN:VCARD\nVERSION:3.0\nUID:" + uid + "\nFN:" + name + "\n" + rest + "\nEND:VCARD\n"
}

// The page of people shows what was merged and why; two it is told to be stay two,
// and of two it is asked about.
func TestPeopleAreMerged(t *testing.T) {
	w := newWorld(t).withVault(t, "en")
	w.bring(t, twoBooks...)
	b := w.browser(t).enter()
	page := b.get("/people").body
	for _, want := range []string{"2 contacts", "Contacts of one person", "One person or two?", "Paul Durand", "Both have zoe@example.org"} {
		if !strings.Contains(strings.ReplaceAll(page, "ZOE@", "zoe@"), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	link := w.idOf(t, "SELECT l.id FROM links l JOIN contacts a ON a.id = l.\"from\" WHERE l.rel = 'same_as' AND l.confidence = 1 AND lower(a.fullName) LIKE 'zo%'")
	if a := b.post("/links/"+link, "page", "people", "state", "rejected"); a.path != "/people" || strings.Contains(a.body, "Contacts of one person") {
		t.Errorf("after the rejection, %s still merges", a.path)
	}
	w.bring(t, "n.txt", "the rules run again")
	if page := b.get("/people").body; strings.Contains(page, "Contacts of one person") {
		t.Error("the rules merged again what the person parted")
	}
}
