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
