package client

import (
	"context"
	"encoding/json"
)

// A Grant is what a token may do.
type Grant struct {
	Wish
	Grantee   string
	Sentences map[string][]string // the same for people, by language: en, fr
}

// Grant returns what the person gave, as it stands now.
func (a *Access) Grant(ctx context.Context) (*Grant, error) {
	var got struct {
		Data struct {
			ID         string `json:"id"`
			Attributes struct {
				Wish
				Grantee   string              `json:"grantee"`
				Sentences map[string][]string `json:"sentences"`
			} `json:"attributes"`
		} `json:"data"`
	}
	if err := a.ask(ctx, "/grant", exchange{}, &got); err != nil {
		return nil, err
	}
	g := &Grant{Wish: got.Data.Attributes.Wish, Grantee: got.Data.Attributes.Grantee, Sentences: got.Data.Attributes.Sentences}
	g.Wish.Grant = got.Data.ID
	return g, nil
}

// A Receipt is the record of the person's consent that the vault signed.
type Receipt struct {
	Receipt json.RawMessage `json:"receipt"` // as ISO/IEC TS 27560 has it
	Signed  string          `json:"signed"`  // the same as a JWS (RFC 7515)
	Key     string          `json:"ed25519"` // of the vault, base64url
}

// Receipt returns the receipt of the grant.
func (a *Access) Receipt(ctx context.Context) (*Receipt, error) {
	r := new(Receipt)
	if err := a.ask(ctx, "/grant/receipt", exchange{}, r); err != nil {
		return nil, err
	}
	return r, nil
}
