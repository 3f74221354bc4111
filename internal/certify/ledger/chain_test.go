package ledger

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	mrand "math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
	"pgregory.net/rapid"

	"techmarket/internal/foundation/fault"
)

// The pure part: rows, roots, keys and the offline check, without a database.

var suites = []Suite{Intl, Guomi}

// book is a ledger in memory.
type book struct {
	suite Suite
	key   *key
	lines []line
	rows  int64
	head  Hash
	root  *compact.Range
}

// newBook makes rows with a root after every tenth.
func newBook(tb testing.TB, s Suite, rows int) *book {
	tb.Helper()
	return newBookSigned(tb, s, rows, 10)
}

func newBookSigned(tb testing.TB, s Suite, rows, every int) *book {
	tb.Helper()
	private, err := s.generate(rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	k, err := newKey(s, private)
	if err != nil {
		tb.Fatal(err)
	}
	b := &book{suite: s, key: k, head: Hash{}, root: (&compact.RangeFactory{Hash: hasher{s}.HashChildren}).NewEmptyRange(0)}
	b.add(tb, kindGenesis, k.id, k.declare())
	for i := 2; i <= rows; i++ {
		b.add(
			tb,
			"decision",
			fmt.Sprintf("SL-150203-20260410-%04d", i),
			map[string]any{"event": "register", "amountFen": 80_000_000 + i, "note": "样例"},
		)
		if i%every == 0 {
			b.sign(tb)
		}
	}
	return b
}

func (b *book) add(tb testing.TB, kind, ref string, payload any) {
	tb.Helper()
	text, err := Canonical(payload)
	if err != nil {
		tb.Fatal(err)
	}
	b.rows++
	r := Row{
		Seq:      b.rows,
		At:       time.Date(2026, 4, 10, 8, 0, int(b.rows), 123456000, time.UTC),
		Kind:     kind,
		Ref:      ref,
		Payload:  text,
		PrevHash: b.head,
	}
	r.Hash = r.digest(b.suite)
	b.head = r.Hash
	if err := b.root.Append(hasher{b.suite}.HashLeaf(r.Hash), nil); err != nil {
		tb.Fatal(err)
	}
	b.lines = append(b.lines, line{Row: &r})
}

func (b *book) anchor() Anchor {
	root, _ := b.root.GetRootHash(nil)
	return Anchor{Size: b.rows, Root: root}
}

func (b *book) sign(tb testing.TB) {
	tb.Helper()
	r := Root{Size: b.rows, Root: b.anchor().Root, Suite: b.suite.Name(), KeyID: b.key.id, At: time.Date(2026, 4, 10, 9, 0, 0, 0, time.UTC)}
	var err error
	if r.Signature, err = b.key.sign(r.statement()); err != nil {
		tb.Fatal(err)
	}
	b.lines = append(b.lines, line{Root: &r})
}

func export(tb testing.TB, lines []line) []byte {
	tb.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, l := range lines {
		if err := enc.Encode(l); err != nil {
			tb.Fatal(err)
		}
	}
	return b.Bytes()
}

// copyLines makes a deep copy to spoil.
func (b *book) copyLines() []line {
	out := make([]line, len(b.lines))
	for i, l := range b.lines {
		if l.Row != nil {
			r := *l.Row
			r.Hash, r.PrevHash = bytes.Clone(r.Hash), bytes.Clone(r.PrevHash)
			out[i].Row = &r
		} else {
			r := *l.Root
			r.Root, r.Signature = bytes.Clone(r.Root), bytes.Clone(r.Signature)
			out[i].Root = &r
		}
	}
	return out
}

func verify(tb testing.TB, file []byte, anchors ...Anchor) Report {
	tb.Helper()
	report, err := VerifyExport(bytes.NewReader(file), &Verifier{Anchors: anchors})
	if err != nil {
		tb.Fatal(err)
	}
	return report
}

func TestAnUntouchedLedgerPasses(t *testing.T) {
	t.Parallel()
	for _, s := range suites {
		b := newBook(t, s, 57)
		seen := 0
		report, err := VerifyExport(bytes.NewReader(export(t, b.lines)), &Verifier{Anchors: []Anchor{b.anchor()}, Seen: func(Row) { seen++ }})
		if err != nil || report.Bad != nil || report.Rows != 57 || report.Roots != 5 || report.Signed != 50 || seen != 57 ||
			report.Suite != s.Name() || report.KeyID != b.key.id || !bytes.Equal(report.Head, b.anchor().Root) {
			t.Errorf("%s: got %+v, bad %+v, err %v", s.Name(), report, report.Bad, err)
		}
	}
}

// spoil makes one random change and returns the first row that is bad after it.
func spoil(r *mrand.Rand, b *book) (lines []line, what string, first int64) {
	lines = b.copyLines()
	at := func(seq int64) int {
		return slices.IndexFunc(lines, func(l line) bool { return l.Row != nil && l.Row.Seq == seq })
	}
	seq := 1 + r.Int64N(b.rows)
	row := lines[at(seq)].Row
	flip := func(h []byte) { h[r.IntN(len(h))] ^= 1 << r.IntN(8) }
	switch r.IntN(10) {
	case 0: // one character of the payload
		p := []byte(row.Payload)
		i := r.IntN(len(p))
		for p[i] < '0' || p[i] > '9' {
			i = (i + 1) % len(p)
		}
		p[i] = '0' + (p[i]-'0'+1+byte(r.IntN(9)))%10
		row.Payload = string(p)
		return lines, "payload", seq
	case 1:
		row.Ref += "x"
		return lines, "ref", seq
	case 2:
		row.Kind += "x"
		return lines, "kind", seq
	case 3:
		row.At = row.At.Add(time.Duration(1+r.IntN(1000)) * time.Microsecond)
		return lines, "at", seq
	case 4:
		flip(row.Hash)
		return lines, "hash", seq
	case 5:
		if len(row.PrevHash) == 0 {
			row.PrevHash = Hash{1}
		} else {
			flip(row.PrevHash)
		}
		return lines, "prev", seq
	case 6:
		i := at(seq)
		return slices.Delete(lines, i, i+1), "delete", seq
	case 7: // two rows change places, keeping their numbers' order or not
		other := 1 + r.Int64N(b.rows)
		for other == seq {
			other = 1 + r.Int64N(b.rows)
		}
		i, j := at(seq), at(other)
		lines[i], lines[j] = lines[j], lines[i]
		if r.IntN(2) == 0 {
			lines[i].Row.Seq, lines[j].Row.Seq = lines[j].Row.Seq, lines[i].Row.Seq
		}
		return lines, "swap", min(seq, other)
	case 8: // the tail is cut, roots and all
		return lines[:at(seq)], "tail cut", seq
	default: // a row is put in twice
		i := at(seq)
		return slices.Insert(lines, i, lines[i]), "insert", seq + 1
	}
}

func TestAThousandTamperingsAfterAnAnchorAreFoundAndTheFirstBadRowNamed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		suite Suite
		tries int
	}{{Intl, 1000}, {Guomi, 1000}} {
		t.Run(c.suite.Name(), func(t *testing.T) {
			t.Parallel()
			b := newBook(t, c.suite, 60)
			seed := uint64(time.Now().UnixNano())
			r := mrand.New(mrand.NewPCG(seed, 1))
			found := 0
			for range c.tries {
				lines, what, first := spoil(r, b)
				report := verify(t, export(t, lines), b.anchor())
				if report.Bad == nil || report.Bad.Seq != first || report.Bad.Reason == "" {
					t.Errorf("seed %d: %s at row %d: got %+v", seed, what, first, report.Bad)
					continue
				}
				found++
			}
			t.Logf("%s: %d of %d found", c.suite.Name(), found, c.tries)
		})
	}
}

