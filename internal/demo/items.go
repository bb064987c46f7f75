package demo

import (
	"fmt"

	"penates"
	"penates/internal/schema"
)

// Connector is the source of the documents that come as values.
const Connector = "demo"

// An Item is one document for which no file format is read yet: write it
// through a session as an importer's sink would.
type Item struct {
	Document penates.Document // with ID, Type and Source; Body is left to the writer
	Body     schema.Body
}

func newItem(connection, native string, body schema.Body) Item {
	return Item{
		Document: penates.Document{
			ID:     penates.NewDocumentID(Connector, connection, native),
			Type:   body.DocType(),
			Source: penates.Source{Connector: Connector, Connection: connection, NativeID: native},
		},
		Body: body,
	}
}

// identity is what the state's identity provider would say of Camille: the
// pivot identity of FranceConnect, at the level eidas1.
func identity() Item {
	item := newItem("franceconnect", "camille", schema.Identity{
		Family: "Delaunay", Preferred: owner.family, Given: "Camille Anne Odile", Gender: "female",
		BirthDate: owner.born, BirthPlace: "56260", Email: owner.mail, Phone: owner.phone,
		Address: addressLine(owner.address), Issuer: "FranceConnect (démonstration)", Level: "eidas1",
	})
	item.Document.Text = fmt.Sprintf("%s %s, identité FranceConnect", owner.given, owner.family)
	item.Document.Parties = []penates.Party{{Role: "owner", Literal: owner.name(), Address: owner.mail}}
	item.Document.Refs = []penates.Ref{penates.NewRef(penates.RefEmail, owner.mail), penates.NewRef(penates.RefPhone, owner.phone)}
	item.Document.Sensitivity = penates.Secret
	return item
}

// contracts are what the suppliers bill under.
func contracts(p *plan) (items []Item) {
	for _, s := range suppliers {
		vendor := companyOf(s.company)
		body := schema.Contract{Vendor: vendor.name, Number: s.contract, Name: s.offer, Kind: s.kind, Meter: s.meter, Address: addressLine(owner.address), Status: "actif"}
		if s.kind == "electricity" {
			body.Power, body.Option = "9 kVA", "Base"
		}
		item := newItem("contracts", s.contract, body)
		item.Document.Time.Start = (p.first - 400).moment()
		item.Document.Text = vendor.name + ", " + s.offer
		item.Document.Parties = []penates.Party{{Role: "vendor", Literal: vendor.name, Address: vendor.sender().mail}, {Role: "customer", Literal: owner.name(), Address: owner.mail}}
		item.Document.Refs = []penates.Ref{penates.NewRef(penates.RefContract, s.contract), penates.NewRef(penates.RefCustomer, s.customer)}
		switch s.kind {
		case "electricity":
			item.Document.Refs = append(item.Document.Refs, penates.NewRef(penates.RefPRM, s.meter))
		case "gas":
			item.Document.Refs = append(item.Document.Refs, penates.NewRef(penates.RefPCE, s.meter))
		}
		items = append(items, item)
	}
	return items
}

// refunds are the statements of both health insurances, one for each visit that
// was refunded by the last day.
func refunds(p *plan) (items []Item) {
	for _, v := range p.visits {
		for _, r := range v.refunds() {
			if v.on < p.first || r.on > p.last {
				continue
			}
			from := companyOf(r.company)
			item := newItem("refunds "+r.company, v.on.String()+":"+v.person, schema.Bill{
				Vendor: from.name, Title: fmt.Sprintf("Remboursement : %s (%s)", v.what, personOf(v.patient).given), Buyer: owner.name(),
				IsRefund: true, OriginalAmount: v.price.String(), OriginalDate: v.on.String(),
			})
			item.Document.Time.Start = r.on.moment()
			item.Document.Money = &penates.Money{Amount: r.amount.decimal(), Currency: "EUR"}
			item.Document.Text = fmt.Sprintf("%s, remboursement de %s", from.name, r.amount.euros())
			item.Document.Parties = []penates.Party{{Role: "vendor", Literal: from.name, Address: from.sender().mail}}
			item.Document.Sensitivity = penates.Sensitive
			items = append(items, item)
		}
	}
	return items
}
