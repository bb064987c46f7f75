package bankcsv_test

import (
	"slices"
	"strings"
	"testing"

	"penates/internal/importer/bankcsv"
	"penates/internal/importer/importertest"

	"golang.org/x/text/encoding/charmap"
)

// european has statements of banks outside of France and of services that keep
// accounts, in the writing of each: order of dates, decimal mark, words for out.
var european = []struct {
	name, content string
	want          []string
}{
	{"PayPal, French", "\"Date\",\"Heure\",\"Fuseau horaire\",\"Nom\",\"Type\",\"État\",\"Devise\",\"Avant commission\",\"Commission\",\"Net\",\"De l'adresse email\",\"À l'adresse email\",\"Numéro de transaction\",\"Solde\"\n" +
		"\"05/01/2026\",\"20:15:33\",\"CET\",\"La Grange\",\"Paiement Express Checkout\",\"Terminé\",\"EUR\",\"-12,34\",\"0,00\",\"-12,34\",\"a@example.org\",\"b@example.org\",\"8AB\",\"87,66\"\n" +
		"\"06/01/2026\",\"20:15:33\",\"CET\",\"Zoé\",\"Paiement\",\"En attente\",\"CHF\",\"10,00\",\"-0,50\",\"9,50\",\"a@example.org\",\"b@example.org\",\"8AC\",\"97,16\"\n",
		[]string{"2026-01-05 -12.34 EUR booked La Grange < La Grange", "2026-01-06 9.50 CHF pending Zoé < Zoé"}},
	{"Wise", "\"TransferWise ID\",Date,\"Date Time\",Amount,Currency,Description,\"Payment Reference\",\"Running Balance\",Merchant,\"Total fees\"\nCARD-1,05-01-2026,\"05-01-2026 20:15:33.000\",-12.34,EUR,Card transaction,,100.00,La Grange,0.00\n",
		[]string{"2026-01-05 -12.34 EUR booked Card transaction < La Grange", "WISE 100.00 EUR 2026-01-05"}},
	{"Monzo", "Transaction ID,Date,Time,Type,Name,Emoji,Category,Amount,Currency,Local amount,Local currency,Notes and #tags,Address,Receipt,Description,Category split,Money Out,Money In\ntx_1,05/01/2026,20:15:33,Card payment,La Grange,,Eating out,-12.34,GBP,-14.00,EUR,,,,GRANGE,,-12.34,\n",
		[]string{"2026-01-05 -12.34 GBP booked GRANGE < La Grange"}},
	{"bunq", "\"Date\";\"Interest Date\";\"Amount\";\"Account\";\"Counterparty\";\"Name\";\"Description\"\n\"2026-01-05\";\"2026-01-05\";\"-1.012,34\";\"NL91ABNA0417164300\";\"DE89370400440532013000\";\"Hofladen\";\"Rechnung\"\n",
		[]string{"2026-01-05 -1012.34 EUR booked Rechnung < Hofladen DE89370400440532013000", "NL91ABNA0417164300"}},
	{"Sparkasse", "\"Auftragskonto\";\"Buchungstag\";\"Valutadatum\";\"Buchungstext\";\"Verwendungszweck\";\"Kundenreferenz (End-to-End)\";\"Beguenstigter/Zahlungspflichtiger\";\"Kontonummer/IBAN\";\"BIC (SWIFT-Code)\";\"Betrag\";\"Waehrung\";\"Info\"\n" +
		"\"DE89370400440532013000\";\"05.01.26\";\"06.01.26\";\"KARTENZAHLUNG\";\"Brot\";\"\";\"Bäckerei\";\"\";\"\";\"-1.012,34\";\"EUR\";\"Umsatz vorgemerkt\"\n",
		[]string{"2026-01-05 -1012.34 EUR pending Brot < Bäckerei", "DE89370400440532013000"}},
	{"DKB", "\"Girokonto\";\"DE89370400440532013000\"\n\"Kontostand vom 05.01.2026:\";\"100,00 €\"\n\"\"\n\"Buchungsdatum\";\"Wertstellung\";\"Status\";\"Zahlungspflichtige*r\";\"Zahlungsempfänger*in\";\"Verwendungszweck\";\"Umsatztyp\";\"IBAN\";\"Betrag (€)\";\"Gläubiger-ID\";\"Mandatsreferenz\";\"Kundenreferenz\"\n" +
		"\"05.01.26\";\"05.01.26\";\"Gebucht\";\"ZOE\";\"Hofladen\";\"Rechnung\";\"Ausgang\";\"\";\"-1.012,34\";\"\";\"\";\"\"\n",
		[]string{"2026-01-05 -1012.34 EUR booked Rechnung < Hofladen", "DE89370400440532013000"}},
	{"comdirect", "\"Umsätze Girokonto\";\"Zeitraum: 30 Tage\"\n\"Buchungstag\";\"Wertstellung (Valuta)\";\"Vorgang\";\"Buchungstext\";\"Umsatz in EUR\"\n\"05.01.2026\";\"05.01.2026\";\"Lastschrift\";\"Auftraggeber: Hofladen\";\"-12,34\"\n",
		[]string{"2026-01-05 -12.34 EUR booked Auftraggeber: Hofladen < "}},
	{"ING, Dutch", "\"Datum\",\"Naam / Omschrijving\",\"Rekening\",\"Tegenrekening\",\"Code\",\"Af Bij\",\"Bedrag (EUR)\",\"Mutatiesoort\",\"Mededelingen\"\n\"20260105\",\"Bakker\",\"NL91ABNA0417164300\",\"\",\"BA\",\"Af\",\"12,34\",\"Betaalautomaat\",\"brood\"\n" +
		"\"20260106\",\"Zoé\",\"NL91ABNA0417164300\",\"DE89370400440532013000\",\"OV\",\"Bij\",\"5,00\",\"Overschrijving\",\"dank\"\n",
		[]string{"2026-01-05 -12.34 EUR booked Bakker brood < Bakker", "2026-01-06 5.00 EUR booked Zoé dank < Zoé DE89370400440532013000", "NL91ABNA0417164300"}},
	{"Rabobank", "\"IBAN/BBAN\",\"Munt\",\"BIC\",\"Volgnr\",\"Datum\",\"Rentedatum\",\"Bedrag\",\"Saldo na trn\",\"Tegenrekening IBAN/BBAN\",\"Naam tegenpartij\",\"Omschrijving-1\"\n\"NL91ABNA0417164300\",\"EUR\",\"RABONL2U\",\"1\",\"2026-01-05\",\"2026-01-05\",\"-12,34\",\"+100,00\",\"\",\"Bakker\",\"brood\"\n",
		[]string{"2026-01-05 -12.34 EUR booked Bakker brood < Bakker", "NL91ABNA0417164300 100.00 EUR 2026-01-05"}},
	{"KBC", "Rekeningnummer;Rubrieknaam;Naam;Munt;Afschriftnummer;Datum;Omschrijving;Valuta;Bedrag;Saldo;credit;debet;rekeningnummer tegenpartij;Naam tegenpartij\nBE68539007547034;;ZOE;EUR;1;05/01/2026;brood;05/01/2026;-12,34;100,00;;-12,34;;Bakker\n",
		[]string{"2026-01-05 -12.34 EUR booked brood < Bakker", "BE68539007547034 100.00 EUR 2026-01-05"}},
	{"UniCredit", "Data Registrazione;Data Valuta;Descrizione;Importo (EUR)\n05.01.2026;05.01.2026;PAGAMENTO POS FORNO;-1.012,34\n",
		[]string{"2026-01-05 -1012.34 EUR booked PAGAMENTO POS FORNO < "}},
	{"Italian, debit and credit", "Data;Valuta;Descrizione;Dare;Avere\n05/01/2026;05/01/2026;FORNO;12,34;\n06/01/2026;06/01/2026;STIPENDIO;;1.000,00\n",
		[]string{"2026-01-05 -12.34 EUR booked FORNO < ", "2026-01-06 1000.00 EUR booked STIPENDIO < "}},
	{"BBVA", "F.Valor;Fecha;Concepto;Movimiento;Importe;Divisa;Disponible;Divisa;Observaciones\n05/01/2026;05/01/2026;Pan;Pago con tarjeta;-12,34;EUR;100,00;EUR;\n",
		[]string{"2026-01-05 -12.34 EUR booked Pan < Pan", "BBVA 100.00 EUR 2026-01-05"}},
}

func TestEuropean(t *testing.T) {
	for _, tt := range european {
		latin, err := charmap.Windows1252.NewEncoder().String(tt.content)
		if err != nil {
			t.Fatal(tt.name, err)
		}
		for writing, content := range map[string]string{
			"UTF-8": tt.content, "BOM, CRLF": "\uFEFF" + strings.ReplaceAll(tt.content, "\n", "\r\n"), "Windows-1252": latin,
		} {
			t.Run(tt.name+"/"+writing, func(t *testing.T) {
				if sure := bankcsv.Format.Recognise(importertest.File("x", []byte(content)).Head); sure < 60 {
					t.Errorf("recognised at %d", sure)
				}
				c, err := importertest.Read(bankcsv.Format, "x", []byte(content))
				if got := describe(c); err != nil || len(c.Refusals) > 0 || !slices.Equal(got, tt.want) {
					t.Errorf("%v, %v\n%s\nwant\n%s", err, c.Refusals, strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
				}
			})
		}
	}
}
