// Package facet names what the index knows of a listing beside its words: the codes that lists are narrowed by, the numbers
// that they are bounded and ordered by, and the orders themselves.
//
// Pages, the API, saved searches, feeds and matching all use these names. The package holds names only: which of them a kind
// of listing offers stands in its declaration (listing.Descriptor), the Chinese words stand in web/ui/words.
package facet

// Facets: codes of a search.Document.
const (
	Field       = "field"       // codes.Field, a field and the group above it
	Topic       = "topic"       // plan topics and their area (a code that ends in 00)
	Industry    = "industry"    // GB/T 4754: a letter or digits; a longer code is a part of its prefix
	League      = "league"      // six digits that end in 00
	County      = "county"      // six digits
	Stage       = "stage"       // TRL 1…9: what an achievement has reached, what a need asks for
	Cooperation = "cooperation" // codes.Cooperation
	PriceBand   = "priceBand"   // listing.PriceBands, of a price or a budget
	Challenge   = "challenge"   // yes, no
	Org         = "org"         // the organisation behind the listing
	Origin      = "origin"      // local, import
	IP          = "ip"          // valid, pending, expired
	Awake       = "awake"       // yes, no: confirmed in time or sleeping
	Sample      = "sample"      // yes, no
	Kind        = "kind"        // of the document itself
	ID          = "id"          // of the document itself
)

// Yes and No are the codes of facets that are true or not.
const (
	Yes = "yes"
	No  = "no"
)

// Numbers of a search.Document. Absent means unknown, never zero.
const (
	PublishedAt      = "publishedAt" // Unix seconds, as all that end in At
	FirstPublishedAt = "firstPublishedAt"
	ConfirmedAt      = "confirmedAt" // when the owner last said "still true"
	ExpiresAt        = "expiresAt"   // NoEnd where there is none
	Deadline         = "deadline"    // Unix seconds
	PriceMinFen      = "priceMinFen" // of a price or a budget, in 分
	PriceMaxFen      = "priceMaxFen"
	PriceFen         = "priceFen"     // an achievement's lowest price; absent: 面议
	BudgetMinFen     = "budgetMinFen" // a need's budget
	BudgetMaxFen     = "budgetMaxFen"
	Maturity         = "maturity"     // an achievement's level, TRL 1–9
	MinMaturity      = "minMaturity"  // the least level a need accepts
	IPUntil          = "ipUntil"      // year in which the longest right ends
	Record           = "record"       // the organisation's smoothed reply rate of the last year in per mille
	Completeness     = "completeness" // per cent
)

// NoEnd is the ExpiresAt of what has no last day: the end of the year 9999 in Unix seconds.
const NoEnd = 253_402_300_799

// Question is one question that the lists of a kind are narrowed by.
type Question struct {
	Facet string
	Words string // key of its legend in web/ui/words: kinds ask differently for the same thing
}

// Order is one way to sort the lists of a kind. Listings without the number come last.
type Order struct {
	Code   string // in addresses and the API
	Words  string // key of its label in web/ui/words
	Number string // "" by relevance
	Desc   bool
}

// Codes of orders.
const (
	ByRelevance = "relevance"
	Newest      = "new"
	Cheapest    = "price"
	Ripest      = "maturity"
	Soonest     = "deadline"
)

// Orders lists every order. A kind offers some of them.
func Orders() []Order {
	return []Order{
		{Code: ByRelevance, Words: "order.relevance"},
		{Code: Newest, Words: "order.new", Number: PublishedAt, Desc: true},
		{Code: Cheapest, Words: "order.price", Number: PriceMinFen},
		{Code: Ripest, Words: "order.maturity", Number: Maturity, Desc: true},
		{Code: Soonest, Words: "order.deadline", Number: Deadline},
	}
}

// OrderOf returns the order with that code; false for an unknown one.
func OrderOf(code string) (Order, bool) {
	for _, o := range Orders() {
		if o.Code == code {
			return o, true
		}
	}
	return Order{}, false
}

// OrderBy is OrderOf for the codes above; it panics for any other.
func OrderBy(code string) Order {
	o, ok := OrderOf(code)
	if !ok {
		panic("facet: no order " + code)
	}
	return o
}

// WithWords is the order under another label: a need has a budget where an achievement has a price.
func (o Order) WithWords(key string) Order {
	o.Words = key
	return o
}
