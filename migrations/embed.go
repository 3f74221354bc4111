// Package migrations holds the schema as forward-only goose files, embedded in the binary.
//
// One initial file a wing draws the tables as they are; a later change is a new file with the next number. Once the
// program is in use, a merged file is never edited. The initial files start at First: lower numbers belong to the
// programs before it, whose databases this one does not take over.
package migrations

import (
	"embed"
)

// First is the number of the first file. A database with a lower one was made before the schema was written anew.
const First = 201

// FS holds every migration; internal/platform/postgres applies them.
//
//go:embed *.sql
var FS embed.FS
