package matchmaker_test

import (
	"bytes"
	"crypto/rand"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/intake"
	"datai/internal/apptest"
	"datai/match"
	"datai/matchmaker"
	"datai/store"
)

// another is a second server on the database of a, with an index of its own.
func another(a *apptest.App) *matchmaker.Service {
	return matchmaker.NewService(store.For[matchmaker.Tx](a.DB), a.Clock.Now, rand.Reader, match.Options{})
}

func snapshot(t *testing.T, a *apptest.App, of matchmaker.Copy) (b *bytes.Buffer, feed int64) {
	t.Helper()
	if err := a.DB.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
	feed, err := a.DB.LastChange(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b = &bytes.Buffer{}
	if err := a.Match.Save(b, of, feed); err != nil {
		t.Fatal(err)
	}
	return b, feed
}

var thisCopy = matchmaker.Copy{Database: "d", Epoch: 1, Program: "p"}

// TestTimeGoesOnWhileTheServerIsDown: what lapses meanwhile is out of the
// public's sight as soon as the snapshot is loaded.
func TestTimeGoesOnWhileTheServerIsDown(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, bearings...))
	a.PublishResults(t)
	b, feed := snapshot(t, a, thisCopy)
	if n := another(a).Len(); n != 0 {
		t.Fatalf("an index begins with %d documents", n)
	}
	a.Clock.Advance(366 * 24 * time.Hour)
	s := another(a)
	at, err := s.Load(bytes.NewReader(b.Bytes()), int64(b.Len()), thisCopy, feed)
	if err != nil || at != feed || s.Len() != a.Match.Len() {
		t.Fatalf("loaded %d documents up to change %d, %v; want %d and %d", s.Len(), at, err, a.Match.Len(), feed)
	}
	if err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Browse(t.Context(), account.Nobody(), matchmaker.Browsing{Kind: match.KindResult}); err != nil || len(got.Facets["theme"]) != 0 {
		t.Errorf("the public counts what has lapsed: %v", got)
	}
	if got, err := s.Browse(t.Context(), apptest.Officer(), matchmaker.Browsing{Kind: match.KindResult}); err != nil || len(got.Facets["theme"]) == 0 {
		t.Error("the office counts nothing")
	}
	got, err := s.Ask(t.Context(), account.Nobody(), matchmaker.Question{Text: "轴承", Count: true})
	if err != nil || got.Total != 0 || len(got.Matches) != 0 {
		t.Errorf("the public finds what has lapsed: %+v, %v", got, err)
	}
}

func TestSnapshotOfAnotherCopyIsRefused(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, bearings...))
	b, feed := snapshot(t, a, thisCopy)
	for name, c := range map[string]struct {
		of   matchmaker.Copy
		last int64
	}{
		"another database":             {matchmaker.Copy{Database: "e", Epoch: 1, Program: "p"}, feed},
		"after a restore":              {matchmaker.Copy{Database: "d", Epoch: 2, Program: "p"}, feed},
		"another program":              {matchmaker.Copy{Database: "d", Epoch: 1, Program: "q"}, feed},
		"a database that was set back": {thisCopy, feed - 1},
	} {
		s := another(a)
		if _, err := s.Load(bytes.NewReader(b.Bytes()), int64(b.Len()), c.of, c.last); err == nil || s.Len() != 0 {
			t.Errorf("%s: %d documents, %v", name, s.Len(), err)
		}
	}
}

// TestSnapshotHoldsNoContacts looks for a number and an address in the bytes.
func TestSnapshotHoldsNoContacts(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, apptest.ResultRow(catalog.Result{Title: "离心泵叶轮", Abstract: "叶轮的水力设计。",
		Contact: catalog.Contact{Name: "王工", Phone: "13800138000", Email: "wang@example.edu.cn"}})))
	b, _ := snapshot(t, a, thisCopy)
	for _, secret := range []string{"13800138000", "wang@example.edu.cn", "王工"} {
		if bytes.Contains(b.Bytes(), []byte(secret)) {
			t.Errorf("the snapshot holds %s", secret)
		}
	}
	if !bytes.Contains(b.Bytes(), []byte("离心泵叶轮")) {
		t.Error("the snapshot does not hold the title")
	}
}
