package match

// A segment knows a gram by a slot: 44 bits, which tell single characters and pairs apart exactly and words by 43 bits of
// their hash, spread evenly by a bijection. The highest bits choose a bucket, the other 32 are kept.
const slotBits = 44

const (
	slotMask = 1<<slotBits - 1
	slotWord = 1 << 43
	slotPair = 1 << 42
)

func slotOf(key uint64) uint64 {
	switch {
	case isWord(key):
		h := key &^ wordBit
		return spread(slotWord | (h^h>>43)&(slotWord-1))
	case isPair(key):
		return spread(slotPair | key&(slotPair-1))
	}
	return spread(key)
}

// slotIsUni reports whether a slot is that of a single character.
func slotIsUni(slot uint64) bool { return gather(slot) < slotPair }

const (
	spreadA = 0x7ed558ccd53 // odd, so that multiplication has an inverse
	spreadB = 0x9fe1a85ec53
)

var gatherA, gatherB = inverse(spreadA), inverse(spreadB)

// inverse solves x × inverse(x) = 1 modulo 2^64 by Newton's method; x is odd.
func inverse(x uint64) uint64 {
	y := x
	for range 6 {
		y *= 2 - x*y
	}
	return y
}

// spread is a bijection of slots. A shift by half the width is its own inverse.
func spread(k uint64) uint64 {
	k ^= k >> (slotBits / 2)
	k = k * spreadA & slotMask
	k ^= k >> (slotBits / 2)
	k = k * spreadB & slotMask
	return k ^ k>>(slotBits/2)
}

// gather undoes spread.
func gather(k uint64) uint64 {
	k ^= k >> (slotBits / 2)
	k = k * gatherB & slotMask
	k ^= k >> (slotBits / 2)
	k = k * gatherA & slotMask
	return k ^ k>>(slotBits/2)
}

// mix is a bijection that spreads the keys of grams in a table of a power of two.
func mix(k uint64) uint64 {
	k ^= k >> 33
	k *= 0xff51afd7ed558ccd
	k ^= k >> 33
	k *= 0xc4ceb9fe1a85ec53
	return k ^ k>>33
}

// gramTable numbers the distinct grams of a segment that is being built.
type gramTable struct {
	keys []uint64 // 0 is free; no gram has that key
	ids  []uint32
	size int
}

// id returns the number of a gram and whether it is new.
func (t *gramTable) id(key uint64) (id uint32, fresh bool) {
	if 2*t.size >= len(t.keys) {
		t.grow()
	}
	mask := uint64(len(t.keys) - 1)
	i := mix(key) & mask
	for ; t.keys[i] != 0; i = (i + 1) & mask {
		if t.keys[i] == key {
			return t.ids[i], false
		}
	}
	t.keys[i], t.ids[i] = key, uint32(t.size)
	t.size++
	return t.ids[i], true
}

func (t *gramTable) grow() {
	old := *t
	n := max(2*len(old.keys), 1<<10)
	t.keys, t.ids = make([]uint64, n), make([]uint32, n)
	mask := uint64(n - 1)
	for j, key := range old.keys {
		if key == 0 {
			continue
		}
		i := mix(key) & mask
		for t.keys[i] != 0 {
			i = (i + 1) & mask
		}
		t.keys[i], t.ids[i] = key, old.ids[j]
	}
}

func (t *gramTable) reset() {
	clear(t.keys)
	t.size = 0
}
