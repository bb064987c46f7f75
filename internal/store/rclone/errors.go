package rclone

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/pkg/sftp"
	"github.com/rclone/rclone/fs"
	"github.com/rclone/rclone/fs/fserrors"

	"penates"
)

var (
	errChanged = fmt.Errorf("the host shows another key than the one it had when the backup was added: either it was set up anew, or somebody is in between: %w", penates.Denied)
	errRefused = fmt.Errorf("the drive refuses who asks: user, password, key or token: %w", penates.Denied)
	errFull    = errors.New("the drive is full")
	// errUnsure says that a writer cannot know whether it won.
	errUnsure = errors.New("the data are there, but the drive did not say who put them")
)

// missing reports whether an error says that something is not there.
func missing(err error) bool {
	return errors.Is(err, fs.ErrorObjectNotFound) || errors.Is(err, fs.ErrorDirNotFound) || errors.Is(err, os.ErrNotExist) ||
		errors.Is(err, fs.ErrorIsDir) || errors.Is(err, fs.ErrorNotAFile) || errors.Is(err, penates.NotExist)
}

// says are the words of libraries and providers that have no error of their own for it,
// in lower case.
var says = []struct {
	words string
	err   error
}{
	{"host key mismatch", errChanged},
	{"no common algorithm for host key", errChanged},
	{"but no key is pinned", errChanged},
	{"unable to authenticate", errRefused},
	{"failed to parse private key", errRefused},
	{"ssh-agent", errRefused},
	{"empty token found", errRefused},
	{"token expired", errRefused},
	{"couldn't fetch token", errRefused},
	{"invalid_grant", errRefused},
	{"invalid_client", errRefused},
	{"invalid_access_token", errRefused},
	{"expired_access_token", errRefused},
	{"unauthenticated", errRefused},
	{"unauthorized", errRefused},
	{"insufficient_space", errFull},
	{"storagequotaexceeded", errFull},
	{"quotalimitreached", errFull},
	{"no space left", errFull},
	{"insufficientstorage", errFull},
}

// explain gives an error of rclone its kind. Its words stay, unless they may say what
// is secret: those of tokens do not.
func explain(ctx context.Context, err error) error {
	var kind penates.Kind
	var wait net.Error
	switch {
	case err == nil, errors.As(err, &kind), errors.Is(err, errUnsure), errors.Is(err, errFull):
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	case missing(err):
		return fmt.Errorf("%w: %w", err, penates.NotExist)
	case fserrors.IsErrNoSpace(err):
		return fmt.Errorf("%w: %w", errFull, err)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("%w: %w", err, penates.Denied)
	case errors.As(err, &wait) && wait.Timeout(), errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("%w: %w", err, penates.TooLong)
	}
	text := strings.ToLower(err.Error())
	for _, s := range says {
		if strings.Contains(text, s.words) {
			return s.err
		}
	}
	return err
}

// settled reports whether asking again gives no other answer.
func settled(err error) bool {
	return err == nil || missing(err) || errors.Is(err, penates.Exists) || errors.Is(err, penates.Denied) || errors.Is(err, penates.Damaged) ||
		errors.Is(err, penates.Unsupported) || errors.Is(err, errFull) || errors.Is(err, errUnsure) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) ||
		fserrors.IsFatalError(err) || fserrors.IsNoRetryError(err)
}

// linkRefused reports whether an error of rclone's Copy says that the host refused to
// link, rather than that nobody knows.
func linkRefused(err error) bool {
	var status *sftp.StatusError
	return errors.As(err, &status) && !strings.Contains(err.Error(), "NewObject")
}
