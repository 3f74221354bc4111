package matching

import (
	"context"

	"techmarket/search"
)

// Semantic finds listings by meaning, with an embedder's vectors; matching/vector fulfils it. It knows the public listings only.
type Semantic interface {
	// Near are the k listings of a kind nearest to a listing, the nearest first.
	Near(ctx context.Context, listing search.Document, kind string, k int) ([]Neighbour, error)
}

// Neighbour is a listing and the cosine of its text with the one asked about.
type Neighbour struct {
	ID     string
	Cosine float64
}

const (
	semanticScale = 1000 // the cosines of that many set the scale: models put all texts within a narrow range
	semanticExtra = 200  // of them join the candidates
	semanticNear  = .7   // scaled, from which a listing is said to be near in meaning
)

// meaning holds, for one query, what the embedder says.
type meaning struct {
	scaled map[string]float64 // 0–1
	extra  []string           // ids that may be candidates though they share no word
}

func newMeaning(near []Neighbour) meaning {
	m := meaning{scaled: make(map[string]float64, len(near))}
	if len(near) == 0 {
		return m
	}
	high, low := near[0].Cosine, near[len(near)-1].Cosine
	for i, n := range near {
		m.scaled[n.ID] = (n.Cosine - low) / max(high-low, 1e-9)
		if i < semanticExtra {
			m.extra = append(m.extra, n.ID)
		}
	}
	return m
}
