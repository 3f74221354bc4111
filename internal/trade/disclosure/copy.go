package disclosure

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/postgres"
)

// Copied is a marked copy.
type Copied struct {
	Name  string
	MIME  string
	Bytes []byte
}

// Copy gives somebody his own copy of a paper. Access is looked up at this moment and again when the copy is made, so that revoking it
// ends it at once; each try is a row of the ledger, and the digest of each copy that goes out. Faults: NotFound, Forbidden no_access,
// Unavailable.
func (s *Service) Copy(ctx context.Context, who actor.Actor, room, paper int64) (Copied, error) {
	const op = "disclosure: copy"
	asked, err := s.askCopy(ctx, who, room, paper)
	if err == nil {
		err = asked.barred
	}
	if err != nil {
		return Copied{}, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	select {
	case s.gate <- struct{}{}:
		defer func() { <-s.gate }()
	case <-ctx.Done():
		return Copied{}, fmt.Errorf(op+": %w", ctx.Err())
	}
	raw, err := s.config.Files.Content(asked.original)
	if err != nil {
		return Copied{}, fmt.Errorf(op+": %w", err)
	}
	id := fmt.Sprintf("R%d-%d", room, asked.number)
	mark := Mark{
		ID:    id,
		Lines: []string{strings.TrimSpace(who.OrgName + " " + who.Name), clock.Local(asked.at).Format("2006-01-02 15:04:05 ") + id},
	}
	out, err := s.config.Marker.Mark(ctx, asked.original.MIME, raw, mark)
	if err != nil {
		return Copied{}, fmt.Errorf(op+": %w", err)
	}
	err = s.with(ctx, who, room, func(ctx context.Context, b *bench, reach Layer) error {
		p, err := b.paper(paper)
		switch {
		case err != nil:
			return err
		case reach.depth() < p.Layer.depth(): // revoked while the copy was made
			return errNoAccess
		}
		return s.note(ctx, b, who, Entry{Event: EventCopy, Paper: paper, Detail: id, Digest: digestOf(out)})
	})
	if err != nil {
		return Copied{}, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	return Copied{Name: asked.original.Name, MIME: asked.original.MIME, Bytes: out}, nil
}

// asked is a try to read a paper, which has its row in the ledger.
type asked struct {
	number   int
	at       time.Time
	original files.File
	barred   error // the refusal
}

// askCopy looks access up and notes the try, whichever way it goes.
func (s *Service) askCopy(ctx context.Context, who actor.Actor, room, paper int64) (out asked, err error) {
	err = s.with(ctx, who, room, func(ctx context.Context, b *bench, reach Layer) error {
		p, err := b.paper(paper)
		if err != nil {
			return err
		}
		e := Entry{Event: EventAsk, Paper: paper, Detail: p.Name}
		if reach.depth() < p.Layer.depth() {
			e.Event, e.Detail = EventBarred, ""
			out.barred = errNoAccess
			if !b.knows(who, p) { // who has no seat does not learn that the paper exists
				out.barred = errNoPaper
			}
		} else if out.original, err = s.config.Files.Kept(ctx, b.tx, p.File); err != nil {
			return err
		}
		err = s.note(ctx, b, who, e)
		out.number, out.at = b.room.Entries, b.now
		return err
	})
	return out, err
}

// knows tells whether somebody once could read the paper.
func (b *bench) knows(who actor.Actor, p Paper) bool {
	for _, x := range b.seats {
		if x.Account == who.AccountID && x.AcceptedAt != nil && (p.Layer != Inner || x.RoomFrom != nil) {
			return true
		}
	}
	return false
}

// WordsFile gives the unit's own paper of words to whoever is named in them, and to the owner. Faults: NotFound.
func (s *Service) WordsFile(ctx context.Context, who actor.Actor, room, words int64) (out Copied, err error) {
	err = s.with(ctx, who, room, func(ctx context.Context, b *bench, _ Layer) error {
		w := b.wordsOf(words)
		if w.File == 0 || !b.named(who, w) {
			return errNoPaper
		}
		f, err := s.config.Files.Kept(ctx, b.tx, w.File)
		if err != nil {
			return err
		}
		out.Name, out.MIME = f.Name, f.MIME
		out.Bytes, err = s.config.Files.Content(f)
		return err
	})
	return out, wrapped("disclosure: words", err)
}

func (b *bench) named(who actor.Actor, w Words) bool {
	if w.ID == 0 {
		return false
	}
	if b.owns(who) {
		return true
	}
	for _, x := range b.seats {
		if x.Words == w.ID && x.Account == who.AccountID {
			return true
		}
	}
	return false
}

// Pack gives the signature pack of words as JSON: the frozen text byte for byte, its digest, who accepted it and when. Anybody can check
// it (CheckPack, `techmarket verify --pack`). Faults: NotFound.
func (s *Service) Pack(ctx context.Context, who actor.Actor, room, words int64) (sig Signature, err error) {
	err = s.with(ctx, who, room, func(_ context.Context, b *bench, _ Layer) error {
		w := b.wordsOf(words)
		if !b.named(who, w) {
			return errNoPaper
		}
		sig = signatureOf(b, w)
		return nil
	})
	return sig, wrapped("disclosure: pack", err)
}

// Problem is a room whose ledger or words do not fit.
type Problem struct {
	Room  int64
	Entry int   // the first row that does not follow; 0: none
	Words int64 // words whose digest is another; 0: none
}

// Verify walks the ledgers and the frozen words of all rooms; proved are the digests of agreements, by their words, that the market's
// register vouches for.
func (s *Service) Verify(ctx context.Context, proved map[int64]string) (rooms int, found []Problem, err error) {
	ids, err := postgres.Many[struct{ ID int64 }](ctx, s.config.DB, allRooms, pgx.StrictNamedArgs{})
	for _, r := range ids {
		if err != nil {
			break
		}
		var b *bench
		var entries []Entry
		if b, err = read(ctx, s.config.DB, selectRoom, r.ID); err == nil {
			entries, err = postgres.Many[Entry](ctx, s.config.DB, selectEntries, pgx.StrictNamedArgs{"id": r.ID})
		}
		if err != nil {
			break
		}
		if at := follows(b.room, entries); at != 0 {
			found = append(found, Problem{Room: r.ID, Entry: at})
		}
		for _, w := range b.words {
			sig := signatureOf(b, w)
			unproved := w.Kind == KindAgreement && sig.Complete && proved[w.ID] != w.Digest
			if digestOf([]byte(w.Body)) != w.Digest || unproved {
				found = append(found, Problem{Room: r.ID, Words: w.ID})
			}
		}
	}
	if err != nil {
		return 0, nil, fmt.Errorf("disclosure: verify: %w", postgres.Fault(err))
	}
	return len(ids), found, nil
}

var errNoAccess = fault.New(fault.Forbidden, "no_access", "您现在不能查看这份资料：权限已撤销、已到期，或您已不在原单位。请向资料所属单位申请")
