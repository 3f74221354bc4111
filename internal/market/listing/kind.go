package listing

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/stored"
	"techmarket/internal/market/facet"
	"techmarket/search"
)

// Kind is the code of a kind of listing, such as "achievement". What it means stands in its Descriptor.
type Kind string

// Side is the part that a listing's owner plays in a deal about it.
type Side string

// The sides.
const (
	SideSupply Side = "supply" // sells: 成果
	SideDemand Side = "demand" // buys: 需求
)

// Descriptor declares one kind of listing: everything that review, clocks, import, search, matching, deals and pages ask about
// a kind. What depends on the content is asked of the content type, which Declare ties to it.
type Descriptor struct {
	Kind        Kind
	Label       string // the Chinese noun, for messages and headings
	Path        string // of its pages, its desk and its part of the API: "achievements"
	Prefix      string // of its documents in the index: "a" makes "a12"
	Icon        string // of the design kit; "": a sheet of paper
	Side        Side
	Counterpart Kind // the kind that is matched with it; "" where nothing is

	Authors  []actor.Role  // who of an organisation may write one
	Life     time.Duration // from publication or renewal to expiry; 0: Clock.Life
	Triages  []Choice      // judgements that an editor may note at review; nil: none
	Settled  bool          // an agreement about it closes it; else it can be agreed on again
	Sheet    Sheet         // for import and export
	Narrowed []facet.Question
	Ordered  []facet.Order // the first is the order of a search without a wish

	rules rules
}

// rules are what the content type says, behind JSON.
type rules struct {
	check    func(raw json.RawMessage) error
	facts    func(raw json.RawMessage) (Facts, error)
	document func(d Descriptor, l Listing, raw json.RawMessage, organisation string) (search.Document, error)
	veiled   func(content any) any
	public   func(ctx context.Context, s *Service, who actor.Actor, f Filter) (Page[any], error)
}

// Declare ties a kind to its content type.
func Declare[C Content[C]](d Descriptor) Descriptor {
	decode := func(raw json.RawMessage) (c C, err error) { err = stored.Unmarshal(raw, &c); return }
	d.rules = rules{
		check: func(raw json.RawMessage) error {
			c, err := decode(raw)
			if err != nil {
				return err
			}
			return c.Validate(true)
		},
		facts: func(raw json.RawMessage) (Facts, error) {
			c, err := decode(raw)
			if err != nil {
				return Facts{}, err
			}
			return c.Facts(), nil
		},
		document: func(d Descriptor, l Listing, raw json.RawMessage, organisation string) (search.Document, error) {
			c, err := decode(raw)
			if err != nil {
				return search.Document{}, err
			}
			return DocumentOf(d, c, l, organisation), nil
		},
		veiled: func(content any) any { return content.(C).Veiled() },
		public: func(ctx context.Context, s *Service, who actor.Actor, f Filter) (Page[any], error) {
			page, err := NewBook[C](s, d.Kind).Latest(ctx, who, f)
			out := Page[any]{Next: page.Next}
			for _, it := range page.Items {
				out.Items = append(out.Items, Item[any]{Listing: it.Listing, Content: *it.Published})
			}
			return out, err
		},
	}
	return d
}

// Veiled is a content of the kind without what tells whose it is.
func (d Descriptor) Veiled(content any) any { return d.rules.veiled(content) }

// DocumentOf is a content's document under its kind's name.
func DocumentOf[C Content[C]](d Descriptor, c C, l Listing, organisation string) search.Document {
	doc := c.Document(l, organisation)
	doc.ID, doc.Kind = d.DocumentID(l.ID), string(d.Kind)
	if l.Anonymous {
		doc = veilDocument(doc)
	}
	return doc
}

// DocumentID is the id of a listing's document: "a12".
func (d Descriptor) DocumentID(id int64) string { return d.Prefix + strconv.FormatInt(id, 10) }

// ListPath is the page that lists the kind.
func (d Descriptor) ListPath() string { return "/" + d.Path }

// PagePath is the public page of one listing.
func (d Descriptor) PagePath(id int64) string { return d.ListPath() + "/" + strconv.FormatInt(id, 10) }

// MatchesPath is the page of what fits one listing.
func (d Descriptor) MatchesPath(id int64) string { return d.PagePath(id) + "/matches" }

// OwnPath is the list on the owner's desk.
func (d Descriptor) OwnPath() string { return "/desk/" + d.Path }

// DeskPath is the page of the owner's desk for one listing; messages link to it.
func (d Descriptor) DeskPath(id int64) string { return d.OwnPath() + "/" + strconv.FormatInt(id, 10) }

