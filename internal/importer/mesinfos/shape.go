package mesinfos

import "strings"

// shapes are the records that are understood, by the last word of their docType
// in lower case; "record" is kept whole.
var shapes = map[string]string{
	"bankoperation":         "operation",
	"operationtype":         "record",
	"bankaccount":           "record",
	"consumptionstatement":  "statement",
	"consumpionstatement":   "statement", // as the first konnectors spelled it
	"contract":              "contract",
	"client":                "client",
	"bill":                  "bill",
	"insuranceclaim":        "claim",
	"sinistre":              "claim",
	"contrat":               "insurance",
	"societaire":            "member",
	"foyer":                 "record",
	"home":                  "record",
	"paymentterms":          "record",
	"phonecommunicationlog": "call",
	"phonecommunicatiolog":  "call",
	"geopoint":              "position",
	"geolocationlog":        "position",
	"videostream":           "record",
	"videoondemand":         "record",
	"receipt":               "record",
	"receiptdetail":         "record",
	"contact":               "contact",
	"message":               "message",
	"event":                 "event",
	"album":                 "record",
	"photo":                 "photo",
}

// docType returns the key of shapes for a docType, "fr.orange.phonecommunicationlog"
// as well as "BankOperation".
func docType(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	return s[strings.LastIndexByte(s, '.')+1:]
}

// fieldShapes are records without docType, known by fields which together only
// they have. The first that fits counts.
var fieldShapes = []struct {
	fields string
	shape  string
	sure   int
}{
	{"bankAccount amount raw", "operation", 85},
	{"weboobvalue name", "record", 80},
	{"contractNumber start end value statementType", "statement", 85},
	{"vendor number totalPaymentDue", "bill", 85},
	{"vendor number pdl", "contract", 85},
	{"vendor number energie", "contract", 80},
	{"clientId numeroAcc", "client", 85},
	{"clientId typeEncaissement", "record", 75},
	{"clientId billFrequency", "record", 75},
	{"msisdn partner timestamp", "call", 85},
	{"msisdn latitude longitude timestamp", "position", 80},
	{"typeLieuSurvenance societaire", "claim", 80},
	{"messageID conversationID", "message", 80},
	{"fn datapoints", "contact", 80},
	{"fn n accounts", "contact", 70},
	{"start end alarms attendees tags", "event", 70},
	{"albumid binary", "photo", 75},
	{"thumbsrc clearance title", "record", 70},
	{"housingType occupantsCount", "record", 60},
}

// wrappers are records of MAIF with one member that says what they are.
var wrappers = map[string]string{
	"contrat": "insurance", "societaire": "member", "home": "record", "foyer": "record",
	"paymentterms": "record", "sinistre": "record",
}

// shape says what a record is, and how surely it is one of MesInfos; "" and 0
// for others.
func (rec record) shape() (shape string, sure int) {
	if _, other := rec["cozyMetadata"]; other { // of a later Cozy
		return "", 0
	}
	if t := rec.text("docType"); t != "" {
		if shape = shapes[docType(t)]; shape == "" {
			return "", 0
		}
		return shape, 90
	}
	if rec.text("type") == "io.cozy.photos.albums" {
		return "record", 75
	}
	for key, shape := range wrappers {
		if rec.onlyHas(key) {
			return shape, 75
		}
	}
	if rec.onlyThese("type", "date", "vendor", "amount") { // bills by hand; konnectors say more
		return "bill", 60
	}
	for _, f := range fieldShapes {
		if rec.has(strings.Fields(f.fields)...) {
			return f.shape, f.sure
		}
	}
	return "", 0
}

// onlyHas reports whether key is the only member, beside ids, and holds a record
// or records.
func (rec record) onlyHas(key string) bool {
	switch v := rec[key].(type) {
	case map[string]any:
	case []any:
		if len(v) == 0 {
			return false
		}
		if _, ok := v[0].(map[string]any); !ok {
			return false
		}
	default:
		return false
	}
	for other := range rec {
		if other != key && !strings.HasPrefix(other, "_") && !strings.HasPrefix(other, "docType") {
			return false
		}
	}
	return true
}

// onlyThese reports whether the members are keys and nothing else but ids.
func (rec record) onlyThese(keys ...string) bool {
	n := 0
	for key := range rec {
		if !strings.HasPrefix(key, "_") {
			n++
		}
	}
	return n == len(keys) && rec.has(keys...)
}

// kind returns the name under which a record without type of its own is kept.
func (rec record) kind() string {
	if t := rec.text("docType"); t != "" {
		return docType(t)
	}
	switch {
	case strings.HasPrefix(rec.text("type"), "io.cozy."):
		return strings.TrimSuffix(docType(rec.text("type")), "s")
	case rec.has("weboobvalue"):
		return "operationtype"
	case rec.has("thumbsrc"):
		return "album"
	case rec.has("clientId"):
		return "paymentterms"
	case rec.has("housingType"):
		return "home"
	}
	for key := range wrappers {
		if rec.onlyHas(key) {
			return key
		}
	}
	return "record"
}

// vendor returns the company a record is from, "cozy" for the person's own.
func (rec record) vendor() string {
	if v := rec.text("vendor"); v != "" {
		return v
	}
	from := strings.ToLower(rec.text("docTypeVersion") + " " + rec.text("docType"))
	for _, c := range []struct{ word, name string }{{"edf", "EDF"}, {"orange", "Orange"}, {"maif", "MAIF"}, {"grdf", "GRDF"}} {
		if strings.Contains(from, c.word) {
			return c.name
		}
	}
	for key := range wrappers {
		if rec.onlyHas(key) {
			return "MAIF"
		}
	}
	return "cozy"
}
