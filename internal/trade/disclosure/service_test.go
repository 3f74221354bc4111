package disclosure

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// world is a university with a room of its achievement, a firm's two people, and a bystander.
type world struct {
	*Service
	db                               *postgres.DB
	files                            *files.Store
	listing, room                    int64
	open                             bool
	marking                          func() // runs while a copy is made
	signed                           []Signature
	unit, reader, colleague, outside actor.Actor
}

func (w *world) Tell(ctx context.Context, tx pgx.Tx, n notify.Note) error {
	return notify.Message(ctx, tx, n)
}

func (w *world) Record(ctx context.Context, tx pgx.Tx, e audit.Event) error {
	return audit.Record(ctx, tx, audit.Entry{At: time.Now(), Account: e.Actor.AccountID, Org: e.Actor.OrgID, Action: e.Action,
		ObjectKind: e.ObjectKind, ObjectID: e.ObjectID, Detail: e.Detail})
}

// Pages and Mark stand for platform/document, which has its own tests: what is said to be no PDF is refused.
func (w *world) Pages(_ context.Context, mime string, raw []byte) (int, error) {
	if mime == "application/pdf" && !bytes.HasPrefix(raw, []byte("%PDF-")) {
		return 0, fault.New(fault.Invalid, "mark_kind", "不是 PDF")
	}
	return 3, nil
}

func (w *world) Mark(_ context.Context, _ string, raw []byte, m Mark) ([]byte, error) {
	if w.marking != nil {
		w.marking()
	}
	return append(slices.Clone(raw), []byte(strings.Join(m.Lines, "|")+"|"+m.ID)...), nil
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func refused(t testing.TB, err error, code string) {
	t.Helper()
	if !fault.HasCode(err, code) {
		t.Errorf("want %s, got %v", code, err)
	}
}

func (w *world) id(t testing.TB, sql string, args ...any) (id int64) {
	t.Helper()
	check(t, w.db.QueryRow(context.Background(), sql, args...).Scan(&id))
	return id
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{db: pgtest.New(t), open: true}
	var err error
	w.files, err = files.New(t.TempDir(), time.Now)
	check(t, err)
	org := func(kind, name string) int64 {
		return w.id(t, `insert into organisation (kind, name, division, state, created_at)
			values ($1, $2, '150105', 'confirmed', now()) returning id`, kind, name)
	}
	who := func(org int64, orgName, name string) actor.Actor {
		id := w.id(t, `insert into account (login_name, display_name, password_hash, created_at) values ($1, $1, '', now()) returning id`, name)
		return actor.Actor{AccountID: id, OrgID: org, Name: name, OrgName: orgName, OrgState: actor.Confirmed, Roles: []actor.Role{actor.Member}}
	}
	unit, firm, other := org("university", "样例大学"), org("enterprise", "样例企业"), org("enterprise", "样例旁人")
	w.unit, w.reader, w.colleague = who(unit, "样例大学", "王工"), who(firm, "样例企业", "李工"), who(firm, "样例企业", "赵工")
	w.outside = who(other, "样例旁人", "钱工")
	w.listing = w.id(t, `insert into listing (kind, organisation_id, owner_account, state, draft, created_at, updated_at)
		values ('achievement', $1, $2, 'published', '{}', now(), now()) returning id`, unit, w.unit.AccountID)
	w.Service = New(Config{DB: w.db, Audit: w, Notices: w, Files: w.files, Marker: w,
		Listing: func(context.Context, int64) (Listed, error) {
			return Listed{OrgID: unit, Title: "样例成果", Open: w.open}, nil
		},
		Talk: func(context.Context, actor.Actor, int64) (Talk, error) {
			return Talk{}, fault.New(fault.NotFound, "deal_not_found", "没有")
		},
		Signed: func(_ context.Context, _ pgx.Tx, s Signature) error { w.signed = append(w.signed, s); return nil }})
	w.room, err = w.Open(t.Context(), w.unit, w.listing, 0)
	check(t, err)
	return w
}

func (w *world) upload(t testing.TB, name, content string) int64 {
	t.Helper()
	kept, err := w.files.Keep(t.Context(), name, "application/pdf", strings.NewReader(content))
	check(t, err)
	var f files.File
	check(t, w.db.InTx(t.Context(), func(ctx context.Context, tx pgx.Tx) (err error) {
		f, err = w.files.Record(ctx, tx, kept, files.Meta{Purpose: "disclosure", OwnerOrg: w.unit.OrgID, UploadedBy: w.unit.AccountID})
		return err
	}))
	return f.ID
}

func (w *world) paper(t testing.TB, layer Layer) int64 {
	t.Helper()
	check(t, w.AddPaper(t.Context(), w.unit, w.room, layer, w.upload(t, string(layer)+".pdf", "%PDF- "+string(layer))))
	v, err := w.Read(t.Context(), w.unit, w.room)
	check(t, err)
	return v.Papers[len(v.Papers)-1].ID
}

// seat is the reader's seat after he asked, was offered an agreement on secrecy until that day, and accepted it.
func (w *world) seat(t testing.TB, until fact.Day) int64 {
	t.Helper()
	check(t, w.Request(t.Context(), w.reader, w.room, "评估许可"))
	_, err := w.Offer(t.Context(), w.unit, w.room, ChosenWords{Kind: KindNDA, Title: "保密协议", Body: SuggestedNDA("样例成果"), ValidTo: until},
		[]int64{w.reader.AccountID})
	check(t, err)
	v, err := w.Read(t.Context(), w.reader, w.room)
	check(t, err)
	check(t, w.Do(t.Context(), w.reader, Command{Room: w.room, Seat: v.Places[0].ID, Event: EventAccept, Digest: v.Words[0].Digest}))
	return v.Places[0].ID
}

func today() fact.Day { return fact.DayOf(time.Now()) }

func (w *world) events(t testing.TB) (out []Event) {
	t.Helper()
	v, err := w.Read(t.Context(), w.unit, w.room)
	check(t, err)
	if v.Broken != 0 {
		t.Errorf("the ledger breaks at %d", v.Broken)
	}
	for _, e := range v.Entries {
		out = append(out, e.Event)
	}
	return out
}

func TestRoom_ShowsEachLayerToThoseWhoReachIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second, inner := w.paper(t, Registered), w.paper(t, NDA), w.paper(t, Inner)
	reads := func(who actor.Actor, want string, papers ...int64) {
		t.Helper()
		v, err := w.Read(t.Context(), who, w.room)
		check(t, err)
		var got []int64
		for _, p := range v.Papers {
			got = append(got, p.ID)
		}
		if !slices.Equal(got, papers) || len(v.Entries) > 0 {
			t.Errorf("%s sees %v, not %v; %d rows of the ledger", want, got, papers, len(v.Entries))
		}
	}
	reads(w.outside, "a member of any unit", first)
	_, err := w.Copy(t.Context(), w.outside, w.room, second)
	refused(t, err, "paper_not_found")
	seat := w.seat(t, today()+10)
	reads(w.reader, "who accepted", first, second)
	reads(w.colleague, "his colleague", first)
	refused(
		t,
		w.Do(t.Context(), w.unit, Command{Room: w.room, Seat: seat, Event: EventAdmit, From: today(), To: today() + 11}),
		"invalid_input",
	)
	check(t, w.Do(t.Context(), w.unit, Command{Room: w.room, Seat: seat, Event: EventAdmit, From: today(), To: today()}))
	reads(w.reader, "who was let in", first, second, inner)
	out, err := w.Copy(t.Context(), w.reader, w.room, inner)
	check(t, err)
	if !bytes.Contains(out.Bytes, []byte("样例企业 李工|")) {
		t.Errorf("no mark: %s", out.Bytes)
	}
	v, err := w.Read(t.Context(), w.unit, w.room)
	check(t, err)
	last := v.Entries[len(v.Entries)-1]
	if last.Event != EventCopy || last.Digest != digestOf(out.Bytes) || last.AccountID != w.reader.AccountID {
		t.Errorf("the ledger says %+v", last)
	}
	suspended := w.reader
	suspended.OrgState = actor.Suspended
	reads(suspended, "a member of a suspended unit")
	w.open = false
	_, err = w.Read(t.Context(), w.outside, w.room)
	refused(t, err, "room_not_found")
}

