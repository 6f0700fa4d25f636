package matchmaker

import (
	"errors"
	"fmt"
	"io"

	"datai/match"
)

// Copy says what a snapshot of the index is a copy of, and what made it.
type Copy struct {
	Database string // id of the database
	Epoch    int64  // of the database
	Program  string // what tells one build of the program from another: each may put something else into the index
}

// errOtherCopy says that a snapshot is a copy of something else.
var errOtherCopy = errors.New("matchmaker: the snapshot is of another database, or of another time of it, or by another program")

// Save writes a snapshot of the index. All changes up to the number feed must
// have been in Rebuild, Load or Changed before.
func (s *Service) Save(w io.Writer, c Copy, feed int64) error {
	s.feed.Lock()
	swept := s.swept // what is swept meanwhile may be swept once more
	s.feed.Unlock()
	return s.index.Save(w, match.Stamp{Database: c.Database, Epoch: c.Epoch, Program: c.Program, Feed: feed, At: swept})
}

// Load fills the empty index with a snapshot of c that reaches no further than
// the change last, and returns the number up to which changes are in it. The
// caller brings the later ones with Changed and then calls Sweep, because time
// has gone on as well. r stays open for as long as the service is used. After
// an error the index is empty.
func (s *Service) Load(r io.ReaderAt, size int64, c Copy, last int64) (feed int64, err error) {
	s.feed.Lock()
	defer s.feed.Unlock()
	err = s.index.Load(r, size, func(t match.Stamp) error {
		if t.Database != c.Database || t.Epoch != c.Epoch || t.Program != c.Program || t.Feed > last {
			return errOtherCopy
		}
		s.swept, feed = t.At, t.Feed
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("matchmaker: load: %w", err)
	}
	return feed, nil
}

// Damaged reports whether texts of the index can no longer be read. It must be
// built anew, and no snapshot may be saved.
func (s *Service) Damaged() bool { return s.index.Damaged() }
