// Package grdf reads what GRDF, the distributor of gas in most of France, gives
// about a meter:
//
//   - readings by hour, day, week, month or year, as a list of records with
//     time_period, volume_m3 and energy_kwh, the form in which the tables of the
//     customer's account circulate as JSON;
//   - the answers of that account itself, a member "releves" for each meter;
//   - the JSON lines of the ADICT API for third parties, consumption and contract;
//   - the spreadsheets of that account (XLSX, or ODS as an office program saves them
//     again), with columns for date, volume and energy.
//
// A gas day begins at six in the morning and is named by its calendar day, so
// daily readings stay days. Each reading becomes a point of energy in kW.h and
// one of volume in m3, and the state of the meter at its end a point of the
// series "index". A reading whose energy and volume are both absent says that
// there is none: it is no point and no error.
//
// The connection of every document is the number of the meter (PCE) when the
// file has it.
package grdf

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"penates"
	"penates/internal/importer"
	"penates/internal/jsonstream"
	"penates/internal/locale"
	"penates/internal/sheet"
)

// Format reads JSON files and spreadsheets of GRDF.
var Format = importer.Format{
	Name:      "grdf",
	Title:     "GRDF gas meter data",
	Recognise: recognise,
	Read:      read,
}

// maxValue bounds the bytes of one record.
const maxValue = 16 << 20

func recognise(h importer.Head) int {
	if sheet.Is(h.Bytes) {
		return 50 // as it may be: only its rows tell
	}
	b := bytes.TrimLeft(bytes.TrimPrefix(h.Bytes, []byte("\xEF\xBB\xBF")), " \t\r\n")
	if len(b) == 0 || b[0] != '{' && b[0] != '[' {
		return 0
	}
	has := func(names ...string) bool {
		for _, name := range names {
			if !hasMember(b, name) {
				return false
			}
		}
		return true
	}
	switch {
	case has("time_period", "volume_m3"), has("time_period", "energy_kwh"),
		has("releves", "idPce"), has("dateDebutReleve", "energieConsomme"),
		has("id_pce", "consommation"), has("id_pce", "donnees_techniques"), has("id_pce", "donnees_contractuelles"):
		return 95
	}
	return 0
}

// hasMember reports whether an object in b has a member of that name.
func hasMember(b []byte, name string) bool {
	for {
		_, rest, found := bytes.Cut(b, []byte(`"`+name+`"`))
		if !found {
			return false
		}
		if rest = bytes.TrimLeft(rest, " \t\r\n"); len(rest) > 0 && rest[0] == ':' {
			return true
		}
		b = rest
	}
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	if sheet.Is(f.Bytes) {
		return readTable(ctx, f, out)
	}
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	text, _ := locale.UTF8(r, "")
	j := jsonstream.New(text, maxValue)
	s := newSink(ctx, f.Zone, out)
	err = j.Each(func() error { return s.record(j) })
	if s.stopped {
		return err
	}
	if last := s.flush(); err == nil {
		err = last
	} // else what was read before the error stays
	return err
}

// record reads one top-level record: a reading, an answer of ADICT, or the meters
// of the customer's account by their number.
func (s *sink) record(j *jsonstream.Reader) error {
	members := map[string]json.RawMessage{}
	err := j.Object(func(key string) error {
		var raw json.RawMessage
		if err := j.Value(&raw); err != nil {
			return err
		}
		if len(members) >= maxMembers {
			return fmt.Errorf("a record of more than %d members: %w", maxMembers, penates.TooLarge)
		}
		var account struct {
			PCE      word              `json:"idPce"`
			Readings []json.RawMessage `json:"releves"`
		}
		if len(raw) > 0 && raw[0] == '{' && hasMember(raw, "releves") && json.Unmarshal(raw, &account) == nil {
			return s.account(j.Line(), account.PCE.or(key), account.Readings)
		}
		members[key] = raw
		return nil
	})
	if err != nil {
		return err
	}
	return s.members(j.Line(), members)
}

// maxMembers bounds the members of one record.
const maxMembers = 10_000

// members takes a record by the members it has.
func (s *sink) members(line int, members map[string]json.RawMessage) error {
	raw, err := json.Marshal(members)
	if err != nil {
		return s.refuse(line, err)
	}
	switch {
	case len(members) == 0:
		return nil
	case members["releves"] != nil:
		var account struct {
			PCE      word              `json:"idPce"`
			Readings []json.RawMessage `json:"releves"`
		}
		if err := json.Unmarshal(raw, &account); err != nil {
			return s.misfit(line, err)
		}
		return s.account(line, string(account.PCE), account.Readings)
	case members["time_period"] != nil:
		return s.period(line, raw)
	case members["journeeGaziere"] != nil || members["dateDebutReleve"] != nil:
		return s.reading(line, "", raw)
	case members["consommation"] != nil:
		return s.consumption(line, raw)
	case members["donnees_techniques"] != nil || members["donnees_contractuelles"] != nil:
		return s.contract(line, raw)
	}
	return s.refuse(line, fmt.Errorf("a record that is no reading: %w", penates.Unsupported))
}

func (s *sink) misfit(line int, err error) error {
	return s.refuse(line, fmt.Errorf("record of another shape: %w (%w)", penates.Invalid, err))
}
