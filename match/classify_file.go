package match

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"slices"
)

// classifierMagic begins a classifier's file. A line of JSON follows, which people can read, then for each feature, in
// the order of the keys: key less the key before, examples that hold it, number of weights, and for each weight the tag
// less the tag before and a signed byte; all but the byte as unsigned varints.
const classifierMagic = "datai classifier 1\n"

type classifierHeader struct {
	ClassifierInfo
	Tags     []string  `json:"tags"`
	Scale    []float32 `json:"scale"`
	Bias     []float32 `json:"bias"`
	Sharp    float64   `json:"sharp"`
	Texts    int       `json:"texts"`
	Features int       `json:"features"`
}

var errClassifier = errors.New("match: this is no classifier's file, or it is damaged")

// MarshalBinary writes a classifier so that UnmarshalBinary reads one that guesses the same.
func (c *Classifier) MarshalBinary() ([]byte, error) {
	head, err := json.Marshal(classifierHeader{c.Info, c.tags, c.scale, c.bias, c.sharp, c.texts, len(c.keys)})
	if err != nil {
		return nil, err
	}
	out := append(append([]byte(classifierMagic), head...), '\n')
	last := uint64(0)
	for f, key := range c.keys {
		out = binary.AppendUvarint(out, key-last)
		out = binary.AppendUvarint(out, uint64(c.df[f]))
		out = binary.AppendUvarint(out, uint64(c.at[f+1]-c.at[f]))
		last = key
		tag := uint16(0)
		for j := c.at[f]; j < c.at[f+1]; j++ {
			out = append(binary.AppendUvarint(out, uint64(c.class[j]-tag)), byte(c.w[j]))
			tag = c.class[j]
		}
	}
	return out, nil
}

// UnmarshalBinary reads what MarshalBinary wrote. Anything else is an error and leaves the classifier as it was.
func (c *Classifier) UnmarshalBinary(data []byte) error {
	rest, ok := bytes.CutPrefix(data, []byte(classifierMagic))
	line, rest, cut := bytes.Cut(rest, []byte{'\n'})
	var h classifierHeader
	if !ok || !cut || json.Unmarshal(line, &h) != nil || !h.sound() || h.Features > len(rest) {
		return errClassifier
	}
	n := &Classifier{Info: h.ClassifierInfo, tags: h.Tags, scale: h.Scale, bias: h.Bias, sharp: h.Sharp, texts: h.Texts, at: []uint32{0}}
	r := varints{rest: rest}
	key := uint64(0)
	for range h.Features {
		step := r.next(math.MaxUint64)
		key += step
		n.keys = append(n.keys, key)
		n.df = append(n.df, uint32(max(1, r.next(math.MaxUint32))))
		tag := uint64(0)
		for range r.next(uint64(len(h.Tags))) {
			tag += r.next(uint64(len(h.Tags) - 1))
			if r.bad || tag >= uint64(len(h.Tags)) {
				return errClassifier
			}
			n.class = append(n.class, uint16(tag))
			n.w = append(n.w, int8(r.byte()))
		}
		n.at = append(n.at, uint32(len(n.w)))
		if r.bad || step == 0 || key < step {
			return errClassifier
		}
	}
	if len(r.rest) > 0 {
		return errClassifier
	}
	n.index()
	*c = *n
	return nil
}

func (h *classifierHeader) sound() bool {
	n := len(h.Tags)
	return n >= 2 && n <= math.MaxUint16 && len(h.Scale) == n && len(h.Bias) == n && h.Texts >= 0 && h.Features >= 0 && h.Sharp > 0 &&
		slices.IsSorted(h.Tags)
}

// varints reads numbers off a file and remembers whether one was missing or too great.
type varints struct {
	rest []byte
	bad  bool
}

func (r *varints) next(most uint64) uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || v > most {
		r.bad = true
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *varints) byte() byte {
	if len(r.rest) == 0 {
		r.bad = true
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}
