package ship

import (
	"fmt"
	"time"
)

// A Status says how a backup is.
type Status struct {
	Point    Point     `json:"point"` // last commit that is stored
	Stored   time.Time `json:"stored,omitzero"`
	Snapshot time.Time `json:"snapshot,omitzero"`
	Entries  uint64    `json:"entries"`
	Behind   int64     `json:"behind"` // bytes that wait in memory
	Error    string    `json:"error,omitempty"`
	// Warnings name what was found wrong with the store and mended.
	Warnings []string `json:"warnings,omitempty"`
}

// Status returns how the backup is now.
func (s *Shipper) Status() Status {
	size, _, _, _ := s.feed.waiting()
	s.mu.Lock()
	defer s.mu.Unlock()
	status := s.status
	status.Behind = size
	return status
}

func (s *Shipper) warn(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	s.cfg.Log.Warn("backup", "to", s.cfg.Name, "found", text)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.status.Warnings) < 20 {
		s.status.Warnings = append(s.status.Warnings, text)
	}
}

// note sets how the last attempt went.
func (s *Shipper) note(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.Error = ""
	if err != nil {
		s.status.Error = err.Error()
	}
	if s.head != nil {
		s.status.Entries = s.head.Seq
	}
}

// why returns why Run has returned.
func (s *Shipper) why() error {
	s.feed.feed.mu.Lock()
	defer s.feed.feed.mu.Unlock()
	if s.feed.err != nil {
		return s.feed.err
	}
	return errEnded
}
