package challenge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/trade/deal"
)

// Limits of a paper.
const (
	maxFiles     = 10
	maxPaperSize = 60 << 20 // bytes, all files
)

// Receipt tells an applicant what was sealed and when it came in.
type Receipt struct {
	Version   int       `json:"version"`
	ArrivedAt time.Time `json:"arrivedAt"`
	Digest    string    `json:"digest"` // SHA-256 of the sealed bytes
	Size      int64     `json:"size"`
}

func (p Paper) check(c Challenge) error {
	var f fault.Fields
	text := func(path, value string, least, most int, label string) {
		if n := len([]rune(strings.TrimSpace(value))); n < least || n > most {
			f.Addf(path, "length", "请写明%s（%d—%d 字）", label, least, most)
		}
	}
	text("plan", p.Plan, 20, 20_000, "实施方案")
	text("route", p.Route, 10, maxText, "技术路线")
	text("team", p.Team, 4, maxText, "团队和条件")
	text("leader", p.Leader, 2, 40, "项目负责人")
	f.Check(p.Ask > 0 && p.Ask <= c.Purse, "ask", "amount", "申请金额应大于零，且不超过榜金")
	f.Check(len(p.Answers) == len(c.Content.Targets), "answers", "missing", "请逐项写明能达到的指标值")
	for i, a := range p.Answers {
		f.Check(strings.TrimSpace(a) != "", fmt.Sprintf("answers.%d", i), "missing", "请写明能达到的值")
	}
	f.Check(p.Pledges, "pledges", "missing", "请确认没有利益冲突、没有正在执行的失信处理、材料不含国家秘密")
	f.Check(len(p.Files) <= maxFiles, "files", "many", "最多附 10 个文件")
	var size int64
	for _, x := range p.Files {
		size += x.Size
	}
	f.Check(size <= maxPaperSize, "files", "too_large", "附件合计不得超过 60 MB")
	return f.Err()
}

// File seals a paper: the last complete one counts, earlier ones are kept. It is in time when it has come in as a whole by the deadline.
// Nothing of it is told to anybody, and the trail learns of it at the opening. Who: members of any confirmed organisation but the asker.
// Faults: Forbidden own_challenge, Conflict not_open and late, Invalid with fields.
func (s *Service) File(ctx context.Context, who actor.Actor, id int64, p Paper) (r Receipt, err error) {
	const op = "challenge: file"
	if err := deal.MayTrade(who); err != nil {
		return r, fmt.Errorf(op+": %w", err)
	}
	for i, x := range p.Files {
		p.Files[i].Size = int64(len(x.Body))
		if _, err := files.Judge(x.Name, bytes.NewReader(x.Body), int64(len(x.Body))); err != nil {
			var f fault.Fields
			if why, ok := errors.AsType[*fault.Error](err); ok {
				f.Addf("files", "refused", "“%s”：%s", x.Name, why)
				err = f.Err()
			}
			return r, fmt.Errorf(op+": %w", err)
		}
	}
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		arrived, err := postgres.Now(ctx, tx) // before the lock: waiting costs nobody his deadline
		if err != nil {
			return err
		}
		c, err := one(ctx, tx, lockedChallenge, id)
		if err != nil {
			return err
		}
		if err := mayFile(who, c, arrived); err != nil {
			return err
		}
		if err := p.check(c); err != nil {
			return err
		}
		b := &bench{tx: tx, now: arrived, c: c}
		if err := b.read(ctx, tx); err != nil {
			return err
		}
		for _, a := range b.apps {
			if who.In(a.OrgID) && !mayBecome(a.State, eventFile, AppSealed) {
				return conflict("already_opened", "本单位的申请已经开封，不能再替换")
			}
		}
		plain, err := packed(p)
		if err != nil {
			return err
		}
		var app int64
		if err := tx.QueryRow(ctx, upsertApplication, pgx.StrictNamedArgs{"id": id, "org": who.OrgID, "account": who.AccountID,
			"now": arrived}).Scan(&app, &r.Version); err != nil {
			return err
		}
		sealed, err := sealFor(s.config.Random, b.key(SideAsker).Public, b.key(SideDesk).Public, plain, place(id, app, r.Version))
		if err != nil {
			return err
		}
		r.ArrivedAt, r.Digest, r.Size = arrived, digest(sealed), int64(len(sealed))
		_, err = tx.Exec(ctx, insertPaper, pgx.StrictNamedArgs{"application": app, "version": r.Version, "now": arrived, "round": c.Round,
			"digest": r.Digest, "size": r.Size, "sealed": sealed})
		return err
	})
	if err != nil {
		return Receipt{}, fmt.Errorf(op+": %w", err)
	}
	return r, nil
}

