package enedis

import (
	"fmt"
	"strconv"
	"strings"

	"penates"
	"penates/internal/locale"
	"penates/internal/schema"
)

// An answer is what Data Connect says beside series: of customers as in version
// 5, and as in version 3, where the members of the customer stand alone.
type answer struct {
	Error       word         `json:"error"`
	Description word         `json:"error_description"`
	Power       word         `json:"contract_power"`
	Schedule    word         `json:"fee_schedule"`
	Stage       word         `json:"business_step"`
	UsagePoint  []usagePoint `json:"usage_point"`
	Customer    *customer    `json:"customer"`
	customer
}

// A usagePoint is one of version 3, with its values.
type usagePoint struct {
	ID      word `json:"usage_point_id"`
	Reading struct {
		ID       word        `json:"usage_point_id"`
		Start    word        `json:"start"`
		Type     readingType `json:"reading_type"`
		Block    []dated     `json:"interval_block"`
		Readings []dated     `json:"interval_reading"`
	} `json:"meter_reading"`
}

type customer struct {
	ID       word `json:"customer_id"`
	Segment  word `json:"segment"`
	Identity struct {
		Person struct {
			Title     word `json:"title"`
			FirstName word `json:"firstname"`
			LastName  word `json:"lastname"`
			OldFirst  word `json:"name"`      // version 3
			OldLast   word `json:"last_name"` // version 3
		} `json:"natural_person"`
		Company struct {
			Name  word `json:"name"`
			Siret word `json:"siret_number"`
		} `json:"legal_person"`
	} `json:"identity"`
	Contact struct {
		Phone word `json:"phone"`
		Email word `json:"email"`
	} `json:"contact_data"`
	Address *address `json:"usage_point_address"` // version 3
	Points  []struct {
		Point struct {
			ID        word     `json:"usage_point_id"`
			Status    word     `json:"usage_point_status"`
			Meter     word     `json:"meter_type"`
			Addresses *address `json:"usage_point_addresses"`
		} `json:"usage_point"`
		Contracts *struct {
			Segment   word `json:"segment"`
			Power     word `json:"subscribed_power"`
			Activated word `json:"last_activation_date"`
			Tariff    word `json:"distribution_tariff"`
			OffPeak   word `json:"offpeak_hours"`
			Type      word `json:"contract_type"`
			Status    word `json:"contract_status"`
		} `json:"contracts"`
	} `json:"usage_points"`
}

type address struct {
	Number   word `json:"street_number"`
	Street   word `json:"street"`
	More1    word `json:"additional_adress1"`
	More2    word `json:"additional_adress2"`
	Locality word `json:"locality"`
	Postal   word `json:"postal_code"`
	Zip      word `json:"zip"`
	City     word `json:"city"`
	Country  word `json:"country"`
	Geo      geo  `json:"geo_points"`
}

type geo struct {
	Lat word `json:"latitude"`
	Lon word `json:"longitude"`
	Alt word `json:"altitude"`
}

// line returns the address on one line.
func (a *address) line() string {
	if a == nil {
		return ""
	}
	var parts []string
	for _, p := range []string{
		join(" ", a.Number, a.Street), string(a.More1), string(a.More2), string(a.Locality),
		join(" ", a.Postal+a.Zip, a.City), string(a.Country),
	} {
		if p = locale.Line(p); p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, ", ")
}

func join(blank string, words ...word) string {
	var parts []string
	for _, w := range words {
		if w != "" {
			parts = append(parts, string(w))
		}
	}
	return strings.Join(parts, blank)
}

// place returns the position of the address, nil when it is not given.
func (a *address) place() *penates.Place {
	if a == nil || a.Geo.Lat == "" || a.Geo.Lon == "" {
		return nil
	}
	lat, err1 := strconv.ParseFloat(string(a.Geo.Lat), 64)
	lon, err2 := strconv.ParseFloat(string(a.Geo.Lon), 64)
	if err1 != nil || err2 != nil || !(lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180) {
		return nil
	}
	alt, err := strconv.ParseFloat(string(a.Geo.Alt), 64)
	if err != nil || !(alt > -1000 && alt < 10_000) {
		alt = 0
	}
	return &penates.Place{Lat: lat, Lon: lon, Alt: alt, Name: a.line()}
}

