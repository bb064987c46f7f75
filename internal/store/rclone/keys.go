package rclone

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"strings"

	"golang.org/x/crypto/ssh"

	"penates"
)

// Fingerprints returns those of the keys a host of SFTP is known by, as ssh shows them.
func Fingerprints(s Settings) (prints []string, err error) {
	text, _ := s.Get("host_keys")
	for entry := range strings.SplitSeq(text, ",") {
		_, encoded, _ := strings.Cut(strings.Trim(entry, `" `), " ")
		if encoded == "" {
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return nil, fmt.Errorf("key of the host: %w", penates.Damaged)
		}
		key, err := ssh.ParsePublicKey(raw)
		if err != nil {
			return nil, fmt.Errorf("key of the host: %w", penates.Damaged)
		}
		prints = append(prints, ssh.FingerprintSHA256(key))
	}
	return prints, nil
}

// Expect lets only a host of SFTP be known that has a key of that fingerprint, in the
// way ssh shows it.
func Expect(s Settings, fingerprint string) { s.Set(expected, strings.TrimSpace(fingerprint)) }

const expected = "fingerprint" // is no setting of rclone's

// learn asks a host that is not known yet for its key, before it is told who asks.
func learn(ctx context.Context, p place, s Settings) error {
	if known, _ := s.Get("host_keys"); known != "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(p.host, p.port))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	var key ssh.PublicKey
	_, _, _, err = ssh.NewClientConn(conn, p.host, &ssh.ClientConfig{User: p.user, HostKeyCallback: func(_ string, _ net.Addr, shown ssh.PublicKey) error {
		key = shown
		return errSeen
	}})
	if key == nil {
		return errors.Join(ctx.Err(), err)
	}
	print := ssh.FingerprintSHA256(key)
	if want, _ := s.Get(expected); want != "" && subtle.ConstantTimeCompare([]byte(want), []byte(print)) != 1 {
		return fmt.Errorf("the host shows the key %s, not %s: %w", print, want, penates.Denied)
	}
	s.Set("host_keys", key.Type()+" "+base64.StdEncoding.EncodeToString(key.Marshal()))
	return nil
}

var errSeen = errors.New("the key was seen")

// MaxKey bounds the bytes of a private key.
const MaxKey = 64 << 10

// UseKey keeps the private key, in a format of OpenSSH or PEM, that opens a host of
// SFTP. Its passphrase, if it has one, is the secret of [Open].
func UseKey(s Settings, key []byte) error {
	_, err := ssh.ParseRawPrivateKey(key)
	var asks *ssh.PassphraseMissingError
	if len(key) > MaxKey || err != nil && !errors.As(err, &asks) {
		return fmt.Errorf("private key: neither one of OpenSSH nor PEM: %w", penates.Invalid)
	}
	text := strings.TrimSpace(strings.ReplaceAll(string(key), "\r\n", "\n"))
	s.Set("key_pem", strings.ReplaceAll(text, "\n", `\n`)) // in one line, as rclone has it
	return nil
}