// T22: access revoked between two clicks, and while a copy is being made.
func TestRoom_RevokingEndsAccessAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	paper, seat := w.paper(t, NDA), w.seat(t, today()+10)
	_, err := w.Copy(t.Context(), w.reader, w.room, paper)
	check(t, err)
	w.marking = func() {
		check(t, w.Do(context.Background(), w.unit, Command{Room: w.room, Seat: seat, Event: EventRevoke, Reason: "不再合作"}))
	}
	_, err = w.Copy(t.Context(), w.reader, w.room, paper)
	refused(t, err, "no_access")
	w.marking = nil
	_, err = w.Copy(t.Context(), w.reader, w.room, paper)
	refused(t, err, "no_access")
	want := []Event{EventOpen, EventAdd, EventRequest, EventOffer, EventAccept, EventAsk, EventCopy, EventAsk, EventRevoke, EventBarred}
	if got := w.events(t); !slices.Equal(got, want) {
		t.Errorf("the ledger says %v", got)
	}
}

func TestRoom_AReaderWhoLeavesHisUnitLosesAccess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	paper := w.paper(t, NDA)
	w.seat(t, today()+10)
	moved := w.reader
	moved.OrgID, moved.OrgName = w.outside.OrgID, w.outside.OrgName
	_, err := w.Copy(t.Context(), moved, w.room, paper)
	refused(t, err, "no_access")
	moved.OrgID, moved.Roles = 0, nil
	_, err = w.Copy(t.Context(), moved, w.room, paper)
	refused(t, err, "no_access")
}

func TestRoom_TheTermEndsAccess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	paper := w.paper(t, NDA)
	w.seat(t, today())
	n, err := w.Tick(t.Context())
	if err != nil || n != 0 {
		t.Errorf("%d ended on their last day, %v", n, err)
	}
	_, err = w.db.Exec(t.Context(), `alter table disclosure_words disable trigger user; update disclosure_words set valid_to = valid_to - 1`)
	check(t, err)
	_, err = w.Copy(t.Context(), w.reader, w.room, paper)
	refused(t, err, "no_access")
	if n, err = w.Tick(t.Context()); err != nil || n != 1 {
		t.Errorf("%d ended, %v", n, err)
	}
}

