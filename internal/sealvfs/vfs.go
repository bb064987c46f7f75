package sealvfs

import (
	"crypto/sha256"
	"errors"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/util/vfsutil"
	"github.com/ncruces/go-sqlite3/vfs"

	"penates/internal/seal"
)

// ciphers of one vault, one per kind of file.
type ciphers struct {
	vault              [16]byte
	main, log, journal *seal.XAES
}

func newCiphers(key seal.Key, vault string) (*ciphers, error) {
	sum := sha256.Sum256([]byte(vault))
	c := &ciphers{vault: [16]byte(sum[:16])}
	for purpose, x := range map[string]**seal.XAES{"main": &c.main, "log": &c.log, "journal": &c.journal} {
		k := key.Derive("sqlite/" + purpose)
		made, err := seal.NewXAES(k)
		k.Wipe()
		if err != nil {
			return nil, err
		}
		*x = made
	}
	return c, nil
}

// layer is the vfs.VFS that seals what base stores.
type layer struct {
	vfs.VFS
	c      *ciphers
	damage record
	// index returns the path of the wal-index of the main file at that path.
	index func(path string) (string, error)
}

var _ vfs.VFSFilename = (*layer)(nil)

// Open is called for nameless files only; SQLite uses OpenFilename.
func (l *layer) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	if name != "" {
		return nil, flags, sqlite3.CANTOPEN
	}
	return l.OpenFilename(nil, flags)
}

// OpenFilename opens a file and seals it according to its kind.
func (l *layer) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := vfsutil.WrapOpenFilename(l.VFS, name, flags)
	if err != nil {
		return nil, flags, err
	}
	base := sealedFile{File: f, record: &l.damage, path: name.String()}
	switch {
	case flags&vfs.OPEN_MAIN_DB != 0:
		index, err := l.index(base.path)
		if err != nil {
			return nil, flags, errors.Join(err, f.Close())
		}
		return newMainFile(base, l.c, vfs.NewSharedMemory(index, flags)), flags, nil
	case flags&vfs.OPEN_WAL != 0:
		return newLogFile(base, l.c), flags, nil
	case name == nil || flags&vfs.OPEN_DELETEONCLOSE != 0:
		t, err := newTempFile(base, l.c)
		if err != nil {
			return nil, flags, errors.Join(err, f.Close())
		}
		return t, flags, nil
	default:
		return newJournalFile(base, l.c), flags, nil
	}
}

// sealedFile forwards what is safe to forward. Left out on purpose: memory maps,
// which would show SQLite the sealed bytes; size hints and chunk sizes, which
// make holes nobody sealed; atomic batches.
type sealedFile struct {
	vfs.File
	*record
	path string
}

func (f *sealedFile) LockState() vfs.LockLevel   { return vfsutil.WrapLockState(f.File) }
func (f *sealedFile) PersistWAL() bool           { return vfsutil.WrapPersistWAL(f.File) }
func (f *sealedFile) SetPersistWAL(keep bool)    { vfsutil.WrapSetPersistWAL(f.File, keep) }
func (f *sealedFile) HasMoved() (bool, error)    { return vfsutil.WrapHasMoved(f.File) }
func (f *sealedFile) SyncSuper(s string) error   { return vfsutil.WrapSyncSuper(f.File, s) }
func (f *sealedFile) CommitPhaseTwo() error      { return vfsutil.WrapCommitPhaseTwo(f.File) }
func (f *sealedFile) CheckpointStart()           { vfsutil.WrapCheckpointStart(f.File) }
func (f *sealedFile) CheckpointDone()            { vfsutil.WrapCheckpointDone(f.File) }
func (f *sealedFile) BusyHandler(h func() bool)  { vfsutil.WrapBusyHandler(f.File, h) }
func (f *sealedFile) SectorSize() int            { return PageSize }
func (f *sealedFile) PowersafeOverwrite() bool   { return true }
func (f *sealedFile) SetPowersafeOverwrite(bool) {}

// DeviceCharacteristics always has powersafe overwrite, as the package assumes:
// without it SQLite writes log frames in parts.
func (f *sealedFile) DeviceCharacteristics() vfs.DeviceCharacteristic {
	const kept = vfs.IOCAP_IMMUTABLE | vfs.IOCAP_SUBPAGE_READ | vfs.IOCAP_UNDELETABLE_WHEN_OPEN
	return f.File.DeviceCharacteristics()&kept | vfs.IOCAP_POWERSAFE_OVERWRITE
}
