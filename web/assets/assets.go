// Package assets holds the styles and scripts that the build beside it has
// made; none of them, when it has not been run.
package assets

import "embed"

// Files is the folder dist: manifest.json and the files it names, or only a
// README.
//
//go:embed dist
var Files embed.FS
