package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
)

// words of which the documents are made.
var words = strings.Fields("maison jardin facture contrat voisin lettre banque énergie compteur relevé panier vélo train lundi mardi soir matin " +
	"enfant école cahier photo voyage montagne rivière pluie soleil travail réunion rendez-vous médecin ordonnance assurance voiture garage " +
	"cuisine recette tomate fromage pain chocolat livre musique concert billet place théâtre film ami famille anniversaire cadeau")

// content is the text of document i, the same in every run.
func content(i int) string {
	r := rand.New(rand.NewPCG(uint64(i), 1))
	var b strings.Builder
	fmt.Fprintf(&b, "%d", i)
	for b.Len() < 900 {
		b.WriteByte(' ')
		b.WriteString(words[r.IntN(len(words))])
	}
	return b.String()
}

// A note is a document as all peers keep it.
type note struct {
	Title   string `json:"title"`
	Content string `json:"content"`
}

func document(i int) []byte { return encode(note{fmt.Sprintf("note %d", i), content(i)}) }

func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // a value of ours that is no JSON
	}
	return b.Bytes()
}

// request makes a request with a body of JSON and headers, a name and a value in turn.
func request(method, address string, body []byte, header ...string) (*http.Request, error) {
	r, err := http.NewRequest(method, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r, nil
}
