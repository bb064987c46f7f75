package publicapi

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/social"
	"penates/internal/jsonstream"
	"penates/internal/locale"
	"penates/internal/schema"
)

type swarm struct {
	ctx context.Context
	out importer.Sink
	j   *jsonstream.Reader
}

func readSwarm(ctx context.Context, f *importer.File, out importer.Sink) error {
	return open(f, func(j *jsonstream.Reader) error {
		s := &swarm{ctx: ctx, out: out, j: j}
		return j.Object(func(key string) error {
			switch key {
			case "response":
				return j.Object(s.response)
			case "items":
				return j.Array(s.checkin)
			}
			return j.Skip()
		})
	})
}

func (s *swarm) response(key string) error {
	switch key {
	case "checkins":
		return s.checkins()
	case "user":
		return s.user()
	}
	return s.j.Skip()
}

func (s *swarm) checkins() error {
	return s.j.Object(func(key string) error {
		if key != "items" {
			return s.j.Skip()
		}
		return s.j.Array(s.checkin)
	})
}

// user reads who the account belongs to, their friends and last check-ins.
func (s *swarm) user() error {
	var p person
	err := s.j.Object(func(key string) error {
		switch key {
		case "checkins":
			return s.checkins()
		case "friends":
			return s.friends()
		case "id", "firstName", "lastName", "homeCity", "gender":
			var raw json.RawMessage
			err := s.j.Value(&raw)
			p.set(key, raw)
			return err
		case "contact":
			err := s.j.Value(&p.Contact)
			if jsonstream.Mismatch(err) {
				return s.out.Refuse(s.j.Line(), err)
			}
			return err
		}
		return s.j.Skip()
	})
	if err != nil {
		return err
	}
	if p.ID == "" {
		return s.out.Refuse(s.j.Line(), fmt.Errorf("a user without id: %w", penates.Invalid))
	}
	name := locale.Line(p.Given + " " + p.Family)
	d := &penates.Document{Source: penates.Source{NativeID: "user/" + p.ID}, Text: social.Line("Swarm: " + name)}
	body := schema.Identity{Given: locale.Line(p.Given), Family: locale.Line(p.Family), Gender: locale.Line(p.Gender), Address: locale.Line(p.City), Customer: p.ID, Issuer: "Swarm"}
	if p.Contact.Email != "" {
		body.Email = strings.ToLower(locale.Line(p.Contact.Email))
		d.Refs = []penates.Ref{penates.NewRef(penates.RefEmail, body.Email)}
	}
	return s.out.Document(d, body)
}

type person struct {
	ID, Given, Family, City, Gender string
	Contact                         struct {
		Email string `json:"email"`
	}
}

func (p *person) set(key string, raw json.RawMessage) {
	v, _ := jsonstream.Text(raw)
	switch key {
	case "id":
		p.ID = locale.Line(v)
	case "firstName":
		p.Given = v
	case "lastName":
		p.Family = v
	case "homeCity":
		p.City = v
	case "gender":
		p.Gender = v
	}
}

func (s *swarm) friends() error {
	return s.j.Object(func(key string) error {
		if key != "groups" {
			return s.j.Skip()
		}
		return s.j.Array(func() error {
			return s.j.Object(func(key string) error {
				if key != "items" {
					return s.j.Skip()
				}
				return s.j.Array(s.friend)
			})
		})
	})
}

func (s *swarm) friend() error {
	var f struct {
		ID     json.RawMessage `json:"id"`
		Given  string          `json:"firstName"`
		Family string          `json:"lastName"`
		City   string          `json:"homeCity"`
	}
	if err := s.j.Value(&f); err != nil {
		if jsonstream.Mismatch(err) {
			return s.out.Refuse(s.j.Line(), err)
		}
		return err
	}
	id, _ := jsonstream.Text(f.ID)
	name := locale.Line(f.Given + " " + f.Family)
	if id == "" || name == "" {
		return s.out.Refuse(s.j.Line(), fmt.Errorf("a friend without id or name: %w", penates.Invalid))
	}
	body := schema.Contact{FullName: name, Given: locale.Line(f.Given), Family: locale.Line(f.Family), Groups: []string{"Swarm"}}
	if city := locale.Line(f.City); city != "" {
		body.Address = []string{city}
	}
	return s.out.Document(&penates.Document{Source: penates.Source{NativeID: "friend/" + id, Locator: s.here()}, Text: social.Line(name)}, body)
}

func (s *swarm) here() string { return "line=" + strconv.Itoa(s.j.Line()) }

func (s *swarm) checkin() error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	var c struct {
		ID      string          `json:"id"`
		Created json.RawMessage `json:"createdAt"`
		Shout   string          `json:"shout"`
		Offset  int             `json:"timeZoneOffset"`
		Venue   struct {
			Name     string `json:"name"`
			Location struct {
				Lat     *float64 `json:"lat"`
				Lng     *float64 `json:"lng"`
				Address string   `json:"address"`
				Postal  string   `json:"postalCode"`
				City    string   `json:"city"`
				Country string   `json:"country"`
			} `json:"location"`
			Categories []struct {
				Name string `json:"name"`
			} `json:"categories"`
		} `json:"venue"`
		Lat *float64 `json:"lat"`
		Lng *float64 `json:"lng"`
	}
	if err := s.j.Value(&c); err != nil {
		if jsonstream.Mismatch(err) {
			return s.out.Refuse(s.j.Line(), err)
		}
		return err
	}
	stamp, _ := jsonstream.Text(c.Created)
	at, ok := social.Stamp(strings.TrimSuffix(stamp, ".000000"))
	if c.ID == "" || !ok {
		return s.out.Refuse(s.j.Line(), fmt.Errorf("a check-in without id or time (%.40q): %w", stamp, penates.Invalid))
	}
	if c.Offset > -24*60 && c.Offset < 24*60 {
		at = penates.At(at.Time().In(time.FixedZone("", c.Offset*60)))
	}
	l := c.Venue.Location
	body := schema.Place{Name: social.Line(c.Venue.Name), Address: social.Line(strings.Join([]string{l.Address, l.Postal, l.City, l.Country}, " "))}
	if len(c.Venue.Categories) > 0 {
		body.Kind = locale.Line(c.Venue.Categories[0].Name)
	}
	d := &penates.Document{Source: penates.Source{NativeID: "checkin/" + c.ID, Locator: s.here()}, Time: penates.Span{Start: at}, Text: body.Name}
	if shout := social.Line(c.Shout); shout != "" {
		d.Text = social.Line(strings.TrimPrefix(d.Text+": "+shout, ": "))
	}
	if d.Text == "" {
		d.Text = "check-in"
	}
	if l.Lat == nil || l.Lng == nil {
		l.Lat, l.Lng = c.Lat, c.Lng
	}
	if l.Lat != nil && l.Lng != nil && *l.Lat >= -90 && *l.Lat <= 90 && *l.Lng >= -180 && *l.Lng <= 180 {
		d.Place = &penates.Place{Lat: *l.Lat, Lon: *l.Lng, Name: body.Name}
	}
	return s.out.Document(d, body)
}
