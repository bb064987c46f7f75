package vaulttest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"penates"
	"penates/internal/schema"
	"penates/internal/vault"
)

// PutNotes puts the notes from one number up to another, in one job, and raw bytes for
// every tenth. It needs no test.
func PutNotes(ctx context.Context, s *vault.Session, from, to int) error {
	job, err := s.StartJob(ctx, "write")
	if err != nil {
		return err
	}
	c := job.Counter()
	for i := from; i < to && err == nil; i++ {
		d := &penates.Document{Type: penates.Notes, Text: fmt.Sprint("note ", i), Source: penates.Source{Connector: "test", NativeID: fmt.Sprint(i)}}
		if i%10 == 0 {
			var b vault.Blob
			b, err = job.Keep(ctx, "file", "text/plain", strings.NewReader(strings.Repeat(fmt.Sprint("raw ", i), 1000)))
			d.Source.Raw = b.ID
		}
		if err == nil {
			err = job.Document(c, d, &schema.Note{})
		}
	}
	return errors.Join(err, job.End(ctx))
}
