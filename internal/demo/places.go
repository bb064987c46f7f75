package demo

import (
	"fmt"
	"time"

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

// placeItem is somebody being at a site for a while.
func placeItem(s site, span penates.Span, accuracy float64) Item {
	native := s.kind + ":" + s.name + ":" + span.Start.String()
	item := newItem("places", native, schema.Place{Name: s.name, Kind: s.kind, Address: addressLine(s.address)})
	item.Document.Time = span
	item.Document.Text = s.name
	item.Document.Place = &penates.Place{Lat: s.lat, Lon: s.lon, Accuracy: accuracy, Name: s.name}
	return item
}

// placesOf are home, work, every meal out and every stay that has begun.
func placesOf(p *plan) []Item {
	items := []Item{placeItem(homeSite, penates.Span{}, 10), placeItem(workSite, penates.Span{}, 20)}
	for _, o := range p.outings {
		begin := o.on.at(o.hour, o.minute)
		long := 95 * time.Minute
		if o.lunch {
			long = 40 * time.Minute
		}
		items = append(items, placeItem(o.site, penates.Span{Start: penates.At(begin), End: penates.At(begin.Add(long))}, 25))
	}
	for _, s := range p.stays {
		if s.first <= p.last {
			items = append(items, placeItem(s.site, penates.Span{Start: s.first.moment(), End: s.last.moment()}, 50))
		}
	}
	return items
}

func (d day) moment() penates.Moment { return penates.DayOf(d.time()) }

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
