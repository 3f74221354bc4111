package web

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"pgregory.net/rapid"
)

func TestShelf_NeverHoldsMoreThanItsBytesAndOnlyWhatItCanFind(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const most = 40 << 10
		s, now, state := newShelf(most), time.Now(), publicState{1, "2026-04-10"}
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			key := fmt.Sprint(rapid.IntRange(0, 20).Draw(t, "key"))
			if rapid.Bool().Draw(t, "get") {
				s.get(key, state, now)
			} else {
				s.put(key, &publicPage{size: rapid.IntRange(1, most/3).Draw(t, "size")}, state, now.Add(time.Minute))
			}
			size, ahead := 0, 0
			for at := s.once.Front(); at != nil; at = at.Next() {
				size, ahead = size+at.Value.(*placed).page.size, ahead+at.Value.(*placed).page.size
			}
			for at := s.again.Front(); at != nil; at = at.Next() {
				size += at.Value.(*placed).page.size
			}
			if size != s.size || ahead != s.ahead || size > most || ahead > most/4 || len(s.places) != s.once.Len()+s.again.Len() {
				t.Fatalf("%d bytes (%d counted), %d in front (%d counted), %d places", size, s.size, ahead, s.ahead, len(s.places))
			}
		}
	})
}

func TestShelf_AddressesAskedForOnceDoNotPushOutWhatIsRead(t *testing.T) {
	t.Parallel()
	s, now, state := newShelf(100<<10), time.Now(), publicState{1, "2026-04-10"}
	s.put("/read", &publicPage{size: 4 << 10}, state, now.Add(time.Hour))
	s.get("/read", state, now)
	for i := range 10_000 {
		s.put(fmt.Sprintf("/?q=%d", i), &publicPage{size: 4 << 10}, state, now.Add(time.Hour))
	}
	if s.get("/read", state, now) == nil {
		t.Error("10,000 addresses that nobody asks for twice pushed out the page that is read")
	}
}

func TestShelf_APageIsOfItsStateItsDayAndItsMinute(t *testing.T) {
	t.Parallel()
	now, state := time.Now(), publicState{7, "2026-04-10"}
	for name, c := range map[string]struct {
		state publicState
		at    time.Time
		kept  bool
	}{
		"unchanged":               {state, now.Add(29 * time.Second), true},
		"the market changed":      {publicState{8, "2026-04-10"}, now, false},
		"a day began in Shanghai": {publicState{7, "2026-04-11"}, now, false},
		"it is old":               {state, now.Add(30 * time.Second), false},
	} {
		s := newShelf(1 << 20)
		s.put("/", &publicPage{size: 10}, state, now.Add(longestShared))
		if got := s.get("/", c.state, c.at) != nil; got != c.kept {
			t.Errorf("%s: kept is %t", name, got)
		}
	}
}

func TestPublicPage_SaysTheSameInEveryEncodingUnderItsOwnValidator(t *testing.T) {
	t.Parallel()
	text := bytes.Repeat([]byte("<p>稀土储氢 fixture</p>"), 200)
	page, err := newPublicPage("text/html", text)
	if err != nil {
		t.Fatal(err)
	}
	tags := map[string]bool{}
	for accepted, want := range map[string]string{"gzip, deflate, br": "br", "gzip;q=0.5, br;q=0": "gzip", "gzip": "gzip", "": "",
		"identity": "", "*": "br", "br;q=0.0, *;q=0": "", "deflate": ""} {
		body, encoding, tag, err := page.in(accepted)
		if err != nil || encoding != want {
			t.Errorf("%q: got %q, want %q, %v", accepted, encoding, want, err)
		}
		tags[tag] = true
		var r io.Reader = bytes.NewReader(body)
		switch encoding {
		case "br":
			r = brotli.NewReader(r)
		case "gzip":
			if r, err = gzip.NewReader(r); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%q: another text, %v", accepted, err)
		}
		if !matches(`"x", W/`+tag, tag) || !matches("*", tag) || matches(`"x"`, tag) || matches("", tag) {
			t.Errorf("%s is not compared as a validator is", tag)
		}
	}
	if len(tags) != 3 {
		t.Errorf("three encodings, %d validators", len(tags))
	}
}
