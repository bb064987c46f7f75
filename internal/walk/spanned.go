package walk

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"penates"
)

// spanned returns how many files a zip was split into of which r is the last, as
// "a.z01", "a.z02", "a.zip" are (APPNOTE 4.3.16 and 8.3); 0 for one that is whole.
func spanned(r io.ReaderAt, size int64) int {
	const end, longestComment = 22, 1<<16 - 1
	b := make([]byte, min(size, end+longestComment))
	if _, err := r.ReadAt(b, size-int64(len(b))); err != nil && err != io.EOF {
		return 0
	}
	for i := len(b) - end; i >= 0; i-- {
		if !bytes.HasPrefix(b[i:], []byte("PK\x05\x06")) || i+end+int(binary.LittleEndian.Uint16(b[i+20:])) != len(b) {
			continue
		}
		const zip64 = 0xFFFF // the number stands elsewhere: programs that split write the small one
		if disk := binary.LittleEndian.Uint16(b[i+4:]); disk > 0 && disk != zip64 {
			return int(disk) + 1
		}
		return 0
	}
	return 0
}

func errSpanned(parts int) error {
	return fmt.Errorf("the last of %d parts of one zip (.z01 and so on): what lies in it is read, for all of it put the parts into one folder, join them with "+
		`"zip -s 0 NAME.zip --out whole.zip" and import that: %w`, parts, penates.Unsupported)
}