// place binds sealed bytes to where they belong.
func place(challenge, app int64, version int) string {
	return fmt.Sprint(challenge, " ", app, " ", version)
}

func mayFile(who actor.Actor, c Challenge, at time.Time) error {
	switch {
	case !published(c):
		return errNotFound
	case who.In(c.OrgID):
		return fault.New(fault.Forbidden, "own_challenge", "发榜单位不能揭自己的榜")
	case c.State != Opened && c.State != Opening || c.ApplyUntil == nil:
		return conflict("not_open", "这个榜单现在不接受申请")
	case at.After(*c.ApplyUntil):
		return fault.Newf(fault.Conflict, "late", "申请在 %s 收齐，晚于截止时刻 %s，没有收下；此前已封存的版本仍然有效",
			at.Format("2006-01-02 15:04:05.000"), c.ApplyUntil.Format("2006-01-02 15:04:05")).With(at, *c.ApplyUntil)
	default:
		return nil
	}
}

// TakeBack withdraws a sealed paper until the deadline. Who: members of the applicant.
func (s *Service) TakeBack(ctx context.Context, who actor.Actor, id int64) error {
	err := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		b, err := s.lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := mayFile(who, b.c, b.now); err != nil {
			return err
		}
		for i := range b.apps {
			if who.In(b.apps[i].OrgID) && who.Member() {
				return b.become(ctx, &b.apps[i], eventTakeBack, AppWithdrawn)
			}
		}
		return fault.New(fault.NotFound, "application_not_found", "没有找到这份申请")
	})
	if err != nil {
		return fmt.Errorf("challenge: take back: %w", err)
	}
	return nil
}

// openAll opens every sealed paper of this round and writes what it holds, with who sent it when into the trail.
func (s *Service) openAll(ctx context.Context, b *bench, asker, desk []byte) error {
	n := 0
	for i := range b.apps {
		a := &b.apps[i]
		if a.State != AppSealed || a.Round != b.c.Round {
			continue
		}
		n++
		var sealed []byte
		if err := b.tx.QueryRow(ctx, selectSealed, pgx.StrictNamedArgs{"application": a.ID, "version": a.Version}).Scan(&sealed); err != nil {
			return err
		}
		to := AppOpened
		paper, err := openPaper(asker, desk, sealed, place(b.c.ID, a.ID, a.Version))
		if err != nil {
			to = AppBroken
		} else if err := s.keepFiles(ctx, b, a, paper.Files); err != nil {
			return err
		}
		if to == AppOpened {
			a.Content = &paper
		}
		if err := b.become(ctx, a, EventUnseal, to); err != nil {
			return err
		}
		if err := s.config.Audit.Record(ctx, b.tx, audit.Event{Actor: actor.Actor{AccountID: a.AccountID, OrgID: a.OrgID},
			Action: "challenge.filed", ObjectKind: "challenge", ObjectID: fmt.Sprint(b.c.ID),
			Detail: map[string]any{"arrivedAt": a.ArrivedAt, "digest": a.Digest, "version": a.Version}}); err != nil {
			return err
		}
	}
	b.c.OpenedAt, b.c.State = &b.now, Screening
	if n == 0 && len(b.in(AppEligible)) == 0 {
		b.c.State, b.c.Reason = Void, noneCame
	}
	return nil
}

