package web

import (
	"bytes"
	"compress/gzip"
	"container/list"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/andybalholm/brotli"
)

// publicPage is what every guest gets of one address, compressed once.
type publicPage struct {
	mime string
	tag  string // of the text; each encoding adds its name, because strong validators name bytes
	gzip []byte
	size int

	once   sync.Once
	brotli []byte // made when it is first asked for; nil where it is no shorter
}

// perPage is what a page costs beside its bytes.
const perPage = 1 << 10

// newPublicPage compresses a page.
func newPublicPage(mime string, text []byte) (*publicPage, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, 5)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	// Brotli's bytes are counted from the beginning, so that making them needs no room.
	return &publicPage{mime: mime, tag: base64.RawURLEncoding.EncodeToString(sum[:12]), gzip: bytes.Clone(b.Bytes()),
		size: 2*b.Len() + perPage}, nil
}

// in gives the page in the best encoding that the reader takes, with the encoding's name ("" for none) and its strong validator.
func (p *publicPage) in(accepted string) (body []byte, encoding, tag string, err error) {
	if accepts(accepted, "br") {
		p.once.Do(p.makeBrotli)
		if p.brotli != nil {
			return p.brotli, "br", `"` + p.tag + `-br"`, nil
		}
	}
	if accepts(accepted, "gzip") {
		return p.gzip, "gzip", `"` + p.tag + `-gz"`, nil
	}
	body, err = p.text()
	return body, "", `"` + p.tag + `"`, err
}

func (p *publicPage) text() ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(p.gzip))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func (p *publicPage) makeBrotli() {
	text, err := p.text()
	if err != nil {
		return
	}
	var b bytes.Buffer
	w := brotli.NewWriterLevel(&b, 5)
	if _, err := w.Write(text); err != nil || w.Close() != nil || b.Len() > len(p.gzip) {
		return
	}
	p.brotli = bytes.Clone(b.Bytes())
}

// accepts reads Accept-Encoding (RFC 9110 §12.5.3) for one coding. Without the field the page goes out as it is.
func accepts(field, coding string) bool {
	star := false
	for part := range strings.SplitSeq(field, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		q := strings.ReplaceAll(strings.ReplaceAll(params, " ", ""), "\t", "")
		wanted := !strings.HasPrefix(strings.ToLower(q), "q=") || strings.Trim(q[2:], "0.") != ""
		switch strings.ToLower(strings.TrimSpace(name)) {
		case coding:
			return wanted
		case "*":
			star = wanted
		}
	}
	return star
}

// matches tells whether If-None-Match names the validator. A proxy that compresses makes strong ones weak, so W/ is no difference here
// (RFC 9110 §13.1.2 asks for the weak comparison).
func matches(field, tag string) bool {
	for one := range strings.SplitSeq(field, ",") {
		one = strings.TrimSpace(one)
		if one == "*" || strings.TrimPrefix(one, "W/") == tag {
			return true
		}
	}
	return false
}

// shelf keeps pages by address within a bound of bytes. A page that was asked for once stands in front and may be pushed out by others
// that were asked for once; one that was asked for again stands behind, where only its like push it out. So an endless row of addresses
// that nobody asks for twice costs the well-read pages nothing.
type shelf struct {
	mu          sync.Mutex
	most, front int // bytes of all, and of what stands in front
	places      map[string]*list.Element
	once, again *list.List // newest first
	size, ahead int
}

type placed struct {
	key    string
	page   *publicPage
	state  publicState
	until  time.Time
	behind bool
}

func newShelf(most int) *shelf {
	return &shelf{most: most, front: most / 4, places: map[string]*list.Element{}, once: list.New(), again: list.New()}
}

// get finds the page of an address in this state of the market.
func (s *shelf) get(key string, state publicState, now time.Time) *publicPage {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.places[key]
	if at == nil {
		return nil
	}
	p := at.Value.(*placed)
	if p.state != state || !now.Before(p.until) {
		s.remove(at)
		return nil
	}
	if p.behind {
		s.again.MoveToFront(at)
		return p.page
	}
	s.once.Remove(at)
	s.ahead -= p.page.size
	p.behind = true
	s.places[key] = s.again.PushFront(p)
	return p.page
}

// put keeps a page; the newest in front may be pushed out by itself when it is larger than the room.
func (s *shelf) put(key string, page *publicPage, state publicState, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := s.places[key]; at != nil {
		s.remove(at)
	}
	p := &placed{key: key, page: page, state: state, until: until}
	s.places[key] = s.once.PushFront(p)
	s.size += page.size
	s.ahead += page.size
	for s.ahead > s.front {
		s.remove(s.once.Back())
	}
	for s.size > s.most {
		s.remove(s.again.Back())
	}
}

// clear forgets everything: what was kept is of an earlier state of the market.
func (s *shelf) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.places)
	s.once.Init()
	s.again.Init()
	s.size, s.ahead = 0, 0
}

func (s *shelf) remove(at *list.Element) {
	p := at.Value.(*placed)
	if p.behind {
		s.again.Remove(at)
	} else {
		s.once.Remove(at)
		s.ahead -= p.page.size
	}
	s.size -= p.page.size
	delete(s.places, p.key)
}
