package storetest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"testing"

	"datai/catalog"
	"datai/matchmaker"
	"datai/shelf"
	"datai/store"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// pages reads a list to its end.
func pages(t *testing.T, db *store.DB, f shelf.Filter, limit int) (ids []uuid.UUID) {
	t.Helper()
	ctx := t.Context()
	for page := (shelf.Page{Limit: limit}); ; {
		var got []catalog.Result
		var next shelf.Page
		read(ctx, t, db, func(tx *store.Tx) (err error) {
			got, next, err = tx.ListResults(ctx, f, page)
			return err
		})
		if len(got) > limit {
			t.Fatalf("a page of %d, want at most %d", len(got), limit)
		}
		ids = append(ids, idsOf(got)...)
		if next.Limit == 0 {
			return ids
		}
		page = next
	}
}

func paging(t *testing.T, db *store.DB) {
	ctx := t.Context()
	titles := []string{"安全", "安全", "Ａ１", "a1", "——", "", "中医药", "环境", "电池", "电 池", "电池！"}
	var things []catalog.Result
	for i := range 57 {
		r := newResult(t, titles[i%len(titles)])
		r.UpdatedAt = int64(100 + i%4)
		things = append(things, r)
	}
	put(ctx, t, db, things...)
	byTitle := map[string]int{"——": 0, "": 0, "Ａ１": 1, "a1": 1, "安全": 2, "电池": 3, "电 池": 3, "电池！": 3, "环境": 4, "中医药": 5}
	want := slices.Clone(things)
	slices.SortFunc(want, func(a, b catalog.Result) int {
		return cmp.Or(cmp.Compare(byTitle[a.Title], byTitle[b.Title]), cmp.Compare(string(a.ID[:]), string(b.ID[:])))
	})
	newest := slices.Clone(things)
	slices.SortFunc(newest, func(a, b catalog.Result) int {
		return cmp.Or(cmp.Compare(b.UpdatedAt, a.UpdatedAt), cmp.Compare(string(b.ID[:]), string(a.ID[:])))
	})
	for _, limit := range []int{1, 7, 56, 57, 58} {
		if diff := gocmp.Diff(idsOf(want), pages(t, db, shelf.Filter{Order: shelf.ByTitle}, limit)); diff != "" {
			t.Errorf("by title, %d a page (-want +got):\n%s", limit, diff)
		}
		if diff := gocmp.Diff(idsOf(newest), pages(t, db, shelf.Filter{Order: shelf.ByNewest}, limit)); diff != "" {
			t.Errorf("newest first, %d a page (-want +got):\n%s", limit, diff)
		}
	}
	err := db.Read(ctx, func(tx *store.Tx) error {
		_, _, err := tx.ListResults(ctx, shelf.Filter{Order: shelf.ByNewest}, shelf.Page{SortKey: "x'y", ID: newID(t)})
		return err
	})
	mustBe(t, err, catalog.Invalid, "error.invalid")
}

