// Package s3 keeps objects in a bucket of an S3-compatible service.
//
// PutIfAbsent is one PUT with "If-None-Match: *", which Amazon, MinIO, Ceph,
// Cloudflare, Garage from version 2 and others decide atomically. Services that
// take the header and ignore it would let two writers win, so that Open puts one
// object that is there already: a service that accepts it is refused.
package s3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"penates"
	"penates/internal/outbound"
	"penates/internal/store"
)

// A Config says where a bucket is and who asks.
type Config struct {
	Endpoint *url.URL // scheme http or https, and host
	Bucket   string
	Prefix   string // of all names, empty or without a slash at its ends
	Region   string // empty: as the host says, or asked for
	Access   string
	Secret   string
	// Token is that of a temporary key, else empty.
	Token string
}

// A Store is a bucket, or what is below a prefix in it.
type Store struct {
	client  *minio.Core // repeats what may be repeated
	once    *minio.Core // repeats nothing
	bucket  string
	prefix  string // with the slash at its end
	close   func()
	reading bool // only: the service lets this key put nothing
}

var _ store.Store = (*Store)(nil)

const (
	// probe is the object that shows whether the service keeps "If-None-Match". It
	// is no name of an object, so that it is in no list.
	probe = ".probe"
	// putTries bounds how often a put is tried that the service refused for now.
	putTries = 6
	retries  = 4
)

// Open returns the store in a bucket that exists, when the service answers, lets
// the key in and decides between writers.
func Open(ctx context.Context, c Config) (*Store, error) {
	if c.Prefix != "" {
		if err := store.CheckName(c.Prefix); err != nil {
			return nil, fmt.Errorf("open store: %w", err)
		}
		c.Prefix += "/"
	}
	transport := outbound.Transport(c.Endpoint, true)
	s := &Store{bucket: c.Bucket, prefix: c.Prefix, close: func() {
		transport.(interface{ CloseIdleConnections() }).CloseIdleConnections()
	}}
	var err error
	if s.client, err = connect(c, transport, retries); err == nil {
		s.once, err = connect(c, transport, 1)
	}
	if err == nil {
		err = s.probe(ctx)
	}
	if err != nil {
		s.close()
		return nil, fmt.Errorf("open store: bucket %s at %s: %w", c.Bucket, c.Endpoint.Host, err)
	}
	return s, nil
}

func connect(c Config, transport http.RoundTripper, tries int) (*minio.Core, error) {
	core, err := minio.NewCore(c.Endpoint.Host, &minio.Options{
		Creds:      credentials.NewStaticV4(c.Access, c.Secret, c.Token),
		Secure:     c.Endpoint.Scheme == "https",
		Transport:  transport,
		Region:     c.Region,
		MaxRetries: tries,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, penates.Invalid)
	}
	return core, nil
}

// probe puts the same object twice at most: once to have it, once to be refused.
func (s *Store) probe(ctx context.Context) error {
	err := s.put(ctx, probe, []byte("put by Penates to see whether this place decides between writers\n"))
	if err == nil {
		err = s.put(ctx, probe, nil)
	}
	switch {
	case errors.Is(err, penates.Exists):
		return nil
	case err == nil:
		return fmt.Errorf("the service ignores If-None-Match and lets two writers win: %w", penates.Unsupported)
	case errors.Is(err, penates.Denied):
		// A key that may only read is enough to restore.
		for _, listErr := range s.List(ctx, "", "") {
			if listErr != nil {
				return errors.Join(err, listErr)
			}
			break
		}
		s.reading = true
		return nil
	}
	return err
}

// Close gives connections back.
func (s *Store) Close() error {
	s.close()
	return nil
}

// PutIfAbsent implements [store.Store].
func (s *Store) PutIfAbsent(ctx context.Context, name string, data []byte) error {
	err := errors.Join(store.Check(name, data), ctx.Err())
	if err == nil && s.reading {
		err = fmt.Errorf("this key may only read: %w", penates.Denied)
	}
	if err == nil {
		err = s.put(ctx, name, data)
	}
	if err != nil {
		return fmt.Errorf("put %s: %w", name, err)
	}
	return nil
}

// put tries again only what the service says it has not done: a repetition of a
// put whose answer was lost would be told that the object exists.
func (s *Store) put(ctx context.Context, name string, data []byte) error {
	// The service compares the bytes with their signed hash.
	digest := sha256.Sum256(data)
	sum := hex.EncodeToString(digest[:])
	options := minio.PutObjectOptions{ContentType: "application/octet-stream", DisableContentSha256: true}
	options.SetMatchETagExcept("*")
	for try := 1; ; try++ {
		_, err := s.once.PutObject(ctx, s.bucket, s.prefix+name, bytes.NewReader(data), int64(len(data)), "", sum, options)
		if !refusedForNow(err) || try == putTries {
			return s.kind(err)
		}
		if err := pause(ctx, try); err != nil {
			return err
		}
	}
}

