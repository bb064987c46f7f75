// Package receipt writes down what a person consented to, as ISO/IEC TS 27560 and
// Kantara's consent receipts do: who gets what, why, until when, and how it is
// taken back. A receipt is signed with the vault's identity key (JWS, RFC 7515,
// EdDSA), so that either side can show it to somebody else later.
//
// A receipt says the same whenever it is asked for, but for what happened since:
// that the consent was withdrawn.
package receipt

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"penates"
	"penates/internal/vault"
)

// Version is the schema that receipts follow.
const Version = "ISO/IEC TS 27560:2023"

// A Receipt is the record of one consent.
type Receipt struct {
	Version   string  `json:"schema_version"`
	ID        string  `json:"record_id"` // the grant
	Principal string  `json:"pii_principal_id"`
	Language  string  `json:"language,omitempty"`
	Statement string  `json:"consent_statement,omitempty"` // the sentences the person read
	Purposes  []Usage `json:"purposes"`
	Parties   []Party `json:"party_identification"`
	Events    []Event `json:"event_history"` // the first is the consent
}

// A Usage is one purpose and what is used for it.
type Usage struct {
	Purpose     string        `json:"purpose"`
	LawfulBasis string        `json:"lawful_basis"`
	PII         []Information `json:"pii_information"`
	Controllers []string      `json:"pii_controllers"`
	Processing  []string      `json:"processing_method"`
	Collection  string        `json:"collection_method"`
	Withdrawal  string        `json:"withdrawal_method"`
	Notice      string        `json:"privacy_notice,omitempty"`
}

// An Information is a kind of personal data, as far as it is given.
type Information struct {
	Type      penates.Type `json:"pii_type"`
	Fields    []string     `json:"pii_attributes,omitempty"` // none means all
	Sensitive bool         `json:"sensitive_pii_category"`
	From      string       `json:"from,omitempty"`
	Until     string       `json:"until,omitempty"`
	Condition []string     `json:"condition,omitempty"`
}

// A Party is somebody the receipt names.
type Party struct {
	ID      string `json:"party_id"`
	Role    string `json:"party_role"` // "pii_principal", "pii_controller"
	Name    string `json:"party_name,omitempty"`
	URL     string `json:"party_url,omitempty"`
	Address string `json:"party_return_address,omitempty"`
}

// An Event is something that happened to the consent.
type Event struct {
	Time   time.Time `json:"event_time"`
	Until  time.Time `json:"validity_until,omitzero"`
	Type   string    `json:"event_type"`  // "explicit"
	State  string    `json:"event_state"` // "given", "withdrawn"
	Entity string    `json:"entity_id"`
}

// sensitive are the types that GDPR article 9 is about.
var sensitive = map[penates.Type]bool{penates.Health: true}

// Of returns the receipt of a grant of the vault, told in language.
func Of(g *vault.Granted, vaultID, language string) *Receipt {
	use := Usage{
		Purpose: g.Purpose, LawfulBasis: "dpv:Consent", Controllers: []string{string(g.Grantee)},
		Collection: "from the person's vault, by requests under this consent", Withdrawal: "the page “Who saw what” of the vault, at any time, or the token revocation of its authorisation server",
	}
	for _, a := range g.Actions {
		use.Processing = append(use.Processing, string(a))
	}
	for i := range g.Selections {
		s := &g.Selections[i]
		in := Information{Type: s.Type, Fields: s.Fields, Sensitive: sensitive[s.Type], From: s.From, Until: s.Until}
		for _, c := range s.Where {
			in.Condition = append(in.Condition, c.Field+" "+string(c.Op)+" "+strings.Join(c.Values, ","))
		}
		if s.Folder != "" {
			in.Condition = append(in.Condition, "folder "+s.Folder)
		}
		if s.Source != "" {
			in.Condition = append(in.Condition, "source "+s.Source)
		}
		use.PII = append(use.PII, in)
	}
	controller := Party{ID: string(g.Grantee), Role: "pii_controller"}
	if c := g.Client; c != nil {
		controller.Name, controller.URL, controller.Address, use.Notice = c.Name, c.URI, c.Returns, c.Policy
	}
	r := &Receipt{
		Version: Version, ID: string(g.ID), Principal: vaultID, Language: language, Statement: g.Statement, Purposes: []Usage{use},
		Parties: []Party{{ID: vaultID, Role: "pii_principal"}, controller},
		Events:  []Event{{Time: g.Added.UTC(), Until: g.Expires, Type: "explicit", State: "given", Entity: vaultID}},
	}
	if !g.Ended.IsZero() {
		r.Events = append(r.Events, Event{Time: g.Ended.UTC(), Type: "explicit", State: "withdrawn", Entity: vaultID})
	}
	return r
}

