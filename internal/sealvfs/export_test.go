package sealvfs

// NewOver is New over another file system than the machine's.
var NewOver = newSystem

// Layout of the files, for tests that change them.
const (
	Reserved    = reserved
	FramesAt    = framesAt
	SealedFrame = sealedFrame
	PageInFrame = pageInFrame
)

// IndexPath returns where the wal-index of the database at path is.
func (s *System) IndexPath(path string) string {
	index, err := s.index(path)
	if err != nil {
		return err.Error()
	}
	return index
}
