// Package files keeps what people upload, named by its content, under the data folder.
//
// It owns the folder and the table file. It refuses what is not on the short list of kinds, judged by content and not
// by name, what could do harm when opened (programs, macros, archives that unpack without end), and what nobody could
// check (encrypted office files). Who may read a file is decided by Reader alone: by the object that the file
// belongs to.
package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

// MaxSize is the most one file may have, in bytes.
const MaxSize = 50 << 20

// Content is a received file that no row names yet.
type Content struct {
	Digest string // sha256, lower-case hex
	Name   string // as uploaded, without folders and control characters
	MIME   string
	Size   int64 // bytes
}

// File is a row of the table file.
type File struct {
	ID         int64
	Digest     string
	Name       string
	MIME       string
	Size       int64 // bytes
	Purpose    string
	OwnerOrg   *int64
	UploadedBy *int64
	CreatedAt  time.Time
}

// Store keeps contents in one folder.
type Store struct {
	dir string
	now func() time.Time
	mu  sync.RWMutex // Sweep against Receive
}

// New makes the folder.
func New(dir string, now func() time.Time) (*Store, error) {
	if err := os.MkdirAll(filepath.Join(dir, "incoming"), 0o700); err != nil {
		return nil, fmt.Errorf("files: %w", err)
	}
	return &Store{dir: dir, now: now}, nil
}

// Receive reads an upload to its end, judges it and puts it safely on disk. Do it before the transaction that calls
// Record: a slow upload must not hold a database connection.
//
// Faults (Invalid): file_empty, file_too_large, file_kind, file_mismatch, file_program, file_encrypted, file_old_office,
// file_macro, file_bomb, file_broken. Unavailable: disk_full.
func (s *Store) Receive(ctx context.Context, name string, r io.Reader) (Content, error) {
	name = cleanName(name)
	return s.take(ctx, name, r, MaxSize, func(temp io.ReaderAt, size int64) (string, error) { return judge(name, temp, size) })
}

// Keep puts a file that this market made on disk, like Receive but of any kind and size: what we made ourselves needs no
// judge. Unavailable: disk_full.
func (s *Store) Keep(ctx context.Context, name, mime string, r io.Reader) (Content, error) {
	return s.take(ctx, cleanName(name), r, 1<<40, func(io.ReaderAt, int64) (string, error) { return mime, nil })
}

func (s *Store) take(ctx context.Context, name string, r io.Reader, most int64,
	judge func(temp io.ReaderAt, size int64) (mime string, err error)) (Content, error) {
	temp, err := os.CreateTemp(filepath.Join(s.dir, "incoming"), "upload-")
	if err != nil {
		return Content{}, diskFault(err)
	}
	defer os.Remove(temp.Name())
	defer temp.Close()
	hash := sha256.New()
	size, err := io.Copy(io.MultiWriter(temp, hash), io.LimitReader(cancelReader{ctx, r}, most+1))
	switch {
	case err != nil:
		return Content{}, diskFault(err)
	case size == 0:
		return Content{}, errEmpty()
	case size > most:
		return Content{}, errTooLarge()
	}
	mime, err := judge(temp, size)
	if err != nil {
		return Content{}, err
	}
	if err := temp.Sync(); err != nil {
		return Content{}, diskFault(err)
	}
	c := Content{Digest: hex.EncodeToString(hash.Sum(nil)), Name: name, MIME: mime, Size: size}
	s.mu.RLock()
	defer s.mu.RUnlock()
	final := s.path(c.Digest)
	if err := os.MkdirAll(filepath.Dir(final), 0o700); err != nil {
		return Content{}, diskFault(err)
	}
	// Also over an equal file: the new time keeps Sweep away from it.
	if err := os.Rename(temp.Name(), final); err != nil {
		return Content{}, diskFault(err)
	}
	if err := syncFolder(filepath.Dir(final)); err != nil {
		return Content{}, diskFault(err)
	}
	return c, nil
}

// Meta says what a file is for and whose it is; zero numbers mean none.
type Meta struct {
	Purpose    string
	OwnerOrg   int64
	UploadedBy int64
}

// Record names a received content in the caller's transaction.
func (s *Store) Record(ctx context.Context, tx pgx.Tx, c Content, m Meta) (File, error) {
	return insert(ctx, tx, c, m, s.now())
}

// Open streams a file's content. Fault: Unavailable file_lost when the disk no longer has it.
func (s *Store) Open(f File) (io.ReadSeekCloser, error) {
	file, err := os.Open(s.path(f.Digest))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Wrap(err, fault.Unavailable, "file_lost", "文件内容不在磁盘上，请联系管理员从备份恢复。")
	}
	if err != nil {
		return nil, fmt.Errorf("open file %d: %w", f.ID, err)
	}
	return file, nil
}

// Sweep removes contents no row names and uploads cut off half-way, both older than a day, and returns how many.
func (s *Store) Sweep(ctx context.Context, q postgres.Querier) (int, error) {
	before := s.now().Add(-24 * time.Hour)
	removed := 0
	err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if filepath.Base(filepath.Dir(path)) != "incoming" {
			used, err := named(ctx, q, filepath.Base(filepath.Dir(path))+d.Name())
			if err != nil || used {
				return err
			}
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		info, err := os.Stat(path)
		if err != nil || info.ModTime().After(before) {
			return nil // gone, or received again meanwhile
		}
		removed++
		return os.Remove(path)
	})
	if err != nil {
		return removed, fmt.Errorf("sweep files: %w", err)
	}
	return removed, nil
}

func (s *Store) path(digest string) string { return filepath.Join(s.dir, digest[:2], digest[2:]) }

// cleanName keeps the last part of a path and nothing that could break a header or hide an extension.
func cleanName(name string) string {
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, name)
	if runes := []rune(strings.TrimSpace(name)); len(runes) > 120 {
		ext := filepath.Ext(name)
		name = string(runes[:120-len([]rune(ext))]) + ext
	}
	if name = strings.TrimSpace(name); name == "" {
		return "未命名"
	}
	return name
}

type cancelReader struct {
	ctx context.Context //nolint:containedctx // io.Reader has no place for it
	r   io.Reader
}

func (c cancelReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
