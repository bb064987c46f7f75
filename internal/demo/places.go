package demo

import (
	"time"

	"penates"
	"penates/internal/schema"
)

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
