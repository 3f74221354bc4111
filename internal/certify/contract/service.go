package contract

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/stored"
	"techmarket/internal/people/identity"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/trade/deal"
)

// Deals gives an agreement to one of its parties (deal.Service).
type Deals interface {
	Agreed(ctx context.Context, who actor.Actor, id int64) (deal.Agreement, error)
}

// People gives organisations and the names of persons (identity.Service).
type People interface {
	Organisation(ctx context.Context, id int64) (identity.Organisation, error)
	Names(ctx context.Context, accounts []int64) (map[int64]string, error)
	OrganisationsNamed(ctx context.Context, names, creditCodes []string) ([]identity.Organisation, error)
}

// Files gives the facts of an uploaded file (files.Store).
type Files interface {
	Own(ctx context.Context, q postgres.Querier, org, file int64) (files.File, error)
}

// Config is what the Service needs; all fields must be set.
type Config struct {
	DB     *postgres.DB
	Audit  audit.Recorder
	Deals  Deals
	People People
	Files  Files
	Vault  stored.Secrets // of the numbers of persons
	Now    func() time.Time
	// OrgOf finds the confirmed organisation of that name and 统一社会信用代码, 0 when there is none; nil: never.
	OrgOf func(ctx context.Context, tx pgx.Tx, name, creditCode string, sample bool) (int64, error)
	// OnSigned runs in the transaction in which the signed contract of a deal is handed in for the first time; nil: nothing.
	OnSigned func(ctx context.Context, tx pgx.Tx, dealID int64) error
}

// Service keeps contracts. A contract is edited by members of its applicant organisation (the seller's
// side; for an import the domestic buyer, 办法第8条) and read by the organisations of all parties and the broker of
// its deal; to everybody else it does not exist (fault NotFound).
type Service struct{ Config }

// New makes the service.
func New(c Config) *Service { return &Service{c} }

// Draft makes a contract from an agreed deal, or returns the one that exists already and is not closed.
// Who: a member of the selling organisation.
// Faults: Forbidden not_applicant, org_not_confirmed; Conflict deal_not_agreed; NotFound.
func (s *Service) Draft(ctx context.Context, who actor.Actor, dealID int64) (Contract, error) {
	const op = "contract: draft from deal"
	agreement, err := s.Deals.Agreed(ctx, who, dealID)
	if err != nil {
		return Contract{}, fmt.Errorf(op+": %w", err)
	}
	d := agreement.Deal
	facts := DealFacts{Agreement: agreement}
	if facts.Seller, err = s.party(ctx, d.SupplyOrg); err != nil {
		return Contract{}, fmt.Errorf(op+": %w", err)
	}
	if facts.Buyer, err = s.party(ctx, d.DemandOrg); err != nil {
		return Contract{}, fmt.Errorf(op+": %w", err)
	}
	if d.BrokerAccount != 0 {
		names, err := s.People.Names(ctx, []int64{d.BrokerAccount})
		if err != nil {
			return Contract{}, fmt.Errorf(op+": %w", err)
		}
		agency, err := s.party(ctx, d.BrokerOrg)
		if err != nil {
			return Contract{}, fmt.Errorf(op+": %w", err)
		}
		facts.Broker, facts.Agency = names[d.BrokerAccount], agency.Name
	}
	return s.insert(ctx, who, Contract{DealID: d.ID, SellerOrg: d.SupplyOrg, BuyerOrg: d.DemandOrg, ApplicantOrg: d.SupplyOrg,
		BrokerAccount: d.BrokerAccount, Content: FromDeal(facts), Sample: d.Sample}, op)
}

func (s *Service) party(ctx context.Context, org int64) (Party, error) {
	o, err := s.People.Organisation(ctx, org)
	if err != nil {
		return Party{}, err
	}
	return PartyOf(o), nil
}

