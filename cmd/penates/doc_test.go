package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"penates"
	"penates/internal/importer/all"
	"penates/internal/schema"
	"penates/internal/seal"
	"penates/internal/vault"
)

var update = flag.Bool("update", false, "write docs/cli.md anew")

const cliDoc = "../../docs/cli.md"

// TestCLIDoc compares what docs/cli.md says of commands and views with what they
// are.
func TestCLIDoc(t *testing.T) {
	old, err := os.ReadFile(cliDoc)
	if err != nil {
		t.Fatal(err)
	}
	fresh := string(old)
	for name, text := range map[string]string{"commands": commandsDoc(), "exit codes": exitCodesDoc(), "formats": formatsDoc(), "views": viewsDoc(t)} {
		before, rest, ok := strings.Cut(fresh, "<!-- "+name+": made by a test -->\n")
		_, after, closed := strings.Cut(rest, "<!-- end of "+name+" -->")
		if !ok || !closed {
			t.Fatalf("%s has no place for %s", cliDoc, name)
		}
		fresh = before + "<!-- " + name + ": made by a test -->\n" + text + "<!-- end of " + name + " -->" + after
	}
	if fresh == string(old) {
		return
	}
	if !*update {
		t.Fatalf("%s is stale: go test ./cmd/penates -run TestCLIDoc -update", cliDoc)
	}
	if err := os.WriteFile(cliDoc, []byte(fresh), 0o644); err != nil {
		t.Fatal(err)
	}
}

func exitCodesDoc() string {
	var b strings.Builder
	b.WriteString("| code | meaning |\n|---|---|\n")
	for line := range strings.Lines(exitCodes) {
		if code, text, ok := strings.Cut(strings.TrimSpace(line), " "); ok && code != "Exit" {
			fmt.Fprintf(&b, "| %s | %s |\n", code, strings.TrimSpace(text))
		}
	}
	return b.String()
}

// commandsDoc describes the commands as their help does, in English only.
func commandsDoc() string {
	var b strings.Builder
	root := (&program{getenv: func(string) string { return "" }}).root()
	b.WriteString("Every command takes\n\n")
	writeFlags(&b, root.PersistentFlags())
	for _, c := range root.Commands() {
		if c.Hidden || c.Name() == "help" || c.Name() == "completion" {
			continue
		}
		writeCommand(&b, c)
	}
	return b.String()
}

func writeCommand(b *strings.Builder, c *cobra.Command) {
	short := english(c.Short)
	fmt.Fprintf(b, "\n### penates %s\n\n%s.\n", c.Use, strings.ToUpper(short[:1])+short[1:])
	if long, _, _ := strings.Cut(c.Long, "\n\n"+exitCodes); long != "" {
		fmt.Fprintf(b, "\n```text\n%s\n```\n", long)
	}
	if c.LocalNonPersistentFlags().HasAvailableFlags() {
		b.WriteString("\n")
		writeFlags(b, c.LocalNonPersistentFlags())
	}
}

func writeFlags(b *strings.Builder, flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) {
		name := "--" + f.Name
		if f.Value.Type() != "bool" {
			name += " " + strings.ToUpper(f.Value.Type())
		}
		if f.Name == "help" {
			return
		}
		usual := ""
		if d := f.DefValue; d != "" && d != "false" && d != "[]" && f.Name != "zone" { // the zone is this machine's
			usual = " (" + d + ")"
		}
		fmt.Fprintf(b, "- `%s`: %s%s\n", name, english(f.Usage), usual)
	})
}

// english returns the first of two languages.
func english(text string) string {
	before, _, _ := strings.Cut(text, " / ")
	return before
}

// formatsDoc lists what import reads, in the order it is tried.
func formatsDoc() string {
	var b strings.Builder
	b.WriteString("| format | `source` of its documents |\n|---|---|\n")
	for _, f := range all.Formats {
		fmt.Fprintf(&b, "| %s | `%s` |\n", f.Title, f.Name)
	}
	return b.String()
}

// viewsDoc lists the columns that queries see.
func viewsDoc(t *testing.T) string {
	t.Helper()
	ctx := t.Context()
	s := docSession(ctx, t)
	columns := func(view string) []string {
		table, err := s.Query(ctx, "SELECT * FROM "+view+" LIMIT 0", 1)
		if err != nil {
			t.Fatal(err)
		}
		return table.Columns
	}
	var b bytes.Buffer
	for _, k := range schema.Kinds() {
		fmt.Fprintf(&b, "\n### %s\n\n%s: documents of type `%s` (%s)", k.View, k.Title, k.Type, k.Term)
		if k.Series {
			b.WriteString(", one row a point")
		}
		b.WriteString(".\n\nColumns: " + quoted(columns(k.View)) + ".\n\n")
		for _, f := range k.Fields {
			fmt.Fprintf(&b, "- `%s`: %s\n", f.Name, f.Doc)
		}
	}
	b.WriteString("\n### Across types\n\n")
	for _, view := range vault.ViewNames() {
		if schema.OfView(view) == nil {
			fmt.Fprintf(&b, "- `%s`: %s\n", view, quoted(columns(view)))
		}
	}
	b.WriteString("\n")
	return b.String()
}

func quoted(names []string) string { return "`" + strings.Join(names, "`, `") + "`" }

func docSession(ctx context.Context, t *testing.T) *vault.Session {
	t.Helper()
	v, _, err := vault.Create(ctx, t.TempDir(), []byte("for this test only"), vault.CreateOptions{Cost: seal.Cost{Memory: 64, Passes: 1, Lanes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	s, err := v.As(penates.Owner, "")
	if err != nil {
		t.Fatal(err)
	}
	return s
}
