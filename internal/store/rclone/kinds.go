package rclone

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	_ "github.com/rclone/rclone/backend/drive"    // Google Drive
	_ "github.com/rclone/rclone/backend/dropbox"  // Dropbox
	_ "github.com/rclone/rclone/backend/koofr"    // Koofr
	_ "github.com/rclone/rclone/backend/onedrive" // OneDrive
	_ "github.com/rclone/rclone/backend/pcloud"   // pCloud
	_ "github.com/rclone/rclone/backend/sftp"     // SSH
	"github.com/rclone/rclone/fs"

	"penates"
)

// A kind is a kind of drive.
type kind struct {
	// asked are the settings that are taken from a person; everything else rclone
	// could do, as start programs, is not.
	asked []string
	// fixed are settings that are what they are here.
	fixed map[string]string
	// oauth says that a token is asked for, by the provider's own page.
	oauth bool
}

// oauthSettings are the settings of all drives that a token opens.
var oauthSettings = []string{"client_id", "client_secret", "token", "auth_url", "token_url"}

// kinds are the drives there are, by the scheme of their addresses.
var kinds = map[string]kind{
	"sftp": {
		asked: []string{"pass", "key_pem", "key_file_pass", "host_keys"},
		fixed: map[string]string{
			"shell_type": "none", "disable_hashcheck": "true", "md5sum_command": "none", "sha1sum_command": "none",
			"set_modtime": "false", "copy_is_hardlink": "true", "idle_timeout": "30s", "skip_links": "true",
		},
	},
	"dropbox":  {oauth: true, asked: append([]string{"root_namespace"}, oauthSettings...)},
	"drive":    {oauth: true, asked: append([]string{"scope", "root_folder_id", "team_drive", "service_account_credentials"}, oauthSettings...), fixed: map[string]string{"skip_gdocs": "true", "skip_shortcuts": "true", "use_trash": "false"}},
	"onedrive": {oauth: true, asked: append([]string{"region", "drive_id", "drive_type", "tenant"}, oauthSettings...), fixed: map[string]string{"no_versions": "true"}},
	"pcloud":   {oauth: true, asked: append([]string{"hostname", "root_folder_id"}, oauthSettings...)},
	"koofr":    {asked: []string{"provider", "endpoint", "mountid", "user", "password"}},
}

// Is reports whether a scheme is that of an address of this package.
func Is(scheme string) bool {
	_, ok := kinds[scheme]
	return ok
}

// A place is an address, taken apart.
type place struct {
	scheme, folder   string
	host, port, user string // of sftp
}

var errAddress = fmt.Errorf("address of a drive: like sftp://user@host/folder or dropbox:folder: %w", penates.Invalid)

// parse takes an address apart.
func parse(address string) (p place, err error) {
	scheme, rest, ok := strings.Cut(address, ":")
	if !ok || !Is(scheme) || strings.ContainsFunc(rest, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return p, errAddress
	}
	p.scheme = scheme
	if scheme == "sftp" {
		return p.parseHost(address)
	}
	p.folder = strings.Trim(rest, "/")
	if strings.Contains(rest, "//") || !clean(p.folder) {
		return p, errAddress
	}
	return p, nil
}

func (p place) parseHost(address string) (place, error) {
	u, err := url.Parse(address)
	if err != nil { // which quotes the address
		return p, errAddress
	}
	if _, has := u.User.Password(); has {
		return p, fmt.Errorf("address of a drive: it must not hold the password: %w", penates.Invalid)
	}
	p.host, p.port, p.user = u.Hostname(), u.Port(), u.User.Username()
	if p.host == "" || p.user == "" || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" {
		return p, errAddress
	}
	if p.port == "" {
		p.port = "22"
	}
	// As curl has it: a path is one from the root, and "/~/" is the user's home.
	p.folder = strings.TrimRight(u.Path, "/")
	if home, ok := strings.CutPrefix(p.folder+"/", "/~/"); ok {
		p.folder = strings.TrimRight(home, "/")
	}
	if !clean(strings.TrimPrefix(p.folder, "/")) {
		return p, errAddress
	}
	return p, nil
}

// clean reports whether a folder is named by its parts, none of them empty, if at all.
func clean(folder string) bool {
	return folder == "" || !slices.ContainsFunc(strings.Split(folder, "/"), func(part string) bool {
		return part == "" || part == "." || part == ".."
	})
}

// find returns what rclone knows of a kind.
func find(scheme string) (*fs.RegInfo, error) {
	info, err := fs.Find(scheme)
	if err != nil {
		return nil, fmt.Errorf("a drive of the kind %q: %w", scheme, penates.Unsupported)
	}
	return info, nil
}
