package ledger

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/gowebpki/jcs"
	"github.com/jackc/pgx/v5"
	"github.com/transparency-dev/merkle/compact"
)

// Anchor is a root known from outside: printed on a certificate, or kept in a mailbox.
type Anchor struct {
	Size int64
	Root Hash
}

// Bad is the first thing that is wrong.
type Bad struct {
	Seq    int64  // the first bad or missing row; 0 where a root is bad and its rows cannot be told apart
	Root   int64  // size of the bad root, where one is
	Reason string // Chinese, for the person who runs the check
}

// Report is the result of a check.
type Report struct {
	Suite  string
	Rows   int64
	Roots  int64
	Signed int64  // rows under the last good signed root
	Head   Hash   // tree head over all rows read
	KeyID  string // first key of the chain: compare it with a certificate
	Bad    *Bad   // nil where everything holds
}

// Verifier checks rows and roots as they come. A root is given after its last row. The zero value is ready to use.
type Verifier struct {
	// Anchors are roots known from outside; without one, a tail cut and a rewritten end go unnoticed.
	Anchors []Anchor
	// Seen, where set, is told every good row, so that the caller can look for the rows its records need.
	Seen func(Row)

	suite  Suite
	report Report
	head   Hash
	tree   *compact.Range
	keys   map[string]PublicKey
	active string
}

func (v *Verifier) bad(seq, root int64, format string, args ...any) {
	if v.report.Bad == nil {
		v.report.Bad = &Bad{Seq: seq, Root: root, Reason: fmt.Sprintf(format, args...)}
	}
}

// Row checks the next row. After the first bad row the rest is counted no more.
func (v *Verifier) Row(r Row) {
	if v.report.Bad != nil {
		return
	}
	want := v.report.Rows + 1
	switch {
	case r.Seq != want:
		v.bad(want, 0, "第 %d 行缺失，读到的是第 %d 行", want, r.Seq)
		return
	case want == 1 && !v.genesis(r):
		v.bad(1, 0, "第 1 行不是有效的起始行")
		return
	case !bytes.Equal(r.PrevHash, v.head):
		v.bad(want, 0, "第 %d 行没有接在上一行之后", want)
		return
	case !bytes.Equal(r.digest(v.suite), r.Hash):
		v.bad(want, 0, "第 %d 行的内容与其摘要不符", want)
		return
	case r.Kind == kindKey && !v.declare(r):
		v.bad(want, 0, "第 %d 行更换密钥，但没有上一把密钥的背书", want)
		return
	case strings.ContainsAny(r.Kind+r.Ref, "\n\r\x00"):
		v.bad(want, 0, "第 %d 行的类别或编号含有换行", want)
		return
	}
	if err := v.tree.Append(hasher{v.suite}.HashLeaf(r.Hash), nil); err != nil {
		v.bad(want, 0, "第 %d 行无法计入根：%v", want, err)
		return
	}
	v.head = r.Hash
	v.report.Rows = want
	if v.Seen != nil {
		v.Seen(r)
	}
	for _, a := range v.Anchors {
		if a.Size == want && !bytes.Equal(a.Root, v.root()) {
			v.rewritten(a.Size)
		}
	}
}

// rewritten names the stretch in which rows were changed together with all their hashes.
func (v *Verifier) rewritten(size int64) {
	v.bad(v.report.Signed+1, size, "第 %d 至 %d 行中有行被改写：与在外留存的根不符", v.report.Signed+1, size)
}

func (v *Verifier) genesis(r Row) bool {
	var d declaration
	if r.Kind != kindGenesis || json.Unmarshal([]byte(r.Payload), &d) != nil {
		return false
	}
	public, err := d.public()
	if err != nil || r.Ref != d.KeyID {
		return false
	}
	s := public.Suite
	v.suite, v.keys, v.active = s, map[string]PublicKey{d.KeyID: public}, d.KeyID
	v.report.Suite, v.report.KeyID = s.Name(), d.KeyID
	v.tree = (&compact.RangeFactory{Hash: hasher{s}.HashChildren}).NewEmptyRange(0)
	v.head = Hash{}
	return true
}

func (v *Verifier) declare(r Row) bool {
	var d declaration
	if json.Unmarshal([]byte(r.Payload), &d) != nil || d.Suite != v.suite.Name() || r.Ref != d.KeyID || d.EndorsedBy != v.active {
		return false
	}
	public, err := d.public()
	sig, errSig := base64.StdEncoding.DecodeString(d.Endorsement)
	if err != nil || errSig != nil || !v.keys[v.active].Verify(d.endorsement(), sig) {
		return false
	}
	v.keys[d.KeyID], v.active = public, d.KeyID
	return true
}

// Key returns a key that the rows so far declare, to check the signature of a certificate offline.
func (v *Verifier) Key(id string) (PublicKey, bool) {
	k, ok := v.keys[id]
	return k, ok
}

func (v *Verifier) root() Hash {
	root, err := v.tree.GetRootHash(nil)
	if err != nil {
		return nil
	}
	return root
}