// Picture is the icon of the kind.
func (d Descriptor) Picture() string { return cmp.Or(d.Icon, "file-text") }

// Judged reports whether editors may note the triage.
func (d Descriptor) Judged(triage string) bool {
	return slices.ContainsFunc(d.Triages, func(c Choice) bool { return c.Code == triage })
}

// Offers reports whether the kind's lists are narrowed by the facet.
func (d Descriptor) Offers(name string) bool {
	return slices.ContainsFunc(d.Narrowed, func(q facet.Question) bool { return q.Facet == name })
}

// life is how long a publication holds.
func (d Descriptor) life(c Clock) time.Duration {
	if d.Life > 0 {
		return d.Life
	}
	return c.Life
}

// Kinds are all kinds of a market in the order of its menus. They are fixed at the start.
type Kinds struct{ all []Descriptor }

var (
	kindPattern   = regexp.MustCompile(`^[a-z][a-z_]{1,31}$`)
	pathPattern   = regexp.MustCompile(`^[a-z][a-z-]{1,31}$`)
	prefixPattern = regexp.MustCompile(`^[a-z]{1,4}$`)
)

// NewKinds checks that the declarations are whole and don't contradict each other.
func NewKinds(all ...Descriptor) (Kinds, error) {
	k := Kinds{all: all}
	for i, d := range all {
		switch {
		case !kindPattern.MatchString(string(d.Kind)), !pathPattern.MatchString(d.Path), !prefixPattern.MatchString(d.Prefix), d.Label == "":
			return Kinds{}, fmt.Errorf("listing: kind %q needs a code, a label, a path and a prefix", d.Kind)
		case d.Side != SideSupply && d.Side != SideDemand, len(d.Authors) == 0, d.rules.check == nil:
			return Kinds{}, fmt.Errorf("listing: kind %q needs a side, authors and a content type (Declare)", d.Kind)
		}
		for _, other := range all[:i] {
			if other.Kind == d.Kind || other.Path == d.Path || other.Prefix == d.Prefix {
				return Kinds{}, fmt.Errorf("listing: kinds %q and %q share a code, a path or a prefix", d.Kind, other.Kind)
			}
		}
		if d.Counterpart == "" {
			continue
		}
		if other, ok := k.Get(d.Counterpart); !ok || other.Side == d.Side {
			return Kinds{}, fmt.Errorf("listing: kind %q is matched with %q, which is not of the other side", d.Kind, d.Counterpart)
		}
	}
	return k, nil
}

// All lists the kinds in the order of menus.
func (k Kinds) All() []Descriptor { return slices.Clone(k.all) }

// Get returns the declaration of a kind; false for an unknown one.
func (k Kinds) Get(kind Kind) (Descriptor, bool) {
	for i := range k.all {
		if k.all[i].Kind == kind {
			return k.all[i], true
		}
	}
	return Descriptor{}, false
}

// Of returns the declaration of a kind that comes from a stored row. A kind that is no longer declared has its code for a name
// and no rules.
func (k Kinds) Of(kind Kind) Descriptor {
	d, ok := k.Get(kind)
	if !ok {
		d = Descriptor{Kind: kind, Label: string(kind), Path: string(kind), Prefix: "x", rules: undeclared(kind)}
	}
	return d
}

// undeclared are the rules of a kind that this program does not know: a row of it is never checked, published or indexed.
func undeclared(kind Kind) rules {
	err := fmt.Errorf("listing: kind %q is not declared", kind)
	return rules{
		check: func(json.RawMessage) error { return err },
		facts: func(json.RawMessage) (Facts, error) { return Facts{}, err },
		document: func(Descriptor, Listing, json.RawMessage, string) (search.Document, error) {
			return search.Document{}, err
		},
		veiled: func(any) any { return nil }, // nobody knows what of it tells whose it is
		public: func(context.Context, *Service, actor.Actor, Filter) (Page[any], error) { return Page[any]{}, err },
	}
}

// judged are the codes of the kinds that editors judge at review.
func (k Kinds) judged() []string {
	var out []string
	for _, d := range k.all {
		if len(d.Triages) > 0 {
			out = append(out, string(d.Kind))
		}
	}
	return out
}

// Counterpart is the kind that is matched with this one; false where nothing is.
func (k Kinds) Counterpart(kind Kind) (Descriptor, bool) { return k.Get(k.Of(kind).Counterpart) }

// IDOf is the listing of a document; 0 for a document that is no listing's.
func IDOf(documentID string) int64 {
	number := strings.TrimLeft(documentID, "abcdefghijklmnopqrstuvwxyz")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || number == documentID {
		return 0
	}
	return n
}