// mediaType tells these signatures from any other of the same key.
const mediaType = "consent-receipt+jws"

type header struct {
	Algorithm string `json:"alg"`
	Type      string `json:"typ"`
	Key       key    `json:"jwk"` // RFC 8037
}

type key struct {
	Type  string `json:"kty"`
	Curve string `json:"crv"`
	X     string `json:"x"`
}

var encoding = base64.RawURLEncoding.Strict()

// Sign returns the receipt as a compact JWS by whoever holds public's secret half.
func (r *Receipt) Sign(public ed25519.PublicKey, sign func(message []byte) ([]byte, error)) (string, error) {
	h, err := json.Marshal(header{"EdDSA", mediaType, key{"OKP", "Ed25519", encoding.EncodeToString(public)}})
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(r)
	if err != nil {
		return "", err
	}
	message := encoding.EncodeToString(h) + "." + encoding.EncodeToString(payload)
	signature, err := sign([]byte(message))
	if err != nil {
		return "", err
	}
	return message + "." + encoding.EncodeToString(signature), nil
}

// File returns the receipt of a grant for the person to keep: what it says, the
// signed form of the same, and the key it verifies with, as JSON.
func File(g *vault.Granted, owner *vault.Session, language string) ([]byte, error) {
	id, public := owner.Identity()
	r := Of(g, id, language)
	signed, err := r.Sign(public, owner.Sign)
	if err != nil {
		return nil, err
	}
	return json.MarshalIndent(struct {
		Receipt *Receipt `json:"receipt"`
		Signed  string   `json:"signed"`
		Key     string   `json:"ed25519"` // of the vault
	}{r, signed, encoding.EncodeToString(public)}, "", " ")
}

// maxReceipt bounds what Verify reads.
const maxReceipt = 1 << 20

// Verify returns the receipt in jws when public's holder signed it, else an error
// of kind Invalid. Which key is whose is for the caller to know: the one in the
// receipt proves nothing by itself.
func Verify(jws string, public ed25519.PublicKey) (*Receipt, error) {
	refuse := func(why string) (*Receipt, error) { return nil, fmt.Errorf("receipt: %s: %w", why, penates.Invalid) }
	if len(jws) > maxReceipt {
		return refuse("too long")
	}
	parts := strings.Split(jws, ".")
	if len(parts) != 3 || len(public) != ed25519.PublicKeySize {
		return refuse("it has not three parts")
	}
	var raw [3][]byte
	for i, p := range parts {
		var err error
		if raw[i], err = encoding.DecodeString(p); err != nil {
			return refuse("it is not base64url")
		}
	}
	var h header
	if err := json.Unmarshal(raw[0], &h); err != nil || h.Algorithm != "EdDSA" || h.Type != mediaType {
		return refuse("it is no signed consent receipt")
	}
	if !ed25519.Verify(public, []byte(parts[0]+"."+parts[1]), raw[2]) {
		return refuse("the signature is of another key, or the receipt was changed")
	}
	r := new(Receipt)
	if err := json.Unmarshal(raw[1], r); err != nil || r.Version != Version {
		return refuse("it follows another schema")
	}
	return r, nil
}
