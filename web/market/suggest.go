package market

import (
	"encoding/json"
	"math"
	"net/url"
	"strings"
	"time"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/market/listing"
	"techmarket/search"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// The list under the search box: titles first, then plan topics and other names of what was typed.
const (
	suggestMost     = 8
	suggestListings = 5
	suggestTopics   = 2
)

func (p *Pages) suggestRoutes() []web.Route {
	return []web.Route{web.GET("/suggest", web.Anyone(), p.suggest)}
}

// suggest answers what a person is typing: an HTML fragment, or JSON when the query string has json. It holds public listings
// only, read again from the database, and remembers nothing.
func (p *Pages) suggest(c *web.Ctx) error {
	if err := c.Limit("suggest", 300, time.Minute); err != nil {
		return err
	}
	q := c.QueryForm()
	text := search.ClipText(q.Text("q"))
	body := view.Suggestions{}
	if search.HasText(text) {
		var err error
		if body.Items, err = p.suggestions(c, text, q.Text("in")); err != nil {
			return err
		}
	}
	if _, ok := q.Values["json"]; ok {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		return c.Blob("application/json", b)
	}
	return c.RenderFragment("", "suggestions", body)
}

// suggestions are at most eight. in is "achievements", "demands" or "" for both.
func (p *Pages) suggestions(c *web.Ctx, text, in string) ([]view.Suggestion, error) {
	kinds := []string{string(listing.Achievement), string(listing.Demand)}
	base := "/achievements"
	switch in {
	case "achievements":
		kinds = kinds[:1]
	case "demands":
		kinds, base = kinds[1:], "/demands"
	}
	var out []view.Suggestion
	found, err := p.Search.Search(c.Context(), search.Query{Text: text, Prefix: true, Highlight: true, Limit: suggestListings,
		Filters: []search.Filter{
			search.AnyOf("kind", kinds...),
			search.Between("expiresAt", c.Now().Truncate(time.Minute).Unix(), math.MaxInt64),
		}})
	if err != nil {
		return nil, err
	}
	public, err := p.publicTitles(c, found.Hits)
	if err != nil {
		return nil, err
	}
	for _, h := range found.Hits {
		kind := listing.Kind(h.Kind)
		if title, ok := public[h.ID]; ok {
			out = append(
				out,
				view.Suggestion{Kind: kind.Label(), Text: spans(h, "title", title), Label: title, Href: ui.ListingPath(kind, listing.IDOf(h.ID))},
			)
		}
	}
	folded, topics := strings.ToLower(text), 0
	for _, t := range codes.Topics() {
		if topics == suggestTopics || len(out) == suggestMost {
			break
		}
		if len([]rune(folded)) < 2 || !strings.Contains(strings.ToLower(t.Name), folded) && !anyPrefix(t.Keywords, folded) {
			continue
		}
		topics++
		out = append(
			out,
			view.Suggestion{Kind: "规划方向", Text: view.T(t.Name), Label: t.Name, Href: base + "?" + url.Values{"topic": {t.Code}}.Encode()},
		)
	}
	if p.Synonyms != nil {
		for _, word := range p.Synonyms(text) {
			if len(out) == suggestMost {
				break
			}
			out = append(out, view.Suggestion{Kind: "也叫", Text: view.T(word), Label: word, Href: base + "?" + url.Values{"q": {word}}.Encode()})
		}
	}
	return out, nil
}

func anyPrefix(words []string, prefix string) bool {
	for _, w := range words {
		if strings.HasPrefix(strings.ToLower(w), prefix) {
			return true
		}
	}
	return false
}

// publicTitles reads hits again as a guest does, so that what was withdrawn a moment ago is not named.
func (p *Pages) publicTitles(c *web.Ctx, hits []search.Hit) (map[string]string, error) {
	ids := map[listing.Kind][]int64{}
	for _, h := range hits {
		ids[listing.Kind(h.Kind)] = append(ids[listing.Kind(h.Kind)], listing.IDOf(h.ID))
	}
	out := map[string]string{}
	if list := ids[listing.Achievement]; len(list) > 0 {
		items, err := p.Achievements.Many(c.Context(), actor.Guest(), list)
		if err != nil {
			return nil, err
		}
		for _, it := range items {
			out[listing.DocumentID(listing.Achievement, it.ID)] = it.Content.Title
		}
	}
	if list := ids[listing.Demand]; len(list) > 0 {
		items, err := p.Demands.Many(c.Context(), actor.Guest(), list)
		if err != nil {
			return nil, err
		}
		for _, it := range items {
			out[listing.DocumentID(listing.Demand, it.ID)] = it.Content.Title
		}
	}
	return out, nil
}
