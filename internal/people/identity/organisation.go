package identity

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/lang"
	"techmarket/internal/foundation/region"
)

// Organisation is one body on the market.
type Organisation struct {
	ID          int64
	Kind        actor.OrgKind
	Name        string
	CreditCode  string // 统一社会信用代码, normalised; "" when none; its check digit may be wrong (warned, never blocked)
	Division    string // GB/T 2260, six digits
	State       string
	StateReason string // why it was returned or suspended
	Profile     OrgProfile
	Sample      bool `db:"is_sample"`
	Version     int
	CreatedAt   time.Time
	ConfirmedAt *time.Time
}

// Confirmed reports whether the organisation may publish and trade.
func (o Organisation) Confirmed() bool { return o.State == actor.Confirmed }

// OrgProfile is what the organisation says about itself.
type OrgProfile struct {
	Address             string `json:"address,omitempty"`
	LegalRepresentative string `json:"legalRepresentative,omitempty"`
	Contact             string `json:"contact,omitempty"` // person
	Phone               string `json:"phone,omitempty"`
	Email               string `json:"email,omitempty"`
	Website             string `json:"website,omitempty"`
	Nature              string `json:"nature,omitempty"`   // party nature code of the 技术合同登记表, e.g. 022
	Industry            string `json:"industry,omitempty"` // GB/T 4754 code
	Introduction        string `json:"introduction,omitempty"`
}

// SchemaVersion is the form in which it is stored, see package stored.
func (OrgProfile) SchemaVersion() int { return 1 }

// Warnings says what looks odd about the 统一社会信用代码; it never blocks (docs/rules/identifiers.md §2).
func (o Organisation) Warnings() []fault.Field {
	if c := codes.USCC(o.CreditCode); c.Warned() {
		return []fault.Field{c.At("creditCode")}
	}
	return nil
}

// NewOrganisation is what a sign-up says about the organisation.
type NewOrganisation struct {
	Kind       actor.OrgKind
	Name       string
	CreditCode string
	Division   string
	Profile    OrgProfile
}

// OrganisationUpdate changes what is not nil. Kind, Name, CreditCode and Division of a confirmed organisation are
// changed by a region officer only: they are what the officer confirmed.
type OrganisationUpdate struct {
	Version    int // the version the form was filled from
	Kind       *actor.OrgKind
	Name       *string
	CreditCode *string
	Division   *string
	Profile    *OrgProfile
}

// OrganisationFilter narrows a list of organisations; zero values do not filter.
type OrganisationFilter struct {
	Text     string // part of the name, or the whole credit code
	Kinds    []actor.OrgKind
	State    string
	Division string // six digits; with trailing zeros the whole league or region
	After    int64  // id of the last one on the page before
	Limit    int    // 1–100, 20 when zero
}

// OrgEvent is what happens to an organisation's standing.
type OrgEvent string

// The events of an organisation.
const (
	OrgConfirm  OrgEvent = "confirm"  // 确认
	OrgReturn   OrgEvent = "return"   // 退回
	OrgResubmit OrgEvent = "resubmit" // 重新提交
	OrgSuspend  OrgEvent = "suspend"  // 暂停
	OrgRestore  OrgEvent = "restore"  // 恢复
)

// orgTransitions is the whole state machine of an organisation.
//
//	pending ──confirm──▶ confirmed ──suspend──▶ suspended
//	   │  ▲                  ▲                      │
//	return resubmit          └───────restore────────┘
//	   ▼  │
//	 returned
var orgTransitions = []struct {
	from, to string
	event    OrgEvent
	role     actor.Role
	reason   bool // a reason must be given
}{
	{actor.Pending, actor.Confirmed, OrgConfirm, actor.RegionOfficer, false},
	{actor.Pending, actor.Returned, OrgReturn, actor.RegionOfficer, true},
	{actor.Returned, actor.Pending, OrgResubmit, actor.OrgAdmin, false},
	{actor.Confirmed, actor.Suspended, OrgSuspend, actor.RegionOfficer, true},
	{actor.Suspended, actor.Confirmed, OrgRestore, actor.RegionOfficer, false},
}

