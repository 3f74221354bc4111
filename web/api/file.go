package api

import (
	"context"
	"io"
	"path/filepath"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/files"
)

// Files keeps uploads; internal/app supplies it over platform/files.
type Files interface {
	// Store keeps an upload for the actor's organisation. Faults: invalid (kind, size …), unavailable.
	Store(ctx context.Context, who actor.Actor, purpose, name string, r io.Reader) (StoredFile, error)
	// Open gives a stored file as part of an object, to who may read it (files.Reader).
	Open(ctx context.Context, who actor.Actor, of files.Object, id int64) (*files.Opened, error)
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
	ChecksPerMinute = 30 // of one address (docs/rules/security.md §3)
	uploadBytes     = 60 << 20
)

// WithFiles lets an operation take uploads: a file may have 50 MiB.
func WithFiles(op *huma.Operation) { op.MaxBodyBytes = uploadBytes }

// Read opens a file of an object for who may read it.
func Read(ctx context.Context, kept Files, who actor.Actor, of files.Object, id int64) (Download, error) {
	f, err := kept.Open(ctx, who, of, id)
	if err != nil {
		return Download{}, err
	}
	return Download{f.Name, f.MIME, f}, nil
}

// FormFault says that a part of an upload is wrong.
func FormFault(path, code string, message fault.Sentence) error {
	var f fault.Fields
	f.Add(path, code, message)
	return f.Err()
}

// Plain refuses a file name that cannot be kept.
func Plain(path, name string) error {
	if name == "" || strings.ContainsRune(name, 0) || strings.ToValidUTF8(name, "") != name || filepath.Base(name) != name {
		return FormFault(path, "name", "文件名不正确，请改名后重新上传")
	}
	return nil
}

// ReasonBody is a coded reason with words.
type ReasonBody struct {
	Code string `json:"code" required:"true"`
	Note string `json:"note" doc:"代码为 other 时必填"`
}

// FileOf names a file of a row.
type FileOf struct {
	ID   int64 `path:"id" minimum:"1"`
	File int64 `path:"file" minimum:"1"`
}

// Enum is the schema of a code whose list stands in the domain.
func Enum[T ~string](all []T) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, code := range all {
		s.Enum = append(s.Enum, string(code))
	}
	return s
}
