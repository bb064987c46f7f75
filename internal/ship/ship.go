// Package ship carries a vault's sealed files to a store and back. It needs no
// key to do so: SQLite's sealed log is append-only within a generation, so a
// range of its bytes that ends at a commit is a segment; the sealed database
// file, which only a checkpoint changes, is a snapshot; blobs are files already.
//
// # Objects
//
// Under the vault's id there are two kinds of name:
//
//	log/<seq>              entries of a chain, numbered without gaps
//	obj/<epoch>/<sha256>   pieces of the database file, of blobs and of manifests
//
// An [Entry] says what it adds and which entry it follows, by hash, and is signed
// with the vault's Ed25519 key. There is one name for each number, and a store
// keeps the first object it is given under a name: that is all that decides
// between two writers. Whoever begins to write puts an entry that claims the next
// epoch; the writer before meets it where its own next entry would go, and stops.
// An epoch in the names of entries would let both of them go on.
//
// Pieces are named by what they hold and by the epoch they were put in. A writer
// refers to pieces of earlier epochs only where entries that count already do,
// and deletes a piece only when no entry that counts refers to it and after an
// entry of its own was stored since it looked. So a writer that lost its epoch
// cannot delete what the next one uses.
//
// # What is checked
//
// Writing checks that the store's newest entry belongs to the past of this vault.
// Restoring checks each signature, hash, number and size, and that the database
// holds the commit the last entry speaks of. What differs has a name, see [Alarm].
// Without the master key the signing key is taken from the header beside the
// entries; unlocking proves that header.
package ship

import (
	"time"

	"penates"
)

// A Point is one commit of a vault.
type Point struct {
	Commit int64     `json:"commit"` // counts from 1
	Tip    string    `json:"tip"`    // random; tells commits of one number apart
	At     time.Time `json:"at"`
}

// An Alarm names a way in which a vault or its backup is not what it was known to
// be. Each is also of a kind: Fenced of InUse, the others of Damaged.
type Alarm string

// The alarms.
const (
	// Older says that the vault lacks commits that were made: an older state of it
	// was put back.
	Older Alarm = "this is an older state of the vault than the last one known"
	// Forked says that the vault and what is known of it went different ways.
	Forked Alarm = "the vault has two histories: it was changed in two places"
	// LogMissing says that commits are missing and so is the log they were in.
	LogMissing Alarm = "the log of the vault's database was removed"
	// Unanchored says that the record of the last commit is missing.
	Unanchored Alarm = "the vault's record of its last state was removed"
	// OldKeys says that a former header, with former passphrases, was put back.
	OldKeys Alarm = "older keys of the vault were put back"
	// Gap says that an entry or piece between others is missing.
	Gap Alarm = "a part of the backup is missing"
	// Truncated says that the newest entries are missing.
	Truncated Alarm = "the backup ends before its last known state"
	// Altered says that an entry or piece is not what was written.
	Altered Alarm = "a part of the backup is not what was written"
	// Fenced says that somebody else writes this vault now.
	Fenced Alarm = "another copy of the vault has taken over"
)

// Error returns the alarm's words.
func (a Alarm) Error() string { return string(a) }

// Is reports whether the alarm is of that kind.
func (a Alarm) Is(kind error) bool {
	if a == Fenced {
		return kind == penates.InUse
	}
	return kind == penates.Damaged
}

// Advice says what to do about the alarm.
func (a Alarm) Advice() string {
	switch a {
	case Older, LogMissing, Forked:
		return `get the newest state back with "penates backup restore"; to go on with what is here, "penates accept"`
	case Unanchored, OldKeys:
		return `if you moved or copied the vault yourself, "penates accept" goes on with what is here`
	case Gap, Truncated, Altered:
		return "use another copy of the backup, or an earlier state with --at; a new backup begins by itself where the vault is still there"
	case Fenced:
		return `go on where the vault is used now; "penates backup restore" brings its state here`
	}
	return ""
}
