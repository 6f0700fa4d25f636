package signin

// What fuzz targets reach.
var (
	ReadCAS  = readCAS
	CASEnded = casEnded
)

// Occupy takes every turn until release is called.
func (h *Hasher) Occupy() (release func()) {
	for range cap(h.turns) {
		h.turns <- struct{}{}
	}
	return func() {
		for range cap(h.turns) {
			<-h.turns
		}
	}
}
