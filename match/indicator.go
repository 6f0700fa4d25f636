package match

// Cmp compares a quantity with a value.
type Cmp uint8

// Comparisons.
const (
	CmpEqual   Cmp = iota // = Value
	CmpAtLeast            // ≥ Value
	CmpAtMost             // ≤ Value
	CmpMore               // > Value
	CmpLess               // < Value
	CmpRange              // Value to High
)

// Indicator is a quantity with what it must reach or reaches.
type Indicator struct {
	Name   string // the quantity, such as "循环寿命"
	Cmp    Cmp
	Value  float64
	High   float64 // upper end of a range
	Unit   string  // as written, such as "℃"; empty for a plain number
	Method string  // test method or condition, free text
}

// Verdict of a row of the indicator table.
type Verdict uint8

// Verdicts. Only Meets and Short claim anything; in doubt a row is Unstated or NotComparable.
const (
	Unstated      Verdict = iota // the document does not say
	NotComparable                // it says something about it under other conditions or in another unit
	Short                        // stated and not reached
	Meets                        // stated and reached
)

// Row is one line of the indicator table.
type Row struct {
	Name    string
	Want    Indicator
	Have    Indicator // zero when Unstated
	Verdict Verdict
	Gap     float64 // Short: what is missing, in Unit
	Unit    string
	Quote   string // the words of the document that Have was read from; empty when declared
}
