package mesinfos

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"penates"
	"penates/internal/locale"
	"penates/internal/schema"
)

// insurance gives out each contract of a list of MAIF.
func (r *reader) insurance(rec record) error {
	list := rec.list("contrat")
	if len(list) == 0 {
		return r.other(rec)
	}
	for _, c := range list {
		money, err := c.amount("montantTarifTtc")
		if err != nil {
			if err := r.refuse(err); err != nil {
				return err
			}
		}
		name := c.first("formuleBase", "name")
		body := schema.Contract{
			Vendor: "MAIF", Name: name, Kind: "insurance",
			Option: c.text("name"), Number: c.first("numeroContrat", "numero"),
		}
		var refs []penates.Ref
		for _, object := range c.list("objects") {
			for _, place := range object.list("lieu") {
				body.Address = place.sub("address").address()
			}
			for _, vehicle := range object.list("vehicule") {
				refs = append(refs, r.refs(vehicle)...)
			}
		}
		d := &penates.Document{
			Source:  penates.Source{Connection: "MAIF", NativeID: r.name(c, "contract", c.text("societaire"), c.text("name"), c.text("startDate"))},
			Money:   money,
			Parties: []penates.Party{{Role: "vendor", Literal: "MAIF"}},
			Refs:    append(r.refs(c), refs...),
			Text:    "MAIF, " + name,
		}
		if body.Address != "" {
			d.Text += ", " + body.Address
		}
		d.Time.Start, d.Time.Uncertainty = r.day(c.text("startDate"))
		d.Time.End, _ = r.day(c.text("endDate"))
		if err := r.document(d, body); err != nil {
			return err
		}
	}
	return nil
}

// member gives out who a member of MAIF is.
func (r *reader) member(rec record) error {
	list := rec.list("societaire")
	if len(list) == 0 {
		return r.other(rec)
	}
	for _, outer := range list {
		m := outer
		if inner := outer.sub("name"); len(inner) > 0 {
			m = inner
		}
		body := schema.Identity{
			Family: m.text("family"), Given: m.text("given"), Gender: gender(m.text("prefix")),
			Customer: outer.first("referenceClient", "societaire"), Issuer: "MAIF",
			Email: strings.ToLower(outer.text("email")), Address: outer.sub("address").address(),
		}
		if maiden := m.text("maiden"); maiden != "" {
			body.Family, body.Preferred = maiden, body.Family
		}
		if day, _ := r.day(outer.text("birthdate")); !day.IsZero() {
			body.BirthDate = day.Date()
		}
		if s := outer.first("telMobile", "telHome"); s != "" {
			body.Phone = r.phone(s)
		}
		refs := r.personRefs(outer, body)
		if plain := strings.TrimRight(body.Customer, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"); plain != body.Customer {
			refs = append(refs, penates.NewRef(penates.RefCustomer, plain))
		}
		d := &penates.Document{
			Source: penates.Source{Connection: "MAIF", NativeID: r.name(rec, "member", body.Customer)},
			Refs:   refs,
			Text:   locale.Line(fmt.Sprintf("%s %s, member of MAIF", body.Given, body.Family)),
		}
		if err := r.document(d, body); err != nil {
			return err
		}
	}
	return nil
}

// claim gives out a claim on an insurance.
func (r *reader) claim(rec record) error {
	if rec.text("ref") == "" && rec.text("timestamp") == "" {
		return r.other(rec)
	}
	vendor := rec.vendor()
	if vendor == "cozy" {
		vendor = "MAIF"
	}
	place := locale.Line(rec.text("lieuSurvenance") + " " + rec.text("typeLieuSurvenance"))
	d := &penates.Document{
		Source: penates.Source{Connection: vendor, NativeID: r.name(rec, "claim", rec.text("ref"))},
		Refs:   r.refs(rec),
		Text:   strings.TrimRight(fmt.Sprintf("%s claim, %s, %s", vendor, rec.text("type"), place), ", "),
	}
	d.Time.Start, d.Time.Uncertainty = r.when(rec.text("timestamp"))
	if driver := rec.sub("driver").person(); driver != "" {
		d.Parties = []penates.Party{{Role: "driver", Literal: driver}}
	}
	return r.document(d, schema.Claim{
		Insurer: vendor, Number: rec.text("ref"), Kind: rec.text("type"), Status: rec.first("status", "statut"),
		Contract: rec.first("numeroContrat", "contractNumber"), Description: place,
	})
}

