package intake_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"datai/catalog"
	"datai/intake"
	"datai/internal/apptest"

	"github.com/google/go-cmp/cmp"
)

// long is a file of n results, of which the reading panics after stop rows.
func long(n, stop int, digest string) intake.File {
	f := apptest.File(intake.Results)
	f.Digest = func() string { return digest }
	f.Rows = func(yield func(intake.Row, error) bool) {
		for i := range n {
			if i == stop {
				panic(errKilled)
			}
			row := result(fmt.Sprint("成果", i), "一")
			row.N = i + 2
			if i%100 == 7 {
				row = refusedRow("坏")
				row.N = i + 2
			}
			if !yield(row, nil) {
				return
			}
		}
	}
	return f
}

var errKilled = errors.New("killed here")

// killed stages a file and is killed in the middle of it.
func killed(t *testing.T, a *apptest.App, f intake.File) (half intake.Batch) {
	t.Helper()
	defer func() {
		if r := recover(); r != errKilled {
			t.Fatalf("recovered %v", r)
		}
	}()
	_, err := a.Intake.Stage(t.Context(), apptest.Officer(), f, func(b intake.Batch) { half = b })
	t.Fatalf("the file was read to its end: %v", err)
	return half
}

func TestAKilledStagingGoesOn(t *testing.T) {
	a := apptest.New(t)
	staged, err := a.Intake.Stage(t.Context(), apptest.Officer(), apptest.File(intake.Results, result("甲", "一")), nil)
	if err != nil {
		t.Fatal(err)
	}
	half := killed(t, a, long(1900, 1200, "aa"))
	if err := a.Intake.Recover(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if b, err := a.Intake.Batch(t.Context(), apptest.Officer(), half.ID); err != nil || b.State != intake.Interrupted || b.Counts.Rows != 1000 {
		t.Fatalf("the half batch is %s with %d rows, %v", b.State, b.Counts.Rows, err)
	}
	if _, err := a.Intake.Apply(t.Context(), apptest.Officer(), half.ID); catalog.CodeOf(err) != catalog.Conflict {
		t.Errorf("half a file was applied: %v", err)
	}
	// Another file, and the same file read in another way, begin anew.
	other, err := a.Intake.Stage(t.Context(), apptest.Officer(), long(10, -1, "bb"), nil)
	if err != nil || other.ID == half.ID {
		t.Errorf("another file went on with it: %v", err)
	}
	mapped := long(10, -1, "aa")
	mapped.Columns = []intake.Column{{Header: "x", Field: "title"}}
	if b, err := a.Intake.Stage(t.Context(), apptest.Officer(), mapped, nil); err != nil || b.ID == half.ID {
		t.Errorf("another mapping went on with it: %v", err)
	}
	first := 0
	done, err := a.Intake.Stage(t.Context(), apptest.Officer(), long(1900, -1, "aa"), func(b intake.Batch) {
		if first == 0 {
			first = b.Counts.Rows
		}
	})
	if err != nil || done.ID != half.ID || first != 1000 {
		t.Fatalf("%s went on at %d, %v; want %s at 1000", done.ID, first, err, half.ID)
	}
	if diff := cmp.Diff(intake.Counts{Rows: 1900, New: 1881, Refused: 19}, done.Counts); diff != "" {
		t.Error(diff)
	}
	if len(done.Lacks) != 1 || done.Lacks[0].N != 19 || done.Lacks[0].Column != "成果名称" {
		t.Errorf("lacks %+v", done.Lacks)
	}
	if _, err := a.Intake.Apply(t.Context(), apptest.Officer(), done.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Intake.Apply(t.Context(), apptest.Officer(), staged.ID); err != nil {
		t.Errorf("the batch that was staged before cannot be applied any more: %v", err)
	}
	if n := len(a.AllResults(t)); n != 1000 { // the helper lists that many
		t.Errorf("%d results", n)
	}
}

func TestAProcessThatEndsInterruptsAndDoesNotCancel(t *testing.T) {
	a := apptest.New(t)
	ctx, stop := context.WithCancelCause(t.Context())
	b, err := a.Intake.Stage(ctx, apptest.Officer(), long(2000, -1, "aa"), func(b intake.Batch) {
		if b.Counts.Rows == 1000 {
			stop(intake.ErrInterrupted)
		}
	})
	if catalog.CodeOf(err) != catalog.Unavailable || b.State != intake.Interrupted || b.Counts.Rows != 1000 {
		t.Fatalf("%s, %d rows, %v", b.State, b.Counts.Rows, err)
	}
	if b, err := a.Intake.Cancel(t.Context(), apptest.Officer(), b.ID); err != nil || b.State != intake.Cancelled {
		t.Errorf("%s, %v", b.State, err)
	}
}

func TestWhatWaitedHasToBeBroughtAgain(t *testing.T) {
	a := apptest.New(t)
	w, err := a.Intake.Await(t.Context(), apptest.Officer(), newID(t), intake.Results, "a.csv")
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Intake.Recover(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	b, err := a.Intake.Batch(t.Context(), apptest.Officer(), w.ID)
	if err != nil || b.State != intake.Failed || b.Problem == nil || b.Problem.Key != "import.broken" {
		t.Errorf("%+v, %v", b, err)
	}
}

func TestRowsAreForgottenInTheEnd(t *testing.T) {
	a := apptest.New(t)
	applied := a.Import(t, apptest.File(intake.Results, result("甲", "一"), refusedRow("坏")))
	staged, err := a.Intake.Stage(t.Context(), apptest.Officer(), apptest.File(intake.Results, result("乙", "一")), nil)
	if err != nil {
		t.Fatal(err)
	}
	forget := func(days int) (n int) {
		if err := a.Intake.Forget(t.Context(), time.Duration(days)*24*time.Hour); err != nil {
			t.Fatal(err)
		}
		for _, b := range []intake.Batch{applied, staged} {
			rows, err := a.Intake.Rows(t.Context(), apptest.Officer(), b.ID, "", 0, 10)
			if err != nil {
				t.Fatal(err)
			}
			n += len(rows)
		}
		return n
	}
	a.Clock.Advance(29 * 24 * time.Hour)
	if n := forget(30); n != 3 {
		t.Errorf("%d rows after 29 days, want 3", n)
	}
	a.Clock.Advance(2 * 24 * time.Hour)
	if n := forget(30); n != 0 {
		t.Errorf("%d rows after 31 days, want none", n)
	}
	if b, err := a.Intake.Batch(t.Context(), apptest.Officer(), staged.ID); err != nil || b.State != intake.Cancelled {
		t.Errorf("what was never applied is %s, %v", b.State, err)
	}
	if b, err := a.Intake.Batch(t.Context(), apptest.Officer(), applied.ID); err != nil || b.State != intake.Applied || b.Counts.New != 1 {
		t.Errorf("what was applied is %+v, %v", b, err)
	}
}
