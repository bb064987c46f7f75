package bankcsv

import "penates/internal/locale"

// european are layouts of banks outside of France, and of services that keep
// accounts. Their headings were learned from what the open readers of such tables
// (ledger tools, the importers of Firefly III, ynab and beancount) say of them.
var european = []layout{
	{name: "paypal", institution: "PayPal", marks: []string{"date", "nom", "type", "devise", "net", "numero de transaction"}, special: paypal},
	{name: "paypal", institution: "PayPal", marks: []string{"date", "name", "type", "currency", "net", "transaction id"}, special: paypal},
	{name: "paypal", institution: "PayPal", marks: []string{"datum", "name", "typ", "wahrung", "netto", "transaktionscode"}, special: paypal},
	{name: "wise", institution: "Wise", marks: []string{"transferwise id", "date", "amount", "currency"},
		special: map[string]role{"transferwise id": reference, "merchant": other, "payment reference": memo, "running balance": balance, "total fees": unknown, "payee account number": otherIBAN}},
	{name: "monzo", institution: "Monzo", marks: []string{"transaction id", "date", "name", "amount", "local amount"},
		special: map[string]role{"name": other, "transaction id": reference, "local amount": foreign, "local currency": foreignCode, "notes and #tags": memo, "money out": unknown, "money in": unknown}},
	{name: "starling", institution: "Starling", marks: []string{"date", "counter party", "reference", "type", "amount"},
		special: map[string]role{"counter party": other, "reference": memo, "spending category": category}},
	{name: "bunq", institution: "bunq", marks: []string{"date", "interest date", "amount", "account", "counterparty", "name"},
		special: map[string]role{"interest date": value, "account": account, "name": other, "counterparty": otherIBAN}},
	{name: "sparkasse", institution: "Sparkasse", marks: []string{"auftragskonto", "buchungstag", "betrag"}, special: german},
	{name: "volksbank", institution: "Volksbank", marks: []string{"bezeichnung auftragskonto", "buchungstag", "betrag"}, special: german},
	{name: "dkb", institution: "DKB", marks: []string{"buchungsdatum", "wertstellung", "zahlungsempfanger*in", "betrag"},
		special: map[string]role{"zahlungsempfanger*in": other, "iban": otherIBAN, "kundenreferenz": reference, "umsatztyp": kind, "verwendungszweck": label, "glaubiger-id": unknown}},
	{name: "dkb", institution: "DKB", marks: []string{"buchungstag", "wertstellung", "auftraggeber / begunstigter", "betrag"}, special: german},
	{name: "ing", institution: "ING", marks: []string{"buchung", "auftraggeber/empfanger", "buchungstext", "betrag"}, special: german},
	{name: "comdirect", institution: "comdirect", marks: []string{"buchungstag", "wertstellung (valuta)", "vorgang", "buchungstext", "umsatz"},
		special: map[string]role{"buchungstag": booking, "wertstellung (valuta)": value, "vorgang": kind, "buchungstext": label, "umsatz": amount}},
	{name: "postbank", institution: "Postbank", marks: []string{"buchungstag", "wert", "umsatzart", "begunstigter / auftraggeber", "betrag"}, special: german},
	{name: "ing", institution: "ING", marks: []string{"datum", "naam / omschrijving", "rekening", "af bij", "bedrag"}, special: dutch},
	{name: "ing", institution: "ING", marks: []string{"date", "name / description", "account", "debit/credit", "amount"},
		special: map[string]role{"name / description": other, "account": account, "counterparty": otherIBAN, "debit/credit": direction, "transaction type": kind, "notifications": memo, "code": unknown}},
	{name: "rabobank", institution: "Rabobank", marks: []string{"iban/bban", "volgnr", "datum", "bedrag", "naam tegenpartij"}, special: dutch},
	{name: "abn-amro", institution: "ABN AMRO", marks: []string{"accountnumber", "mutationcode", "transactiondate", "amount"},
		special: map[string]role{"accountnumber": account, "transactiondate": booking, "valuedate": value, "endsaldo": balance, "mutationcode": currency}},
	{name: "kbc", institution: "KBC", marks: []string{"rekeningnummer", "munt", "datum", "omschrijving", "bedrag", "saldo"}, special: dutch},
	{name: "belfius", institution: "Belfius", marks: []string{"compte", "date de comptabilisation", "numero d'extrait", "montant", "devise"},
		special: map[string]role{"compte contrepartie contient": unknown, "nom contrepartie contient": other, "compte contrepartie": otherIBAN, "transaction": label, "communications": memo}},
	{name: "unicredit", institution: "UniCredit", marks: []string{"data registrazione", "data valuta", "descrizione", "importo"}, special: italian},
	{name: "intesa", institution: "Intesa Sanpaolo", marks: []string{"data", "operazione", "dettagli", "importo"}, special: italian},
	{name: "bank-it", marks: []string{"data contabile", "data valuta", "importo"}, special: italian},
	{name: "bank-it", marks: []string{"data", "descrizione", "dare", "avere"}, special: italian},
	{name: "bbva", institution: "BBVA", marks: []string{"f.valor", "fecha", "concepto", "importe"}, special: spanish},
	{name: "bank-es", marks: []string{"fecha operacion", "concepto", "importe"}, special: spanish},
	{name: "bank-es", marks: []string{"fecha", "concepto", "importe", "saldo"}, special: spanish},
	{name: "bank-pt", marks: []string{"data mov.", "data valor", "descricao", "montante"},
		special: map[string]role{"data mov.": booking, "data valor": value, "descricao": label, "montante": amount, "saldo contabilistico": balance, "saldo": balance}},
}

