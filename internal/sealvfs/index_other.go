//go:build !linux

package sealvfs

// memoryFolders returns none: this system has no folder that is always in memory.
func memoryFolders() []string { return nil }

// removeUnused leaves a wal-index to the next start or to the system: there is no
// safe way to tell that nobody uses it.
func removeUnused(string) error { return nil }
