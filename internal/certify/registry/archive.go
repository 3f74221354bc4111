package registry

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/ledger"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
)

// The archive of a registration is one zip that proves itself without this market: papers and attachments as they are, the
// signed canonical JSON of every certificate, and for each certificate, decision and key the ledger row with its path to a
// signed root. VerifyArchive checks it; what it cannot know is whether the root is the published one: it names it.

const archiveFormat = "techmarket-archive-1"

// manifest lists everything in an archive but itself.
type manifest struct {
	Format    string            `json:"format"`
	Number    string            `json:"number"`
	MadeAt    time.Time         `json:"madeAt"`
	Sample    bool              `json:"sample"`
	Versions  []archivedVersion `json:"versions"`
	Contracts []archivedText    `json:"contracts"`
	Files     []archivedFile    `json:"files"`
	Cover     string            `json:"cover,omitempty"` // the sheet that lists the other files; archives before 2026-11-26 have none
}

// archivedVersion is one version of the certificate.
type archivedVersion struct {
	Version   int    `json:"version"`
	State     string `json:"state"`
	Suite     string `json:"suite"`
	KeyID     string `json:"keyId"`
	Signature string `json:"signature"`
	LedgerSeq int64  `json:"ledgerSeq"`
}

// archivedText is one frozen version of the contract with its attachments.
type archivedText struct {
	Version int             `json:"version"`
	Files   []contract.File `json:"files"`
}

type archivedFile struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	Digest string `json:"sha256"`
}

// archiver writes files into the zip and notes their digests.
type archiver struct {
	zip *zip.Writer
	at  time.Time
	m   manifest
}

func (w *archiver) add(name string, r io.Reader) error {
	f, err := w.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: w.at.UTC()})
	if err != nil {
		return fmt.Errorf("archive %s: %w", name, err)
	}
	sum := sha256.New()
	size, err := io.Copy(io.MultiWriter(f, sum), r)
	if err != nil {
		return fmt.Errorf("archive %s: %w", name, err)
	}
	w.m.Files = append(w.m.Files, archivedFile{name, size, hex.EncodeToString(sum.Sum(nil))})
	return nil
}

func (w *archiver) json(name string, v any) error {
	raw, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return fmt.Errorf("archive %s: %w", name, err)
	}
	return w.add(name, bytes.NewReader(raw))
}

