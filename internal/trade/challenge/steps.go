package challenge

import (
	"context"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/notify"
)

// apply is the effect of a line of the table; the state stands at the line's first. code is that of take_key.
func (s *Service) apply(ctx context.Context, b *bench, who actor.Actor, c Command) (code string, err error) {
	switch c.Event {
	case EventReturn, EventWithdraw:
		b.c.Reason = c.Reason
	case EventApprove:
		err = b.approve(c)
	case EventTakeKey:
		return s.takeKey(ctx, b, who)
	case EventPublish:
		err = s.publish(ctx, b, c)
	case EventAmend:
		err = s.amend(ctx, b, c)
	case EventUnseal:
		err = s.unseal(ctx, b, who, c.Code)
	case EventScreen:
		err = b.screen(ctx, c)
	case EventSingle:
		b.c.Choice = ChooseSingle
	case EventExtend:
		b.c.Round, b.c.ApplyUntil, b.c.QuestionsUntil = b.c.Round+1, nil, nil
		b.c.ApplyOn = (b.today() + extendDays + 1).Date()
	case EventReview:
		err = s.startReview(ctx, b)
	case EventReplace:
		err = b.replace(ctx, c)
	case EventDecide:
		err = s.decide(ctx, b, who, c)
	case EventConfirm:
		err = s.award(ctx, b, EventConfirm, *b.c.Decision)
	case EventNoneFit:
		err = b.noneFit(ctx, c)
	case EventNoticed:
		err = s.contract(ctx, b)
	case EventNoticeOff:
		err = b.undecide(ctx)
	case EventSign:
		err = s.sign(ctx, b, c)
	case EventDecline, EventLapse:
		err = s.declined(ctx, b, who, c.Event)
	case EventMeasure, EventPostpone, EventPay:
		err = b.node(ctx, c)
	case EventAccept, EventTerminate, EventBreach:
		err = b.finish(ctx, c.Event)
	}
	return "", err
}

func (b *bench) approve(c Command) error {
	var names []string
	for _, n := range c.Experts {
		if n = strings.TrimSpace(n); n != "" && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	var f fault.Fields
	f.Check(len(names) >= minExperts, "experts", "few", "论证至少要 3 位专家，每行写一位")
	b.detail = map[string]any{"experts": names}
	return f.Err()
}

// takeKey gives the actor's side a new key; the one before opens nothing any more.
func (s *Service) takeKey(ctx context.Context, b *bench, who actor.Actor) (code string, err error) {
	side, other := SideDesk, SideAsker
	if who.In(b.c.OrgID) && who.Member() {
		side, other = other, side
	}
	if k := b.key(other); k != nil && k.TakenBy == who.AccountID {
		return "", fault.New(fault.Forbidden, "same_person", "两份开封码须由两个人保管")
	}
	public, private, code, err := newKey(s.config.Random, s.config.Vault)
	if err != nil {
		return "", err
	}
	_, err = b.tx.Exec(ctx, upsertKey, pgx.StrictNamedArgs{"id": b.c.ID, "round": b.c.Round, "side": side, "public": public,
		"private": private, "account": who.AccountID, "now": b.now})
	b.detail = map[string]any{"side": side}
	return code, err
}

// deadline is the moment at which a day closes; a rest day moves to the next working day (民法典第203条).
func deadline(calendar clock.Calendar, day fact.Day) time.Time {
	y, m, d := fact.Due(calendar, day, 0, fact.CalendarDays).Date().Date()
	return time.Date(y, m, d, closeHour, closeMin, 0, 0, clock.Zone())
}

func (s *Service) publish(ctx context.Context, b *bench, c Command) error {
	calendar, err := s.config.Calendar(ctx)
	if err != nil {
		return err
	}
	day := max(c.Day, fact.OfDate(b.c.ApplyOn))
	until := deadline(calendar, day)
	least := b.today() + applyDays
	if b.c.Round > 1 {
		least = b.today() + extendDays
	}
	if fact.DayOf(until) < least {
		var f fault.Fields
		f.Addf("day", "short", "揭榜期太短：截止日最早为 %s，请改晚后再发布", least)
		return f.Err()
	}
	ask := deadline(calendar, day-askDays)
	b.c.ApplyOn, b.c.ApplyUntil, b.c.QuestionsUntil = day.Date(), &until, &ask
	if b.c.PublishedAt == nil {
		b.c.PublishedAt = &b.now
	}
	return nil
}

// amend publishes a supplement. Where targets, purse or conditions change, fifteen days must be left: the deadline moves where needed.
func (s *Service) amend(ctx context.Context, b *bench, c Command) error {
	calendar, err := s.config.Calendar(ctx)
	if err != nil {
		return err
	}
	day := max(c.Day, fact.OfDate(b.c.ApplyOn))
	if c.Material {
		day = max(day, b.today()+amendDays)
	}
	until := deadline(calendar, day)
	b.detail = map[string]any{"before": b.c.ApplyUntil, "until": until}
	b.c.ApplyOn, b.c.ApplyUntil = day.Date(), &until
	return nil
}

// unseal takes one side's code; the second opens everything.
func (s *Service) unseal(ctx context.Context, b *bench, who actor.Actor, code string) error {
	side, other := SideDesk, SideAsker
	if who.In(b.c.OrgID) && who.Member() {
		side, other = other, side
	}
	k, second := b.key(side), b.key(other)
	switch {
	case k.Half != "":
		return conflict("already_given", "您这一方已经输入开封码，等另一方")
	case second.GivenBy == who.AccountID:
		return fault.New(fault.Forbidden, "same_person", "开封须由两个人分别输入开封码")
	}
	private, err := openKey(s.config.Vault, k.Public, k.Private, code)
	if err != nil {
		return err
	}
	half, err := s.config.Vault.Seal(purposeHalf, base64.StdEncoding.EncodeToString(private))
	if err != nil {
		return err
	}
	if _, err := b.tx.Exec(ctx, giveHalf, pgx.StrictNamedArgs{"id": b.c.ID, "round": b.c.Round, "side": side, "half": half,
		"account": who.AccountID, "now": b.now}); err != nil {
		return err
	}
	b.detail = map[string]any{"side": side}
	if second.Half == "" {
		return nil
	}
	text, err := s.config.Vault.Open(purposeHalf, second.Half)
	if err != nil {
		return err
	}
	theirs, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return err
	}
	asker, desk := private, theirs
	if side == SideDesk {
		asker, desk = desk, asker
	}
	return s.openAll(ctx, b, asker, desk)
}

