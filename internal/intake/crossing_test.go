package intake_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"penates/internal/intake"
	"penates/internal/vault"
	"penates/internal/vault/vaulttest"
)

// crossing is the question of the first evening: what was billed, what paid it,
// what was used meanwhile.
const crossing = `SELECT b.vendor, b.day, b.amount, o.day, o.amount,
 (SELECT sum(e.value) FROM links m JOIN energy e ON e.id = m."from" WHERE m."to" = b.id AND m.rel = 'measures') AS kwh
 FROM bills b
 LEFT JOIN links p ON p."to" = b.id AND p.rel = 'pays'
 LEFT JOIN bank_operations o ON o.id = p."from"
 WHERE b.vendor = 'EDF' ORDER BY b.day`

const (
	edfBill = `[{"vendor":"EDF","clientId":"6000000001","number":"F2016-77","date":"2016-03-03T00:00:00.000Z","paymentDueDate":"2016-04-01",
 "title":"FACTURE","totalPaymentDue":"91.40","value":"91.40"}]`
	edfUse = `[{"docType":"ConsumpionStatement","docTypeVersion":"konnectors_edf-0.7.2","start":"2015-07-02","end":"2016-01-07","value":"680.0",
 "contractNumber":"1000000001","billNumber":"F2016-77","statementType":"REEL"}]`
	statement = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR<BANKACCTFROM><BANKID>30001<ACCTID>77<ACCTTYPE>CHECKING</BANKACCTFROM>" +
		"<BANKTRANLIST><STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20160401<TRNAMT>%s<FITID>1<NAME>PRLV SEPA EDF CLIENTS</STMTTRN>" +
		"<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20160402<TRNAMT>-12.00<FITID>2<NAME>BOULANGERIE</STMTTRN></BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n"
)

func gather(t *testing.T, s *vault.Session, files map[string]string, folders ...string) {
	t.Helper()
	in, err := intake.Start(t.Context(), s, "test", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if err := in.Stream(t.Context(), name, int64(len(content)), strings.NewReader(content)); err != nil {
			t.Fatal(err)
		}
	}
	for _, folder := range folders {
		if err := in.Paths(t.Context(), folder); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := in.End(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestBillsDebitsAndConsumptionInOneQuery(t *testing.T) {
	s := vaulttest.New(t)
	gather(t, s, map[string]string{"facture.json": edfBill, "consommation.json": edfUse, "releve.ofx": fmt.Sprintf(statement, "-91.40")})
	table, err := s.Query(t.Context(), crossing, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(table.Rows); got != "[[EDF 2016-03-03 91.4 2016-04-01 -91.4 680]]" {
		t.Error(got)
	}
}

// The MesInfos person's own bank file has no debit of EDF; with a statement that
// has it, the same query shows it.
func TestMesInfosPerson(t *testing.T) {
	corpus := os.Getenv("PENATES_CORPUS")
	if corpus == "" {
		return
	}
	s := vaulttest.New(t)
	pilot := filepath.Join(corpus, "mesinfos", "pilot")
	for _, step := range []struct {
		files map[string]string
		want  string
	}{
		{nil, "[[EDF 2016-03-03 30.21 <nil> <nil> 7261]]"},
		{map[string]string{"releve.ofx": fmt.Sprintf(statement, "-30.21")}, "[[EDF 2016-03-03 30.21 2016-04-01 -30.21 7261]]"},
	} {
		gather(t, s, step.files, pilot)
		table, err := s.Query(t.Context(), crossing, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(table.Rows); got != step.want {
			t.Errorf("%s, want %s", got, step.want)
		}
	}
}