// Create makes an empty contract for an agreement reached elsewhere, with the own organisation filled in
// as the seller, or as the buyer where buying is true (an import: the seller is abroad).
// Who: a member of a confirmed organisation. Faults: Forbidden not_applicant, org_not_confirmed.
func (s *Service) Create(ctx context.Context, who actor.Actor, buying bool) (Contract, error) {
	const op = "contract: create"
	if who.OrgID == 0 {
		return Contract{}, fmt.Errorf(op+": %w", errNotApplicant)
	}
	own, err := s.party(ctx, who.OrgID)
	if err != nil {
		return Contract{}, fmt.Errorf(op+": %w", err)
	}
	c := Contract{ApplicantOrg: who.OrgID, Sample: who.Sample}
	if buying {
		c.BuyerOrg = who.OrgID
		c.Content = Content{Buyers: []Party{own}, Origins: partyOrigins(nil, "buyers.0.", own)}
	} else {
		c.SellerOrg = who.OrgID
		c.Content = Content{Seller: own, Buyers: []Party{{Country: China}}, Origins: partyOrigins(nil, "seller.", own)}
	}
	return s.insert(ctx, who, c, op)
}

func (s *Service) insert(ctx context.Context, who actor.Actor, c Contract, op string) (Contract, error) {
	if err := MayApply(who, c.ApplicantOrg); err != nil {
		return Contract{}, fmt.Errorf("%s: %w", op, err)
	}
	c.CreatedBy, c.State, c.CreatedAt = who.AccountID, Draft, s.Now()
	c.Content.Statement.Applicant = who.Name // 经办人; whoever hands it in may change it
	c.Content.Origins["statement.applicant"] = Origin{From: "account", Ref: strconv.FormatInt(who.AccountID, 10)}
	err := s.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		id, made, err := create(ctx, tx, c)
		if err != nil {
			return err
		}
		if made {
			if err := s.record(ctx, tx, who, "contract.create", id, map[string]any{"deal": c.DealID}); err != nil {
				return err
			}
		}
		c, err = load(ctx, tx, id, false)
		return err
	})
	if err != nil {
		return Contract{}, fmt.Errorf("%s: %w", op, err)
	}
	return c, nil
}

// Read returns one contract. Who: members of the parties' organisations, the broker of the deal.
func (s *Service) Read(ctx context.Context, who actor.Actor, id int64) (Contract, error) {
	c, err := load(ctx, s.DB, id, false)
	if err = visible(who, c, err); err != nil {
		return Contract{}, fmt.Errorf("contract: read: %w", err)
	}
	return c, nil
}

// Filter narrows List.
type Filter struct {
	State State // "" all
	Deal  int64 // the contracts of one deal; 0 all
	After int64 // id of the last contract of the page before; 0 for the first page
	Limit int   // 1 … 100
}