func TestWords_AreAcceptedByTheNamedPersonAndAsTheyStand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	check(t, w.Request(ctx, w.reader, w.room, "评估许可"))
	refused(t, w.Request(ctx, w.reader, w.room, "评估许可"), "already_seated")
	_, err := w.Offer(
		ctx,
		w.unit,
		w.room,
		ChosenWords{Kind: KindNDA, Title: "保密协议", Body: "短", ValidTo: today() - 1},
		[]int64{w.outside.AccountID},
	)
	refused(t, err, "invalid_input")
	_, err = w.Offer(ctx, w.reader, w.room, ChosenWords{}, nil)
	refused(t, err, "wrong_role")
	words, err := w.Offer(ctx, w.unit, w.room, ChosenWords{Kind: KindAgreement, Title: "合作协议", Body: strings.Repeat("双方合作。", 10),
		File: w.upload(t, "协议.pdf", "%PDF- words")}, []int64{w.reader.AccountID})
	check(t, err)
	v, err := w.Read(ctx, w.reader, w.room)
	check(t, err)
	seat := v.Places[len(v.Places)-1]
	accept := Command{Room: w.room, Seat: seat.ID, Event: EventAccept, Digest: v.Words[0].Digest}
	refused(t, w.Do(ctx, w.colleague, accept), "seat_not_found")
	refused(t, w.Do(ctx, w.unit, accept), "wrong_role")
	wrong := accept
	wrong.Digest = digestOf([]byte("other"))
	refused(t, w.Do(ctx, w.reader, wrong), "other_words")
	check(t, w.Do(ctx, w.reader, accept))
	refused(t, w.Do(ctx, w.unit, Command{Room: w.room, Seat: seat.ID, Event: EventRevoke, Reason: "反悔"}), "signed")
	if len(w.signed) != 1 || !w.signed[0].Complete {
		t.Errorf("the register got %+v", w.signed)
	}
	if _, err := w.WordsFile(ctx, w.colleague, w.room, words); !fault.HasCode(err, "paper_not_found") {
		t.Errorf("a colleague reads the agreement: %v", err)
	}
	sig, err := w.Pack(ctx, w.reader, w.room, words)
	check(t, err)
	raw, err := json.Marshal(sig)
	check(t, err)
	if _, f, err := CheckPack(raw); err != nil || f.FileName != "协议.pdf" || len(f.FileDigest) != 64 {
		t.Errorf("%+v, %v", f, err)
	}
	for _, c := range []struct{ from, to, code string }{
		{"双方合作", "双方分手", "pack_text"}, {"李工\",\"organisation\":\"样例企业\",\"at\"", "张工\",\"organisation\":\"样例企业\",\"at\"", "pack_person"},
		{"\"complete\":true", "\"complete\":false", "pack_person"}, {PackForm, "x", "pack_form"},
	} {
		if bent := strings.ReplaceAll(string(raw), c.from, c.to); bent == string(raw) {
			t.Errorf("%q is not in the pack", c.from)
		} else {
			_, _, err := CheckPack([]byte(bent))
			refused(t, err, c.code)
		}
	}
}

func TestLedger_ShowsWhatWasChangedTakenOutOrCutOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.paper(t, NDA)
	w.seat(t, today()+10)
	rooms, found, err := w.Verify(t.Context(), nil)
	if rooms != 1 || len(found) > 0 || err != nil {
		t.Fatalf("%d rooms, %v, %v", rooms, found, err)
	}
	for _, sql := range []string{`update disclosure_entry set detail = 'x' where seq = 3`, `delete from disclosure_entry where seq = 3`,
		`delete from disclosure_entry where seq = 5`} {
		if _, err := w.db.Exec(t.Context(), sql); err == nil {
			t.Fatalf("%s was let through", sql)
		}
	}
	for i, sql := range []string{`update disclosure_entry set detail = 'x' where seq = 3`, `delete from disclosure_entry where seq = 3`} {
		_, err := w.db.Exec(t.Context(), `alter table disclosure_entry disable trigger user; `+sql)
		check(t, err)
		if _, found, err = w.Verify(t.Context(), nil); err != nil || len(found) != 1 || found[0].Entry != 3 {
			t.Errorf("%d: %v, %v", i, found, err)
		}
	}
}

func TestPaper_WhatCannotBeMarkedIsRefusedByItsName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	err := w.AddPaper(t.Context(), w.unit, w.room, NDA, w.upload(t, "照片.pdf", "\xff\xd8\xff picture"))
	var said *fault.Error
	if !errors.As(err, &said) || len(said.Fields) != 1 || !strings.Contains(said.Fields[0].Message, "《照片.pdf》") {
		t.Errorf("%v", err)
	}
	refused(t, w.AddPaper(t.Context(), w.reader, w.room, NDA, w.upload(t, "图.pdf", "%PDF-")), "wrong_role")
}
