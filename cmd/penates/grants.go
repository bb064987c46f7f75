package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"penates"
	"penates/internal/grant"
	"penates/internal/schema"
	"penates/internal/vault"
)

const grantsHelp = `Lists what others may see, gives, shows and stops grants.

  penates grants give app:budget bank_operations --fields day,amount,currency \
      --from 2025-01-01 --until 2025-12-31 --expires 2026-12-31 --purpose "a budget check"
  penates grants show grt_…
  penates grants stop grt_…

With --preview, "give" only shows the rows that would be seen.`

func grantsCommand(p *program) *cobra.Command {
	var o grantOptions
	cmd := &cobra.Command{
		Use: "grants [give GRANTEE VIEW… | show ID | stop ID]", Short: "who may see what: list, give, show, stop / qui peut voir quoi", Long: grantsHelp + "\n\n" + exitCodes,
		Args: args(0, -1, "[give GRANTEE VIEW… | show ID | stop ID]"),
		RunE: func(cmd *cobra.Command, given []string) error {
			act := ""
			if len(given) > 0 {
				act = given[0]
			}
			switch {
			case act == "":
				return p.onVault(cmd.Context(), func(ctx context.Context, s *vault.Session) error { return p.listGrants(ctx, s, o.all) })
			case act == "show" && len(given) == 2:
				return p.onVault(cmd.Context(), func(ctx context.Context, s *vault.Session) error { return p.showGrant(ctx, s, given[1]) })
			case act == "stop" && len(given) == 2:
				return p.onVault(cmd.Context(), func(ctx context.Context, s *vault.Session) error {
					if err := s.Revoke(ctx, penates.GrantID(given[1])); err != nil {
						return err
					}
					return p.say(map[string]string{"stopped": given[1]}, "stopped "+given[1])
				})
			case act == "give" && (len(given) > 2 || o.file != "" && len(given) == 1):
				g, err := p.readGrant(&o, given[1:])
				if err != nil {
					return err
				}
				return p.onVault(cmd.Context(), func(ctx context.Context, s *vault.Session) error { return p.giveGrant(ctx, s, g, o.preview) })
			}
			return usageError{fmt.Errorf("usage: penates grants [give GRANTEE VIEW… | show ID | stop ID]")}
		},
	}
	o.flags(cmd)
	return cmd
}

// grantOptions are what the flags say of a grant that is given.
type grantOptions struct {
	all, preview   bool
	file           string
	actions        []string
	fields         []string
	where          []string
	from, until    string
	source, folder string
	purpose        string
	expires        string
	rows, bytes    int64
	group, budget  int
}

func (o *grantOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&o.all, "all", false, "list those that are over too / aussi ceux qui sont finis")
	f.BoolVar(&o.preview, "preview", false, "only show the rows that would be seen / montrer seulement ce qui serait vu")
	f.StringVar(&o.file, "file", "", "read the grant from a file of JSON / lire l'autorisation d'un fichier JSON")
	f.StringSliceVar(&o.actions, "actions", []string{"read"}, "read, add, change, delete, share, compute / actions permises")
	f.StringSliceVar(&o.fields, "fields", nil, "only these columns of the view / seulement ces colonnes")
	f.StringArrayVar(&o.where, "where", nil, "condition COLUMN OP VALUE, OP is eq ne lt le gt ge prefix; may be repeated / condition")
	f.StringVar(&o.from, "from", "", "from this day on, as in 2025-01-31 / à partir de ce jour")
	f.StringVar(&o.until, "until", "", "until this day / jusqu'à ce jour")
	f.StringVar(&o.source, "source", "", "only of this source, as in ofx / seulement de cette source")
	f.StringVar(&o.folder, "folder", "", "only files below this folder / seulement sous ce dossier")
	f.StringVar(&o.purpose, "purpose", "", "what for / pour quoi")
	f.StringVar(&o.expires, "expires", "", "last day it holds, as in 2026-12-31 / dernier jour")
	f.Int64Var(&o.rows, "rows-per-day", 0, "most rows a day, 0 is no limit / lignes par jour")
	f.Int64Var(&o.bytes, "bytes-per-day", 0, "most bytes a day, 0 is no limit / octets par jour")
	f.IntVar(&o.group, "figures-of", 0, "only figures over groups of at least so many documents / seulement des chiffres par groupes")
	f.IntVar(&o.budget, "questions", 100, "how many different questions about figures / nombre de questions")
}