// publicOnly compares the list with what the catalog itself calls public, for
// every combination of what that depends on.
func publicOnly(t *testing.T, db *store.DB) {
	ctx := t.Context()
	const now = 5000
	var rs []catalog.Result
	var ns []catalog.Need
	for _, confirmed := range []bool{false, true} {
		for _, expires := range []int64{0, now - 1, now, now + 1} {
			for _, s := range catalog.ResultStates() {
				for _, unfiled := range []bool{false, true} {
					r := newResult(t, string(s))
					r.State, r.PublicConfirmed, r.Unfiled, r.ExpiresAt = s, confirmed, unfiled, expires
					rs = append(rs, r)
				}
			}
			for _, s := range catalog.NeedStates() {
				n := newNeed(t, string(s))
				n.State, n.PublicConfirmed, n.ExpiresAt = s, confirmed, expires
				ns = append(ns, n)
			}
		}
	}
	put(ctx, t, db, rs...)
	put(ctx, t, db, ns...)
	wantResults, wantNeeds := map[uuid.UUID]bool{}, map[uuid.UUID]bool{}
	countResults, countNeeds := map[string]int{}, map[string]int{}
	for i := range rs {
		if rs[i].Public(now) {
			wantResults[rs[i].ID] = true
			countResults[string(rs[i].State)]++
		}
	}
	for i := range ns {
		if ns[i].Public(now) {
			wantNeeds[ns[i].ID] = true
			countNeeds[string(ns[i].State)]++
		}
	}
	f := shelf.Filter{PublicAt: now}
	read(ctx, t, db, func(tx *store.Tx) error {
		gotR, _, err := tx.ListResults(ctx, f, shelf.Page{Limit: 1000})
		if err != nil {
			return err
		}
		gotN, _, err := tx.ListNeeds(ctx, f, shelf.Page{Limit: 1000})
		if err != nil {
			return err
		}
		haveR, haveN := map[uuid.UUID]bool{}, map[uuid.UUID]bool{}
		for _, r := range gotR {
			haveR[r.ID] = true
		}
		for _, n := range gotN {
			haveN[n.ID] = true
		}
		if diff := gocmp.Diff(wantResults, haveR); diff != "" {
			t.Errorf("public results (-want +got):\n%s", diff)
		}
		if diff := gocmp.Diff(wantNeeds, haveN); diff != "" {
			t.Errorf("public needs (-want +got):\n%s", diff)
		}
		countedR, err := tx.CountResults(ctx, f)
		if err != nil {
			return err
		}
		countedN, err := tx.CountNeeds(ctx, f)
		if err != nil {
			return err
		}
		if diff := gocmp.Diff([]map[string]int{countResults, countNeeds}, []map[string]int{countedR, countedN}); diff != "" {
			t.Errorf("counts (-want +got):\n%s", diff)
		}
		wantStands, haveStands := map[uuid.UUID]catalog.ResultState{}, map[uuid.UUID]catalog.ResultState{}
		for _, r := range rs {
			wantStands[r.ID] = r.Standing()
		}
		for _, s := range catalog.ResultStates() {
			list, _, err := tx.ListResults(ctx, shelf.Filter{States: []string{string(s)}}, shelf.Page{Limit: 1000})
			if err != nil {
				return err
			}
			for _, r := range list {
				haveStands[r.ID] = s
			}
		}
		if diff := gocmp.Diff(wantStands, haveStands); diff != "" {
			t.Errorf("lists by state (-want +got):\n%s", diff)
		}
		wantWait, haveWait := map[uuid.UUID]bool{}, map[uuid.UUID]bool{}
		for _, r := range rs {
			if r.InReview() {
				wantWait[r.ID] = r.PublicConfirmed
			}
		}
		rows, err := tx.BeforeShelf(ctx)
		if err != nil {
			return err
		}
		for _, row := range rows {
			haveWait[row.ID] = row.Confirmed
		}
		if diff := gocmp.Diff(wantWait, haveWait); diff != "" {
			t.Errorf("before the shelf (-want +got):\n%s", diff)
		}
		everything, err := tx.CountResults(ctx, shelf.Filter{})
		if len(everything) != len(catalog.ResultStates()) {
			t.Errorf("the office counts %v, want every state", everything)
		}
		return err
	})
	for noun, want := range map[string]int{"results": len(wantResults), "needs": len(wantNeeds)} {
		seen := map[string]bool{}
		for skip := 0; skip < want+5; skip += 5 {
			read(ctx, t, db, func(tx *store.Tx) error {
				return tx.EachAddress(ctx, noun, now, skip, 5, func(code string, _ int64) error { seen[code] = true; return nil })
			})
		}
		if len(seen) != want {
			t.Errorf("%d addresses of %s, want %d", len(seen), noun, want)
		}
	}
	read(ctx, t, db, func(tx *store.Tx) error {
		ending, err := tx.EndingListings(ctx, now, now+1)
		for _, e := range ending {
			if e.ExpiresAt != now+1 || e.Code == "" {
				t.Errorf("%+v ends in (%d, %d]", e, now, now+1)
			}
		}
		if len(ending) != 4 { // three states of a result and one of a need
			t.Errorf("%d public things end, want 4", len(ending))
		}
		due, _, err2 := tx.ListResults(ctx, shelf.Filter{Confirmed: true, ExpiresFrom: 0, ExpiresTo: now, Order: shelf.ByExpiry}, shelf.Page{Limit: 1000})
		for i, r := range due {
			if !r.PublicConfirmed || r.ExpiresAt == 0 || r.ExpiresAt > now || i > 0 && due[i-1].ExpiresAt > r.ExpiresAt {
				t.Errorf("%d: ends at %d", i, r.ExpiresAt)
			}
		}
		if len(due) != 2*len(catalog.ResultStates()) { // of two times in each state, filed
			t.Errorf("%d have ended", len(due))
		}
		return errors.Join(err, err2)
	})
	// Who may see only what is public does not see more by asking for states.
	if got := pages(t, db, shelf.Filter{PublicAt: now, States: []string{"draft", "listed"}}, 1000); len(got) != countResults["listed"] {
		t.Errorf("%d results, want the %d that are listed and public", len(got), countResults["listed"])
	}
}

