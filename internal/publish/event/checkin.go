package event

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/vault"
)

// Scan is a code that the desk read or typed, or what an unconnected desk kept of one: its digest and when.
type Scan struct {
	Code string     `json:"code,omitempty" maxLength:"200" doc:"二维码内容，或六位入场码"`
	Hash string     `json:"hash,omitempty" maxLength:"64" doc:"离线时保存的摘要"`
	At   *time.Time `json:"at,omitempty" doc:"离线时扫码的时间；空为现在"`
}

// Scanned is what came of a scan.
type Scanned struct {
	Signup    Signup     `json:"signup"`
	PresentAt *time.Time `json:"presentAt" doc:"最早一次到场的时间"`
	Again     bool       `json:"again" doc:"早先已经签到"`
	Problem   string     `json:"problem,omitempty"`
}

// maxScans bounds what a desk hands over at once.
const maxScans = 2000

// CheckIn marks people present. A second scan says when the first was; of several the earliest counts, whenever it arrives. What is no
// code of this event comes back with its problem and stops nothing. Who: the host. Faults: Unauthorized, NotFound, Forbidden, Conflict.
func (s *Service) CheckIn(ctx context.Context, who actor.Actor, id int64, scans []Scan) (out []Scanned, err error) {
	const op = "event: check in: %w"
	if !who.SignedIn() {
		return nil, fmt.Errorf(op, fault.SignIn())
	}
	if len(scans) == 0 || len(scans) > maxScans {
		return nil, fmt.Errorf(op, fault.Newf(fault.Invalid, "scans", "请扫码或输入入场码；一次最多 %d 个", maxScans).In("code"))
	}
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		out = nil
		a, err := s.atDoor(ctx, tx, who, id)
		if err != nil {
			return err
		}
		for _, c := range scans {
			found, err := s.scan(ctx, tx, &a, c)
			if err != nil {
				return err
			}
			out = append(out, found)
		}
		return s.record(ctx, tx, who, ActCheckIn, id, map[string]any{"scans": len(scans)})
	})
	if err != nil {
		return nil, fmt.Errorf(op, err)
	}
	return out, nil
}

// atDoor locks an event for its host's desk, on its days and while late scans may come.
func (s *Service) atDoor(ctx context.Context, tx pgx.Tx, who actor.Actor, id int64) (Activity, error) {
	a, err := one(ctx, tx, lockedEvent, id, who)
	switch {
	case err != nil:
		return a, err
	case !a.hostedBy(who):
		return a, fault.New(fault.Forbidden, "wrong_side", "这一步不由您办理，请联系活动主办单位")
	}
	return a, a.doorOpen(s.config.Now())
}

// doorOpen refuses arrivals before the day of the event and after its report.
func (a Activity) doorOpen(now time.Time) error {
	switch a.State {
	case Open, Closed, Running, Reporting:
		if clock.Days(now, a.BeginsAt) > 0 {
			return fault.New(fault.Conflict, "too_early", "还没到活动当天，不能签到")
		}
		return nil
	}
	return fault.New(fault.Conflict, "wrong_state", "活动没有发布、已经取消或归档，不能签到")
}

var hexDigest = regexp.MustCompile(`^[0-9a-f]{64}$`)

// scan finds the person of a code and lets him in.
func (s *Service) scan(ctx context.Context, tx pgx.Tx, a *Activity, c Scan) (Scanned, error) {
	code := Normal(c.Code)
	var hashes []string
	switch {
	case hexDigest.MatchString(c.Hash):
		hashes = []string{c.Hash}
	case len(code) == codeLetters:
		hashes = []string{vault.Digest(code)}
	case len(code) == shortLetters:
		hashes = []string{shortHash(a.ID, code)}
	default:
		return Scanned{Problem: "入场码是六位字母和数字，或扫描二维码"}, nil
	}
	found, err := postgres.Many[Signup](ctx, tx, byCode, pgx.StrictNamedArgs{"event": a.ID, "hashes": hashes})
	switch {
	case err != nil:
		return Scanned{}, err
	case len(found) == 0:
		return Scanned{Problem: "不是这场活动的入场码，请核对，或按姓名在名单里查找"}, nil
	}
	at := s.config.Now()
	if c.At != nil && c.At.Before(at) && !c.At.Before(midnight(a.BeginsAt)) {
		at = *c.At // a clock that runs ahead, or stands on another day, counts as now
	}
	return s.arrive(ctx, tx, a, found[0], at)
}

