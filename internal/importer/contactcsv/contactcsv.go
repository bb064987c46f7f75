// Package contactcsv reads the tables of contacts that Google Contacts, Outlook and
// Thunderbird write, with headings in English or French. No one documents them; they
// are known by the names of their columns.
//
// A row has no id of its own: a contact is named by its name and its first address or
// number, so that a later download meets it again.
package contactcsv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/importer/rows"
	"penates/internal/importer/social"
	"penates/internal/locale"
	"penates/internal/schema"
)

// Format reads tables of contacts.
var Format = importer.Format{Name: "contactcsv", Title: "Contacts (CSV of Google, Outlook, Thunderbird)", Recognise: recognise, Read: read}

// The roles of columns.
const (
	full = iota + 1
	given
	middle
	family
	nickname
	company
	department
	jobTitle
	email
	phone
	address // a whole one
	street  // parts of one
	code
	city
	country
	url
	birthday
	note
	groups
	label // of the value in the next column
	roles
)

// words are the plain names of columns; Google's and Outlook's numbers are cut before.
var words = map[string]int{
	"name": full, "displayname": full, "nomcomplet": full, "nomaafficher": full, "fileas": full,
	"firstname": given, "givenname": given, "prenom": given, "middlename": middle, "additionalname": middle, "deuxiemeprenom": middle,
	"lastname": family, "familyname": family, "nom": family, "nomdefamille": family, "nickname": nickname, "surnom": nickname,
	"company": company, "organization": company, "organizationname": company, "societe": company, "entreprise": company, "organisation": company,
	"department": department, "organizationdepartment": department, "service": department,
	"jobtitle": jobTitle, "organizationtitle": jobTitle, "title": label, "fonction": jobTitle, "profession": jobTitle,
	"email": email, "emailvalue": email, "emailaddress": email, "primaryemail": email, "secondaryemail": email, "adressedemessagerie": email, "adresseemail": email, "courriel": email,
	"phone": phone, "phonevalue": phone, "mobilephone": phone, "homephone": phone, "businessphone": phone, "primaryphone": phone, "otherphone": phone, "carphone": phone, "companymainphone": phone,
	"workphone": phone, "mobilenumber": phone, "telmobile": phone, "telephonemobile": phone, "mobile": phone, "telephonedomicile": phone, "telephonebureau": phone, "telephone": phone, "autretelephone": phone, "telephoneprincipal": phone,
	"addressformatted": address, "homeaddress": address, "adresse": address,
	"homestreet": street, "businessstreet": street, "otherstreet": street, "ruedomicile": street, "ruebureau": street, "homeaddress2": street,
	"homepostalcode": code, "businesspostalcode": code, "otherpostalcode": code, "homezipcode": code, "codepostaldomicile": code, "codepostalbureau": code,
	"homecity": city, "businesscity": city, "othercity": city, "villedomicile": city, "villebureau": city,
	"homecountryregion": country, "businesscountryregion": country, "othercountryregion": country, "homecountry": country, "paysregiondomicile": country, "paysdomicile": country, "paysbureau": country, "paysregionbureau": country,
	"webpage": url, "websitevalue": url, "pageweb": url, "personalwebpage": url, "birthday": birthday, "anniversaire": birthday, "datedenaissance": birthday,
	"notes": note, "note": note, "labels": groups, "groupmembership": groups, "categories": groups, "libelles": groups,
	"emaillabel": label, "emailtype": label, "phonelabel": label, "phonetype": label, "addresslabel": label, "emaildisplayname": label,
}

var digits = regexp.MustCompile(`\d+`)

// roleOf returns the role of a column, 0 when it has none.
func roleOf(plain string) int {
	if r, ok := words[plain]; ok {
		return r
	}
	return words[digits.ReplaceAllString(plain, "")]
}

// columnsOf returns the roles of the columns of a header, nil when it is not one of
// contacts: a name in parts or whole, somewhere to reach them, and hardly a column
// that is no contact's.
func columnsOf(names []string) []int {
	columns, count := make([]int, len(names)), [roles]int{}
	known := 0
	for i, n := range names {
		columns[i] = roleOf(n)
		count[columns[i]]++
		if columns[i] > 0 {
			known++
		}
	}
	named := count[given] > 0 && count[family] > 0 || count[full] > 0 && count[given]+count[family] > 0
	if !named || count[email]+count[phone] == 0 || known < 4 {
		return nil
	}
	return columns
}

