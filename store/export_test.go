package store

// Still ends what works by itself beside the caller (numbering, sealing,
// sweeping), for tests that write past the store; they call Sequence.
func (db *DB) Still() {
	db.stop()
	db.ended.Wait()
}