// Archive writes the archive of a registration. Staff and officers of the case, and the applicant's side; NotFound
// "registration_not_found" for others. Conflict "certificate_not_ready" until every certificate has its root.
func (s *Service) Archive(ctx context.Context, a actor.Actor, number string, to io.Writer) error {
	d, err := s.Dossier(ctx, a, number)
	if err != nil {
		return err
	}
	if slices.Equal(d.Parts, []Part{Party}) || slices.Equal(d.Parts, []Part{TaxReader}) {
		return registrationNotFound()
	}
	z := zip.NewWriter(to)
	w := &archiver{zip: z, at: d.Registration.RegisteredOn, m: manifest{Format: archiveFormat, Number: number, MadeAt: s.d.Now().UTC(), Sample: d.Registration.Sample}}
	proven := map[int64]bool{}
	prove := func(rows ...ledger.Row) error {
		for _, row := range rows {
			if proven[row.Seq] {
				continue
			}
			proven[row.Seq] = true
			p, err := s.d.Ledger.Prove(ctx, row.Seq)
			if fault.Is(err, fault.NotFound) {
				return fault.New(fault.Conflict, "certificate_not_ready", "最新的登记行还没有签入根，请一分钟后再下载档案")
			}
			if err != nil {
				return err
			}
			if err := w.json(fmt.Sprintf("ledger/%010d.json", row.Seq), p); err != nil {
				return err
			}
		}
		return nil
	}
	declared := func(keyID string) error {
		for _, kind := range []string{"genesis", "key"} {
			rows, err := s.d.Ledger.RowsOf(ctx, kind, keyID)
			if err == nil {
				err = prove(rows...)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	for _, c := range d.Certificates {
		_, pdf, err := s.CertificatePDF(ctx, a, number, c.Version)
		if err != nil {
			return err
		}
		row, err := s.d.Ledger.Row(ctx, c.LedgerSeq)
		if err != nil {
			return err
		}
		base := fmt.Sprintf("certificates/v%d", c.Version)
		if err := errors.Join(w.add(base+".json", strings.NewReader(c.Body)), w.add(base+".pdf", bytes.NewReader(pdf)), prove(row), declared(c.KeyID)); err != nil {
			return err
		}
		w.m.Versions = append(w.m.Versions, archivedVersion{c.Version, c.State, c.Suite, c.KeyID, c.Signature, c.LedgerSeq})
	}
	rows, err := s.d.Ledger.RowsOf(ctx, "decision", number)
	if err != nil {
		return err
	}
	old, err := s.d.Ledger.RowsOf(ctx, "history", number)
	if err != nil {
		return err
	}
	if err := prove(append(rows, old...)...); err != nil {
		return err
	}
	for _, kind := range OfRegistration(d.Registration) {
		name, pdf, err := s.RegistrationPaper(ctx, a, number, kind)
		if err == nil {
			err = w.add("papers/"+name, bytes.NewReader(pdf))
		}
		if err != nil {
			return err
		}
	}
	if err := s.archiveFilings(ctx, a, d, w, prove); err != nil {
		return err
	}
	sheet, err := s.cover(d, w.m)
	if err == nil {
		w.m.Cover = coverName
		err = w.add(coverName, bytes.NewReader(sheet))
	}
	if err != nil {
		return err
	}
	raw, err := json.MarshalIndent(w.m, "", " ")
	if err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	f, err := z.CreateHeader(&zip.FileHeader{Name: "manifest.json", Method: zip.Deflate, Modified: w.at.UTC()})
	if err == nil {
		_, err = f.Write(raw)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	return s.d.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return s.trail.Record(ctx, tx, a, "archive", "registration", number, nil)
	})
}

// archiveFilings adds papers, decisions, and each version of the contract with its attachments.
func (s *Service) archiveFilings(ctx context.Context, a actor.Actor, d Dossier, w *archiver, prove func(...ledger.Row) error) error {
	kept := map[int]bool{}
	for _, q := range d.Filings {
		c, err := s.Case(ctx, a, q.ID)
		if err != nil {
			return err
		}
		for _, kind := range OfFiling(c.Filing) {
			name, pdf, err := s.Paper(ctx, a, q.ID, kind)
			if err == nil {
				err = w.add("papers/"+name, bytes.NewReader(pdf))
			}
			if err != nil {
				return err
			}
		}
		rows, err := s.d.Ledger.RowsOf(ctx, "decision", q.IntakeNo)
		if err == nil {
			err = prove(rows...)
		}
		if err != nil {
			return err
		}
		v := c.Contract
		if kept[v.Number] {
			continue
		}
		kept[v.Number] = true
		base := fmt.Sprintf("contract/v%d", v.Number)
		if err := w.json(base+".json", v.Content); err != nil {
			return err
		}
		for _, file := range v.Files {
			stored, err := s.d.Files.Get(ctx, s.d.DB, file.ID)
			if err != nil {
				return err
			}
			r, err := s.d.Files.Open(stored)
			if err != nil {
				return err
			}
			err = w.add(fmt.Sprintf("%s/%d-%s", base, file.ID, path.Base(file.Name)), r)
			r.Close()
			if err != nil {
				return err
			}
		}
		w.m.Contracts = append(w.m.Contracts, archivedText{v.Number, v.Files})
	}
	return nil
}

// ArchiveReport is what VerifyArchive found in an archive that holds together.
type ArchiveReport struct {
	Number   string
	Versions []string // "第 1 版 有效"
	Files    int
	Rows     int           // ledger rows proven
	Roots    []ledger.Root // the signed roots that the proofs end in: compare them with the published ones
	Cover    bool          // it has a cover sheet, which lists what is there
	Sample   bool
}

const maxArchive = 4 << 30 // bytes, unpacked

// VerifyArchive checks an archive without any database: that nothing is missing, added or changed, that every certificate bears
// the signature of a key the ledger declares, that each row is under its signed root and says what the certificate says, and
// that the signed text is the one that was registered. Fault: Invalid "archive_broken" saying what does not hold.
func VerifyArchive(r io.ReaderAt, size int64) (ArchiveReport, error) {
	var out ArchiveReport
	broken := func(format string, args ...any) error {
		return fault.Newf(fault.Invalid, "archive_broken", "档案没有通过核验："+format, args...)
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return out, broken("不是完整的 zip 文件")
	}
	files := map[string]*zip.File{}
	for _, f := range z.File {
		if files[f.Name] != nil {
			return out, broken("%s 出现了两次", f.Name)
		}
		files[f.Name] = f
	}
	read := func(name string, most int64) ([]byte, error) {
		f := files[name]
		if f == nil {
			return nil, broken("缺少 %s", name)
		}
		body, err := f.Open()
		if err != nil {
			return nil, broken("%s 不能读取", name)
		}
		defer body.Close()
		raw, err := io.ReadAll(io.LimitReader(body, most+1))
		if err != nil || int64(len(raw)) > most {
			return nil, broken("%s 不能读取或太大", name)
		}
		return raw, nil
	}
	raw, err := read("manifest.json", 16<<20)
	if err != nil {
		return out, err
	}
	var m manifest
	if json.Unmarshal(raw, &m) != nil || m.Format != archiveFormat {
		return out, broken("目录 manifest.json 不是本平台的格式")
	}
	out.Number, out.Sample = m.Number, m.Sample
	digests := map[string]string{}
	total := int64(0)
	for _, f := range m.Files {
		if total += f.Size; f.Size < 0 || total > maxArchive || digests[f.Name] != "" {
			return out, broken("目录不正确：%s", f.Name)
		}
		sum, err := digestOf(files[f.Name], f.Size)
		if err != nil || sum != f.Digest {
			return out, broken("%s 缺失或与目录中的摘要不符", f.Name)
		}
		digests[f.Name] = sum
	}
	for name := range files {
		if name != "manifest.json" && digests[name] == "" {
			return out, broken("多出了目录里没有的 %s", name)
		}
	}
	out.Files = len(m.Files)
	if m.Cover != "" {
		sheet, err := read(m.Cover, 64<<20)
		if err != nil {
			return out, err
		}
		if err := verifyCover(sheet, m); err != nil {
			return out, broken("封面和目录与装入的文件不一致：%v", err)
		}
		out.Cover = true
	}
	rows := map[int64]ledger.Row{}
	keys := map[string]string{}
	for name := range digests {
		if !strings.HasPrefix(name, "ledger/") {
			continue
		}
		raw, err := read(name, 16<<20)
		if err != nil {
			return out, err
		}
		var p ledger.Proof
		if json.Unmarshal(raw, &p) != nil {
			return out, broken("%s 不是登记簿证据", name)
		}
		if err := ledger.VerifyProof(p); err != nil {
			return out, broken("%s：第 %d 行不在所称的根之下（%v）", name, p.Row.Seq, err)
		}
		rows[p.Row.Seq] = p.Row
		if p.Row.Kind == "genesis" || p.Row.Kind == "key" {
			var declared struct{ KeyID, PublicKey string }
			if json.Unmarshal([]byte(p.Row.Payload), &declared) == nil {
				keys[declared.KeyID] = declared.PublicKey
			}
		}
		if !slices.ContainsFunc(out.Roots, func(r ledger.Root) bool { return r.Root.String() == p.Root.Root.String() }) {
			out.Roots = append(out.Roots, p.Root)
		}
	}
	out.Rows = len(rows)
	texts := map[int]string{}
	for _, t := range m.Contracts {
		var signed []string
		for _, f := range t.Files {
			name := fmt.Sprintf("contract/v%d/%d-%s", t.Version, f.ID, path.Base(f.Name))
			if digests[name] != f.Digest {
				return out, broken("附件 %s 与报送时的不同", f.Name)
			}
			if f.Role == contract.SignedText {
				signed = append(signed, digests[name])
			}
		}
		texts[t.Version] = strings.Join(signed, ",")
	}
	for _, v := range m.Versions {
		if err := verifyVersion(m.Number, v, rows[v.LedgerSeq], keys[v.KeyID], texts, read); err != nil {
			return out, broken("第 %d 版证明：%v", v.Version, err)
		}
		out.Versions = append(out.Versions, fmt.Sprintf("第 %d 版（制作档案时：%s）", v.Version, certificateState(v.State)))
	}
	if len(m.Versions) == 0 && !slices.ContainsFunc(mapValues(rows), func(r ledger.Row) bool { return r.Kind == "history" && r.Ref == m.Number }) {
		return out, broken("既没有证明，也没有历史登记的记录")
	}
	return out, nil
}

func mapValues(rows map[int64]ledger.Row) []ledger.Row {
	out := make([]ledger.Row, 0, len(rows))
	for _, r := range rows {
		out = append(out, r)
	}
	return out
}

func digestOf(f *zip.File, size int64) (string, error) {
	if f == nil {
		return "", errors.New("missing")
	}
	r, err := f.Open()
	if err != nil {
		return "", err
	}
	defer r.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, io.LimitReader(r, size+1))
	if err != nil || n != size {
		return "", errors.New("another size")
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// verifyVersion holds one certificate against its signature and its ledger row.
func verifyVersion(number string, v archivedVersion, row ledger.Row, key string, texts map[int]string, read func(string, int64) ([]byte, error)) error {
	body, err := read(fmt.Sprintf("certificates/v%d.json", v.Version), 1<<20)
	if err != nil {
		return errors.New("缺少内容")
	}
	var said CertificateBody
	if json.Unmarshal(body, &said) != nil || said.Number != number || said.Version != v.Version {
		return errors.New("内容不是这个编号的这一版")
	}
	if row.Kind != "certificate" || row.Ref != certificateRef(number, v.Version) {
		return errors.New("没有它的登记簿行")
	}
	var kept certificateRow
	if json.Unmarshal([]byte(row.Payload), &kept) != nil || !bytes.Equal(kept.Body, body) || kept.Signature != v.Signature || kept.KeyID != v.KeyID || kept.Suite != v.Suite {
		return errors.New("与登记簿行不一致")
	}
	suite, err := ledger.SuiteByName(v.Suite)
	if err != nil || key == "" {
		return errors.New("签名的密钥没有在登记簿中声明")
	}
	public, err := ledger.ParsePublicKey(suite, key)
	if err != nil || public.ID != v.KeyID {
		return errors.New("签名的密钥与声明不符")
	}
	signature, err := base64.StdEncoding.DecodeString(v.Signature)
	if err != nil || !public.Verify(body, signature) {
		return errors.New("签名不正确")
	}
	if kept.TextDigest != "" && texts[kept.ContractVersion] != kept.TextDigest {
		return errors.New("合同文本不是登记时的文本")
	}
	return nil
}
