package uma

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"penates"
	"penates/internal/proto/oauth"
	"penates/internal/schema"
	"penates/internal/serve"
	"penates/internal/vault"
)

const kindResource = "uma.resource"

const (
	maxResources = 10_000 // of one resource server
	maxScopes    = 50
	maxText      = 2000
)

// A Resource is something another server of the owner put under the protection of
// their vault (federated authorisation, section 3).
type Resource struct {
	Scopes      []string `json:"resource_scopes"`
	Name        string   `json:"name,omitempty"`
	Description string   `json:"description,omitempty"`
	Icon        string   `json:"icon_uri,omitempty"`
	Type        string   `json:"type,omitempty"`
}

func (r *Resource) check() error {
	if len(r.Scopes) == 0 || len(r.Scopes) > maxScopes || slices.Contains(r.Scopes, "") {
		return oauth.Fail("invalid_request", fmt.Sprintf("1 to %d resource_scopes are needed", maxScopes))
	}
	for _, text := range append(slices.Clone(r.Scopes), r.Name, r.Description, r.Icon, r.Type) {
		if len(text) > maxText {
			return oauth.Fail("invalid_request", "a text is too long")
		}
	}
	return nil
}

// A resource of the vault itself is the documents of one type; a scope is an
// action of a grant.
const (
	vaultPrefix = "vault:"
	vaultScope  = string(penates.Read)
)

// lookup returns the scopes of a resource, and the resource server it is of: none
// for those of the vault.
func lookup(ctx context.Context, state *vault.Session, server, id string) (scopes []string, err error) {
	if name, ok := strings.CutPrefix(id, vaultPrefix); ok && server == "" {
		if _, err := schema.Of(penates.Type(name)); err != nil {
			return nil, fmt.Errorf("resource: %w", penates.NotExist)
		}
		return []string{vaultScope}, nil
	}
	b, err := state.Recall(ctx, kindResource, server+"/"+id)
	if err != nil {
		return nil, err
	}
	var res Resource
	return res.Scopes, errors.Join(json.Unmarshal(b, &res))
}

func (s *Server) readResource(r *http.Request) (*oauth.Shown, *vault.Session, *Resource, error) {
	x, err := s.protects(r)
	if err != nil {
		return nil, nil, nil, err
	}
	state, err := s.auth.State()
	if err != nil {
		return nil, nil, nil, err
	}
	var raw json.RawMessage
	if err := serve.ReadJSON(r, &raw, true); err != nil {
		return nil, nil, nil, err
	}
	res := new(Resource)
	if err := json.Unmarshal(raw, res); err != nil || !distinct(raw) {
		return nil, nil, nil, oauth.Fail("invalid_request", "the description of the resource is malformed, or says something twice")
	}
	return x, state, res, res.check()
}

// distinct reports whether raw is an object whose members have different names.
func distinct(raw []byte) bool {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return false
	}
	seen := map[string]bool{}
	for d.More() {
		name, err := d.Token()
		text, ok := name.(string)
		if err != nil || !ok || seen[text] {
			return false
		}
		seen[text] = true
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return false
		}
	}
	return true
}

func (s *Server) keepResource(r *http.Request, state *vault.Session, server, id string, res *Resource) error {
	b, err := json.Marshal(res)
	if err != nil {
		return err
	}
	return state.Remember(r.Context(), kindResource, server+"/"+id, b, never)
}

func (s *Server) addResource(w http.ResponseWriter, r *http.Request) error {
	x, state, res, err := s.readResource(r)
	if err != nil {
		return err
	}
	ids, err := resourceIDs(r, state, x.Client)
	if err != nil {
		return err
	}
	if len(ids) >= maxResources {
		return fmt.Errorf("more than %d resources: %w", maxResources, penates.TooLarge)
	}
	id := penates.NewID("res")
	if err := s.keepResource(r, state, x.Client, id, res); err != nil {
		return err
	}
	w.Header().Set("Location", s.auth.Issuer()+pathResources+"/"+id)
	return serve.WriteJSON(w, http.StatusCreated, map[string]string{"_id": id})
}

func resourceIDs(r *http.Request, state *vault.Session, server string) ([]string, error) {
	ids := []string{}
	err := state.RecallEach(r.Context(), kindResource, server+"/", func(key string, _ []byte) error {
		ids = append(ids, strings.TrimPrefix(key, server+"/"))
		return nil
	})
	return ids, err
}

func (s *Server) listResources(w http.ResponseWriter, r *http.Request) error {
	x, err := s.protects(r)
	if err != nil {
		return err
	}
	state, err := s.auth.State()
	if err != nil {
		return err
	}
	ids, err := resourceIDs(r, state, x.Client)
	if err != nil {
		return err
	}
	return serve.WriteJSON(w, http.StatusOK, ids)
}

// notFound is how the resource registration endpoint says it.
func notFound(err error) error {
	if errors.Is(err, penates.NotExist) {
		return &oauth.Error{Code: "not_found", Description: "no such resource of this resource server", Status: http.StatusNotFound}
	}
	return err
}

func (s *Server) resource(w http.ResponseWriter, r *http.Request) error {
	x, err := s.protects(r)
	if err != nil {
		return err
	}
	state, err := s.auth.State()
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	b, err := state.Recall(r.Context(), kindResource, x.Client+"/"+id)
	if err != nil {
		return notFound(err)
	}
	answer := struct {
		ID string `json:"_id"`
		Resource
	}{ID: id}
	if err := json.Unmarshal(b, &answer.Resource); err != nil {
		return err
	}
	return serve.WriteJSON(w, http.StatusOK, answer)
}

func (s *Server) changeResource(w http.ResponseWriter, r *http.Request) error {
	x, state, res, err := s.readResource(r)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	if _, err := state.Recall(r.Context(), kindResource, x.Client+"/"+id); err != nil {
		return notFound(err)
	}
	if err := s.keepResource(r, state, x.Client, id, res); err != nil {
		return err
	}
	return serve.WriteJSON(w, http.StatusOK, map[string]string{"_id": id})
}

func (s *Server) deleteResource(w http.ResponseWriter, r *http.Request) error {
	x, err := s.protects(r)
	if err != nil {
		return err
	}
	state, err := s.auth.State()
	if err != nil {
		return err
	}
	if err := state.Forget(r.Context(), kindResource, x.Client+"/"+r.PathValue("id")); err != nil {
		return notFound(err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
