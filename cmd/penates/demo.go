package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"penates"
	"penates/internal/demo"
	"penates/internal/importer"
	"penates/internal/intake"
	"penates/internal/vault"
	"penates/internal/web"
	"penates/internal/web/keep"
)

// demoSeed makes every demo the same family.
const demoSeed = 1

func demoCommand(p *program) *cobra.Command {
	var listen, language string
	cmd := &cobra.Command{
		Use: "demo", Short: "look around in a made-up household's vault / visiter le coffre d'une famille fictive", Args: args(0, 0, "[--listen ADDRESS]"),
		Long: "Makes a throw-away vault, fills it with two years of a fictional household, and serves\nits page. It is gone when the demo stops.\n\n" + exitCodes,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			dir, err := os.MkdirTemp("", "penates-demo-")
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
			v, phrase, err := p.demoVault(cmd.Context(), dir, language)
			if err != nil {
				return err
			}
			keeper := keep.Of(v)
			s := &server{p: p, keeper: keeper, dir: dir}
			err = s.run(cmd.Context(), listen, func(page *web.Server, url string) string {
				return fmt.Sprintf("%s\nOnce, without a passphrase / une fois, sans phrase secrète. Afterwards / ensuite: %s  %s\nBeside it / à côté: penates --data %s query \"SELECT …\"",
					strings.TrimSuffix(url, "/")+page.OneTimePath(), url, phrase, dir)
			})
			return errors.Join(err, keeper.Close())
		},
	}
	cmd.Flags().StringVar(&listen, "listen", defaultListen, "address and port / adresse et port")
	cmd.Flags().StringVar(&language, "language", languageOf(p), "fr or en")
	return cmd
}

// demoVault makes the throw-away vault and fills it through the importers.
func (p *program) demoVault(ctx context.Context, dir, language string) (v *vault.Vault, phrase string, err error) {
	home, err := demo.New(demoSeed, time.Now().AddDate(0, 0, -1))
	if err != nil {
		return nil, "", err
	}
	phrase = strings.ToLower(rand.Text()[:12])
	first, _, _ := strings.Cut(home.Owner, " ")
	v, _, err = vault.Create(ctx, dir, []byte(phrase), vault.CreateOptions{
		Name: first, Language: language, Zone: "Europe/Paris", Country: "FR",
	})
	if err != nil {
		return nil, "", err
	}
	s, err := v.As(penates.Owner, "")
	if err == nil {
		err = p.fill(ctx, s, home)
	}
	if err != nil {
		return nil, "", errors.Join(err, v.Close())
	}
	return v, phrase, nil
}

func (p *program) fill(ctx context.Context, s *vault.Session, home *demo.Household) error {
	bar := p.bar()
	defer bar.clear()
	in, err := intake.Start(ctx, s, "demo", func(n importer.Progress) {
		bar.show(fmt.Sprintf("%d · %s", n.Documents, n.Path), n.Done, n.Total)
	}, slog.Default())
	if err != nil {
		return err
	}
	archive := home.Archive()
	err = in.Stream(ctx, "vasseur.zip", int64(len(archive)), bytes.NewReader(archive))
	for _, item := range home.Documents() {
		if err != nil {
			break
		}
		err = in.Put(&item.Document, item.Body)
	}
	report, ended := in.End(ctx)
	if err = errors.Join(err, ended); err == nil && report.Refused > 0 {
		err = fmt.Errorf("the demo's own files were refused: %s: %s", report.Refusals[0].File, report.Refusals[0].Error)
	}
	return err
}
