package journal

import "fmt"

// Fault is something in a journal that is not as it was written.
type Fault struct {
	// Check names what was checked: entry, tile, checkpoint, key, erasure.
	Check string `json:"check"`
	// Text says what and where, without the content.
	Text string `json:"text"`
}

// Report is what a verification of the journal found.
type Report struct {
	Entries     int64       `json:"entries"` // recomputed, each compared with its leaf
	Erased      int64       `json:"erased"`  // of them without body and salt
	Tiles       int64       `json:"tiles"`
	Checkpoints int64       `json:"checkpoints"`
	Sealed      int64       `json:"sealed"`    // entries under the last checkpoint
	Pending     int64       `json:"pending"`   // not numbered yet or not in the tree
	Waiting     []string    `json:"waiting"`   // ids of the first of them
	Documents   int64       `json:"documents"` // named by entries and found, each compared with its hash
	Keys        []string    `json:"keys"`
	Old         *Checkpoint `json:"old,omitempty"` // the one that was handed in
	Faults      []Fault     `json:"faults"`
	More        int64       `json:"more"` // faults beyond those that are named
	named       map[string]int
}

// mostNamed is how many faults of one check are named.
const mostNamed = 10

// Fault adds a fault; of each check the first ones are named.
func (r *Report) Fault(check, format string, args ...any) {
	if r.named == nil {
		r.named = map[string]int{}
	}
	if r.named[check]++; r.named[check] > mostNamed {
		r.More++
		return
	}
	r.Faults = append(r.Faults, Fault{check, fmt.Sprintf(format, args...)})
}