func filters(t *testing.T, db *store.DB) {
	ctx := t.Context()
	var rs []catalog.Result
	for i := range 24 {
		r := newResult(t, fmt.Sprint("成果", i))
		r.Kind = []catalog.ResultKind{catalog.KindResult, catalog.KindPatent}[i%2]
		r.State = []catalog.ResultState{catalog.ResultReview, catalog.ResultListed, catalog.ResultDraft}[i%3]
		r.PublicConfirmed = r.State == catalog.ResultListed
		r.Themes = [][]catalog.Theme{nil, {catalog.AI}, {catalog.AI, catalog.Health}, {catalog.City}}[i%4]
		r.Maturity.Level = i % 10
		rs = append(rs, r)
	}
	put(ctx, t, db, rs...)
	for _, c := range []struct {
		name   string
		filter shelf.Filter
		keep   func(catalog.Result) bool
	}{
		{"kind", shelf.Filter{Kind: catalog.KindPatent}, func(r catalog.Result) bool { return r.Kind == catalog.KindPatent }},
		{"states", shelf.Filter{States: []string{"review", "draft"}}, func(r catalog.Result) bool { return r.State != catalog.ResultListed }},
		{"level", shelf.Filter{MinTRL: 6}, func(r catalog.Result) bool { return r.Maturity.Level >= 6 }},
		{"theme", shelf.Filter{Themes: []catalog.Theme{catalog.AI}}, func(r catalog.Result) bool { return slices.Contains(r.Themes, catalog.AI) }},
		{"one of two themes", shelf.Filter{Themes: []catalog.Theme{catalog.City, catalog.Health}},
			func(r catalog.Result) bool {
				return slices.Contains(r.Themes, catalog.City) || slices.Contains(r.Themes, catalog.Health)
			}},
		{"no such theme", shelf.Filter{Themes: []catalog.Theme{"a", "%", "|"}}, func(catalog.Result) bool { return false }},
		{"no such state", shelf.Filter{States: []string{"' OR 1=1 --"}}, func(catalog.Result) bool { return false }},
		{"several", shelf.Filter{Kind: catalog.KindPatent, MinTRL: 3, Themes: []catalog.Theme{catalog.AI}},
			func(r catalog.Result) bool {
				return r.Kind == catalog.KindPatent && r.Maturity.Level >= 3 && slices.Contains(r.Themes, catalog.AI)
			}},
	} {
		want := map[uuid.UUID]bool{}
		for _, r := range rs {
			if c.keep(r) {
				want[r.ID] = true
			}
		}
		got := map[uuid.UUID]bool{}
		for _, id := range pages(t, db, c.filter, 5) {
			got[id] = true
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func pinyinOrder(t *testing.T, db *store.DB) {
	ctx := t.Context()
	want := []string{"3D打印", "Alloy", "白", "ｂｅｔａ", "电池", "西安", "先进", "张三", "章四", "ω-3"}
	var rs []catalog.Result
	for _, title := range want {
		rs = append(rs, newResult(t, title))
	}
	slices.Reverse(rs)
	put(ctx, t, db, rs...)
	var got []string
	read(ctx, t, db, func(tx *store.Tx) error {
		list, _, err := tx.ListResults(ctx, shelf.Filter{Order: shelf.ByTitle}, shelf.Page{})
		for _, r := range list {
			got = append(got, r.Title)
		}
		return err
	})
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func lapsing(t *testing.T, db *store.DB) {
	ctx := t.Context()
	var rs []catalog.Result
	for _, at := range []int64{0, 10, 11, 20, 21} {
		r := newResult(t, fmt.Sprint(at))
		r.ExpiresAt = at
		rs = append(rs, r)
	}
	n := newNeed(t, "需求")
	n.ExpiresAt = 15
	put(ctx, t, db, rs...)
	put(ctx, t, db, n)
	read(ctx, t, db, func(tx *store.Tx) error {
		got, err := tx.Lapsed(ctx, 10, 20)
		if err != nil {
			return err
		}
		if len(got) != 3 || got[0].Of != rs[2].ID || got[1].Of != rs[3].ID || got[2].Of != n.ID || got[2].Kind != "need" || got[0].Kind != "result" {
			t.Errorf("lapsed in (10, 20]: %v; want what expires at 11, 20 and the need", got)
		}
		got, err = tx.Lapsed(ctx, 0, 5)
		if len(got) != 0 {
			t.Errorf("what has no end lapsed: %v", got)
		}
		return err
	})
}

func feedback(t *testing.T, db *store.DB) {
	ctx := t.Context()
	need, result := newNeed(t, "需求"), newResult(t, "成果")
	put(ctx, t, db, need)
	put(ctx, t, db, result)
	li, wang := newID(t), newID(t)
	say := func(by uuid.UUID, v matchmaker.Verdict, at int64) matchmaker.Feedback {
		t.Helper()
		f := matchmaker.Feedback{ID: newID(t), Need: need.ID, Result: result.ID, Verdict: v, Reason: "exact", Text: "陶瓷", By: by, At: at}
		write(ctx, t, db, func(tx *store.Tx) error { return tx.SaveFeedback(ctx, f) })
		return f
	}
	standing := func(want ...matchmaker.Feedback) {
		t.Helper()
		var got []matchmaker.Feedback
		read(ctx, t, db, func(tx *store.Tx) (err error) {
			got, err = tx.FeedbackOn(ctx, need.ID)
			return err
		})
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("standing feedback (-want +got):\n%s", diff)
		}
	}
	first := say(li, matchmaker.Useful, 1)
	other := say(wang, matchmaker.NotUseful, 2)
	standing(first, other)
	second := say(li, matchmaker.Task, 3)
	standing(other, second)
	say(li, "", 4)
	standing(other)
	before := len(feed(ctx, t, db))
	say(li, "", 5) // there was nothing to take back
	if after := len(feed(ctx, t, db)); after != before {
		t.Errorf("%d changes after nothing was taken back, want %d", after, before)
	}
	for _, f := range []matchmaker.Feedback{
		{ID: newID(t), Need: newID(t), Result: result.ID, Verdict: matchmaker.Useful, By: li},
		{ID: newID(t), Need: need.ID, Result: newID(t), Verdict: matchmaker.Useful, By: li},
	} {
		err := db.Write(ctx, func(tx *store.Tx) error { return tx.SaveFeedback(ctx, f) })
		mustBe(t, err, catalog.NotFound, "error.not_found")
	}
	standing(other)
	// One person at two screens: one word stands.
	for _, err := range together(writers, func(i int) error {
		f := matchmaker.Feedback{ID: newID(t), Need: need.ID, Result: result.ID, Verdict: matchmaker.Useful, By: wang, At: int64(10 + i)}
		return db.Write(ctx, func(tx *store.Tx) error { return tx.SaveFeedback(ctx, f) })
	}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	read(ctx, t, db, func(tx *store.Tx) error {
		got, err := tx.FeedbackOn(ctx, need.ID)
		if len(got) != 1 {
			t.Errorf("%d words of one person stand, want 1", len(got))
		}
		return err
	})
}

func peopleNamed(t *testing.T, db *store.DB) {
	ctx := t.Context()
	person := func(name string) catalog.Person {
		id := newID(t)
		return catalog.Person{ID: id, Code: catalog.ShortCode("E", id), StaffNo: id.String(), Name: name}
	}
	list := []catalog.Person{person("陆听澜"), person("陆听澜"), person("陸听澜"), person("路听兰"), person("温以宁")}
	put(ctx, t, db, list...)
	id := newID(t)
	parties := []catalog.Party{{ID: id, Code: catalog.ShortCode("P", id), Kind: catalog.PartyUnit, Name: "机械学院"}}
	put(ctx, t, db, parties...)
	read(ctx, t, db, func(tx *store.Tx) error {
		got, err := tx.PeopleNamed(ctx, []string{"陆听澜", "温以宁", "", "没有"})
		if err != nil {
			return err
		}
		if diff := gocmp.Diff([]catalog.Person{list[0], list[1], list[4]}, got); diff != "" {
			t.Errorf("people (-want +got):\n%s", diff)
		}
		if got, err = tx.People(ctx, []uuid.UUID{list[3].ID, newID(t), list[0].ID}); err != nil {
			return err
		}
		if diff := gocmp.Diff([]catalog.Person{list[3], list[0]}, got); diff != "" {
			t.Errorf("people by id (-want +got):\n%s", diff)
		}
		n := 0
		if err := tx.EachPerson(ctx, func(*catalog.Person) error { n++; return nil }); err != nil {
			return err
		}
		if n != len(list) {
			t.Errorf("%d people, want %d", n, len(list))
		}
		units, err := tx.PartiesNamed(ctx, []string{"机械学院"})
		if diff := gocmp.Diff(parties, units); diff != "" {
			t.Errorf("parties (-want +got):\n%s", diff)
		}
		return err
	})
}

func tasks(t *testing.T, db *store.DB) {
	ctx := t.Context()
	need, rs := newNeed(t, "需求"), []catalog.Result{newResult(t, "甲"), newResult(t, "乙"), newResult(t, "丙")}
	put(ctx, t, db, need)
	put(ctx, t, db, rs...)
	li, wang := newID(t), newID(t)
	var said []matchmaker.Feedback
	for i, r := range rs {
		f := matchmaker.Feedback{ID: newID(t), Need: need.ID, Result: r.ID, Verdict: matchmaker.Task, Reason: "too_early", By: li, At: int64(10 + i)}
		if i == 2 {
			f.Verdict = matchmaker.NotUseful
		}
		write(ctx, t, db, func(tx *store.Tx) error { return tx.SaveFeedback(ctx, f) })
		said = append(said, f)
	}
	list := func(done bool, want ...matchmaker.Feedback) {
		t.Helper()
		var got []matchmaker.Feedback
		read(ctx, t, db, func(tx *store.Tx) (err error) {
			got, err = tx.Tasks(ctx, done, 10)
			return err
		})
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("done %v (-want +got):\n%s", done, diff)
		}
	}
	finish := func(id uuid.UUID, at int64) error {
		return db.Write(ctx, func(tx *store.Tx) error { return tx.FinishTask(ctx, id, wang, at) })
	}
	list(false, said[1], said[0])
	list(true)
	// Two at once: one of them has done it.
	won := 0
	for _, err := range together(writers, func(int) error { return finish(said[0].ID, 50) }) {
		if err == nil {
			won++
			continue
		}
		mustBe(t, err, catalog.Conflict, "error.conflict")
	}
	if won != 1 {
		t.Errorf("%d finished one task, want 1", won)
	}
	done := said[0]
	done.DoneAt, done.DoneBy = 50, wang
	list(false, said[1])
	list(true, done)
	mustBe(t, finish(said[1].ID, 0), catalog.Conflict, "error.conflict")
	mustBe(t, finish(said[2].ID, 60), catalog.NotFound, "error.not_found")
	mustBe(t, finish(newID(t), 60), catalog.NotFound, "error.not_found")
	if err := finish(said[0].ID, 0); err != nil {
		t.Fatal(err)
	}
	list(false, said[1], said[0])
	// A new word on the match is a new task.
	if err := finish(said[1].ID, 70); err != nil {
		t.Fatal(err)
	}
	again := said[1]
	again.ID, again.At = newID(t), 80
	write(ctx, t, db, func(tx *store.Tx) error { return tx.SaveFeedback(ctx, again) })
	list(false, again, said[0])
	list(true)
}

func terms(t *testing.T, db *store.DB) {
	ctx := t.Context()
	needs := []catalog.Need{newNeed(t, "甲"), newNeed(t, "乙")}
	put(ctx, t, db, needs...)
	li := newID(t)
	say := func(need uuid.UUID, text string, v matchmaker.TermVerdict, at int64) matchmaker.Term {
		t.Helper()
		x := matchmaker.Term{Need: need, Text: text, Verdict: v, By: li, At: at}
		write(ctx, t, db, func(tx *store.Tx) error { return tx.SaveTerm(ctx, x) })
		return x
	}
	standing := func(need uuid.UUID, want ...matchmaker.Term) {
		t.Helper()
		var got []matchmaker.Term
		read(ctx, t, db, func(tx *store.Tx) (err error) {
			got, err = tx.TermsOn(ctx, need)
			return err
		})
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("terms (-want +got):\n%s", diff)
		}
	}
	a, b := needs[0].ID, needs[1].ID
	first := say(a, "LSTM 网络", matchmaker.TermAccepted, 1)
	other := say(b, "LSTM 网络", matchmaker.TermStruck, 2)
	vib := say(a, "振动", matchmaker.TermStruck, 3)
	standing(a, first, vib)
	standing(b, other)
	again := say(a, "ｌｓｔｍ网络", matchmaker.TermStruck, 4) // the same term, written otherwise
	standing(a, vib, again)
	say(a, "振 动", "", 5)
	standing(a, again)
	before := len(feed(ctx, t, db))
	say(a, "没有", "", 6)
	if after := len(feed(ctx, t, db)); after != before {
		t.Errorf("%d changes after nothing was forgotten, want %d", after, before)
	}
	err := db.Write(ctx, func(tx *store.Tx) error {
		return tx.SaveTerm(ctx, matchmaker.Term{Need: newID(t), Text: "振动", Verdict: matchmaker.TermAccepted, By: li})
	})
	mustBe(t, err, catalog.NotFound, "error.not_found")
	standing(b, other)
}

func checks(t *testing.T, db *store.DB) {
	ctx := t.Context()
	needs, rs := []catalog.Need{newNeed(t, "需求")}, []catalog.Result{newResult(t, "成果")}
	put(ctx, t, db, needs...)
	put(ctx, t, db, rs...)
	need, r := needs[0], rs[0]
	c := matchmaker.Check{Need: need.ID, Result: r.ID, NeedVersion: need.Version, ResultVersion: r.Version, Note: "问过", By: newID(t), Name: "王", At: 5}
	set := func(c matchmaker.Check) error {
		return db.Write(ctx, func(tx *store.Tx) error { return tx.SaveCheck(ctx, c) })
	}
	standing := func(want ...matchmaker.Check) {
		t.Helper()
		read(ctx, t, db, func(tx *store.Tx) error {
			got, err := tx.ChecksOn(ctx, need.ID)
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("checks (-want +got):\n%s", diff)
			}
			return err
		})
	}
	if err := set(c); err != nil {
		t.Fatal(err)
	}
	standing(c)
	// A check and a change of the result at once: either the check came first
	// and is void now, or it was refused; it never claims the new words.
	for range 10 {
		seen := result(ctx, t, db, r.ID)
		c.ResultVersion, c.At = seen.Version, c.At+1
		errs := together(2, func(i int) error {
			if i == 0 {
				return set(c)
			}
			return db.Write(ctx, func(tx *store.Tx) error { return tx.SaveResult(ctx, seen) })
		})
		if errs[1] != nil {
			t.Fatal(errs[1])
		}
		if errs[0] != nil {
			mustBe(t, errs[0], catalog.Conflict, "error.conflict")
		}
	}
	for _, bad := range []func(*matchmaker.Check){
		func(c *matchmaker.Check) { c.NeedVersion++ }, func(c *matchmaker.Check) { c.ResultVersion++ },
		func(c *matchmaker.Check) { c.Need = newID(t) }, func(c *matchmaker.Check) { c.Result = newID(t) },
	} {
		other := c
		other.ResultVersion = result(ctx, t, db, r.ID).Version
		bad(&other)
		mustBe(t, set(other), catalog.Conflict, "error.conflict")
	}
	c.ResultVersion, c.Name = result(ctx, t, db, r.ID).Version, "李"
	if err := set(c); err != nil {
		t.Fatal(err)
	}
	standing(c)
	drop := func() error {
		return db.Write(ctx, func(tx *store.Tx) error { return tx.DropCheck(ctx, need.ID, r.ID) })
	}
	if err := drop(); err != nil {
		t.Fatal(err)
	}
	standing()
	mustBe(t, drop(), catalog.NotFound, "error.not_found")
}
