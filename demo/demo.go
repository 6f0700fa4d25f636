// Package demo holds demonstration data as the files that users hold: results
// of the six themes, needs in enterprises' words, employers, the units of the
// university and its people. All of it is
// invented; no person and no enterprise in it is real.
package demo

import "embed"

// Files are the sheets, CSV with the columns of the usual templates.
//
//go:embed *.csv
var Files embed.FS
