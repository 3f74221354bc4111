package sale

import (
	"cmp"
	"slices"
	"time"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
)

// Round are the terms of a sealed one-shot bidding.
type Round struct {
	Start       money.Fen  `json:"start" min:"0"`
	Reserve     *money.Fen `json:"reserve" min:"0"`
	Deadline    time.Time  `json:"deadline"`
	TieDeadline time.Time  `json:"tie_deadline"`
	MatchUntil  time.Time  `json:"match_until"`
	Priority    []Priority `json:"priority"`
	Bidders     []Bidder   `json:"bidders"`
}

// Actions with a sealed paper.
const (
	FilePaper     = "file"
	WithdrawPaper = "withdraw"
)

// Paper is a sealed bid or its withdrawal. At is when its last part had arrived, nil where it never did; Began decides nothing.
type Paper struct {
	Code   string     `json:"code"`
	Action string     `json:"action" words:"file withdraw"`
	Began  time.Time  `json:"began"`
	At     *time.Time `json:"at"`
	Amount *money.Fen `json:"amount"`
}

// Check wants an amount in a bid.
func (p Paper) Check() (key string, why fault.Sentence) {
	if p.Action == FilePaper && p.Amount == nil {
		return "amount", "报价不能为空"
	}
	return "", ""
}

// TiePaper is a bid of the extra round among the tied.
type TiePaper struct {
	Code   string     `json:"code"`
	Began  time.Time  `json:"began"`
	At     *time.Time `json:"at"`
	Amount money.Fen  `json:"amount"`
}

// Match is a priority holder who takes the object at the price of the winner.
type Match struct {
	Code string    `json:"code"`
	At   time.Time `json:"at"`
}

// What becomes of a paper, tie paper or match beside the refusals of an attempt.
const (
	PaperIncomplete  Refusal = "incomplete"
	PaperLate        Refusal = "late"
	PaperCounts      Refusal = "counts"
	PaperReplaced    Refusal = "replaced"
	PaperWithdrawn   Refusal = "withdrawn"
	Withdrawal       Refusal = "withdrawal"
	NothingToTake    Refusal = "nothing_to_withdraw"
	PaperBelowTie    Refusal = "below_tie"
	NotTied          Refusal = "not_tied"
	NoTie            Refusal = "no_tie"
	MatchNoSale      Refusal = "no_sale"
	MatchNotPriority Refusal = "not_priority"
	MatchWinner      Refusal = "already_winner"
	MatchOutranked   Refusal = "outranked"
	MatchLate        Refusal = "late"
	MatchValid       Refusal = "valid"
)

// How a winner was found.
const (
	ByOnly     = "only"
	ByHighest  = "highest"
	ByPriority = "priority"
	ByTieRound = "tie_round"
	ByTieSeq   = "tie_seq"
	ByMatch    = "match"
)

// SealedRecord is a whole sealed bidding; papers stand in the order of arrived_seq.
type SealedRecord struct {
	Round     Round      `json:"round"`
	Papers    []Paper    `json:"papers"`
	TiePapers []TiePaper `json:"tie_papers"`
	Matches   []Match    `json:"matches"`
}

// SealedResult is what a sealed bidding comes to.
type SealedResult struct {
	Papers    []Refusal  `json:"papers"`
	Asked     []string   `json:"asked"`
	TiePapers []Refusal  `json:"tie_papers"`
	Matches   []Refusal  `json:"matches"`
	State     string     `json:"state"`
	Reason    *string    `json:"reason"`
	Winner    *string    `json:"winner"`
	Price     *money.Fen `json:"price"`
	DecidedBy *string    `json:"decided_by"`
}

// DecideSealed opens a sealed bidding: which papers count, who is asked again, who wins and at what price.
func DecideSealed(in SealedRecord) SealedResult {
	var out SealedResult
	papers, standing := in.Round.submissions(in.Papers)
	offers := in.Round.open(in.Papers, papers, standing)
	out.Papers = papers

	var best offer
	var decided string
	tied := highest(offers)
	if len(tied) > 1 {
		tied = in.Round.preferred(tied)
	}
	switch {
	case len(offers) == 0:
	case len(offers) == 1:
		best, decided = offers[0], ByOnly
	case len(highest(offers)) == 1:
		best, decided = tied[0], ByHighest
	case len(tied) == 1:
		best, decided = tied[0], ByPriority
	default:
		for _, o := range tied {
			out.Asked = append(out.Asked, o.code)
		}
		slices.Sort(out.Asked)
		best, decided, out.TiePapers = in.Round.extraRound(tied, in.TiePapers)
	}
	if out.Asked == nil {
		for range in.TiePapers {
			out.TiePapers = append(out.TiePapers, NoTie)
		}
	}
	end := unsold(NoBid)
	if decided != "" {
		end = sell(best.code, best.amount, in.Round.Reserve)
	}
	matches, winner := in.Round.match(end.Winner, in.Matches)
	if winner != nil {
		end.Winner, decided = winner, ByMatch
	}
	out.Matches, out.State, out.Reason, out.Winner, out.Price = matches, end.State, end.Reason, end.Winner, end.Price
	if end.Winner != nil {
		out.DecidedBy = &decided
	}
	return out
}

