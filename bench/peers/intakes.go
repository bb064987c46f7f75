package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// intakes are the programs, those beside Penates from Debian: notmuch, mu, sqlite3,
// hledger, gpsbabel.
var intakes = []intake{
	{bankInput, "Penates", "", importPenates("bank_operations")},
	{bankInput, "sqlite3 .import, table alone", "no sealing, no indexes, no words; amounts and days stay text, a second import doubles all", sqliteAlone},
	{bankInput, "sqlite3 .import, five indexes and FTS5", "no sealing, no links, no history; amounts and days stay text, a second import doubles all", sqliteIndexed},
	{bankInput, "hledger import", "no sealing, no indexes, no words: a text that each question reads whole; a second import is told by its days", hledger},
	{mailboxInput, "Penates", "", importPenates("messages")},
	{mailInput, "Penates", "", importPenates("messages")},
	{mailInput, "notmuch new", "no sealing, an index only: the mail stays in clear where it is, attachments inside it", notmuch},
	{mailInput, "mu index", "no sealing, an index only: the mail stays in clear where it is, attachments inside it", mu},
	{trackInput, "Penates", "", importPenates("positions")},
	{trackInput, "gpsbabel to KML", "stores nothing that could be asked: one file becomes another", gpsbabel},
}

// importPenates has a vault made as a person makes it take in one file or folder;
// what is counted is in the view.
func importPenates(view string) func(context.Context, string, input) ([][]string, []string, error) {
	return func(ctx context.Context, dir string, in input) ([][]string, []string, error) {
		program, secret := filepath.Join(filepath.Dir(dir), "penates"), filepath.Join(dir, "passphrase")
		if err := build(ctx, program, "../..", "./cmd/penates"); err != nil {
			return nil, nil, err
		}
		if err := os.WriteFile(secret, []byte(passphrase+"\n"), 0o600); err != nil {
			return nil, nil, err
		}
		penates := func(args ...string) []string {
			return append([]string{program, "--data", filepath.Join(dir, "vault"), "--passphrase-file", secret}, args...)
		}
		init := penates("init")
		_, err := run(ctx, dir, init[0], init[1:]...)
		return [][]string{penates("import", in.path)}, penates("query", "SELECT count(*) FROM "+view), err
	}
}

func sqliteAlone(_ context.Context, dir string, in input) ([][]string, []string, error) {
	db := filepath.Join(dir, "bank.db")
	return [][]string{{"sqlite3", db, "CREATE TABLE operations (day, value, amount, label, balance)", ".separator ;", ".import --skip 1 " + in.path + " operations"}},
		[]string{"sqlite3", db, "SELECT count(*) FROM operations"}, nil
}

func sqliteIndexed(ctx context.Context, dir string, in input) ([][]string, []string, error) {
	db := filepath.Join(dir, "bank.db")
	_, err := run(ctx, dir, "sqlite3", db, `CREATE TABLE operations (day, value, amount, label, balance);
		CREATE INDEX by_day ON operations (day, amount); CREATE INDEX by_amount ON operations (amount); CREATE INDEX by_label ON operations (label);
		CREATE INDEX by_balance ON operations (balance); CREATE INDEX by_value ON operations (value, label);
		CREATE VIRTUAL TABLE words USING fts5 (label, content='', tokenize="unicode61 remove_diacritics 2")`)
	return [][]string{{"sqlite3", db, "BEGIN", ".separator ;", ".import --skip 1 " + in.path + " operations",
			"INSERT INTO words (rowid, label) SELECT rowid, label FROM operations", "COMMIT"}},
		[]string{"sqlite3", db, "SELECT count(*) FROM operations"}, err
}

const hledgerRules = `skip 1
separator ;
fields date, date2, amount, description, balance_
date-format %d/%m/%Y
decimal-mark ,
currency EUR
account1 assets:bank
account2 expenses:unknown
`

func hledger(_ context.Context, dir string, in input) ([][]string, []string, error) {
	rules, journal, bank := filepath.Join(dir, "rules"), filepath.Join(dir, "journal"), filepath.Join(dir, "bank.csv")
	err := os.WriteFile(rules, []byte(hledgerRules), 0o600)
	if err == nil {
		err = os.WriteFile(journal, nil, 0o600)
	}
	if err == nil { // it leaves a note of what it read beside the file
		err = os.Link(in.path, bank)
	}
	return [][]string{{"hledger", "import", "-f", journal, "--rules-file", rules, bank}}, []string{"grep", "-c", "COMMERCE", journal}, err
}

func notmuch(_ context.Context, dir string, in input) ([][]string, []string, error) {
	config := fmt.Sprintf("[database]\npath=%s\nmail_root=%s\n[user]\nname=Lou\nprimary_email=lou@peers.example\n", filepath.Join(dir, "index"), in.path)
	err := os.WriteFile(filepath.Join(dir, "notmuch"), []byte(config), 0o600)
	if err == nil {
		err = os.Mkdir(filepath.Join(dir, "index"), 0o700)
	}
	return [][]string{{"notmuch", "new"}}, []string{"notmuch", "count", "*"}, err
}

func mu(ctx context.Context, dir string, in input) ([][]string, []string, error) {
	home := "--muhome=" + filepath.Join(dir, "mu")
	_, err := run(ctx, dir, "mu", "init", home, "--maildir="+in.path)
	return [][]string{{"mu", "index", home, "--quiet"}}, []string{"sh", "-c", "mu find " + home + " date:1990.. --fields l | wc -l"}, err
}

func gpsbabel(_ context.Context, dir string, in input) ([][]string, []string, error) {
	out := filepath.Join(dir, "track.kml")
	return [][]string{{"gpsbabel", "-i", "gpx", "-f", in.path, "-o", "kml,track=1,points=0", "-F", out}}, []string{"grep", "-c", "<when>", out}, nil
}