// Normal is a code as it is compared: capitals, without blanks and strokes, and what is read as another letter put right.
func Normal(code string) string {
	code = strings.ToUpper(code)
	return strings.NewReplacer(" ", "", "-", "", "O", "0", "I", "1", "L", "1", "\u3000", "").Replace(code)
}

// arrive marks one person present since a time. An earlier time than the known one wins.
func (s *Service) arrive(ctx context.Context, tx pgx.Tx, a *Activity, p Signup, at time.Time) (Scanned, error) {
	if err := a.doorOpen(s.config.Now()); err != nil {
		return Scanned{}, err
	}
	m, refused := find(signMoves(), p.State, ActCheckIn, Host)
	if refused != nil {
		return Scanned{Signup: p, Problem: "这份报名已经取消或没有通过，请按现场登记办理"}, nil
	}
	again := p.PresentAt != nil
	if again && !at.Before(*p.PresentAt) {
		return Scanned{Signup: p, PresentAt: p.PresentAt, Again: true}, nil
	}
	if !p.State.Seated() {
		if err := take(ctx, tx, a, 1, s.config.Now()); err != nil {
			return Scanned{}, err
		}
	}
	p.State, p.PresentAt, p.UpdatedAt = m.to, &at, s.config.Now()
	if err := setSignup(ctx, tx, p); err != nil {
		return Scanned{}, err
	}
	return Scanned{Signup: p, PresentAt: p.PresentAt, Again: again}, nil
}

// Walking is somebody who comes without having signed up.
type Walking struct {
	Name  string `json:"name" required:"true"`
	Unit  string `json:"unit" required:"true"`
	Phone string `json:"phone" required:"true" doc:"只用于本次活动联系，加密保存"`
}

var phone = regexp.MustCompile(`^\+?[0-9][0-9 -]{5,18}[0-9]$`)

// WalkIn writes down somebody at the door, present from now. He takes no seat of the list. Who: the host.
func (s *Service) WalkIn(ctx context.Context, who actor.Actor, id int64, in Walking) (out Signup, err error) {
	const op = "event: walk in: %w"
	if !who.SignedIn() {
		return out, fmt.Errorf(op, fault.SignIn())
	}
	in = Walking{strings.TrimSpace(in.Name), strings.TrimSpace(in.Unit), strings.TrimSpace(in.Phone)}
	var f fault.Fields
	f.Checkf(count(in.Name) >= 1 && count(in.Name) <= 40, "name", "length", "请填写姓名（最多 %d 字）", 40)
	f.Checkf(count(in.Unit) >= 1 && count(in.Unit) <= maxTitle, "unit", "length", "请填写单位（最多 %d 字）；没有单位填“个人”", maxTitle)
	f.Check(phone.MatchString(in.Phone), "phone", "phone", "请填写电话，例如 13800000000 或 0471-5550100")
	if err := f.Err(); err != nil {
		return out, fmt.Errorf(op, err)
	}
	sealed, err := s.config.DB.Contents().SealText(sealedPhone, in.Phone)
	if err != nil {
		return out, fmt.Errorf(op, err)
	}
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		a, err := s.atDoor(ctx, tx, who, id)
		if err != nil {
			return err
		}
		before, err := postgres.Many[Signup](ctx, tx, walkedIn, pgx.StrictNamedArgs{"event": id, "name": in.Name, "unit": in.Unit})
		if err != nil {
			return err
		}
		if len(before) > 0 {
			return fault.Newf(fault.Conflict, "already_in", "%s已在 %s 登记过", in.Name, clock.Local(*before[0].PresentAt).Format("15:04"))
		}
		now := s.config.Now()
		out = Signup{Event: a.ID, Name: in.Name, Unit: in.Unit, Phone: sealed, Part: PartOther, State: SignPresent, WalkedIn: true, AskedAt: now,
			PresentAt: &now, UpdatedAt: now}
		if out.ID, err = addSignup(ctx, tx, out); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "walk_in", id, map[string]any{"signup": out.ID})
	})
	if err != nil {
		return Signup{}, fmt.Errorf(op, err)
	}
	return out, nil
}