// Organisation returns one organisation. Anybody may call; web decides which fields a guest sees.
// Faults: not found "organisation".
func (s *Service) Organisation(ctx context.Context, id int64) (Organisation, error) {
	if id == actor.Undisclosed {
		return undisclosed(), nil
	}
	os, err := s.organisations(ctx, s.config.DB, organisationsByID, pgx.StrictNamedArgs{"ids": []int64{id}})
	if err != nil {
		return Organisation{}, fmt.Errorf("organisation: %w", err)
	}
	if len(os) == 0 {
		return Organisation{}, errNoOrganisation
	}
	return os[0], nil
}

var errNoOrganisation = fault.New(fault.NotFound, "organisation", "没有找到这个单位，请检查编号或从单位名单重新查找")

func undisclosed() Organisation {
	return Organisation{ID: actor.Undisclosed, Name: Anonymous, State: actor.Confirmed}
}

// Anonymous is what is shown for actor.Undisclosed.
const Anonymous = "（单位已核实，应发布者要求不公开名称）"

// Organisations returns the named organisations by id; unknown ids are left out. actor.Undisclosed has Anonymous for its name and
// nothing else.
func (s *Service) Organisations(ctx context.Context, ids []int64) (map[int64]Organisation, error) {
	os, err := s.organisations(ctx, s.config.DB, organisationsByID, pgx.StrictNamedArgs{"ids": ids})
	if err != nil {
		return nil, fmt.Errorf("organisations: %w", err)
	}
	m := make(map[int64]Organisation, len(os))
	for _, o := range os {
		m[o.ID] = o
	}
	if slices.Contains(ids, actor.Undisclosed) {
		m[actor.Undisclosed] = undisclosed()
	}
	return m, nil
}

// ConfirmedByCode finds the one confirmed organisation with this name and 统一社会信用代码; 0 when there is none. Both must
// fit: a mistyped code must not show a contract to strangers. It reads in the caller's transaction, without permission check.
func (s *Service) ConfirmedByCode(ctx context.Context, tx pgx.Tx, name, code string, sample bool) (int64, error) {
	if code == "" {
		return 0, nil
	}
	rows, _ := tx.Query(ctx, organisationByCode, pgx.StrictNamedArgs{"name": name, "code": code, "sample": sample})
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return 0, fmt.Errorf("organisation by code: %w", err)
	}
	if len(ids) != 1 {
		return 0, nil
	}
	return ids[0], nil
}

// OrganisationForShare reads an organisation inside the caller's transaction and keeps its state from changing until the
// end of it, so that nothing is published for an organisation that is being suspended. Fault: not found "organisation".
func (s *Service) OrganisationForShare(ctx context.Context, tx pgx.Tx, id int64) (Organisation, error) {
	os, err := s.organisations(ctx, tx, shareOrganisation, pgx.StrictNamedArgs{"id": id})
	if err != nil {
		return Organisation{}, fmt.Errorf("organisation: %w", err)
	}
	if len(os) == 0 {
		return Organisation{}, errNoOrganisation
	}
	return os[0], nil
}

// FindOrganisations lists organisations, oldest first; the next page starts after the last id. A signed-in
// actor only sees confirmed ones unless it is an officer whose area covers them or a member.
// Faults: unauthorized "sign_in_needed".
func (s *Service) FindOrganisations(ctx context.Context, who actor.Actor, f OrganisationFilter) ([]Organisation, error) {
	if !who.SignedIn() {
		return nil, fault.SignIn()
	}
	if f.Limit <= 0 || f.Limit > 100 {
		f.Limit = 20
	}
	area := "none" // the code prefix inside which all states are seen
	switch {
	case who.Has(actor.RegionOfficer):
		area = ""
	case who.Has(actor.LeagueOfficer) && len(who.Division) == 6:
		area = who.Division[:4]
	}
	kinds := make([]string, len(f.Kinds))
	for i, k := range f.Kinds {
		kinds[i] = string(k)
	}
	os, err := s.organisations(ctx, s.config.DB, findOrganisations, pgx.StrictNamedArgs{
		"text": likePattern(f.Text), "code": codes.Normalise(f.Text), "kinds": kinds, "state": f.State,
		"division": DivisionPrefix(f.Division), "after": f.After, "limit": f.Limit, "area": area, "own": who.OrgID,
	})
	if err != nil {
		return nil, fmt.Errorf("find organisations: %w", err)
	}
	return os, nil
}