// List returns the contracts that the actor's organisation is a side of or that the actor brokered,
// newest first, without files.
func (s *Service) List(ctx context.Context, who actor.Actor, f Filter) ([]Contract, error) {
	const op = "contract: list"
	if !who.SignedIn() {
		return nil, fmt.Errorf(op+": %w", fault.SignIn())
	}
	args := pgx.StrictNamedArgs{
		"org":    int64(-1),
		"broker": int64(-1),
		"state":  f.State,
		"deal":   f.Deal,
		"after":  f.After,
		"limit":  min(max(f.Limit, 1), 100),
	}
	if who.Member() {
		args["org"] = who.OrgID
	}
	if who.Has(actor.Broker) {
		args["broker"] = who.AccountID
	}
	rows, err := s.DB.Query(ctx, listContracts, args)
	if err != nil {
		return nil, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (Contract, error) {
		row, err := pgx.RowToStructByName[contractRow](r)
		return row.contract(), err
	})
	if err != nil {
		return nil, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	return out, nil
}

// ByBroker counts the registered contracts (cancelled and revoked ones left out) that came from brokers' deals, by
// account. Counts only: anybody may ask.
func (s *Service) ByBroker(ctx context.Context, accounts []int64, sample bool) (map[int64]int64, error) {
	rows, err := s.DB.Query(ctx, countByBroker, pgx.StrictNamedArgs{"accounts": accounts, "sample": sample})
	if err != nil {
		return nil, fmt.Errorf("contract: by broker: %w", postgres.Fault(err))
	}
	out := map[int64]int64{}
	var account, n int64
	if _, err := pgx.ForEachRow(rows, []any{&account, &n}, func() error { out[account] = n; return nil }); err != nil {
		return nil, fmt.Errorf("contract: by broker: %w", postgres.Fault(err))
	}
	return out, nil
}

// Pair asks for the contracts of the two organisations of a broker's introduction.
type Pair struct {
	Deal, Seller, Buyer int64
	From, To            time.Time
}

// PairContract tells that a contract stands, and nothing of what is in it.
type PairContract struct {
	Deal       int64
	Own        bool // it came from the introduction
	Registered bool
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// OfPairs lists the contracts that came from a broker's introductions and the registered ones that the same two made in the span
// without the broker. For the brokers' room, which asks only for pairs that the broker has introduced; at most 100 pairs.
func (s *Service) OfPairs(ctx context.Context, broker int64, pairs []Pair) ([]PairContract, error) {
	if len(pairs) == 0 {
		return nil, nil
	}
	var deals, sellers, buyers []int64
	var froms, tos []time.Time
	for _, p := range pairs {
		deals, sellers, buyers = append(deals, p.Deal), append(sellers, p.Seller), append(buyers, p.Buyer)
		froms, tos = append(froms, p.From), append(tos, p.To)
	}
	found, err := postgres.Many[PairContract](ctx, s.DB, selectOfPairs, pgx.StrictNamedArgs{"broker": broker, "deals": deals,
		"sellers": sellers, "buyers": buyers, "froms": froms, "tos": tos})
	if err != nil {
		return nil, fmt.Errorf("contract: of pairs: %w", err)
	}
	return found, nil
}

// Save replaces one section of the document by the same section of content. Incomplete and wrong answers
// are kept: Sections names them. Version is the one the person started from.
//
// Who: members of the applicant organisation, in the states draft, correcting, changing.
// Faults: Conflict stale_version: somebody saved in between, nothing is changed, and the stored contract
// is returned beside the fault so that both can be shown (Diff); Conflict not_editable; Invalid too_long,
// too_many, bad_text; NotFound.
func (s *Service) Save(ctx context.Context, who actor.Actor, id int64, version int, section Section, content Content) (Contract, error) {
	if !slices.Contains(SectionNames(), section) || section == SectionFiles {
		return Contract{}, fmt.Errorf("contract: save: %w", fault.New(fault.Invalid, "unknown_section", "没有这个部分，请从任务列表进入"))
	}
	return s.edit(ctx, who, id, version, "contract.save", func(_ context.Context, _ pgx.Tx, c *Contract) (map[string]any, error) {
		next := put(c.Content, section, content)
		next.priced()
		next.dialled()
		if err := sealPersons(&next, c.Content, s.Vault); err != nil {
			return nil, err
		}
		if err := bounds(next); err != nil {
			return nil, err
		}
		changed := Diff(c.Content, next)
		c.Content = next
		paths := make([]string, 0, len(changed))
		for _, d := range changed {
			paths = append(paths, d.Path)
		}
		return map[string]any{"section": section, "changed": paths}, nil
	})
}

// Adopt replaces parties and elements by those of content, as a person took them from the signed text; paths are the fields, file is where
// they were read. Who, when and faults: as Save.
func (s *Service) Adopt(ctx context.Context, who actor.Actor, id int64, version int, content Content, paths []string, file int64) (Contract,
	error) {
	return s.edit(ctx, who, id, version, "contract.adopt", func(_ context.Context, _ pgx.Tx, c *Contract) (map[string]any, error) {
		next := c.Content
		for _, section := range []Section{SectionSeller, SectionBuyers, SectionElements} {
			next = put(next, section, content)
		}
		next.priced()
		next.dialled()
		if err := sealPersons(&next, c.Content, s.Vault); err != nil {
			return nil, err
		}
		if err := bounds(next); err != nil {
			return nil, err
		}
		for _, path := range paths {
			next.Origins[path] = Origin{From: "paper", Ref: strconv.FormatInt(file, 10)}
		}
		c.Content = next
		return map[string]any{"file": file, "paths": paths}, nil
	})
}

// Discard gives a draft up that was never registered. Who and when: as Save.
// Faults: as Save; Conflict wrong_state where it is at a desk or registered.
func (s *Service) Discard(ctx context.Context, who actor.Actor, id int64, version int) error {
	_, err := s.edit(ctx, who, id, version, "contract.discard", func(_ context.Context, _ pgx.Tx, c *Contract) (map[string]any, error) {
		return nil, c.move(EventClose)
	})
	return err
}

// edit runs one change of the applicant's side under the contract's row lock. Version 0 means any.
func (s *Service) edit(ctx context.Context, who actor.Actor, id int64, version int, action string,
	change func(context.Context, pgx.Tx, *Contract) (map[string]any, error)) (Contract, error) {
	var c Contract
	err := s.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		if c, err = s.editable(ctx, tx, who, id, version); err != nil {
			return err
		}
		detail, err := change(ctx, tx, &c)
		if err != nil {
			return err
		}
		if version != 0 { // files do not move the version: adding one must not spoil an open form
			if err := c.store(ctx, tx, s.Now()); err != nil {
				return err
			}
		}
		if c.Files, err = loadFiles(ctx, tx, id); err != nil {
			return err
		}
		return s.record(ctx, tx, who, action, id, detail)
	})
	if err != nil {
		err = fmt.Errorf("%s: %w", strings.Replace(action, ".", ": ", 1), err)
		if fault.HasCode(err, "stale_version") {
			return c, err
		}
		return Contract{}, err
	}
	return c, nil
}