func recognise(h importer.Head) int {
	names, _ := rows.Header(h.Bytes)
	if columnsOf(names) == nil {
		return 0
	}
	return 55
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	names, delim := rows.Header(f.Bytes)
	columns := columnsOf(names)
	if columns == nil {
		return fmt.Errorf("no columns of contacts: %w", importer.ErrNotMine)
	}
	source, err := f.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	text, _ := locale.UTF8(source, "")
	in := rows.New(text, delim)
	r := &reader{columns: columns, country: f.Country, out: out}
	for first := true; ; first = false {
		fields, line, err := in.Next()
		switch {
		case err == io.EOF:
			return nil
		case errors.Is(err, penates.Invalid), errors.Is(err, penates.TooLarge):
			err = out.Refuse(line, err)
		case err == nil && !first: // the first are the headings
			err = r.row(fields, line)
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
	}
}

type reader struct {
	columns []int
	country string
	out     importer.Sink
	names   bank.Namer
}

const (
	maxValues = 200
	maxText   = 64 << 10
)

func (r *reader) row(fields []string, line int) error {
	if len(fields) > len(r.columns) {
		return r.out.Refuse(line, fmt.Errorf("%d columns instead of %d: %w", len(fields), len(r.columns), penates.Invalid))
	}
	c := r.contact(fields)
	d := &penates.Document{}
	for _, mail := range c.Email {
		d.Refs = append(d.Refs, penates.NewRef(penates.RefEmail, mail))
	}
	for _, number := range c.Phone {
		d.Refs = append(d.Refs, penates.NewRef(penates.RefPhone, number))
	}
	for _, s := range append(append([]string{c.FullName, c.Company, c.Nickname}, c.Email...), c.Phone...) {
		if d.Text == "" {
			d.Text = s
		}
	}
	if d.Text == "" {
		return r.out.Refuse(line, fmt.Errorf("no name, organisation, address or number: %w", penates.Invalid))
	}
	reach := append(slices.Clone(c.Email), c.Phone...)
	d.Source = penates.Source{Locator: bank.Locator(line, line), NativeID: r.names.Hash(c.FullName, c.Company, strings.Join(reach[:min(len(reach), 1)], ""))}
	return r.out.Document(d, c)
}

// contact puts the fields of a row where they belong.
func (r *reader) contact(fields []string) schema.Contact {
	c := schema.Contact{Kind: "individual"}
	var whole, second string
	var place [roles]string
	for i, s := range fields {
		if s == "" {
			continue
		}
		switch role := r.columns[i]; role {
		case full:
			whole = social.Line(s)
		case given:
			c.Given = social.Line(s)
		case middle:
			second = social.Line(s)
		case family:
			c.Family = social.Line(s)
		case nickname:
			c.Nickname = social.Line(s)
		case company:
			c.Company = one(c.Company, s)
		case jobTitle:
			c.JobTitle = one(c.JobTitle, s)
		case birthday:
			c.Birthday = born(s)
		case note:
			c.Note = social.Clip(strings.TrimSpace(s), maxText)
		case street, code, city, country:
			c.Address, place = r.part(c.Address, place, role, social.Line(s))
		default:
			r.several(&c, role, s)
		}
	}
	c.Address = add(c.Address, line(place))
	c.Given = social.Line(c.Given + " " + second)
	if c.FullName = whole; whole == "" {
		c.FullName = social.Line(c.Given + " " + c.Family)
	}
	return c
}

// several adds a field that may hold several values, which Google puts " ::: " between.
func (r *reader) several(c *schema.Contact, role int, s string) {
	for v := range strings.SplitSeq(s, ":::") {
		switch v = strings.TrimSpace(v); role {
		case email:
			if strings.Contains(v, "@") {
				c.Email = add(c.Email, strings.ToLower(social.Line(v)))
			}
		case phone:
			number := social.Phone(v, r.country)
			if number == "" {
				number = social.Line(v)
			}
			c.Phone = add(c.Phone, number)
		case address:
			c.Address = add(c.Address, strings.Join(strings.FieldsFunc(v, func(r rune) bool { return r == '\n' || r == '\r' }), ", "))
		case url:
			c.URL = add(c.URL, social.Line(v))
		case groups:
			for g := range strings.SplitSeq(v, ";") {
				if g = strings.Trim(g, "* "); !strings.EqualFold(g, "myContacts") {
					c.Groups = add(c.Groups, social.Line(g))
				}
			}
		}
	}
}

// part takes a part of an address; one that is there already begins the next address.
func (r *reader) part(list []string, place [roles]string, role int, s string) ([]string, [roles]string) {
	if place[role] != "" {
		list, place = add(list, line(place)), [roles]string{}
	}
	place[role] = s
	return list, place
}

func line(place [roles]string) string {
	var parts []string
	for _, s := range [...]string{place[street], strings.TrimSpace(place[code] + " " + place[city]), place[country]} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}

func one(was, s string) string {
	if was != "" {
		return was
	}
	return social.Line(s)
}

// born reads a birthday: a date, or one without a year as Google and Outlook write it.
func born(s string) string {
	if s = strings.TrimSpace(s); strings.HasPrefix(s, "--") {
		s = strings.ReplaceAll(s, " ", "")
		if len(s) == len("--03-14") {
			return s
		}
		return ""
	}
	if s == "0/0/00" || s == "00/00/00" {
		return ""
	}
	day, err := locale.Day(s, locale.DMY)
	if err != nil {
		return ""
	}
	return day.Date()
}

func add(list []string, s string) []string {
	if s == "" || slices.Contains(list, s) || len(list) >= maxValues {
		return list
	}
	return append(list, s)
}
