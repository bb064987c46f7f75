package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"penates/internal/stay"
	"penates/internal/vault"
)

func staysCommand(p *program) *cobra.Command {
	var from, to string
	cmd := &cobra.Command{
		Use: "stays", Short: "say where one stayed and how one went on / dire où l'on est resté et comment on est reparti", Args: args(0, 0, "[--from <day>] [--to <day>]"),
		Long: "Finds from the positions of all sources where somebody stayed for a quarter of an hour or\nmore, and the trips between. Nothing is stored. A place has the name of a place the vault\n" +
			"knows within 120 metres. Times are in UTC. With --json the answer is\n{\"stays\":[{\"from\",\"to\",\"lat\",\"lon\",\"points\",\"place\",\"name\"}],\"trips\":[{\"from\",\"to\",\"metres\",\"points\",\n" +
			"\"start\",\"end\"}],\"places\":[{\"lat\",\"lon\",\"visits\",\"hours\",\"nights\",\"name\"}]}, where place, start and end\ncount places and stays from 0.\n\n" + exitCodes,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.onVault(cmd.Context(), func(ctx context.Context, s *vault.Session) error {
				r, err := stay.Ask(ctx, s, from, to)
				if err != nil {
					return err
				}
				return p.printStays(r)
			})
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "the first day, as 2024-05-12 / le premier jour")
	cmd.Flags().StringVar(&to, "to", "", "the last day / le dernier jour")
	return cmd
}

type (
	stayJSON struct {
		From   string  `json:"from"`
		To     string  `json:"to"`
		Lat    float64 `json:"lat"`
		Lon    float64 `json:"lon"`
		Points int     `json:"points"`
		Place  int     `json:"place"`
		Name   string  `json:"name,omitempty"`
	}
	tripJSON struct {
		From   string `json:"from"`
		To     string `json:"to"`
		Metres int    `json:"metres"`
		Points int    `json:"points"`
		Start  int    `json:"start"`
		End    int    `json:"end"`
	}
	placeJSON struct {
		Lat    float64 `json:"lat"`
		Lon    float64 `json:"lon"`
		Visits int     `json:"visits"`
		Hours  float64 `json:"hours"`
		Nights int     `json:"nights"`
		Name   string  `json:"name,omitempty"`
	}
	staysJSON struct {
		Stays  []stayJSON  `json:"stays"`
		Trips  []tripJSON  `json:"trips"`
		Places []placeJSON `json:"places"`
	}
)

func (p *program) printStays(r *stay.Result) error {
	if p.json {
		out := staysJSON{[]stayJSON{}, []tripJSON{}, []placeJSON{}}
		for _, s := range r.Stays {
			out.Stays = append(out.Stays, stayJSON{s.From.Format(time.RFC3339), s.To.Format(time.RFC3339), s.Lat, s.Lon, s.Points, s.Place, s.Name})
		}
		for _, t := range r.Trips {
			out.Trips = append(out.Trips, tripJSON{t.From.Format(time.RFC3339), t.To.Format(time.RFC3339), int(t.Metres), t.Points, t.Start, t.End})
		}
		for _, l := range r.Places {
			out.Places = append(out.Places, placeJSON{l.Lat, l.Lon, l.Visits, l.Time.Hours(), l.Nights, l.Name})
		}
		return p.printJSON(out)
	}
	if len(r.Stays) == 0 {
		_, err := fmt.Fprintln(p.stdout, "the positions tell of no stay")
		return err
	}
	rows := [][]string{{"FROM", "TO", "WHAT", "WHERE", "NAME"}}
	trips := r.Trips
	const minute = "2006-01-02 15:04"
	for i, s := range r.Stays {
		rows = append(rows, []string{s.From.Format(minute), s.To.Format(minute), "stay", fmt.Sprintf("%.4f, %.4f", s.Lat, s.Lon), plain(s.Name)})
		if len(trips) > 0 && trips[0].Start == i {
			rows = append(rows, []string{trips[0].From.Format(minute), trips[0].To.Format(minute), "trip", fmt.Sprintf("%.1f km", trips[0].Metres/1000), ""})
			trips = trips[1:]
		}
	}
	return p.columns(rows)
}
