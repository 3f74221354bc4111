// Package migrations holds the schema as forward-only goose files, embedded in the binary.
//
// A file that has been merged is never edited; a change is a new file with the next number.
package migrations

import (
	"embed"
)

// FS holds every migration; internal/platform/postgres applies them.
//
//go:embed *.sql
var FS embed.FS