// OrganisationsNamed lists the organisations that have exactly one of the names or credit codes (normalised); callers check who may see
// them.
func (s *Service) OrganisationsNamed(ctx context.Context, names, creditCodes []string) ([]Organisation, error) {
	os, err := s.organisations(ctx, s.config.DB, organisationsNamed, pgx.StrictNamedArgs{"names": names, "codes": creditCodes})
	if err != nil {
		return nil, fmt.Errorf("organisations named: %w", err)
	}
	return os, nil
}

// OrganisationCounts tells how many organisations stand in each state; officers only see it on pages.
// Sample organisations are counted only with sample set.
func (s *Service) OrganisationCounts(ctx context.Context, sample bool) (map[string]int, error) {
	rows, err := s.config.DB.Query(ctx, countOrganisations, pgx.StrictNamedArgs{"sample": sample})
	if err != nil {
		return nil, fmt.Errorf("organisation counts: %w", err)
	}
	counts := map[string]int{}
	var state string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&state, &n}, func() error { counts[state] = n; return nil })
	if err != nil {
		return nil, fmt.Errorf("organisation counts: %w", err)
	}
	return counts, nil
}

// UpdateOrganisation changes an organisation. Its org_admin or a region officer may call.
// Faults: forbidden "not_org_admin", "organisation_locked"; not found; conflict "stale_version",
// "credit_code_taken"; invalid.
func (s *Service) UpdateOrganisation(ctx context.Context, who actor.Actor, id int64, u OrganisationUpdate) (Organisation, error) {
	var after Organisation
	err := s.inTx(ctx, "update organisation", func(tx pgx.Tx) error {
		before, err := s.lockOrganisation(ctx, tx, id)
		if err != nil {
			return err
		}
		if !who.Has(actor.RegionOfficer) && !(who.In(id) && who.Has(actor.OrgAdmin)) {
			return errNotAdmin
		}
		if before.Version != u.Version {
			return fault.New(fault.Conflict, "stale_version", "单位资料刚刚被别人修改过，请刷新后核对再保存")
		}
		after = before
		set(&after.Kind, u.Kind)
		set(&after.Name, u.Name)
		set(&after.CreditCode, u.CreditCode)
		set(&after.Division, u.Division)
		set(&after.Profile, u.Profile)
		tidyOrganisation(&after)
		locked := before.Kind != after.Kind || before.Name != after.Name || before.CreditCode != after.CreditCode ||
			before.Division != after.Division
		if locked && (before.State == actor.Confirmed || before.State == actor.Suspended) && !who.Has(actor.RegionOfficer) {
			return fault.New(fault.Forbidden, "organisation_locked", "单位已确认，名称、性质、统一社会信用代码和所在地由自治区管理员修改，请联系他")
		}
		var fields fault.Fields
		checkOrganisation(&fields, "", after)
		if err := fields.Err(); err != nil {
			return err
		}
		if err := s.storeOrganisation(ctx, tx, &after); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "organisation.update", "organisation", id, map[string]any{"facts": locked})
	})
	return after, err
}

