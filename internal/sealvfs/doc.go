// Package sealvfs gives SQLite a file system whose files are sealed: every page,
// log frame, journal block and temporary block is XAES-256-GCM under a key of
// its own kind of file, bound to the vault, the kind, its place and, in the log,
// its generation. Nothing on disk is in clear, not even SQLite's headers.
//
// # Files
//
// Main file: pages of 4096 bytes, of which SQLite uses 4056; the tag and the
// nonce fill the 40 bytes it is told to reserve.
//
// Write-ahead log (-wal): a block of 512 bytes with SQLite's 32-byte header; a
// block of 512 bytes with the mark; then, for each frame, its 24-byte header and
// its page, each followed by tag and nonce. The mark says how many frames of
// which generation have reached the disk. It is what tells a frame that a loss
// of power tore, which ends the log, from a frame that was changed afterwards,
// which is damage: SQLite alone would drop it, and every commit after it, in
// silence.
//
// Journals: blocks of 512 bytes that hold up to 470 bytes and their count.
//
// Temporary files: blocks of 4096 bytes and their tag and nonce, under a random
// key that is never stored.
//
// # What is assumed
//
// A disk writes a sector of 512 bytes whole or not at all, and a write does not
// harm its neighbours (SQLite's "powersafe overwrite"). So a block of 512 bytes
// is the old one or the new one after a loss of power; pages and frames may be
// torn, and are then restored from the log or are the log's end.
//
// # What is not seen
//
// Replacing a page or a whole file by an older authentic version of itself, and
// removing the log: only what remembers the last commit elsewhere could see that.
// The wal-index, which holds page numbers and checksums, is kept in memory (see
// [System]).
package sealvfs