// An operator who recomputes every hash after the change is caught by the signed roots, and without those by an anchor.
func TestARewrittenEndIsFoundByRootsAndByAnchors(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		b := newBook(t, Intl, 35)
		seq := rapid.Int64Range(2, 30).Draw(rt, "row")
		lines := b.copyLines()
		head := Hash{}
		var unsigned []line
		for _, l := range lines {
			if l.Row == nil {
				continue
			}
			if l.Row.Seq == seq {
				l.Row.Payload = `{"event":"refuse"}`
			}
			l.Row.PrevHash = head
			l.Row.Hash = l.Row.digest(Intl)
			head = l.Row.Hash
			unsigned = append(unsigned, l)
		}
		report := verify(t, export(t, lines))
		if report.Bad == nil || report.Bad.Seq > seq || report.Bad.Root < seq || report.Bad.Root-report.Bad.Seq >= 10 {
			rt.Fatalf("with roots, row %d: got %+v", seq, report.Bad)
		}
		if report := verify(t, export(t, unsigned)); report.Bad != nil {
			rt.Fatalf("the rewritten chain is consistent in itself: %+v", report.Bad)
		}
		if report := verify(t, export(t, unsigned), b.anchor()); report.Bad == nil {
			rt.Fatal("the anchor does not find it")
		}
	})
}

