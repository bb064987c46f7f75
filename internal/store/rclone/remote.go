package rclone

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/rclone/rclone/fs/config/configmap"

	"penates"
)

const (
	maxConfig = 1 << 20 // bytes of a file of rclone's
	maxToken  = 64 << 10
)

// UseRemote takes the settings of a remote from the text of an rclone.conf, for the
// address they are to open. Whatever they ask for beyond what opens a drive, as programs
// to be run, is left out.
func UseRemote(s Settings, address, name string, config io.Reader) error {
	p, err := parse(address)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(io.LimitReader(config, maxConfig+1))
	if err != nil {
		return err
	}
	if len(text) > maxConfig {
		return fmt.Errorf("rclone's configuration: %w", penates.TooLarge)
	}
	values, err := section(text, name)
	if err != nil {
		return err
	}
	if values["type"] != p.scheme {
		return fmt.Errorf("the remote %s is of the type %q, and the address of %q: %w", name, values["type"], p.scheme, penates.Invalid)
	}
	for _, key := range kinds[p.scheme].asked {
		if value := values[key]; value != "" {
			s.Set(key, value)
		}
	}
	return nil
}

// section returns the values of one section of an rclone.conf.
func section(text []byte, name string) (map[string]string, error) {
	var values map[string]string
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, maxConfig)
	for lines.Scan() {
		line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		switch {
		case strings.HasPrefix(line, "RCLONE_ENCRYPT_"):
			return nil, fmt.Errorf(`rclone's configuration is encrypted; give what "rclone config show %s" prints: %w`, name, penates.Unsupported)
		case strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]"):
			if values != nil {
				return values, nil
			}
			if line[1:len(line)-1] == name {
				values = map[string]string{}
			}
		case values != nil && line != "" && line[0] != '#' && line[0] != ';':
			if key, value, ok := strings.Cut(line, "="); ok {
				values[strings.TrimSpace(key)] = strings.TrimSpace(value)
			}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("rclone's configuration: %w", penates.TooLarge)
	}
	if values == nil {
		return nil, fmt.Errorf("rclone's configuration has no remote %q: %w", name, penates.NotExist)
	}
	return values, nil
}

// UseToken takes what "rclone authorize" prints, or only the token in it.
func UseToken(s Settings, address string, text io.Reader) error {
	p, err := parse(address)
	if err != nil {
		return err
	}
	if !kinds[p.scheme].oauth {
		return fmt.Errorf("%s is not opened by a token: %w", p.scheme, penates.Invalid)
	}
	b, err := io.ReadAll(io.LimitReader(text, maxToken+1))
	if err != nil {
		return err
	}
	token, settings := strings.TrimSpace(string(b)), configmap.Simple{}
	if _, rest, ok := strings.Cut(token, "--->"); ok { // among words
		token, _, _ = strings.Cut(rest, "<---")
		token = strings.TrimSpace(token)
	}
	if len(b) > maxToken {
		return fmt.Errorf("token: %w", penates.TooLarge)
	}
	if !strings.HasPrefix(token, "{") && settings.Decode(token) == nil {
		token = settings["token"]
	}
	var is struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(token), &is); err != nil || is.AccessToken == "" {
		return fmt.Errorf(`token: not what "rclone authorize %s" prints: %w`, p.scheme, penates.Invalid)
	}
	settings["token"] = token
	for _, key := range kinds[p.scheme].asked {
		if value := settings[key]; value != "" {
			s.Set(key, value)
		}
	}
	return nil
}
