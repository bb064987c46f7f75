package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"penates/internal/ocr"
	"penates/internal/transcribe"
	"penates/internal/vault"
)

func ocrCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "ocr", Short: "read the words on pictures and scanned papers / lire les mots des images et des papiers numérisés", Args: args(0, 0, ""),
		Long: "Has tesseract, which must be installed, read pictures and PDFs without text in French and\nEnglish, so that they are found by their words. The words go into the document, which says\n" +
			"they were recognised; imports leave it alone from then on. Pictures are given to tesseract\nin memory and one at a time. What was read is not read again: stop it as you like, the next\n" +
			"run goes on. In PDFs, JPEG, facsimile (CCITT) and plain images are read, JPEG 2000 and\nJBIG2 are not. With --json the answer is\n" +
			"  {\"read\",\"words\",\"empty\",\"unread\",\"failed\",\"left\",\"failures\":[{\"id\",\"error\"}]}\n\nOn Debian: apt-get install tesseract-ocr tesseract-ocr-fra\n\n" + exitCodes,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p.ships = true
			return p.onVault(cmd.Context(), p.transcribe)
		},
	}
}

func (p *program) transcribe(ctx context.Context, s *vault.Session) error {
	reader, err := ocr.Find(ctx)
	if err != nil {
		return err
	}
	if !reader.French() {
		fmt.Fprintln(p.stderr, "note: tesseract does not know French here; on Debian: apt-get install tesseract-ocr-fra")
	}
	bar := p.bar()
	report, err := transcribe.Run(ctx, s, reader, func(done, total int) {
		bar.show(fmt.Sprintf("%d / %d", done, total), int64(done), int64(total))
	})
	bar.clear()
	if printed := p.printTranscribed(report); printed != nil {
		return printed
	}
	switch {
	case err != nil:
		return fmt.Errorf("the reading stopped; what is counted above is stored, and the next run goes on: %w", err)
	case report.Failed > 0:
		return fmt.Errorf("%d files could not be read; the next run tries them again", report.Failed)
	}
	return nil
}

func (p *program) printTranscribed(r *transcribe.Report) error {
	if p.json {
		return p.printJSON(r)
	}
	for _, f := range r.Failures {
		fmt.Fprintf(p.stderr, "not read: %s: %s\n", f.ID, plain(f.Error))
	}
	_, err := fmt.Fprintf(p.stdout, "%d files looked at: %d with words, %d without, %d that cannot be read, %d failed; %d left\n", r.Read, r.Words, r.Empty, r.Unread, r.Failed, r.Left)
	return err
}
