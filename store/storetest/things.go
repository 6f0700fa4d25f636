package storetest

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"datai/catalog"
	"datai/intake"
	"datai/store"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// texts are what people and their programs write into cells.
func texts() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.Map(rapid.String(), catalog.Clean),
		rapid.SampledFrom([]string{"", "先进材料", "👩‍🔬🧪 新型催化剂", "ＡＢＣ１２３（全角）", `it's "quoted" \ back`, `100% _under_ ? $1 :name @p`,
			"第一行\n第二行\t列", "<script>alert(1)</script> & \u2028", "𠮷野家・한국어 ελληνικά", strings.Repeat("很长的文字，", 300)}),
	)
}

func made[T any]() *rapid.Generator[T] {
	return rapid.MakeCustom[T](rapid.MakeConfig{Kinds: map[reflect.Kind]*rapid.Generator[any]{
		reflect.String:  texts().AsAny(),
		reflect.Float64: rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64).AsAny(),
	}})
}

// roundTrip stages, applies, saves and reads things of one kind; each step must
// give back what went in. fix makes a drawn thing the one with this id.
func roundTrip[T any](t *testing.T, db *store.DB, fix func(v *T, id uuid.UUID, version int64),
	staged func(intake.StagedRow) *T, byID func(tx *store.Tx, id uuid.UUID) ([]T, error), save func(tx *store.Tx, v T) error) {
	ctx := t.Context()
	gen := made[T]()
	rapid.Check(t, func(rt *rapid.T) {
		id := newID(rt)
		stored := func(want T) {
			rt.Helper()
			var got []T
			read(ctx, rt, db, func(tx *store.Tx) (err error) {
				got, err = byID(tx, id)
				return err
			})
			if diff := cmp.Diff([]T{want}, got); diff != "" {
				rt.Fatalf("stored thing differs (-want +got):\n%s", diff)
			}
		}
		v := gen.Draw(rt, "new")
		fix(&v, id, 0)
		rows := rowsOf(v)
		rows[0].Title = texts().Draw(rt, "title")
		rows[0].Issues = rapid.SliceOfN(made[intake.Issue](), 0, 2).Draw(rt, "issues")
		if len(rows[0].Issues) == 0 {
			rows[0].Issues = nil
		}
		b := stage(ctx, rt, db, rows)
		var got []intake.StagedRow
		read(ctx, rt, db, func(tx *store.Tx) (err error) {
			got, err = tx.Rows(ctx, b.ID, "", 0, 10)
			return err
		})
		rows[0].Pos = 1
		if diff := cmp.Diff(rows, got); diff != "" {
			rt.Fatalf("staged row differs (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(&v, staged(got[0])); diff != "" {
			rt.Fatalf("staged thing differs (-want +got):\n%s", diff)
		}
		if err := apply(ctx, db, b, 1); err != nil {
			rt.Fatal(err)
		}
		fix(&v, id, 1)
		stored(v)

		next := gen.Draw(rt, "changed")
		fix(&next, id, 1)
		if err := apply(ctx, db, stage(ctx, rt, db, rowsOf(next)), 2); err != nil {
			rt.Fatal(err)
		}
		fix(&next, id, 2)
		stored(next)
		if save == nil {
			return
		}
		last := gen.Draw(rt, "saved")
		fix(&last, id, 2)
		write(ctx, rt, db, func(tx *store.Tx) error { return save(tx, last) })
		fix(&last, id, 3)
		stored(last)
	})
}

func resultRoundTrip(t *testing.T, db *store.DB) {
	ctx := t.Context()
	roundTrip(t, db, func(r *catalog.Result, id uuid.UUID, version int64) {
		r.ID, r.Code, r.Version = id, catalog.ShortCode("R", id), version
		r.GivenID = strings.TrimSuffix(r.GivenID, id.String()) + id.String() // its key is its own
	}, func(r intake.StagedRow) *catalog.Result { return r.Result },
		func(tx *store.Tx, id uuid.UUID) ([]catalog.Result, error) { return tx.Results(ctx, []uuid.UUID{id}) },
		func(tx *store.Tx, r catalog.Result) error { return tx.SaveResult(ctx, r) })
}

func needRoundTrip(t *testing.T, db *store.DB) {
	ctx := t.Context()
	owner := newID(t)
	write(ctx, t, db, func(tx *store.Tx) error {
		return tx.AddParty(ctx, catalog.Party{ID: owner, Code: catalog.ShortCode("P", owner), Version: 1, Name: "示例轴承", Kind: catalog.PartyEnterprise})
	})
	roundTrip(t, db, func(n *catalog.Need, id uuid.UUID, version int64) {
		if n.OwnerID != uuid.Nil { // an owner that is more than a name is a party
			n.OwnerID = owner
		}
		n.ID, n.Code, n.Version = id, catalog.ShortCode("N", id), version
		n.GivenID = strings.TrimSuffix(n.GivenID, id.String()) + id.String()
	}, func(r intake.StagedRow) *catalog.Need { return r.Need },
		func(tx *store.Tx, id uuid.UUID) ([]catalog.Need, error) { return tx.Needs(ctx, []uuid.UUID{id}) },
		func(tx *store.Tx, n catalog.Need) error { return tx.SaveNeed(ctx, n) })
}

func partyRoundTrip(t *testing.T, db *store.DB) {
	ctx := t.Context()
	roundTrip(t, db, func(p *catalog.Party, id uuid.UUID, version int64) {
		p.ID, p.Code, p.Version = id, catalog.ShortCode("P", id), version
		p.CreditCode = strings.TrimSuffix(p.CreditCode, id.String()) + id.String()
	}, func(r intake.StagedRow) *catalog.Party { return r.Party },
		func(tx *store.Tx, id uuid.UUID) ([]catalog.Party, error) { return tx.Parties(ctx, []uuid.UUID{id}) }, nil)
}

func personRoundTrip(t *testing.T, db *store.DB) {
	ctx := t.Context()
	roundTrip(t, db, func(p *catalog.Person, id uuid.UUID, version int64) {
		p.ID, p.Code, p.Version = id, catalog.ShortCode("H", id), version
		p.StaffNo, p.ORCID = id.String(), strings.TrimSuffix(p.ORCID, id.String())+id.String()
	}, func(r intake.StagedRow) *catalog.Person { return r.Person },
		func(tx *store.Tx, id uuid.UUID) ([]catalog.Person, error) {
			found, err := tx.PeopleByKey(ctx, []string{"st:" + id.String()})
			var out []catalog.Person
			for _, p := range found {
				out = append(out, *p)
			}
			return out, err
		}, nil)
}

func peopleByKey(t *testing.T, db *store.DB) {
	ctx := t.Context()
	person := func(staffNo, orcid string) catalog.Person {
		id := newID(t)
		return catalog.Person{ID: id, Code: catalog.ShortCode("H", id), Name: "同名", StaffNo: staffNo, ORCID: orcid}
	}
	a, b, c := person("1", ""), person("2", "x"), person("", "1")
	things := []catalog.Person{a, b, c}
	put(ctx, t, db, things...)
	things[2].StaffNo = "3" // it was made under its ORCID
	put(ctx, t, db, things[2])
	want := map[string]uuid.UUID{"st:1": a.ID, "st:2": b.ID, "or:x": b.ID, "st:3": c.ID, "or:1": c.ID}
	got := map[string]uuid.UUID{}
	read(ctx, t, db, func(tx *store.Tx) error {
		found, err := tx.PeopleByKey(ctx, []string{"st:1", "st:2", "or:x", "st:3", "or:1", "st:x", "or:3", "st:", "or:"})
		for k, p := range found {
			got[k] = p.ID
		}
		return err
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	err := apply(ctx, db, stage(ctx, t, db, rowsOf(person("4", "x"))), 5)
	mustBe(t, err, catalog.Conflict, "import.moved")
}

func finding(t *testing.T, db *store.DB) {
	ctx := t.Context()
	a, b, c := newResult(t, "甲"), newResult(t, "乙"), newResult(t, "丙")
	things := []catalog.Result{a, b, c}
	put(ctx, t, db, things...)
	missing := newID(t)
	read(ctx, t, db, func(tx *store.Tx) error {
		got, err := tx.Results(ctx, []uuid.UUID{c.ID, missing, a.ID, c.ID, b.ID})
		if err != nil {
			return err
		}
		if diff := cmp.Diff([]catalog.Result{things[2], things[0], things[1]}, got); diff != "" {
			t.Errorf("by id, in the order asked for, each once (-want +got):\n%s", diff)
		}
		one, err := tx.ResultByCode(ctx, b.Code)
		if err != nil || one.ID != b.ID {
			t.Errorf("by code: %s, %v; want %s", one.ID, err, b.ID)
		}
		byKey, err := tx.ResultsByKey(ctx, []string{a.Key(), "id:nobody", c.Key()})
		if err != nil {
			return err
		}
		if diff := cmp.Diff(map[string]*catalog.Result{a.Key(): &things[0], c.Key(): &things[2]}, byKey); diff != "" {
			t.Errorf("by key (-want +got):\n%s", diff)
		}
		none, err := tx.Results(ctx, nil)
		if err != nil || len(none) != 0 {
			t.Errorf("no ids: %d results, %v", len(none), err)
		}
		return nil
	})
	err := db.Read(ctx, func(tx *store.Tx) error { _, err := tx.NeedByCode(ctx, "N-NOBODY"); return err })
	mustBe(t, err, catalog.NotFound, "error.not_found")
	err = db.Read(ctx, func(tx *store.Tx) error { _, err := tx.Batch(ctx, missing); return err })
	mustBe(t, err, catalog.NotFound, "error.not_found")
}

// longKeys have a common beginning longer than an index of PostgreSQL takes,
// of characters that do not repeat, as it would compress them.
func longKeys(t *testing.T, db *store.DB) {
	ctx := t.Context()
	long := make([]rune, 3000)
	for i := range long {
		long[i] = 0x4e00 + rune(i*7919%20000)
	}
	a, b := newResult(t, string(long)+"甲"), newResult(t, string(long)+"乙")
	a.GivenID, b.GivenID = "", ""
	put(ctx, t, db, a, b)
	read(ctx, t, db, func(tx *store.Tx) error {
		found, err := tx.ResultsByKey(ctx, []string{b.Key(), a.Key()})
		if err != nil {
			return err
		}
		if len(found) != 2 || found[a.Key()].ID != a.ID || found[b.Key()].ID != b.ID {
			t.Errorf("found %v, want both under their own keys", found)
		}
		return nil
	})
}

func refusedText(t *testing.T, db *store.DB) {
	ctx := t.Context()
	before := state(ctx, t, db)
	for _, title := range []string{"a\x00b", "\xff\xfe"} {
		r := newResult(t, title)
		err := db.Write(ctx, func(tx *store.Tx) error {
			b := intake.Batch{ID: newID(t), Version: 1}
			if err := tx.AddBatch(ctx, b); err != nil {
				return err
			}
			return tx.AddRows(ctx, b.ID, rowsOf(r))
		})
		mustBe(t, err, catalog.Invalid, "error.invalid")
	}
	if after := state(ctx, t, db); after != before {
		t.Errorf("something was kept:\n%s", after)
	}
}