// call gives out a call or a short message of a telephone.
func (r *reader) call(rec record) error {
	at, uncertainty := r.when(rec.text("timestamp"))
	mine, other := r.msisdn(rec.first("msisdn", "subscriberNumber")), r.msisdn(rec.first("partner", "correspondantNumber"))
	if at.IsZero() {
		return r.refuse(fmt.Errorf("call %d without time: %w", r.count, penates.Invalid))
	}
	kind := locale.Fold(rec.text("type") + " " + rec.text("direction"))
	body := schema.Call{Number: other, Kind: "voice", Direction: "out"}
	switch {
	case strings.Contains(kind, "mms"):
		body.Kind = "mms"
	case strings.Contains(kind, "sms"):
		body.Kind = "sms"
	case strings.Contains(kind, "data"):
		body.Kind = "data"
	}
	me, you := penates.Party{Role: "from", Address: mine}, penates.Party{Role: "to", Address: other}
	switch {
	case strings.Contains(kind, "renvoye") || strings.Contains(kind, "messagerie") || strings.Contains(kind, "forwarded"):
		body.Direction = "missed"
	case strings.Contains(kind, "entrant") || strings.Contains(kind, "incoming"):
		body.Direction = "in"
	}
	if body.Direction != "out" {
		me.Role, you.Role = "to", "from"
	}
	d := &penates.Document{
		Source:  penates.Source{Connection: mine, NativeID: r.name(rec, "call", at.String(), other, rec.text("type"))},
		Time:    penates.Span{Start: at, Uncertainty: uncertainty},
		Place:   position(rec),
		Parties: []penates.Party{you, me},
		Text:    readable(rec.first("type", "direction")) + " " + other,
	}
	if strings.HasPrefix(other, "+") {
		d.Refs = []penates.Ref{penates.NewRef(penates.RefPhone, other)}
	}
	if n, err := strconv.ParseInt(rec.first("length", "chipCount"), 10, 64); err == nil && rec.text("chipType") == "s" && n >= 0 && n < 1_000_000 {
		body.Seconds = n
		d.Time.End = after(at, n)
	}
	return r.document(d, body)
}

// position gives out where a telephone was.
func (r *reader) position(rec record) error {
	at, _ := r.when(rec.text("timestamp"))
	place := position(rec)
	if at.IsZero() || place == nil {
		return r.refuse(fmt.Errorf("position %d without time or place: %w", r.count, penates.Invalid))
	}
	if n, err := strconv.ParseFloat(rec.text("radius"), 64); err == nil && n > 0 && n < 1e6 {
		place.Accuracy = n
	}
	number := r.msisdn(rec.text("msisdn"))
	b := &r.batch
	if b.Type != penates.Positions || b.Source.Connection != number || len(b.Points) >= chunk {
		if err := r.flush(); err != nil {
			return err
		}
		*b = penates.Series{
			Type: penates.Positions, Source: penates.Source{Connection: number, NativeID: "positions"},
			Kind: "phone", Measure: "position", Text: "Positions of " + number, Points: b.Points,
		}
	}
	b.Points = append(b.Points, penates.Point{Start: at, Place: place})
	return nil
}

func position(rec record) *penates.Place {
	lat, err1 := strconv.ParseFloat(rec.first("latitude", "lat"), 64)
	lon, err2 := strconv.ParseFloat(rec.first("longitude", "long", "lon"), 64)
	if err1 != nil || err2 != nil || !(lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180) {
		return nil
	}
	return &penates.Place{Lat: lat, Lon: lon}
}

// contact gives out a card of the address book of Cozy.
func (r *reader) contact(rec record) error {
	body := schema.Contact{
		FullName: locale.Line(rec.text("fn")), Note: rec.text("note"), Groups: rec.texts("tags"),
		Company: rec.text("org"), JobTitle: rec.text("title"), Birthday: rec.text("bday"), Nickname: rec.text("nickname"),
	}
	parts := append(strings.Split(rec.text("n"), ";"), "", "")
	body.Family, body.Given = locale.Line(parts[0]), locale.Line(parts[1])
	if body.FullName == "" {
		body.FullName = locale.Line(body.Given + " " + body.Family)
	}
	d := &penates.Document{Source: penates.Source{Connection: "contacts", NativeID: r.name(rec, "contact")}}
	for _, p := range rec.list("datapoints") {
		r.datapoint(p, &body, d)
	}
	d.Text = body.FullName
	if d.Text == "" && len(d.Refs) > 0 {
		d.Text = d.Refs[0].Value
	}
	return r.document(d, body)
}

// datapoint takes a line of a card: how somebody is reached.
func (r *reader) datapoint(p record, body *schema.Contact, d *penates.Document) {
	value := p.text("value")
	if value == "" {
		value = locale.Line(strings.Join(p.texts("value"), " "))
	}
	if value == "" {
		return
	}
	switch strings.ToLower(p.text("name")) {
	case "email":
		body.Email = append(body.Email, strings.ToLower(value))
		d.Refs = append(d.Refs, penates.NewRef(penates.RefEmail, value))
	case "tel":
		number := r.phone(value)
		body.Phone = append(body.Phone, number)
		if strings.HasPrefix(number, "+") {
			d.Refs = append(d.Refs, penates.NewRef(penates.RefPhone, number))
		}
	case "adr":
		body.Address = append(body.Address, strings.Trim(locale.Line(strings.ReplaceAll(value, ";", " ")), " ,"))
	case "url":
		body.URL = append(body.URL, value)
	case "about", "org":
		if body.Company == "" && slices.Contains([]string{"org", "company", ""}, strings.ToLower(p.text("type"))) {
			body.Company = value
		}
	}
}
