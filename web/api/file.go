// Package api owns /api/v1: the same services, permission checks and faults as the pages, as JSON. Every operation is
// declared once, with the people who may use it beside its address; the OpenAPI 3.1 document and the reference page
// /api/v1/docs are made from the same declarations (huma), so contract and handlers cannot drift.
//
// It refuses rules and SQL: an operation decodes, calls one service method and encodes. It refuses secrets in answers but
// the one of a token just made, and contact persons before guests.
//
// Amounts are whole numbers of 分 in fields named …Fen, times RFC 3339 with zone, dates 2006-01-02, enums stable codes.
// Lists answer {items, next}: next is the cursor of the following page, "" at the end.
package api

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
)

// Files keeps uploads; internal/app supplies it over platform/files.
type Files interface {
	// Store keeps an upload for the actor's organisation. Faults: invalid (kind, size …), unavailable.
	Store(ctx context.Context, who actor.Actor, purpose, name string, r io.Reader) (StoredFile, error)
	// Read gives a stored file; the caller has checked that the reader may have it.
	Read(ctx context.Context, id int64) (StoredFile, io.ReadCloser, error)
	// Own reports whether the actor uploaded the file, for an organisation that the actor is in.
	Own(ctx context.Context, who actor.Actor, id int64) (bool, error)
}

// StoredFile is what is known of an upload.
type StoredFile struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	MIME   string `json:"mime"`
	Size   int64  `json:"size" doc:"字节"`
	Digest string `json:"digest" doc:"SHA-256，小写十六进制"`
}

const (
	Minute          = time.Minute
	ChecksPerMinute = 30 // of one address (docs/rules/security.md §3)
	uploadBytes     = 60 << 20
)

// withFiles lets an operation take uploads: a file may have 50 MiB.
func WithFiles(op *huma.Operation) { op.MaxBodyBytes = uploadBytes }

func Read(ctx context.Context, kept Files, id int64) (Download, error) {
	f, body, err := kept.Read(ctx, id)
	return Download{f.Name, f.MIME, body}, err
}

// formFault says that a part of an upload is wrong.
func FormFault(path, code, message string) error {
	var f fault.Fields
	f.Add(path, code, message)
	return f.Err()
}

// plain refuses a file name that cannot be kept.
func Plain(path, name string) error {
	if name == "" || strings.ContainsRune(name, 0) || strings.ToValidUTF8(name, "") != name || filepath.Base(name) != name {
		return FormFault(path, "name", "文件名不正确，请改名后重新上传")
	}
	return nil
}

// reasonBody is a coded reason with words.
type ReasonBody struct {
	Code string `json:"code" required:"true"`
	Note string `json:"note" doc:"代码为 other 时必填"`
}

// fileOf names a file of a row.
type FileOf struct {
	ID   int64 `path:"id" minimum:"1"`
	File int64 `path:"file" minimum:"1"`
}
