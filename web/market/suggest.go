package market

import (
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/market/achievement"
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

// suggestions are at most eight. in is the path of one kind, or "" for all.
func (p *Pages) suggestions(c *web.Ctx, text, in string) ([]view.Suggestion, error) {
	var kinds []listing.Kind
	base := "/" + achievement.Path
	for _, k := range p.Catalogue.Kinds().All() {
		if in == k.Path {
			kinds, base = []listing.Kind{k.Kind}, k.ListPath()
			break
		}
		kinds = append(kinds, k.Kind)
	}
	found, err := p.Catalogue.Suggest(c.Context(), text, kinds, suggestListings)
	if err != nil {
		return nil, err
	}
	var out []view.Suggestion
	for _, s := range found {
		kind := p.Catalogue.Kinds().Of(s.Kind)
		out = append(out, view.Suggestion{Kind: kind.Label, Text: ui.Spans(s.Marked, s.Title), Label: s.Title, Href: kind.PagePath(s.ID)})
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
