package grdf

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"penates"
	"penates/internal/locale"
	"penates/internal/schema"
)

// period takes a record of a table by period: "09/05/2019", "Du 13/05/2019 au
// 19/05/2019", "Mai 2019", "2021", or an hour.
func (s *sink) period(line int, raw []byte) error {
	var r struct {
		Period word `json:"time_period"`
		Volume word `json:"volume_m3"`
		Energy word `json:"energy_kwh"`
		Index  word `json:"end_index_m3"`
		Type   word `json:"type"`
		PCE    word `json:"pce"`
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return s.misfit(line, err)
	}
	m := measured{pce: string(r.PCE), energy: r.Energy, volume: r.Volume, endWith: r.Index, quality: string(r.Type)}
	var err error
	if m.start, m.end, m.measure, m.step, err = span(string(r.Period), s.zone); err != nil {
		return s.refuse(line, err)
	}
	return s.take(line, m)
}

// span reads a period and says what is measured over it.
func span(text string, zone *time.Location) (start, end penates.Moment, measure, step string, err error) {
	words := strings.Fields(locale.Fold(text))
	switch {
	case len(words) == 4 && words[0] == "du" && words[2] == "au":
		var last penates.Moment
		if start, err = locale.Day(words[1], locale.DMY); err == nil {
			last, err = locale.Day(words[3], locale.DMY)
		}
		if err == nil && last.Time().Before(start.Time()) {
			err = fmt.Errorf("period %q ends before it starts: %w", clip(text), penates.Invalid)
		}
		return start, after(last, 0, 0, 1), "weekly", "P1W", err
	case len(words) == 1 && len(words[0]) == 4:
		start, err = locale.Day("01/01/"+words[0], locale.DMY)
		return start, after(start, 1, 0, 0), "yearly", "P1Y", err
	case len(words) == 2 && len(words[1]) == 4:
		start, err = locale.Day("1 "+words[0]+" "+words[1], locale.DMY)
		return start, after(start, 0, 1, 0), "monthly", "P1M", err
	}
	if start, err = locale.Time(text, locale.DMY, zone); err != nil || start.DateOnly() {
		return start, after(start, 0, 0, 1), "daily", "P1D", err
	}
	return start, penates.At(start.Time().Add(time.Hour)), "load-curve", "PT60M", nil
}

func after(m penates.Moment, years, months, days int) penates.Moment {
	return penates.DayOf(m.Time().AddDate(years, months, days))
}

func clip(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

func (s *sink) account(line int, pce string, readings []json.RawMessage) error {
	for _, raw := range readings {
		if err := s.reading(line, pce, raw); err != nil {
			return err
		}
	}
	return nil
}

// reading takes a reading of the customer's account: one of a gas day, or one
// that was published for billing, over the time between two visits.
func (s *sink) reading(line int, pce string, raw []byte) error {
	var r struct {
		PCE     word `json:"idPce"`
		Start   word `json:"dateDebutReleve"`
		End     word `json:"dateFinReleve"`
		Day     word `json:"journeeGaziere"`
		Index   word `json:"indexFin"`
		Volume  word `json:"volumeBrutConsomme"`
		Energy  word `json:"energieConsomme"`
		Quality word `json:"qualificationReleve"`
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return s.misfit(line, err)
	}
	m := measured{pce: r.PCE.or(pce), energy: r.Energy, volume: r.Volume, endWith: r.Index, quality: string(r.Quality)}
	return s.dated(line, m, string(r.Day), string(r.Start), string(r.End))
}

// dated takes a reading of a gas day, else of the days from start to end.
func (s *sink) dated(line int, m measured, day, start, end string) error {
	var err error
	if day != "" {
		m.measure, m.step = "daily", "P1D"
		if m.start, err = locale.Day(day, locale.YMD); err != nil {
			return s.refuse(line, err)
		}
		m.end = after(m.start, 0, 0, 1)
		return s.take(line, m)
	}
	m.measure = "statement"
	if m.start, err = locale.Day(start, locale.YMD); err == nil {
		m.end, err = locale.Day(end, locale.YMD)
	}
	if err == nil && !m.end.Time().After(m.start.Time()) {
		err = fmt.Errorf("a reading from %s to %s: %w", m.start, m.end, penates.Invalid)
	}
	if err != nil {
		return s.refuse(line, err)
	}
	return s.take(line, m)
}

// A meter is how ADICT names one.
type meter struct {
	ID word `json:"id_pce"`
}

// consumption takes an answer of ADICT, donnees_consos_publiees or _informatives.
func (s *sink) consumption(line int, raw []byte) error {
	var r struct {
		PCE   meter `json:"pce"`
		Plain word  `json:"id_pce"`
		End   struct {
			Index struct {
				Value word `json:"valeur_index"`
			} `json:"index_brut_fin"`
		} `json:"releve_fin"`
		Use struct {
			Start   word `json:"date_debut_consommation"`
			End     word `json:"date_fin_consommation"`
			Day     word `json:"journee_gaziere"`
			Volume  word `json:"volume_brut"`
			Energy  word `json:"energie"`
			Quality word `json:"type_qualif_conso"`
		} `json:"consommation"`
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return s.misfit(line, err)
	}
	if r.Use.Energy == "" && r.Use.Volume == "" {
		return nil
	}
	m := measured{pce: r.PCE.ID.or(string(r.Plain)), energy: r.Use.Energy, volume: r.Use.Volume, endWith: r.End.Index.Value, quality: string(r.Use.Quality)}
	return s.dated(line, m, string(r.Use.Day), string(r.Use.Start), string(r.Use.End))
}

// contract takes an answer of ADICT, donnees_techniques or donnees_contractuelles.
// They come apart, so they stay apart.
func (s *sink) contract(line int, raw []byte) error {
	var r struct {
		PCE   meter `json:"pce"`
		Plain word  `json:"id_pce"`
		Tech  struct {
			Place struct {
				Number word `json:"numero_rue"`
				Street word `json:"nom_rue"`
				Postal word `json:"code_postal"`
				City   word `json:"commune"`
			} `json:"situation_compteur"`
		} `json:"donnees_techniques"`
		Terms struct {
			Tariff word `json:"tarif_acheminement"`
			Since  word `json:"date_mes"`
		} `json:"donnees_contractuelles"`
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return s.misfit(line, err)
	}
	pce := r.PCE.ID.or(string(r.Plain))
	if pce == "" {
		return s.refuse(line, fmt.Errorf("contract without number of the meter: %w", penates.Invalid))
	}
	native := "contract"
	if r.Terms.Tariff == "" && r.Terms.Since == "" {
		native = "meter"
	}
	p := &r.Tech.Place
	address := locale.Line(strings.Trim(fmt.Sprintf("%s %s, %s %s", p.Number, p.Street, p.Postal, p.City), ", "))
	d := &penates.Document{
		Source: penates.Source{Connection: pce, NativeID: native, Locator: fmt.Sprintf("line=%d", line)},
		Refs:   []penates.Ref{penates.NewRef(penates.RefPCE, pce)},
		Text:   strings.TrimRight("Gas meter "+pce+", "+address, ", "),
	}
	if day, err := locale.Day(string(r.Terms.Since), locale.YMD); err == nil {
		d.Time.Start = day
	}
	return s.document(d, schema.Contract{
		Vendor: "GRDF", Kind: "gas", Meter: pce, Address: address,
		Option: string(r.Terms.Tariff),
	})
}