// DoOrganisation moves an organisation through its states: a region officer confirms, returns and suspends (both with a
// reason) and restores; the returned organisation's admin resubmits.
// Faults: forbidden; not found; conflict "organisation_state"; invalid "reason".
func (s *Service) DoOrganisation(ctx context.Context, who actor.Actor, id int64, event OrgEvent, reason string) (Organisation, error) {
	var org Organisation
	err := s.inTx(ctx, "organisation "+string(event), func(tx pgx.Tx) error {
		var err error
		if org, err = s.lockOrganisation(ctx, tx, id); err != nil {
			return err
		}
		reason = strings.TrimSpace(reason)
		i := slices.IndexFunc(orgTransitions, func(t struct {
			from, to string
			event    OrgEvent
			role     actor.Role
			reason   bool
		}) bool {
			return t.event == event && t.from == org.State
		})
		if i < 0 {
			return fault.New(fault.Conflict, "organisation_state", "单位现在的状态不能做这一步，请刷新页面查看最新状态")
		}
		t := orgTransitions[i]
		if !who.Has(t.role) || (t.role == actor.OrgAdmin && !who.In(id)) {
			return fault.New(fault.Forbidden, "forbidden", "您没有权限做这一步。如果应当由您办，请联系本单位管理员开通角色")
		}
		if t.reason && reason == "" {
			var f fault.Fields
			f.Add("reason", "required", "请写明原因，对方会看到")
			return f.Err()
		}
		if utf8.RuneCountInString(reason) > 500 {
			var f fault.Fields
			f.Add("reason", "too_long", "原因请控制在 500 字以内")
			return f.Err()
		}
		org.State, org.StateReason = t.to, reason
		if t.to == actor.Confirmed && org.ConfirmedAt == nil {
			now := s.config.Now()
			org.ConfirmedAt = &now
		}
		if err := s.storeOrganisation(ctx, tx, &org); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "organisation."+string(event), "organisation", id, map[string]any{"reason": reason})
	})
	if err == nil {
		s.forgetOrganisation(ctx, id)
	}
	return org, err
}

// OrganisationActions names what the actor may do to the organisation's state now, for the buttons of a page.
func OrganisationActions(who actor.Actor, org Organisation) []OrgEvent {
	var out []OrgEvent
	for _, t := range orgTransitions {
		if t.from == org.State && who.Has(t.role) && (t.role != actor.OrgAdmin || who.In(org.ID)) {
			out = append(out, t.event)
		}
	}
	return out
}

func (s *Service) storeOrganisation(ctx context.Context, tx pgx.Tx, o *Organisation) error {
	o.Version++
	profile := o.Profile
	if err := s.sealProfile(&profile); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, updateOrganisation, pgx.StrictNamedArgs{
		"id": o.ID, "kind": o.Kind, "name": o.Name, "credit_code": o.CreditCode, "division": o.Division, "state": o.State,
		"state_reason": o.StateReason, "profile": profile, "version": o.Version, "confirmed_at": o.ConfirmedAt,
	}); err != nil {
		return err
	}
	if s.config.OrganisationChanged != nil {
		return s.config.OrganisationChanged(ctx, tx, *o)
	}
	return nil
}

func (s *Service) lockOrganisation(ctx context.Context, tx pgx.Tx, id int64) (Organisation, error) {
	os, err := s.organisations(ctx, tx, lockOrganisation, pgx.StrictNamedArgs{"id": id})
	if err != nil {
		return Organisation{}, err
	}
	if len(os) == 0 {
		return Organisation{}, errNoOrganisation
	}
	return os[0], nil
}

func tidyOrganisation(o *Organisation) {
	o.Name = strings.Join(strings.Fields(lang.Visible(o.Name)), " ")
	o.CreditCode = codes.Normalise(o.CreditCode)
	o.Division = strings.TrimSpace(o.Division)
	p := &o.Profile
	for _, t := range []*string{&p.Address, &p.LegalRepresentative, &p.Contact, &p.Phone, &p.Email, &p.Website, &p.Nature, &p.Industry,
		&p.Introduction} {
		*t = strings.TrimSpace(lang.Visible(*t))
	}
	p.Phone = codes.TidyPhone(p.Phone)
}