// submissions judges papers as they arrive; standing holds the paper that counts for each bidder.
func (r Round) submissions(papers []Paper) (status []Refusal, standing map[string]int) {
	status, standing = make([]Refusal, len(papers)), map[string]int{}
	for i, p := range papers {
		before, stands := standing[p.Code]
		who := admitted(r.Bidders, p.Code, r.Deadline)
		switch {
		case who == NotABidder || who == RelatedParty:
			status[i] = who
		case p.At == nil:
			status[i] = PaperIncomplete
		case p.At.After(r.Deadline):
			status[i] = PaperLate
		case p.Action == WithdrawPaper && !stands:
			status[i] = NothingToTake
		case p.Action == WithdrawPaper:
			status[i], status[before] = Withdrawal, PaperWithdrawn
			delete(standing, p.Code)
		default:
			if stands {
				status[before] = PaperReplaced
			}
			status[i], standing[p.Code] = PaperCounts, i
		}
	}
	return status, standing
}

// offer is a valid bid; the smaller seq arrived earlier, and again tells that it was filed in the extra round.
type offer struct {
	code   string
	amount money.Fen
	seq    int
	again  bool
}

// open looks at the content of the standing papers, which was sealed until now: a deposit need only be confirmed by the deadline.
func (r Round) open(papers []Paper, status []Refusal, standing map[string]int) []offer {
	var valid []offer
	for i, p := range papers {
		if at, ok := standing[p.Code]; !ok || at != i {
			continue
		}
		switch who := admitted(r.Bidders, p.Code, r.Deadline); {
		case who != "":
			status[i] = who
		case *p.Amount < r.Start:
			status[i] = BelowStart
		default:
			valid = append(valid, offer{code: p.Code, amount: *p.Amount, seq: i})
		}
	}
	return valid
}

// highest are the offers of the highest amount.
func highest(offers []offer) []offer {
	var top []offer
	for _, o := range offers {
		if len(top) > 0 && o.amount > top[0].amount {
			top = nil
		}
		if len(top) == 0 || o.amount == top[0].amount {
			top = append(top, o)
		}
	}
	return top
}

// preferred leaves of the tied only the priority holders of the best rank, where there are any.
func (r Round) preferred(tied []offer) []offer {
	best := 0
	for _, o := range tied {
		if rank := rankOf(r.Priority, o.code); rank > 0 && (best == 0 || rank < best) {
			best = rank
		}
	}
	var kept []offer
	for _, o := range tied {
		if rankOf(r.Priority, o.code) == best {
			kept = append(kept, o)
		}
	}
	return kept
}

// extraRound asks the tied once more. Who files nothing valid keeps his amount. The higher amount wins; of equal amounts the one that
// was filed again, then the earlier.
func (r Round) extraRound(tied []offer, papers []TiePaper) (best offer, decided string, status []Refusal) {
	status = make([]Refusal, len(papers))
	standing := map[string]int{}
	for i, p := range papers {
		before, stands := standing[p.Code]
		switch {
		case !slices.ContainsFunc(tied, func(o offer) bool { return o.code == p.Code }):
			status[i] = NotTied
		case p.At == nil:
			status[i] = PaperIncomplete
		case p.At.After(r.TieDeadline):
			status[i] = PaperLate
		default:
			if stands {
				status[before] = PaperReplaced
			}
			status[i], standing[p.Code] = PaperCounts, i
		}
	}
	offers := slices.Clone(tied)
	for i, o := range offers {
		at, stands := standing[o.code]
		switch {
		case !stands:
		case papers[at].Amount < o.amount:
			status[at] = PaperBelowTie
		default:
			offers[i] = offer{code: o.code, amount: papers[at].Amount, seq: at, again: true}
		}
	}
	slices.SortStableFunc(offers, byTie)
	decided = ByTieRound
	if offers[0].amount == offers[1].amount {
		decided = ByTieSeq
	}
	return offers[0], decided, status
}

func byTie(a, b offer) int {
	switch {
	case a.amount != b.amount:
		return cmp.Compare(b.amount, a.amount)
	case a.again != b.again && a.again:
		return -1
	case a.again != b.again:
		return 1
	default:
		return a.seq - b.seq
	}
}

// match judges priority holders who follow, against the winner before any of them; taker is the one who gets the object, nil where
// nobody does.
func (r Round) match(winner *string, matches []Match) (status []Refusal, taker *string) {
	for _, m := range matches {
		s := r.matchStatus(winner, m)
		if s == MatchValid && (taker == nil || outranks(r.Priority, m.Code, *taker)) {
			taker = &m.Code
		}
		status = append(status, s)
	}
	return status, taker
}

func (r Round) matchStatus(winner *string, m Match) Refusal {
	if winner == nil {
		return MatchNoSale
	}
	if who := admitted(r.Bidders, m.Code, r.Deadline); who != "" {
		return who
	}
	switch {
	case rankOf(r.Priority, m.Code) == 0:
		return MatchNotPriority
	case m.Code == *winner:
		return MatchWinner
	case !outranks(r.Priority, m.Code, *winner):
		return MatchOutranked
	case m.At.After(r.MatchUntil):
		return MatchLate
	default:
		return MatchValid
	}
}