// refusedForNow reports whether err says that a put had no effect and may be
// tried again: others put the same name at the same time, or too much is asked.
func refusedForNow(err error) bool {
	var answer minio.ErrorResponse
	if !errors.As(err, &answer) {
		return false
	}
	switch answer.Code {
	case "ConditionalRequestConflict", "OperationAborted", "SlowDown", "SlowDownRead", "SlowDownWrite", "TooManyRequests":
		return true
	}
	return answer.StatusCode == http.StatusConflict && answer.Code == "" || answer.StatusCode == http.StatusTooManyRequests
}

func pause(ctx context.Context, try int) error {
	timer := time.NewTimer(20 * time.Millisecond << try)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// kind gives an answer of the service its kind.
func (s *Store) kind(err error) error {
	var answer minio.ErrorResponse
	if !errors.As(err, &answer) {
		return err
	}
	switch {
	case answer.StatusCode == http.StatusPreconditionFailed:
		return penates.Exists
	case answer.Code == minio.NoSuchKey:
		return penates.NotExist
	case answer.Code == minio.NoSuchBucket:
		return fmt.Errorf("there is no such bucket: %w", penates.Invalid)
	case answer.Code == "NotImplemented" || answer.StatusCode == http.StatusNotImplemented:
		return fmt.Errorf("%w: %w", err, penates.Unsupported)
	case answer.StatusCode == http.StatusForbidden || answer.StatusCode == http.StatusUnauthorized:
		return fmt.Errorf("%w: %w", err, penates.Denied)
	case answer.StatusCode/100 == 3:
		return fmt.Errorf("the service wants to be asked elsewhere, which is not done: %w", penates.Denied)
	}
	return err
}

// Get implements [store.Store].
func (s *Store) Get(ctx context.Context, name string) ([]byte, error) {
	err := errors.Join(store.CheckName(name), ctx.Err())
	var data []byte
	if err == nil {
		data, err = s.read(ctx, name)
	}
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", name, err)
	}
	return data, nil
}

func (s *Store) read(ctx context.Context, name string) (data []byte, err error) {
	body, info, _, err := s.client.GetObject(ctx, s.bucket, s.prefix+name, minio.GetObjectOptions{})
	if err != nil {
		return nil, s.kind(err)
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	if info.Size > store.MaxObject {
		return nil, fmt.Errorf("%d bytes: %w", info.Size, penates.Damaged)
	}
	data = make([]byte, info.Size)
	_, err = io.ReadFull(body, data)
	return data, err
}

// List implements [store.Store].
func (s *Store) List(ctx context.Context, prefix, after string) iter.Seq2[store.Object, error] {
	return func(yield func(store.Object, error) bool) {
		if err := errors.Join(store.CheckPrefix(prefix), ctx.Err()); err != nil {
			yield(store.Object{}, err)
			return
		}
		ctx, cancel := context.WithCancel(ctx)
		defer cancel() // ends a listing that is not wanted to its end
		options := minio.ListObjectsOptions{Prefix: s.prefix + prefix, Recursive: true}
		if after != "" {
			options.StartAfter = s.prefix + after
		}
		last := after
		for o := range s.client.ListObjectsIter(ctx, s.bucket, options) {
			if o.Err != nil {
				yield(store.Object{}, fmt.Errorf("list: %w", s.kind(o.Err)))
				return
			}
			name, ok := strings.CutPrefix(o.Key, s.prefix)
			if !ok || store.CheckName(name) != nil || !strings.HasPrefix(name, prefix) || name <= after {
				continue
			}
			if name <= last {
				yield(store.Object{}, fmt.Errorf("list: %s behind %s: the service does not sort: %w", name, last, penates.Unsupported))
				return
			}
			last = name
			if !yield(store.Object{Name: name, Size: o.Size}, nil) {
				return
			}
		}
	}
}

// Delete implements [store.Store].
func (s *Store) Delete(ctx context.Context, name string) error {
	err := errors.Join(store.CheckName(name), ctx.Err())
	if err == nil {
		err = s.kind(s.client.RemoveObject(ctx, s.bucket, s.prefix+name, minio.RemoveObjectOptions{}))
	}
	if err != nil && !errors.Is(err, penates.NotExist) {
		return fmt.Errorf("delete %s: %w", name, err)
	}
	return nil
}
