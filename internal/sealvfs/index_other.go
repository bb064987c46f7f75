//go:build !linux

package sealvfs

// memoryFolders returns none: this system has no folder that is always in memory.
func memoryFolders() []string { return nil }