func (b *bench) screen(ctx context.Context, c Command) error {
	a, err := b.app(c.Application)
	if err != nil {
		return err
	}
	a.Screening = c.Reason
	to := AppEligible
	if !c.Fit {
		to = AppIneligible
		var f fault.Fields
		f.Check(len([]rune(c.Reason)) >= 4, "reason", "missing", "不合格的请写明不符合哪一条")
		if err := f.Err(); err != nil {
			return err
		}
	}
	return b.become(ctx, a, EventScreen, to)
}

// node keeps a row of a node: a score, a postponement or a payment, judged by the rule of the race.
func (b *bench) node(ctx context.Context, c Command) error {
	kind := map[Event]ResultKind{EventMeasure: Score, EventPostpone: Postpone, EventPay: PaidOut}[c.Event]
	a, err := b.app(c.Application)
	if err != nil {
		return err
	}
	var f fault.Fields
	f.Check(c.Node >= 1 && c.Node <= len(b.c.Content.Nodes), "node", "unknown_code", "请选择节点")
	f.Check(kind != Score || c.Score >= 0 && c.Score <= 100, "score", "range", "得分应为 0—100")
	f.Check(kind != PaidOut || c.Amount > 0, "amount", "amount", "请填写拨付金额")
	f.Check(kind != PaidOut || strings.TrimSpace(c.Voucher) != "", "voucher", "missing", "请填写银行凭证号；平台不保管资金")
	f.Check(kind != Postpone || c.Day > 0, "day", "missing", "请填写推迟到哪一天")
	if err := f.Err(); err != nil {
		return err
	}
	row := Result{
		ApplicationID: a.ID,
		Node:          c.Node,
		Kind:          kind,
		On:            b.now,
		Score:         c.Score,
		Amount:        c.Amount,
		Voucher:       c.Voucher,
		Note:          c.Reason,
	}
	if kind == Postpone {
		day := c.Day.Date()
		row.To = &day
	}
	if refused := b.judge(row, c.Agreed); refused != nil {
		return refused
	}
	b.results = append(b.results, row)
	if _, err := b.tx.Exec(ctx, insertResult, pgx.StrictNamedArgs{"id": b.c.ID, "application": a.ID, "node": row.Node, "kind": kind,
		"on": b.today().Date(), "score": row.Score, "to": row.To, "amount": row.Amount, "voucher": row.Voucher, "note": row.Note}); err != nil {
		return err
	}
	b.detail = map[string]any{"application": a.ID, "node": row.Node, "kind": kind}
	_, gone := b.race(b.teams()).Standing(b.today())
	for _, g := range gone {
		id, _ := strconv.ParseInt(g.Team, 10, 64)
		if out, err := b.app(id); err == nil && out.State == AppContracted {
			if err := b.become(ctx, out, EventMeasure, AppEliminated); err != nil {
				return err
			}
		}
	}
	return nil
}