var paypal = map[string]role{
	"nom": other, "name": other, "net": amount, "netto": amount, "avant commission": unknown, "gross": unknown, "brutto": unknown, "commission": fee, "gebuhr": fee,
	"numero de transaction": reference, "transaction id": reference, "transaktionscode": reference, "solde": unknown, "balance": unknown, "guthaben": unknown,
	"devise": currency, "type": kind, "typ": kind, "etat": status, "titre de l'objet": label, "item title": label, "subject": memo, "objet": memo,
}

var german = map[string]role{
	"auftragskonto": account, "iban auftragskonto": account, "buchungstag": booking, "buchung": booking, "valutadatum": value, "valuta": value, "wertstellung": value, "wert": value,
	"buchungstext": kind, "umsatzart": kind, "verwendungszweck": label, "beguenstigter/zahlungspflichtiger": other, "name zahlungsbeteiligter": other,
	"auftraggeber / begunstigter": other, "begunstigter / auftraggeber": other, "auftraggeber/empfanger": other,
	"kontonummer/iban": otherIBAN, "iban zahlungsbeteiligter": otherIBAN, "kontonummer": otherIBAN, "kundenreferenz (end-to-end)": reference, "kundenreferenz": reference,
	"betrag": amount, "waehrung": currency, "wahrung": currency, "info": status, "saldo": balance, "saldo nach buchung": balance, "kategorie": category, "glaeubiger id": unknown,
}

var dutch = map[string]role{
	"datum": booking, "rentedatum": value, "valuta": value, "naam / omschrijving": other, "naam tegenpartij": other, "rekening": account, "iban/bban": account, "rekeningnummer": account,
	"tegenrekening": otherIBAN, "tegenrekening iban/bban": otherIBAN, "rekeningnummer tegenpartij": otherIBAN, "af bij": direction, "bedrag": amount, "mutatiesoort": kind, "code": unknown,
	"mededelingen": memo, "omschrijving-1": memo, "omschrijving": label, "vrije mededeling": memo, "munt": currency, "saldo": balance, "saldo na mutatie": balance, "saldo na trn": balance,
	"transactiereferentie": reference, "gestructureerde mededeling": reference, "volgnr": unknown, "credit": unknown, "debet": unknown, "oorspr bedrag": foreign, "oorspr munt": foreignCode, "tag": category,
}

var italian = map[string]role{
	"data": booking, "data registrazione": booking, "data contabile": booking, "data valuta": value, "descrizione": label, "descrizione operazione": label, "operazione": label, "causale": kind,
	"dettagli": memo, "importo": amount, "dare": debit, "avere": credit, "valuta": currency, "divisa": currency, "saldo": balance, "conto": account, "categoria": category, "conto o carta": account,
}

var spanish = map[string]role{
	"fecha": booking, "fecha operacion": booking, "fecha contable": booking, "f.valor": value, "fecha valor": value, "concepto": label, "movimiento": kind, "importe": amount, "divisa": currency,
	"disponible": balance, "saldo": balance, "observaciones": memo, "mas datos": memo,
}

// goesOut reports whether a bank's word for the direction says that money leaves.
func goesOut(word string) bool {
	switch locale.Fold(word) {
	case "af", "d", "debet", "debit", "dbit", "s", "soll", "dare", "out", "sortie", "cargo":
		return true
	}
	return false
}
