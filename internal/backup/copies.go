package backup

import (
	"context"
	"net"
	"net/url"
	"time"

	"penates/internal/vault"
)

// A Copy is one place the vault is in.
type Copy struct {
	Where  string    `json:"where"`
	Kind   string    `json:"kind"`            // "vault", "same-disk", "other-disk", "elsewhere"
	Point  time.Time `json:"point,omitzero"`  // of the last commit it holds
	Proven time.Time `json:"proven,omitzero"` // when it was last restored for proof
	// Of the last attempt to restore it for proof, be it the proven one or a later:
	Tried     time.Time `json:"tried,omitzero"`
	Documents int       `json:"documents,omitempty"`
	Bytes     int64     `json:"bytes,omitempty"`
	Failure   string    `json:"failure,omitempty"`
	Error     string    `json:"error,omitempty"`
}

// The kinds of Copy: on which medium it is.
const (
	InVault   = "vault"
	SameDisk  = "same-disk"
	OtherDisk = "other-disk"
	Elsewhere = "elsewhere"
)

// Copies says which copies there are and what is missing to the rule of three
// copies on two media, one of them elsewhere, the copies being recent and proven.
type Copies struct {
	Copies []Copy `json:"copies"`
	// Missing names what is missing: "copies" (three), "media" (two), "elsewhere"
	// (one), "recent" (one that holds the last day), "proof" (one proven within a
	// month).
	Missing []string `json:"missing,omitempty"`
}

// How old the newest commit of a copy, and the proof of one, may be.
const (
	recentCopy  = 24 * time.Hour
	recentProof = 31 * 24 * time.Hour
)

// Copies returns where the session's vault is.
func (k *Keeper) Copies(ctx context.Context, v *vault.Vault, s *vault.Session) (*Copies, error) {
	states, err := k.States(ctx, s)
	if err != nil {
		return nil, err
	}
	return CopiesOf(v.Dir(), states, time.Now()), nil
}

// CopiesOf judges the copies of the vault in dir.
func CopiesOf(dir string, states []State, now time.Time) *Copies {
	c := &Copies{Copies: []Copy{{Where: dir, Kind: InVault, Point: now}}}
	media := map[string]bool{SameDisk: true}
	recent, proven := false, false
	for _, s := range states {
		t := s.Target
		at := Copy{Where: t.Address(), Kind: kindOf(&t, dir), Point: s.Status.Point.At, Error: s.Error}
		if t.Proof != nil {
			at.Proven, at.Tried, at.Failure = t.Proof.Proven, t.Proof.At, t.Proof.Failure
			at.Documents, at.Bytes = t.Proof.Documents, t.Proof.Bytes
			if t.Proof.Failure != "" && at.Error == "" {
				at.Error = t.Proof.Failure
			}
		}
		media[at.Kind] = true
		recent = recent || s.Running && s.Error == "" || now.Sub(at.Point) < recentCopy
		proven = proven || now.Sub(at.Proven) < recentProof
		c.Copies = append(c.Copies, at)
	}
	for _, need := range []struct {
		there bool
		what  string
	}{
		{len(c.Copies) >= 3, "copies"},
		{len(media) >= 2, "media"},
		{media[Elsewhere], "elsewhere"},
		{recent, "recent"},
		{proven, "proof"},
	} {
		if !need.there {
			c.Missing = append(c.Missing, need.what)
		}
	}
	return c
}

// kindOf says which medium a target is on. Folders are told by their file system;
// that a folder is on a drive of somebody else's cannot be told.
func kindOf(t *Target, dir string) string {
	if local := t.Local(); local != "" {
		if sameDisk(local, dir) {
			return SameDisk
		}
		return OtherDisk
	}
	u, err := url.Parse(t.URL)
	if err != nil {
		return Elsewhere
	}
	host := u.Hostname()
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return SameDisk
	}
	return Elsewhere
}
