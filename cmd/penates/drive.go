package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"penates/internal/backup"
	"penates/internal/store/open"
	"penates/internal/store/rclone"
)

// A drive is what the user said of what opens a drive, beyond its address.
type drive struct {
	config, remote, token, key, fingerprint, client string
}

// storeDrives says in help texts which drives there are.
const storeDrives = "  sftp://USER@HOST/FOLDER                  a host of SSH; /~/FOLDER is one at home\n  dropbox:FOLDER  drive:FOLDER  onedrive:FOLDER  pcloud:FOLDER  koofr:FOLDER\n                                           a drive of a provider: write to it from\n                                           one machine only\n"

// driveHelp says how drives are opened.
const driveHelp = "A host of SSH is known by its key from then on; another key is refused. A provider is\nasked for a token by its own page, whose address is shown; or give what \"rclone\nauthorize\" prints on another machine, or a remote of an rclone.conf.\n\n"

func (d *drive) flags(f *pflag.FlagSet) {
	f.StringVar(&d.key, "key", "", "private key of SSH, a file; its passphrase, if any, is the password / clé SSH")
	f.StringVar(&d.fingerprint, "fingerprint", "", "the key that a host of SSH must have, as SHA256:… / empreinte de l'hôte")
	f.StringVar(&d.token, "token", "", `what "rclone authorize" printed, a file, or - / jeton donné par rclone`)
	f.StringVar(&d.config, "config", "", "an rclone.conf, or - for what \"rclone config show\" prints / configuration de rclone")
	f.StringVar(&d.remote, "remote", "", "which remote of the rclone.conf / nom du remote")
	f.StringVar(&d.client, "client-id", "", "your own client at the provider; its secret is the variable "+storeSecret+" / votre client")
}

// settings returns what the user gave to open the drive at an address.
func (p *program) settings(d *drive, address string) (*backup.Settings, error) {
	s := &backup.Settings{}
	clean, _, err := open.Split(address)
	if err != nil {
		return nil, err
	}
	if (d.config == "") != (d.remote == "") {
		return nil, usageError{errors.New("--config and --remote go together")}
	}
	if d.config != "" {
		err = p.given(d.config, func(r io.Reader) error { return rclone.UseRemote(s, clean, d.remote, r) })
	}
	if err == nil && d.client != "" {
		rclone.UseClient(s, d.client, p.getenv(storeSecret))
	}
	if err == nil && d.token != "" {
		err = p.given(d.token, func(r io.Reader) error { return rclone.UseToken(s, clean, r) })
	}
	if err == nil && d.key != "" {
		err = p.given(d.key, func(r io.Reader) error {
			key, err := io.ReadAll(io.LimitReader(r, rclone.MaxKey+1))
			if err == nil {
				err = rclone.UseKey(s, key)
			}
			clear(key)
			return err
		})
	}
	if d.fingerprint != "" {
		rclone.Expect(s, d.fingerprint)
	}
	return s, err
}

// given reads a file, or what comes in.
func (p *program) given(name string, read func(io.Reader) error) error {
	if name == "-" {
		return read(p.stdin)
	}
	b, err := os.ReadFile(p.abs(name))
	if err != nil {
		return err
	}
	defer clear(b)
	return read(bytes.NewReader(b))
}

// authorize asks the provider of a drive for a token, if it needs one and has none.
func (p *program) authorize(ctx context.Context, address string, s *backup.Settings) error {
	if !rclone.Asks(address, s) {
		return nil
	}
	return rclone.Authorize(ctx, address, s, func(at string) {
		fmt.Fprintf(p.stderr, "Open this address with a browser on this machine, and allow Penates to use the drive /\nOuvrez cette adresse dans un navigateur de cette machine :\n\n    %s\n\n", at)
	})
}

// tellHost says by which key a host of SSH is known, when it was seen for the first time.
func (p *program) tellHost(address string, s *backup.Settings, expected string) {
	prints, err := rclone.Fingerprints(s)
	if err != nil || len(prints) == 0 || expected != "" {
		return
	}
	fmt.Fprintf(p.stderr, "%s is known by its key %s from now on; compare it with what the host says of itself (ssh-keygen -lf) / Clé de l'hôte\n", backup.Redact(address), strings.Join(prints, " "))
}
