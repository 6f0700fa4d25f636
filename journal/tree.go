package journal

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// The tree is that of RFC 6962, kept in tiles of height 8: the tile (level, n)
// holds the hashes of up to 256 complete subtrees of 256^level leaves each,
// beginning with the subtree number 256·n.
const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
	// TileBytes is the size of a full tile.
	TileBytes = tileWidth * tlog.HashSize
)

// Tile is a part of the tree. Hashes grows until the tile is full.
type Tile struct {
	Level  int
	N      int64
	Hashes []byte
}

// TileSize is how many bytes the tile (level, n) has in a tree of so many
// leaves, 0 if it is not part of it.
func TileSize(leaves int64, level int, n int64) int {
	if level < 0 || level > 7 || n < 0 {
		return 0
	}
	return int(min(max((leaves>>(tileHeight*level))-n*tileWidth, 0), tileWidth)) * tlog.HashSize
}

// Tiles reads the hashes of a tile as far as they are there.
type Tiles func(level int, n int64) ([]byte, error)

// Grow returns the tiles that change when leaves follow those that are there.
func Grow(size int64, leaves []tlog.Hash, read Tiles) (grown []Tile, err error) {
	for level := 0; len(leaves) > 0; level++ {
		var up []tlog.Hash
		for at := size >> (tileHeight * level); len(leaves) > 0; {
			t := Tile{Level: level, N: at / tileWidth}
			have := int(at % tileWidth)
			if have > 0 {
				old, err := read(t.Level, t.N)
				if err != nil {
					return nil, err
				}
				if len(old) != have*tlog.HashSize {
					return nil, fmt.Errorf("journal: tile %d/%d has %d bytes, want %d", t.Level, t.N, len(old), have*tlog.HashSize)
				}
				t.Hashes = append(t.Hashes, old...)
			}
			take := min(tileWidth-have, len(leaves))
			for _, h := range leaves[:take] {
				t.Hashes = append(t.Hashes, h[:]...)
			}
			grown = append(grown, t)
			if have+take == tileWidth {
				up = append(up, t.Root())
			}
			at += int64(take)
			leaves = leaves[take:]
		}
		leaves = up
	}
	return grown, nil
}

// Root is the hash over a full tile, which stands in the tile above.
func (t Tile) Root() tlog.Hash {
	level := make([]tlog.Hash, len(t.Hashes)/tlog.HashSize)
	for i := range level {
		level[i] = tlog.Hash(t.Hashes[i*tlog.HashSize:])
	}
	for len(level) > 1 {
		for i := range len(level) / 2 {
			level[i] = tlog.NodeHash(level[2*i], level[2*i+1])
		}
		level = level[:len(level)/2]
	}
	return level[0]
}

// ReadHashes is of tlog.HashReader: every proof can be made from the tiles. A
// tile is read once.
func (read Tiles) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	type place struct {
		level int
		n     int64
	}
	seen := map[place][]byte{}
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		t := tlog.TileForIndex(tileHeight, index)
		at := place{t.L, t.N}
		if seen[at] == nil {
			hashes, err := read(t.L, t.N)
			if err != nil {
				return nil, err
			}
			seen[at] = hashes
		}
		want := t.W * tlog.HashSize
		if len(seen[at]) < want {
			return nil, fmt.Errorf("journal: tile %d/%d has %d bytes, want %d", t.L, t.N, len(seen[at]), want)
		}
		var err error
		if out[i], err = tlog.HashFromTile(t, seen[at][:want], index); err != nil {
			return nil, err
		}
	}
	return out, nil
}
