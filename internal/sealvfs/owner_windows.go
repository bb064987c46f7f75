package sealvfs

import "os"

// ownedByUser holds: the folder for temporary files is each user's own.
func ownedByUser(os.FileInfo) bool { return true }