// Root checks a signed root over the rows so far.
func (v *Verifier) Root(r Root) {
	if v.report.Bad != nil {
		return
	}
	public, known := v.keys[r.KeyID]
	switch {
	case r.Size > v.report.Rows:
		v.bad(v.report.Rows+1, r.Size, "签名根覆盖 %d 行，但第 %d 行缺失", r.Size, v.report.Rows+1)
	case r.Size < v.report.Rows:
		v.bad(0, r.Size, "覆盖 %d 行的签名根不在应有的位置", r.Size)
	case !known || r.Suite != v.suite.Name():
		v.bad(0, r.Size, "覆盖 %d 行的根由登记簿未声明的密钥 %s 签名", r.Size, r.KeyID)
	case r.KeyID != v.active:
		v.bad(0, r.Size, "覆盖 %d 行的根由当时已换下的密钥 %s 签名", r.Size, r.KeyID)
	case !public.Verify(r.statement(), r.Signature):
		v.bad(0, r.Size, "覆盖 %d 行的根签名无效", r.Size)
	case !bytes.Equal(r.Root, v.root()):
		v.bad(v.report.Signed+1, r.Size, "第 %d 至 %d 行中有行被改写：与签名根不符", v.report.Signed+1, r.Size)
	default:
		v.report.Roots++
		v.report.Signed = r.Size
	}
}

// Report ends the check: every anchor must have been reached.
func (v *Verifier) Report() Report {
	for _, a := range v.Anchors {
		if a.Size > v.report.Rows {
			v.bad(v.report.Rows+1, a.Size, "在外留存的根覆盖 %d 行，但从第 %d 行起缺失", a.Size, v.report.Rows+1)
		}
	}
	if v.tree != nil {
		v.report.Head = v.root()
	}
	return v.report
}

// line is one line of an export: a row or a root.
type line struct {
	Row  *Row  `json:"row,omitempty"`
	Root *Root `json:"root,omitempty"`
}

// Export writes the whole ledger as JSON lines, each root after its last row. It reads one snapshot. Supervisors of the
// region and the system administrator's command may call it: payloads are not public.
func (l *Ledger) Export(ctx context.Context, w io.Writer) error {
	out := bufio.NewWriterSize(w, 1<<16)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	err := l.each(ctx,
		func(r Row) error { return enc.Encode(line{Row: &r}) },
		func(r Root) error { return enc.Encode(line{Root: &r}) })
	if err = errors.Join(err, out.Flush()); err != nil {
		return fmt.Errorf("ledger: export: %w", err)
	}
	return nil
}

// Verify checks the ledger in the database, on one snapshot.
func (l *Ledger) Verify(ctx context.Context, v *Verifier) (Report, error) {
	err := l.each(ctx, func(r Row) error { v.Row(r); return nil }, func(r Root) error { v.Root(r); return nil })
	if err != nil {
		return Report{}, fmt.Errorf("ledger: verify: %w", err)
	}
	return v.Report(), nil
}

func (l *Ledger) each(ctx context.Context, row func(Row) error, root func(Root) error) error {
	return pgx.BeginTxFunc(ctx, l.db.Pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		roots, err := allRoots(ctx, tx)
		if err != nil {
			return err
		}
		last := int64(0)
		due := func(seq int64) error {
			for len(roots) > 0 && roots[0].Size <= seq {
				if err := root(roots[0]); err != nil {
					return err
				}
				roots = roots[1:]
			}
			return nil
		}
		if err := eachRow(ctx, tx, func(r Row) error {
			// Roots of rows that are gone come before the row after them.
			if err := due(r.Seq - 1); err != nil {
				return err
			}
			last = r.Seq
			return row(r)
		}); err != nil {
			return err
		}
		if err := due(last); err != nil {
			return err
		}
		for _, r := range roots {
			if err := root(r); err != nil {
				return err
			}
		}
		return nil
	})
}

// VerifyExport checks an export offline. A line that cannot be read is a bad row.
func VerifyExport(r io.Reader, v *Verifier) (Report, error) {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 1<<16), 64<<20)
	for n := 1; in.Scan(); n++ {
		if len(bytes.TrimSpace(in.Bytes())) == 0 {
			continue
		}
		var l line
		dec := json.NewDecoder(bytes.NewReader(in.Bytes()))
		dec.DisallowUnknownFields()
		err := dec.Decode(&l)
		switch {
		case err != nil || dec.More() || (l.Row == nil) == (l.Root == nil):
			v.bad(v.report.Rows+1, 0, "文件第 %d 行无法读取，应为第 %d 行记录或其签名根", n, v.report.Rows+1)
		case l.Row != nil:
			v.Row(*l.Row)
		default:
			v.Root(*l.Root)
		}
		if v.report.Bad != nil {
			break
		}
	}
	if err := in.Err(); err != nil {
		return Report{}, fmt.Errorf("ledger: verify export: %w", err)
	}
	return v.Report(), nil
}

// IsCanonical reports whether the text is canonical JSON, for checks of attached certificates.
func IsCanonical(text string) bool {
	out, err := jcs.Transform([]byte(text))
	return err == nil && string(out) == text
}