func TestAForgedOrMisplacedRootIsFound(t *testing.T) {
	t.Parallel()
	for _, s := range suites {
		b, foreign := newBook(t, s, 30), newBook(t, s, 30)
		index := slices.IndexFunc(b.lines, func(l line) bool { return l.Root != nil })
		for name, change := range map[string]func([]line) []line{
			"signature":   func(l []line) []line { l[index].Root.Signature[9] ^= 1; return l },
			"time":        func(l []line) []line { l[index].Root.At = l[index].Root.At.Add(time.Second); return l },
			"size":        func(l []line) []line { l[index].Root.Size--; return l },
			"root":        func(l []line) []line { l[index].Root.Root[0] ^= 1; return l },
			"unknown key": func(l []line) []line { l[index].Root.KeyID = "00"; return l },
			"foreign":     func(l []line) []line { l[index] = foreign.lines[index]; return l },
			"early":       func(l []line) []line { l[index], l[index-1] = l[index-1], l[index]; return l },
		} {
			if report := verify(t, export(t, change(b.copyLines()))); report.Bad == nil {
				t.Errorf("%s: a root with another %s passes", s.Name(), name)
			}
		}
	}
}

func TestANewKeyNeedsTheOldOnesEndorsement(t *testing.T) {
	t.Parallel()
	for _, s := range suites {
		var retired *key
		rotate := func(endorse *key) *book {
			b := newBook(t, s, 9)
			private, err := s.generate(rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			fresh, err := newKey(s, private)
			if err != nil {
				t.Fatal(err)
			}
			if endorse == nil {
				endorse = b.key
			}
			d := fresh.declare()
			d.EndorsedBy = b.key.id
			sig, err := endorse.sign(d.endorsement())
			if err != nil {
				t.Fatal(err)
			}
			d.Endorsement = sig.String()
			b.add(t, kindKey, fresh.id, d)
			retired, b.key = b.key, fresh
			b.sign(t)
			return b
		}
		if report := verify(t, export(t, rotate(nil).lines)); report.Bad != nil || report.Signed != 10 {
			t.Errorf("%s: got %+v", s.Name(), report.Bad)
		}
		b := rotate(nil)
		b.add(t, "decision", "x", struct{}{})
		b.key = retired
		b.sign(t)
		if report := verify(t, export(t, b.lines)); report.Bad == nil || report.Bad.Root != 11 {
			t.Errorf("%s: a root by the retired key passes: %+v", s.Name(), report.Bad)
		}
		if report := verify(t, export(t, rotate(newBook(t, s, 1).key).lines)); report.Bad == nil || report.Bad.Seq != 10 {
			t.Errorf("%s: a key endorsed by a stranger passes: %+v", s.Name(), report.Bad)
		}
	}
}

func TestSuitesUseTheStandardDigests(t *testing.T) {
	t.Parallel()
	if got := Intl.digest([]byte("abc")).String(); got != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Errorf("SHA-256: got %s", got)
	}
	// GB/T 32905-2016, example 1.
	if got := Guomi.digest([]byte("abc")).String(); got != "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0" {
		t.Errorf("SM3: got %s", got)
	}
	ours, theirs := hasher{Intl}, rfc6962.New(crypto.SHA256)
	l, r := []byte("left"), []byte("right")
	if !bytes.Equal(ours.EmptyRoot(), theirs.EmptyRoot()) || !bytes.Equal(ours.HashLeaf(l), theirs.HashLeaf(l)) ||
		!bytes.Equal(ours.HashChildren(l, r), theirs.HashChildren(l, r)) {
		t.Error("the tree is not RFC 6962's")
	}
	if _, err := SuiteByName("rot13"); !fault.Is(err, fault.Invalid) {
		t.Errorf("got %v", err)
	}
}

