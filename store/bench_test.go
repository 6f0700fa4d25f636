package store_test

import (
	"fmt"
	"strings"
	"testing"

	"datai/catalog"
	"datai/intake"
	"datai/store"
	"datai/store/storetest"

	"github.com/google/uuid"
)

// BenchmarkImport stages and applies 100,000 new results of about 2 KB each
// and then applies a change to each of them; it reports seconds a step.
func BenchmarkImport(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchmarkImport(b, storetest.SQLite) })
	b.Run("postgres", func(b *testing.B) { benchmarkImport(b, storetest.Postgres(b)) })
}

func benchmarkImport(b *testing.B, open storetest.Open) {
	const n, chunk = 100_000, 500
	for b.Loop() {
		db := open(b)
		ids := make([]uuid.UUID, n)
		for round, fate := range []intake.Fate{intake.New, intake.Changed} {
			batch := intake.Batch{ID: uuid.Must(uuid.NewV7()), Version: 1}
			must(b, db.Write(b.Context(), func(tx *store.Tx) error { return tx.AddBatch(b.Context(), batch) }))
			begin := b.Elapsed()
			for from := 0; from < n; from += chunk {
				rows := make([]intake.StagedRow, chunk)
				for i := range rows {
					no := from + i
					if round == 0 {
						ids[no] = uuid.Must(uuid.NewV7())
					}
					r := &catalog.Result{ID: ids[no], Code: catalog.ShortCode("R", ids[no]), GivenID: fmt.Sprint(no), Version: int64(round),
						Title: fmt.Sprint("成果", no), Abstract: strings.Repeat("高性能材料的制备方法。", 40+round), Contact: catalog.Contact{Phone: "13800000000"}}
					rows[i] = intake.StagedRow{N: no + 2, Title: r.Title, Fate: fate, Result: r}
				}
				must(b, db.Write(b.Context(), func(tx *store.Tx) error { return tx.AddRows(b.Context(), batch.ID, rows) }))
			}
			must(b, db.Write(b.Context(), func(tx *store.Tx) error { _, err := tx.MarkRepeated(b.Context(), batch.ID); return err }))
			b.ReportMetric((b.Elapsed() - begin).Seconds(), fmt.Sprintf("s/stage-%s", fate))
			batch.Counts = intake.Counts{New: n * (1 - round), Changed: n * round}
			begin = b.Elapsed()
			must(b, db.Write(b.Context(), func(tx *store.Tx) error {
				if err := tx.ApplyBatch(b.Context(), batch, 1); err != nil {
					return err
				}
				return tx.StripRows(b.Context(), batch.ID)
			}))
			b.ReportMetric((b.Elapsed() - begin).Seconds(), fmt.Sprintf("s/apply-%s", fate))
		}
		begin := b.Elapsed()
		must(b, db.Sequence(b.Context()))
		b.ReportMetric((b.Elapsed() - begin).Seconds(), "s/number")
		begin = b.Elapsed()
		must(b, db.Read(b.Context(), func(tx *store.Tx) error {
			return tx.EachResult(b.Context(), func(*catalog.Result) error { return nil })
		}))
		b.ReportMetric((b.Elapsed() - begin).Seconds(), "s/each")
		must(b, db.Close())
	}
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkWrite measures one small unit of work, acknowledged on disk.
func BenchmarkWrite(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchmarkWrite(b, storetest.SQLite) })
	b.Run("postgres", func(b *testing.B) { benchmarkWrite(b, storetest.Postgres(b)) })
}

func benchmarkWrite(b *testing.B, open storetest.Open) {
	db := open(b)
	for b.Loop() {
		must(b, db.Write(b.Context(), func(tx *store.Tx) error {
			return tx.AddBatch(b.Context(), intake.Batch{ID: uuid.Must(uuid.NewV7()), Version: 1})
		}))
	}
}