// customer gives out who the customer is, and the contract of each usage point.
func (w *writer) customer(line int, c *customer) error {
	if err := w.identity(c); err != nil {
		return err
	}
	for i := range c.Points {
		p := &c.Points[i]
		if p.Point.ID == "" {
			if err := w.refuse(line, fmt.Errorf("usage point without number: %w", penates.Invalid)); err != nil {
				return err
			}
			continue
		}
		facts := contractFacts{
			prm: string(p.Point.ID), customer: string(c.ID), status: string(p.Point.Status),
			address: p.Point.Addresses.line(), place: p.Point.Addresses.place(),
		}
		if k := p.Contracts; k != nil {
			facts.native = "contract"
			facts.power, facts.status = kva(string(k.Power)), string(k.Status)
			facts.option = join(", ", k.Tariff, k.OffPeak)
			facts.name, facts.start = string(k.Type), string(k.Activated)
		}
		if err := w.contract(facts); err != nil {
			return err
		}
	}
	if c.Address != nil {
		return w.contract(contractFacts{customer: string(c.ID), address: c.Address.line(), place: c.Address.place()})
	}
	return nil
}

// identity gives out the person and, in an answer of its own, how to reach them.
func (w *writer) identity(c *customer) error {
	p := &c.Identity.Person
	body := schema.Identity{
		Family: string(p.LastName + p.OldLast), Given: string(p.FirstName + p.OldFirst),
		Email: strings.ToLower(string(c.Contact.Email)), Phone: string(c.Contact.Phone),
		Customer: string(c.ID), Issuer: vendor,
	}
	switch locale.Fold(strings.TrimRight(string(p.Title), ".")) {
	case "mme", "madame", "mlle", "mademoiselle":
		body.Gender = "female"
	case "m", "mr", "monsieur":
		body.Gender = "male"
	}
	if body.Family == "" && body.Given == "" {
		body.Family = string(c.Identity.Company.Name)
	}
	d := &penates.Document{
		Source: penates.Source{Connection: string(c.ID), NativeID: "identity"},
		Refs:   refs(penates.RefCustomer, string(c.ID), penates.RefEmail, body.Email, penates.RefPhone, body.Phone),
		Text:   strings.TrimSpace(body.Given + " " + body.Family),
	}
	switch {
	case d.Text != "":
	case body.Email != "" || body.Phone != "":
		d.Source.NativeID = "contact"
		d.Text = strings.TrimSpace(body.Email + " " + body.Phone)
	default:
		return nil
	}
	return w.document(d, body)
}

// contractFacts is what an answer tells of a contract.
type contractFacts struct {
	native, prm, customer, name, power, option, status, address, start string
	place                                                              *penates.Place
}

// contract gives out a contract. What the services say in answers of their own
// stays apart: native is "contract" for power and tariff, "usage-point" for the
// address alone.
func (w *writer) contract(f contractFacts) error {
	connection := f.prm
	if connection == "" {
		connection = f.customer
	}
	switch {
	case f.native != "":
	case f.power != "" || f.option != "":
		f.native = "contract"
	default:
		f.native = "usage-point"
	}
	d := &penates.Document{
		Source: penates.Source{Connection: connection, NativeID: f.native},
		Refs:   refs(penates.RefPRM, f.prm, penates.RefCustomer, f.customer),
		Place:  f.place,
		Text:   "Electricity meter " + f.prm,
	}
	if f.prm == "" {
		d.Text = "Electricity customer " + f.customer
	}
	for _, more := range []string{f.power, f.address} {
		if more != "" {
			d.Text += ", " + more
		}
	}
	if day, err := locale.Day(f.start, locale.YMD); err == nil {
		d.Time.Start = day
	}
	return w.document(d, schema.Contract{
		Vendor: vendor, Name: f.name, Kind: "electricity", Meter: f.prm,
		Address: f.address, Power: f.power, Option: f.option, Status: f.status,
	})
}

// refs pairs schemes and values and drops the empty ones.
func refs(pairs ...string) (out []penates.Ref) {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out = append(out, penates.NewRef(pairs[i], pairs[i+1]))
		}
	}
	return out
}

// kva writes a subscribed power: "6" and "6 kVA" are the same.
func kva(s string) string {
	if _, ok := digits(s); ok && s != "" {
		return s + " kVA"
	}
	return s
}