// judge asks the rule of the race about a new row.
func (b *bench) judge(row Result, agreed bool) *fault.Error {
	r := b.race(b.teams())
	team, node := teamOf(row.ApplicationID), row.Node-1
	if !slices.Contains(r.Teams, team) {
		return refuse(UnknownTeam)
	}
	switch row.Kind {
	case Score:
		nodes, _ := r.Standing(b.today())
		for i, t := range nodes[node].Results {
			if r.Teams[i] == team && (t.Result != Open || node > 0 && nodes[node-1].Results[i].Result == Open) {
				return conflict("not_open", "这个节点现在不能记录结果：已经有结果，或前一个节点还没有结果")
			}
		}
	case Postpone:
		r.Nodes[node].Results = append(r.Nodes[node].Results, Row{Event: RowPostpone, Team: team, On: b.today(), To: fact.DayOf(*row.To),
			Agreed: agreed})
		last := r.Postponements()
		for _, p := range slices.Backward(last) {
			if p.Node == r.Nodes[node].ID {
				if p.Code != nil {
					return refuse(*p.Code)
				}
				break
			}
		}
	case PaidOut:
		var a Account
		for _, c := range r.Claims {
			r.Claim(&a, c)
		}
		if code := r.Claim(&a, Claim{Team: team, Node: r.Nodes[node].ID, Amount: row.Amount, On: b.today()}); code != "" {
			return refuse(code)
		}
	}
	return nil
}

// refuse says a refusal of the race to the person.
func refuse(code Code) *fault.Error {
	words := map[Code]fault.Sentence{UnknownTeam: "这支队伍不在承担名单里", NotAgreed: "节点推迟须双方同意", SecondPostponement: "每个节点只能推迟一次",
		TooLate: "节点日期已过，不能再推迟", NotLater: "推迟后的日期应晚于原日期", NotRunning: "项目没有在执行", UnknownNode: "没有这个节点",
		NotMeasured: "节点还没有检测，不能拨付", NotPassed: "节点没有通过，不能拨付", OverTranche: "超过这个节点可以拨付的金额",
		OverPurse: "超过榜金余额"}[code]
	return conflict(string(code), words)
}

// finish ends a running challenge.
func (b *bench) finish(ctx context.Context, on Event) error {
	r := b.race(b.teams())
	nodes, _ := r.Standing(b.today())
	for i := range b.apps {
		a := &b.apps[i]
		if a.State != AppContracted {
			continue
		}
		to := AppEnded
		if on == EventAccept {
			for _, t := range nodes[len(nodes)-1].Results {
				if t.Team == teamOf(a.ID) && t.passed() {
					to = AppAccepted
				}
			}
		}
		if err := b.become(ctx, a, on, to); err != nil {
			return err
		}
	}
	return nil
}

// tellAll tells the asker and, where it concerns them, the applicants.
func (s *Service) tellAll(ctx context.Context, tx pgx.Tx, b *bench, on Event) error {
	titles := map[Event]string{EventReturn: "榜单被退回", EventApprove: "榜单通过论证，请领取开封码", EventPublish: "榜单已发布", EventAmend: "榜单有补充公告",
		EventWithdraw: "榜单已撤回", EventClose: "揭榜已截止，等待两人开封", EventUnseal: "榜单开封", EventGiveUp: "榜单流榜", EventExtend: "揭榜延期",
		EventReview: "榜单评审", EventNoneFit: "榜单流榜", EventDecide: "揭榜结果", EventConfirm: "揭榜结果", EventNoticed: "揭榜公示期满，请签约",
		EventNoticeOff: "揭榜公示作废，重新决定", EventDecline: "中选单位放弃", EventLapse: "逾期没有签约", EventSign: "揭榜项目已签约",
		EventMeasure: "节点结果", EventPostpone: "节点推迟", EventPay: "节点拨付", EventAccept: "揭榜项目通过验收", EventTerminate: "揭榜项目终止",
		EventBreach: "揭榜项目违约", EventSettle: "揭榜项目结清"}
	title := titles[on]
	if title == "" {
		return nil
	}
	to := []int64{b.c.CreatedBy}
	for _, a := range b.apps {
		if a.State != AppWithdrawn {
			to = append(to, a.AccountID)
		}
	}
	slices.Sort(to)
	return s.config.Notices.Tell(ctx, tx, notify.Note{To: slices.Compact(to), Kind: "challenge", Title: title + "：" + b.c.Title,
		Body: "请打开榜单页面查看。", Link: "/challenges/" + strconv.FormatInt(b.c.ID, 10), At: b.now})
}