func TestKeysAreFilesOfTheOwnerOnly(t *testing.T) {
	t.Parallel()
	for _, s := range suites {
		folder := filepath.Join(t.TempDir(), "keys")
		keys, err := OpenKeys(folder, s, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		k, err := keys.first()
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(keys.path(s, k.id))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v", s.Name(), info.Mode(), err)
		}
		again, err := keys.byID(k.id)
		if err != nil {
			t.Fatal(err)
		}
		sig, err := again.sign([]byte("x"))
		if err != nil {
			t.Fatal(err)
		}
		public, err := ParsePublicKey(s, k.declare().PublicKey)
		if err != nil || public.ID != k.id || !public.Verify([]byte("x"), sig) || public.Verify([]byte("y"), sig) ||
			public.Verify([]byte("x"), sig[1:]) {
			t.Errorf("%s: signature of the key read back", s.Name())
		}
		if entries, _ := os.ReadDir(folder); len(entries) != 1 {
			t.Errorf("%s: %d files, want 1", s.Name(), len(entries))
		}
		if err := os.Rename(keys.path(s, k.id), filepath.Join(folder, s.Name()+"-given.pem")); err != nil {
			t.Fatal(err)
		}
		if fresh, err := OpenKeys(folder, s, rand.Reader); err != nil {
			t.Fatal(err)
		} else if given, err := fresh.byID(k.id); err != nil || given.id != k.id {
			t.Errorf("%s: a given file: %v", s.Name(), err)
		}
		if err := os.Rename(filepath.Join(folder, s.Name()+"-given.pem"), keys.path(s, k.id)); err != nil {
			t.Fatal(err)
		}
		if _, err := keys.byID("0000"); !fault.HasCode(err, "ledger_key_missing") {
			t.Errorf("missing: got %v", err)
		}
		if err := os.Chmod(keys.path(s, k.id), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := keys.first(); !fault.HasCode(err, "ledger_key_exposed") {
			t.Errorf("exposed: got %v", err)
		}
		if err := errors.Join(os.Chmod(keys.path(s, k.id), 0o600), os.WriteFile(keys.path(s, k.id), []byte("x"), 0o600)); err != nil {
			t.Fatal(err)
		}
		if _, err := keys.first(); !fault.HasCode(err, "ledger_key_damaged") {
			t.Errorf("damaged: got %v", err)
		}
	}
}

func TestCanonicalRefusesWhatJSONCannotHold(t *testing.T) {
	t.Parallel()
	got, err := Canonical(map[string]any{"b": 1, "a": "样例\n", "余": []any{true, nil, 9_999_999_999_999}})
	if want := `{"a":"样例\n","b":1,"余":[true,null,9999999999999]}`; err != nil || got != want || !IsCanonical(got) {
		t.Errorf("got %s %v, want %s", got, err, want)
	}
	for _, v := range []any{nil, 1, "x", []int{1}, map[string]any{"n": int64(1) << 53}, map[string]any{"n": uint64(math.MaxUint64)},
		make(chan int), json.RawMessage(`{"a"`)} {
		if got, err := Canonical(v); err == nil {
			t.Errorf("%v: got %s", v, got)
		}
	}
	if IsCanonical(`{"b":1, "a":2}`) || IsCanonical("{") {
		t.Error("not canonical")
	}
}

func FuzzVerifyExport(f *testing.F) {
	b := newBook(f, Intl, 3)
	b.sign(f)
	good := export(f, b.lines)
	f.Add(good)
	f.Add([]byte(`{"row":{}}`))
	f.Add([]byte(`{"root":{}}`))
	f.Add(bytes.ReplaceAll(good, []byte("intl"), []byte("guomi")))
	f.Fuzz(func(t *testing.T, file []byte) {
		report, err := VerifyExport(bytes.NewReader(file), &Verifier{Anchors: []Anchor{b.anchor()}})
		if err != nil || report.Bad != nil {
			return
		}
		if report.Rows < 3 ||
			!bytes.HasPrefix(file, bytes.TrimRight(good[:bytes.IndexByte(good, '\n')], "\n")) &&
				!strings.Contains(string(file), b.lines[2].Row.Hash.String()) {
			t.Fatalf("another ledger reaches the anchor: %s", file)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	for _, s := range suites {
		b.Run(s.Name(), func(b *testing.B) {
			file := export(b, newBookSigned(b, s, 20_000, 500).lines) // a root a minute on a busy day
			b.SetBytes(int64(len(file)))
			for b.Loop() {
				if report := verify(b, file); report.Bad != nil || report.Rows != 20_000 {
					b.Fatal(report.Bad)
				}
			}
			b.ReportMetric(20_000*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
