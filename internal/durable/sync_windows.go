package durable

// SyncDir does nothing on Windows, where NTFS journals names by itself and
// folders cannot be flushed.
func SyncDir(string) error { return nil }
