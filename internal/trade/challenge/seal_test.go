package challenge

import (
	"bytes"
	"crypto/rand"
	"testing"

	"pgregory.net/rapid"

	"techmarket/internal/platform/vault"
)

// A sealed paper opens with both private keys at its own place, and with nothing less.
func TestSeal_NeedsBothKeysAndItsPlace(t *testing.T) {
	t.Parallel()
	keys, err := vault.Open(t.TempDir(), "", rand.Reader)
	check(t, err)
	other, err := vault.Open(t.TempDir(), "", rand.Reader)
	check(t, err)
	pair := func() (public, private []byte, sealed, code string) {
		t.Helper()
		public, sealed, code, err := newKey(rand.Reader, keys)
		check(t, err)
		private, err = openKey(keys, public, sealed, code)
		check(t, err)
		return public, private, sealed, code
	}
	askerPublic, asker, sealedKey, code := pair()
	deskPublic, desk, _, deskCode := pair()
	if _, err := openKey(keys, askerPublic, sealedKey, deskCode); err == nil {
		t.Error("another's code opens the key")
	}
	if _, err := openKey(other, askerPublic, sealedKey, code); err == nil {
		t.Error("the code opens the key without the key of the data folder")
	}
	sealed, err := sealFor(rand.Reader, askerPublic, deskPublic, []byte(marker), "1 2 3")
	check(t, err)
	if plain, err := openFrom(asker, desk, sealed, "1 2 3"); err != nil || string(plain) != marker {
		t.Errorf("%q, %v", plain, err)
	}
	for name, try := range map[string]struct {
		asker, desk []byte
		about       string
	}{"one key twice": {asker, asker, "1 2 3"}, "the other twice": {desk, desk, "1 2 3"}, "keys changed": {desk, asker, "1 2 3"},
		"another version": {asker, desk, "1 2 4"}} {
		if _, err := openFrom(try.asker, try.desk, sealed, try.about); err == nil {
			t.Errorf("%s opens it", name)
		}
	}
	if bytes.Contains(sealed, []byte(marker)) {
		t.Error("it is not sealed")
	}
}

func TestPacked_ComesBackAsItWas(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := Paper{Plan: rapid.String().Draw(t, "plan"), Ask: 5, Answers: []string{rapid.String().Draw(t, "answer")}}
		for range rapid.IntRange(0, 4).Draw(t, "files") {
			body := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
			p.Files = append(p.Files, PaperFile{Name: rapid.String().Draw(t, "name"), Size: int64(len(body)), Body: body})
		}
		raw, err := packed(p)
		if err != nil {
			t.Fatal(err)
		}
		back, err := unpacked(raw)
		if err != nil || len(back.Files) != len(p.Files) {
			t.Fatalf("%v", err)
		}
		for i, f := range back.Files {
			if !bytes.Equal(f.Body, p.Files[i].Body) {
				t.Fatalf("file %d", i)
			}
		}
	})
}

// A paper that was sealed by a crooked client tells what is wrong and never panics.
func FuzzUnpacked(f *testing.F) {
	for _, s := range []string{"", "2\n{}", "-1\n{}", "99\n{}", "40\n" + `{"files":[{"name":"a","size":-5}]}      `, "x"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if p, err := unpacked(raw); err == nil {
			for _, x := range p.Files {
				if int64(len(x.Body)) != x.Size {
					t.Errorf("a file of %d bytes has %d", x.Size, len(x.Body))
				}
			}
		}
	})
}