func checkOrganisation(f *fault.Fields, prefix string, o Organisation) {
	f.Check(slices.Contains([]actor.OrgKind{actor.University, actor.Institute, actor.Enterprise, actor.Agency, actor.Individual,
		actor.PointHost, actor.Government}, o.Kind), prefix+"kind", "choose", "请选择单位类型")
	f.Check(o.Kind != actor.Individual || o.CreditCode == "", prefix+"creditCode", "not_for_person", "个人没有统一社会信用代码，请留空")
	length(f, prefix+"name", "单位名称", o.Name, 2, 100)
	length(f, prefix+"creditCode", "统一社会信用代码", o.CreditCode, 0, 30)
	f.Check(region.Valid(o.Division), prefix+"division", "choose", "请选择单位所在的旗县（市、区）")
	p := prefix + "profile."
	length(f, p+"address", "地址", o.Profile.Address, 0, 200)
	length(f, p+"legalRepresentative", "法定代表人", o.Profile.LegalRepresentative, 0, 50)
	length(f, p+"contact", "联系人", o.Profile.Contact, 0, 50)
	length(f, p+"phone", "电话", o.Profile.Phone, 0, 50)
	f.Check(codes.IsPhone(o.Profile.Phone), p+"phone", "format", "电话"+codes.PhoneMend)
	length(f, p+"email", "邮箱", o.Profile.Email, 0, 200)
	length(f, p+"website", "网址", o.Profile.Website, 0, 300)
	length(f, p+"nature", "单位性质代码", o.Profile.Nature, 0, 10)
	length(f, p+"industry", "行业代码", o.Profile.Industry, 0, 10)
	length(f, p+"introduction", "简介", o.Profile.Introduction, 0, 3000)
	if w := o.Profile.Website; w != "" {
		f.Check(strings.HasPrefix(w, "http://") || strings.HasPrefix(w, "https://"), p+"website", "format", "网址请以 http:// 或 https:// 开头")
	}
	if e := o.Profile.Email; e != "" {
		f.Check(plausibleEmail(e), p+"email", "format", "邮箱格式不对，例如 zhang@example.com")
	}
}

// DivisionPrefix cuts the zeros of a league's or region's code so that it is a prefix of all codes inside.
func DivisionPrefix(code string) string {
	for strings.HasSuffix(code, "00") {
		code = strings.TrimSuffix(code, "00")
	}
	return code
}

func plausibleEmail(s string) bool {
	name, host, ok := strings.Cut(s, "@")
	return ok && name != "" && strings.Contains(host, ".") && !strings.ContainsAny(s, " \t\r\n,;<>") && !strings.Contains(host, "@")
}

// length notes a text outside min…max characters, an empty required one, and control characters.
func length(f *fault.Fields, path string, label fault.Sentence, text string, lo, hi int) {
	n := utf8.RuneCountInString(text)
	switch {
	case n == 0 && lo > 0:
		f.Addf(path, "required", "请填写%s", label)
	case n < lo:
		f.Addf(path, "too_short", "%s至少 %d 个字", label, lo)
	case n > hi:
		f.Addf(path, "too_long", "%s最多 %d 个字，现在是 %d 个", label, hi, n)
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		f.Addf(path, "bad_text", "%s含有无法识别的字符，请重新输入", label)
	}
}

func likePattern(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s) + "%"
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// ConfirmedFirm lets the people of a confirmed enterprise in; refused says in a room's words that others can't. Faults: Unauthorized;
// Forbidden firms_only, org_not_confirmed.
func ConfirmedFirm(who actor.Actor, refused fault.Sentence) error {
	switch {
	case !who.SignedIn():
		return fault.SignIn()
	case !who.Member() || who.OrgKind != actor.Enterprise:
		return fault.New(fault.Forbidden, "firms_only", refused)
	case who.OrgState != actor.Confirmed:
		return fault.New(fault.Forbidden, "org_not_confirmed", "单位未通过确认或已被暂停，请联系自治区管理员")
	}
	return nil
}
