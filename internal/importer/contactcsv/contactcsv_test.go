package contactcsv_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/contactcsv"
	"penates/internal/importer/importertest"
	"penates/internal/schema"
)

var zoe = schema.Contact{
	FullName: "Zoé Martin", Given: "Zoé", Family: "Martin", Company: "Pain SA", JobTitle: "Boulangère", Kind: "individual", Birthday: "1980-03-14",
	Email: []string{"zoe@example.org"}, Phone: []string{"+33612345678"}, Address: []string{"1 rue de l'Église, 69001 Lyon, France"},
}

// tables say the same of one person, as each program writes it.
var tables = map[string]string{
	"Google": "First Name,Middle Name,Last Name,Nickname,Organization Name,Organization Title,Birthday,Notes,Labels,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,E-mail 2 - Value,Phone 1 - Label,Phone 1 - Value,Address 1 - Label,Address 1 - Formatted\n" +
		"Zoé,,Martin,,Pain SA,Boulangère,1980-03-14,,* myContacts,* Work,Zoe@example.org ::: zoe@example.org,,,Mobile,06 12 34 56 78,Home,\"1 rue de l'Église\n69001 Lyon\nFrance\"\n",
	"Google, before 2023": "Name,Given Name,Family Name,Birthday,Group Membership,E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Type,Phone 1 - Value,Address 1 - Formatted,Organization 1 - Name,Organization 1 - Title\n" +
		"Zoé Martin,Zoé,Martin,1980-03-14,* myContacts,Work,zoe@example.org,Mobile,+33 6 12 34 56 78,\"1 rue de l'Église\n69001 Lyon\nFrance\",Pain SA,Boulangère\n",
	"Outlook": "\"Title\",\"First Name\",\"Last Name\",\"Company\",\"Job Title\",\"Home Street\",\"Home City\",\"Home Postal Code\",\"Home Country/Region\",\"Mobile Phone\",\"Birthday\",\"E-mail Address\",\"E-mail Type\",\"Gender\"\r\n" +
		"\"Mme\",\"Zoé\",\"Martin\",\"Pain SA\",\"Boulangère\",\"1 rue de l'Église\",\"Lyon\",\"69001\",\"France\",\"06 12 34 56 78\",\"14/03/1980\",\"zoe@example.org\",\"SMTP\",\"Unspecified\"\r\n",
	"Outlook, French": "\"Prénom\";\"Nom\";\"Société\";\"Fonction\";\"Rue (domicile)\";\"Ville (domicile)\";\"Code postal (domicile)\";\"Pays/Région (domicile)\";\"Tél. mobile\";\"Anniversaire\";\"Adresse de messagerie\"\n" +
		"\"Zoé\";\"Martin\";\"Pain SA\";\"Boulangère\";\"1 rue de l'Église\";\"Lyon\";\"69001\";\"France\";\"0612345678\";\"14/03/1980\";\"zoe@example.org\"\n",
}

func TestRead(t *testing.T) {
	for name, content := range tables {
		latin, err := charmap.Windows1252.NewEncoder().String(content)
		if err != nil {
			t.Fatal(err)
		}
		for writing, content := range map[string]string{"UTF-8": content, "BOM": "\uFEFF" + content, "Windows-1252": latin} {
			t.Run(name+"/"+writing, func(t *testing.T) {
				if sure := contactcsv.Format.Recognise(importertest.File("contacts.csv", []byte(content)).Head); sure < 50 {
					t.Errorf("recognised with %d", sure)
				}
				c, err := importertest.Read(contactcsv.Format, "contacts.csv", []byte(content))
				if err != nil || len(c.Documents) != 1 || len(c.Refusals) > 0 || !reflect.DeepEqual(c.Bodies[0], zoe) {
					t.Fatalf("%v, %v\n%+v\nwant\n%+v", err, c.Refusals, c.Bodies, zoe)
				}
				if d := c.Documents[0]; d.Text != "Zoé Martin" || d.Ref(penates.RefEmail) != "zoe@example.org" || d.Ref(penates.RefPhone) != "+33612345678" {
					t.Errorf("%+v", d)
				}
			})
		}
	}
}

// The second address begins where a part comes again; a birthday may have no year; a
// row that says nothing is refused, and the next one is read.
func TestRows(t *testing.T) {
	text := "First Name,Last Name,E-mail Address,Home Street,Home City,Business Street,Business City,Birthday,Categories\n" +
		"Paul,Petit,,1 quai,Lyon,2 quai,Paris,--03-14,Amis;Travail\n,,,,,,,,\n,,,,,,,,x\nEva,Grand,eva@example.org,,,,,0/0/00,\n\"Ida\"x,\"open,,\n"
	c, err := importertest.Read(contactcsv.Format, "x", []byte(text))
	if err != nil || len(c.Documents) != 2 || len(c.Refusals) != 3 || c.Refusals[0].Line != 3 {
		t.Fatalf("%d documents, %v, %v", len(c.Documents), c.Refusals, err)
	}
	want := schema.Contact{FullName: "Paul Petit", Given: "Paul", Family: "Petit", Kind: "individual", Birthday: "--03-14", Address: []string{"1 quai, Lyon", "2 quai, Paris"}, Groups: []string{"Amis", "Travail"}}
	if !reflect.DeepEqual(c.Bodies[0], want) {
		t.Errorf("%+v, want %+v", c.Bodies[0], want)
	}
}

func TestNotMine(t *testing.T) {
	for _, text := range []string{"", "a,b,c\n", "Name,Amount,Date\n", "First Name,Last Name,Score\nZ,M,1\n", "Date,Name,Email\n", "{}"} {
		if sure := contactcsv.Format.Recognise(importer.Head{Bytes: []byte(text)}); sure > 0 {
			t.Errorf("%q: recognised with %d", text, sure)
		}
		if _, err := importertest.Read(contactcsv.Format, "x", []byte(text)); !errors.Is(err, importer.ErrNotMine) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, content := range tables {
		f.Add([]byte(content))
	}
	f.Add([]byte("Given Name,Family Name,E-mail 1 - Value,Notes\n::: :::,,@,\"\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		contactcsv.Format.Recognise(importertest.File("x", content).Head)
		c, err := importertest.Read(contactcsv.Format, "x", content)
		if err != nil && !errors.Is(err, importer.ErrNotMine) {
			t.Fatal(err)
		}
		for _, d := range c.Documents {
			if d.Text == "" || strings.TrimSpace(d.Source.NativeID) == "" {
				t.Errorf("%+v", d)
			}
		}
	})
}