// noneCame is the published reason of a challenge that nobody took.
const noneCame = "截止时没有收到有效申请，流榜"

func openPaper(asker, desk, sealed []byte, about string) (Paper, error) {
	plain, err := openFrom(asker, desk, sealed, about)
	if err != nil {
		return Paper{}, err
	}
	return unpacked(plain)
}

func (s *Service) keepFiles(ctx context.Context, b *bench, a *Application, all []PaperFile) error {
	for _, x := range all {
		content, err := s.config.Files.Receive(ctx, x.Name, bytes.NewReader(x.Body))
		if err != nil {
			return err
		}
		f, err := s.config.Files.Record(ctx, b.tx, content, files.Meta{Purpose: "challenge", OwnerOrg: a.OrgID, UploadedBy: a.AccountID})
		if err != nil {
			return err
		}
		args := pgx.StrictNamedArgs{"application": a.ID, "file": f.ID, "name": f.Name, "size": f.Size}
		if _, err := b.tx.Exec(ctx, insertFile, args); err != nil {
			return err
		}
	}
	return nil
}

// Ask puts a public question, until questions end. Who: anyone signed in. The name is not published.
func (s *Service) Ask(ctx context.Context, who actor.Actor, id int64, body string) error {
	if !who.SignedIn() {
		return fmt.Errorf("challenge: ask: %w", fault.SignIn())
	}
	err := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		c, err := one(ctx, tx, selectChallenge, id)
		if err != nil {
			return err
		}
		now, err := postgres.Now(ctx, tx)
		if err != nil {
			return err
		}
		body = strings.TrimSpace(body)
		var f fault.Fields
		if n := len([]rune(body)); n < 4 || n > 500 {
			f.Add("question", "length", "请写明问题（4—500 字）")
		}
		switch {
		case !published(c):
			return errNotFound
		case c.State != Opened || now.After(*c.QuestionsUntil):
			return conflict("questions_over", "提问已经截止")
		case f.Err() != nil:
			return f.Err()
		}
		if _, err := tx.Exec(ctx, insertQuestion, pgx.StrictNamedArgs{"id": id, "now": now, "account": who.AccountID, "body": body}); err != nil {
			return err
		}
		b := &bench{tx: tx, now: now, c: c}
		return s.tell(ctx, b, []int64{c.CreatedBy}, "榜单有新的提问")
	})
	if err != nil {
		return fmt.Errorf("challenge: ask: %w", err)
	}
	return nil
}

// Answer answers a question for everybody. Who: members of the asker, until the deadline.
func (s *Service) Answer(ctx context.Context, who actor.Actor, id, question int64, reply string) error {
	err := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		c, err := one(ctx, tx, selectChallenge, id)
		if err != nil {
			return err
		}
		now, err := postgres.Now(ctx, tx)
		if err != nil {
			return err
		}
		reply = strings.TrimSpace(reply)
		var f fault.Fields
		if n := len([]rune(reply)); n < 2 || n > 2000 {
			f.Add("reply", "length", "请写明答复（2—2000 字）")
		}
		switch {
		case !who.In(c.OrgID) || !who.Member():
			return fault.New(fault.Forbidden, "wrong_role", "提问由发榜单位答复")
		case c.State != Opened || now.After(*c.ApplyUntil):
			return conflict("answers_over", "揭榜已经截止，不能再答复")
		case f.Err() != nil:
			return f.Err()
		}
		tag, err := tx.Exec(ctx, answerQuestion, pgx.StrictNamedArgs{"id": id, "question": question, "account": who.AccountID, "now": now,
			"reply": reply})
		if err == nil && tag.RowsAffected() == 0 {
			err = conflict("already_answered", "这个问题已经答复；要更正的请发布补充公告")
		}
		return postgres.Fault(err)
	})
	if err != nil {
		return fmt.Errorf("challenge: answer: %w", err)
	}
	return nil
}