func (s *Service) editable(ctx context.Context, tx pgx.Tx, who actor.Actor, id int64, version int) (Contract, error) {
	c, err := load(ctx, tx, id, true)
	if err = visible(who, c, err); err != nil {
		return Contract{}, err
	}
	if err := MayApply(who, c.ApplicantOrg); err != nil {
		return Contract{}, err
	}
	if !c.State.Editable() {
		return Contract{}, errNotEditable
	}
	if version != 0 && version != c.Version {
		return c, fault.New(fault.Conflict, "stale_version", "在您填写期间，同事已经保存了这份合同。您填写的内容还在，请对照两个版本后再保存")
	}
	return c, nil
}

// Get reads the working document inside the desk's transaction. No permission check: the desk has made
// its own. Faults: NotFound.
func (s *Service) Get(ctx context.Context, tx pgx.Tx, id int64) (Contract, error) {
	c, err := load(ctx, tx, id, true)
	if err != nil {
		return Contract{}, fmt.Errorf("contract: get: %w", missing(err))
	}
	return c, nil
}

// Today is the date in Asia/Shanghai, on which Sections and Check look at dates.
func (s *Service) Today() Date { return DateOf(clock.Local(s.Now())) }

func (c *Contract) move(event Event) error {
	to, ok := next(c.State, event)
	if !ok {
		return errWrongState
	}
	c.State = to
	return nil
}

func (s *Service) record(ctx context.Context, tx pgx.Tx, who actor.Actor, action string, id int64, detail map[string]any) error {
	return s.Audit.Record(
		ctx,
		tx,
		audit.Event{Actor: who, Action: action, ObjectKind: "contract", ObjectID: strconv.FormatInt(id, 10), Detail: detail},
	)
}

// visible hides a contract from everybody but the organisations of its parties and its broker.
func visible(a actor.Actor, c Contract, err error) error {
	if err != nil {
		return missing(err)
	}
	side := a.Member() && (a.In(c.ApplicantOrg) || a.In(c.SellerOrg) || a.In(c.BuyerOrg) || slices.ContainsFunc(c.CoSellerOrgs, a.In))
	broker := a.SignedIn() && a.AccountID == c.BrokerAccount && a.Has(actor.Broker)
	if !side && !broker {
		return errNotFound
	}
	return nil
}

// missing names the absent contract in the words of the domain.
func missing(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return errNotFound
	}
	return postgres.Fault(err)
}

// MayApply answers whether the actor may edit and hand in a contract of that applicant organisation.
// Faults: Unauthorized sign_in_needed, Forbidden not_applicant, org_not_confirmed.
func MayApply(a actor.Actor, applicant int64) error {
	switch {
	case !a.SignedIn():
		return fault.SignIn()
	case !a.In(applicant) || !a.Member():
		return errNotApplicant
	case a.OrgState != actor.Confirmed:
		return fault.New(fault.Forbidden, "org_not_confirmed", "单位尚未通过自治区管理员确认，确认后才能申请登记")
	}
	return nil
}

var (
	errNotApplicant = fault.New(fault.Forbidden, "not_applicant", "合同由卖方单位的经办人填写并申请登记；卖方在境外的，由境内买方办理")
	errNotEditable  = fault.New(fault.Conflict, "not_editable", "合同已报送或已登记，不能修改；需要修改请联系登记点补正，或登记后申请变更")
	errNotFound     = fault.New(fault.NotFound, "contract_not_found", "没有找到这份合同，请从“我的合同”重新打开")
	errWrongState   = fault.New(fault.Conflict, "wrong_state", "合同的状态已经变化，不能再做这一步，请刷新页面")
)
