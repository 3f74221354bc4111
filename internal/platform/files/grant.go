package files

import (
	"context"
	"io"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

// Object is what a file belongs to: the kind of thing, and its number in the room that keeps it. The view file_grant names them all.
type Object struct {
	Kind   string
	ID     int64
	Number string // of what is known by a text, as registrations are
}

// Sight says which parts of an object a person may see; it is the room's own rule. None, or its NotFound, hides every file.
type Sight func(ctx context.Context, who actor.Actor, of Object) (parts []string, err error)

// Reader is the one way to read a stored file for a person. A file is read as part of an object: its room must let the person see that
// part, and the view file_grant must say that the file is one of it. A kind that no room answers for is closed.
type Reader struct {
	store  *Store
	db     postgres.Querier
	sights map[string]Sight
}

// NewReader makes a reader that lets nobody in yet.
func NewReader(store *Store, db postgres.Querier) *Reader {
	return &Reader{store: store, db: db, sights: map[string]Sight{}}
}

// Sees registers the rule of a kind of object, while the program is put together.
func (r *Reader) Sees(kind string, sight Sight) { r.sights[kind] = sight }

// Opened is a file that the person may read.
type Opened struct {
	File
	io.ReadSeekCloser
}

// Open gives a file of an object. Without a number of the object, any object of the kind will do that holds the file, and so will the
// person's own upload. Faults: what the room says of the object; NotFound "file_not_found"; Unavailable "file_lost".
func (r *Reader) Open(ctx context.Context, who actor.Actor, of Object, file int64) (*Opened, error) {
	f, err := r.granted(ctx, who, of, file)
	if err != nil {
		return nil, err
	}
	content, err := r.store.Open(f)
	if err != nil {
		return nil, err
	}
	return &Opened{f, content}, nil
}

func (r *Reader) granted(ctx context.Context, who actor.Actor, of Object, file int64) (File, error) {
	sight, ok := r.sights[of.Kind]
	if !ok {
		return File{}, notFound()
	}
	if of.ID != 0 || of.Number != "" {
		parts, err := sight(ctx, who, of)
		if err != nil {
			return File{}, err
		}
		return granted(ctx, r.db, of, parts, file)
	}
	objects, err := holders(ctx, r.db, of.Kind, file)
	if err != nil {
		return File{}, err
	}
	for _, o := range objects {
		parts, err := sight(ctx, who, o)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return File{}, err
		}
		if f, err := granted(ctx, r.db, o, parts, file); !fault.Is(err, fault.NotFound) {
			return f, err
		}
	}
	return uploaded(ctx, r.db, who, file)
}

// Own reads the row of a file that the organisation uploaded: an id must not attach somebody else's file. Fault: NotFound
// "file_not_found".
func (s *Store) Own(ctx context.Context, q postgres.Querier, org, id int64) (File, error) {
	return theFile(ctx, q, ownSQL, pgx.StrictNamedArgs{"file": id, "org": org})
}

// Kept reads the row of a file that a room shows in a form of its own only, as disclosure its marked copies. Fault: NotFound.
func (s *Store) Kept(ctx context.Context, q postgres.Querier, id int64) (File, error) {
	return theFile(ctx, q, keptSQL, pgx.StrictNamedArgs{"file": id})
}

// Content reads a whole file. Fault: Unavailable "file_lost".
func (s *Store) Content(f File) ([]byte, error) {
	r, err := s.Open(f)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func notFound() error {
	return fault.New(fault.NotFound, "file_not_found", "没有找到这个文件，或它不对您公开。请返回原页面重新打开或上传")
}
