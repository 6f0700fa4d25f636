package matchmaker

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/journal"
	"datai/match"
	"datai/work"

	"github.com/google/uuid"
)

// Service keeps the index and answers from it.
type Service struct {
	db    work.Unit[Tx]
	now   func() time.Time
	rand  io.Reader
	index *match.Index
	// Answered, if it is set before the service is used, learns how long each
	// answer took.
	Answered func(time.Duration)

	similar similar

	// feed orders what enters the index: without it an older state of a thing,
	// read before a later commit, could overwrite a newer one.
	feed  sync.Mutex
	swept int64 // until when what lapsed has been taken out, guarded by feed

	themes themes
}

// NewService makes a service with an empty index; Rebuild or Load fills it.
func NewService(db work.Unit[Tx], now func() time.Time, rand io.Reader, o match.Options) *Service {
	s := &Service{db: db, now: now, rand: rand, index: match.New(o)}
	s.themes.learned.Store(-1)
	return s
}

const (
	// batch is how many documents enter the index at a time.
	batch = 2048
	// rebuildBatch is how many do while it is rebuilt: as many as the index
	// likes best.
	rebuildBatch = 1 << 14
)

// Rebuild reads the whole catalogue into the index.
func (s *Service) Rebuild(ctx context.Context) error {
	s.feed.Lock()
	defer s.feed.Unlock()
	now := s.now().UnixMilli()
	docs := make([]match.Doc, 0, batch)
	add := func(d match.Doc) {
		if docs = append(docs, d); len(docs) == rebuildBatch {
			s.index.Put(docs...)
			docs = docs[:0]
		}
	}
	err := s.documents(ctx, now, add)
	if err != nil {
		return fmt.Errorf("matchmaker: rebuild: %w", err)
	}
	s.index.Put(docs...)
	s.swept = now
	return nil
}

// documents hands everything that belongs into the index to add.
func (s *Service) documents(ctx context.Context, now int64, add func(match.Doc)) error {
	return s.db.Read(ctx, func(tx Tx) error {
		keys, err := tx.SortKeys(ctx, nil)
		if err != nil {
			return err
		}
		if err := tx.EachResult(ctx, func(r *catalog.Result) error { add(resultDoc(r, now, keys[r.ID])); return nil }); err != nil {
			return err
		}
		if err := tx.EachNeed(ctx, func(n *catalog.Need) error { add(needDoc(n, now, keys[n.ID])); return nil }); err != nil {
			return err
		}
		if err := tx.EachParty(ctx, func(p *catalog.Party) error { add(partyDoc(p)); return nil }); err != nil {
			return err
		}
		return tx.EachPerson(ctx, func(p *catalog.Person) error { add(personDoc(p)); return nil })
	})
}

// Check compares the index with the catalogue: how many documents the catalogue
// has, and how many of them the index lacks or holds beside them. The index
// takes in no change meanwhile.
func (s *Service) Check(ctx context.Context) (documents, missing, extra int, err error) {
	s.feed.Lock()
	defer s.feed.Unlock()
	err = s.documents(ctx, s.now().UnixMilli(), func(d match.Doc) {
		documents++
		if !s.index.Holds(d.ID) {
			missing++
		}
	})
	if err != nil {
		return 0, 0, 0, fmt.Errorf("matchmaker: check: %w", err)
	}
	return documents, missing, s.index.Len() - (documents - missing), nil
}

// Changed brings the index up to date with changes that have been committed.
// The store calls it before it acknowledges a write.
func (s *Service) Changed(ctx context.Context, changes []journal.Change) error {
	s.feed.Lock()
	defer s.feed.Unlock()
	return s.refresh(ctx, changes)
}

func (s *Service) refresh(ctx context.Context, changes []journal.Change) error {
	for part := range slices.Chunk(changes, batch) {
		if err := s.refreshSome(ctx, part); err != nil {
			return fmt.Errorf("matchmaker: refresh: %w", err)
		}
	}
	return nil
}

func (s *Service) refreshSome(ctx context.Context, changes []journal.Change) error {
	now := s.now().UnixMilli()
	ids := map[string][]uuid.UUID{}
	for _, c := range changes {
		ids[c.Kind] = append(ids[c.Kind], c.Of)
	}
	var docs []match.Doc
	err := s.db.Read(ctx, func(tx Tx) error {
		docs = docs[:0]
		keys, err := tx.SortKeys(ctx, slices.Concat(ids["result"], ids["need"]))
		if err != nil {
			return err
		}
		results, err := tx.Results(ctx, ids["result"])
		if err != nil {
			return err
		}
		for i := range results {
			docs = append(docs, resultDoc(&results[i], now, keys[results[i].ID]))
		}
		needs, err := tx.Needs(ctx, ids["need"])
		if err != nil {
			return err
		}
		for i := range needs {
			docs = append(docs, needDoc(&needs[i], now, keys[needs[i].ID]))
		}
		parties, err := tx.Parties(ctx, ids["party"])
		if err != nil {
			return err
		}
		for i := range parties {
			docs = append(docs, partyDoc(&parties[i]))
		}
		people, err := tx.People(ctx, ids["person"])
		if err != nil {
			return err
		}
		for i := range people {
			docs = append(docs, personDoc(&people[i]))
		}
		return nil
	})
	if err != nil {
		return err
	}
	there := make(map[string]bool, len(docs))
	for i := range docs {
		there[docs[i].ID] = true
	}
	var gone []string
	for _, kind := range []string{"result", "need", "party", "person"} {
		for _, id := range ids[kind] {
			if !there[id.String()] {
				gone = append(gone, id.String())
			}
		}
	}
	s.index.Put(docs...)
	s.index.Delete(gone...)
	s.themes.touched.Add(int64(len(ids["result"]) + len(ids["need"])))
	return nil
}

// Sweep takes what has lapsed since the last sweep out of everybody's sight
// but the office's. It is called every minute.
func (s *Service) Sweep(ctx context.Context) error {
	s.feed.Lock()
	defer s.feed.Unlock()
	now := s.now().UnixMilli()
	var lapsed []journal.Change
	err := s.db.Read(ctx, func(tx Tx) (err error) {
		lapsed, err = tx.Lapsed(ctx, s.swept, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("matchmaker: sweep: %w", err)
	}
	if err := s.refresh(ctx, lapsed); err != nil {
		return err
	}
	s.swept = now
	return nil
}

// Generation rises with every change of the index: as long as it stays, so do
// counts and lists, but for what lapses meanwhile.
func (s *Service) Generation() uint64 { return s.index.Generation() }

// Len is how many documents the index holds.
func (s *Service) Len() int { return s.index.Len() }

// viewer is the reader group of a principal.
func viewer(p account.Principal) match.Audience {
	if p.May(account.SeeOffice) {
		return match.AudOffice
	}
	if p.SignedIn() {
		return match.AudSignedIn
	}
	return match.AudPublic
}
