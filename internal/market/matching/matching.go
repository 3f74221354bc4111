// Package matching finds, for a listing of one side, the listings of the other side that are worth a conversation, and says why.
//
// It owns the language model of the market's own texts (Model: how rare a word is, which words go together), the query made from a
// listing (Query), the pure explained score (Score) with its versioned weights (Weights), and the search that puts them together
// (Finder). Both sides are search.Document, so a need finds achievements and an achievement finds needs by the same code.
//
// It refuses to know an engine, a database or a page: candidates come from a search.Engine, who may see what comes as filters, and
// names of codes come from the caller. The engine only proposes candidates; order and reasons are made here, from the documents
// alone, so that every engine gives the same answer.
//
// The figures behind the choices are in the project's BENCHMARKS.md; the method is on docs/rules/matching.md §2–5.
package matching

// Weights are the versioned data of the linear score. Parts of Text weigh its legs, each leg scaled to 0–1; the rest weigh features of
// 0–1 (maturity −1–1). They are starting values until at least 500 accepted or refused pairs allow learning them.
type Weights struct {
	Version string

	Text, Subject, Maturity, Terms, Region, Record, Freshness float64

	TextLegs  TextLegs // of a listing with a title and more
	PlainLegs TextLegs // of a line or a passage alone: the words of a line are all meant, and what answers a passage says the same

	Threshold float64 // below this score nothing is shown unless asked for
}

// SchemaVersion is the form in which it is stored, see package stored.
func (Weights) SchemaVersion() int { return 1 }

// TextLegs weigh the ways of comparing texts. They err differently, which is why they are added.
type TextLegs struct {
	Words    float64 // BM25 over words
	Bigrams  float64 // BM25 over character pairs; times n/(n+BigramHalf) for a need of n words, for short needs words are surer
	Chars    float64 // BM25 over single characters; times CharHalf/(n+CharHalf), they help where there are few words
	Near     float64 // words of the listing that the market's texts use like the need's heaviest words
	Head     float64 // the need's words that stand in the listing's title, or in its first sentence
	Topic    float64 // cosine in the space learned from the market's texts
	Feedback float64 // cosine there with the middle of the first eight by the other legs; times FeedbackHalf/(n+FeedbackHalf)
	Semantic float64 // cosine of the embedder, when there is one, scaled; added to the whole of the others; times n/(n+SemanticHalf), for few
	// words are surer than their meaning. Measured for each model (eval --embedder)

	// What multiplies the whole: 1 + Compounds × the words that stand together in both + Sentence × what the best sentence holds.
	Compounds, Sentence float64

	BigramHalf, CharHalf, FeedbackHalf, SemanticHalf float64

	Power    float64 // the mean of the first four legs is raised to it, so that the best hold their place and the topic orders the others
	IDFPower float64
	// SaysPower is that of what a word says of a subject, see Model.Says.
	SaysPower float64
}

// DefaultWeights are the weights that the market starts with.
func DefaultWeights() Weights {
	return Weights{
		Version: "2026-11-6",
		Text:    .58, Subject: .12, Maturity: .08, Terms: .05, Region: .04, Record: .04, Freshness: .02,
		TextLegs: TextLegs{Words: 1, Bigrams: 1.5, Near: 1.2, Head: .3, Topic: .8, Semantic: 1.5,
			BigramHalf: 20, SemanticHalf: 15, Power: 2, IDFPower: 1.5, SaysPower: 1, Compounds: .3, Sentence: .2},
		PlainLegs: TextLegs{Words: 1, Bigrams: 1.5, Chars: .8, Near: .4, Topic: .2, Feedback: 2, Semantic: 1.5,
			BigramHalf: 20, CharHalf: 5, FeedbackHalf: 5, SemanticHalf: 15, Power: 2, IDFPower: 1.5},
		Threshold: bands[Low].from,
	}
}