// readGrant makes a grant of what was typed.
func (p *program) readGrant(o *grantOptions, given []string) (g grant.Grant, err error) {
	if o.file != "" {
		return p.grantOfFile(o.file)
	}
	g = grant.Grant{Grantee: penates.Actor(given[0]), Purpose: o.purpose, Limits: grant.Limits{RowsPerDay: o.rows, BytesPerDay: o.bytes}}
	for _, a := range o.actions {
		g.Actions = append(g.Actions, penates.Action(a))
	}
	if o.group > 0 {
		g.Limits.Aggregate = &grant.Aggregate{MinGroup: o.group, Budget: o.budget}
	}
	if o.expires != "" {
		day, err := time.ParseInLocation(time.DateOnly, o.expires, time.Local)
		if err != nil {
			return g, usageError{fmt.Errorf("--expires %q is no day: write it as in 2026-12-31", o.expires)}
		}
		g.Expires = day.AddDate(0, 0, 1)
	}
	var where []grant.Condition
	for _, w := range o.where {
		words := strings.SplitN(w, " ", 3)
		if len(words) != 3 {
			return g, usageError{fmt.Errorf("--where %q: write it as in \"amount lt 0\"", w)}
		}
		where = append(where, grant.Condition{Field: words[0], Op: grant.Op(words[1]), Values: []string{words[2]}})
	}
	for _, view := range given[1:] {
		k := schema.OfView(view)
		if k == nil {
			return g, usageError{fmt.Errorf("%s: the views are %s", view, strings.Join(viewNames(), ", "))}
		}
		g.Selections = append(g.Selections, grant.Selection{Type: k.Type, Where: where, Fields: o.fields, From: o.from, Until: o.until, Source: o.source, Folder: o.folder})
	}
	return g, nil
}

const maxGrantFile = 1 << 20

func (p *program) grantOfFile(name string) (g grant.Grant, err error) {
	f, err := os.Open(p.abs(name))
	if err != nil {
		return g, err
	}
	defer f.Close()
	d := json.NewDecoder(io.LimitReader(f, maxGrantFile))
	d.DisallowUnknownFields()
	if err := d.Decode(&g); err != nil {
		return g, fmt.Errorf("the grant in %s: %w (%w)", name, penates.Invalid, err)
	}
	return g, nil
}

func (p *program) giveGrant(ctx context.Context, s *vault.Session, g grant.Grant, preview bool) error {
	if !preview {
		g, err := s.AddGrant(ctx, g)
		if err != nil {
			return err
		}
		return p.say(g, string(g.ID))
	}
	shown, err := s.Preview(ctx, g, 10)
	if err != nil {
		return err
	}
	if p.json {
		return p.printJSON(append([]vault.Preview{}, shown...))
	}
	for _, x := range shown {
		fmt.Fprintf(p.stdout, "%s: %d rows\n", x.View, x.Rows)
		if err := p.printTable(x.Table, "table"); err != nil {
			return err
		}
	}
	return nil
}

func (p *program) listGrants(ctx context.Context, s *vault.Session, all bool) error {
	grants, err := s.Grants(ctx, vault.GrantFilter{Active: !all, Limit: 1000})
	if err != nil {
		return err
	}
	if p.json {
		return p.printJSON(append([]vault.Granted{}, grants...))
	}
	rows := [][]string{}
	for _, g := range grants {
		rows = append(rows, grantRow(g))
	}
	return p.columns(rows)
}

func grantRow(g vault.Granted) []string {
	var actions, views []string
	for _, a := range g.Actions {
		actions = append(actions, string(a))
	}
	for _, sel := range g.Selections {
		view := string(sel.Type)
		if k, err := schema.Of(sel.Type); err == nil {
			view = k.View
		}
		if len(sel.Fields)+len(sel.Where) > 0 || sel.From+sel.Until+sel.Folder+sel.Source != "" {
			view += " (part)"
		}
		views = append(views, view)
	}
	end := ""
	switch {
	case !g.Ended.IsZero():
		end = "stopped " + g.Ended.Local().Format(time.DateOnly)
	case !g.Expires.IsZero():
		end = "until " + g.Expires.Local().Format("2006-01-02 15:04")
	}
	return []string{string(g.ID), string(g.Grantee), strings.Join(actions, ","), strings.Join(views, ", "), end, g.Purpose}
}

// showGrant prints a grant, and what its grantee saw under it.
func (p *program) showGrant(ctx context.Context, s *vault.Session, id string) error {
	grants, err := s.Grants(ctx, vault.GrantFilter{ID: penates.GrantID(id)})
	if err != nil {
		return err
	}
	if len(grants) == 0 {
		return fmt.Errorf("grant %s: %w", id, penates.NotExist)
	}
	uses, err := s.Uses(ctx, grants[0].Grantee, "", "")
	if err != nil {
		return err
	}
	seen, refused := map[penates.Type]int64{}, int64(0)
	for _, u := range uses {
		switch {
		case u.Grant != grants[0].ID:
		case u.Type == "":
			refused += u.Refused
		default:
			seen[u.Type] += u.Rows
		}
	}
	if p.json {
		return p.printJSON(struct {
			vault.Granted
			Seen    map[penates.Type]int64 `json:"seen"`
			Refused int64                  `json:"refused"`
		}{grants[0], seen, refused})
	}
	rows := [][]string{grantRow(grants[0])}
	for t, n := range seen {
		rows = append(rows, []string{"", "saw", fmt.Sprintf("%d rows", n), string(t)})
	}
	sort.Slice(rows[1:], func(i, j int) bool { return rows[1+i][3] < rows[1+j][3] })
	if refused > 0 {
		rows = append(rows, []string{"", "refused", fmt.Sprintf("%d times", refused)})
	}
	return p.columns(rows)
}
