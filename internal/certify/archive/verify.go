package archive

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/ledger"
	"techmarket/internal/certify/papers"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/fault"
)

// Report is what Verify found in an archive that holds together.
type Report struct {
	Number   string
	Versions []string // "第 1 版 有效"
	Files    int
	Rows     int           // ledger rows proven
	Roots    []ledger.Root // the signed roots that the proofs end in: compare them with the published ones
	Cover    bool          // it has a cover sheet, which lists what is there
	Sample   bool
}

const maxArchive = 4 << 30 // bytes, unpacked

// box is a zip whose entries are read one by one.
type box struct {
	entries map[string]*zip.File
	head    fault.Sentence // begins every sentence about what does not hold
}

func openBox(r io.ReaderAt, size int64, head fault.Sentence) (box, error) {
	b := box{entries: map[string]*zip.File{}, head: head}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return b, b.broken("不是完整的 zip 文件")
	}
	for _, f := range z.File {
		if b.entries[f.Name] != nil {
			return b, b.broken("%s 出现了两次", f.Name)
		}
		b.entries[f.Name] = f
	}
	return b, nil
}

func (b box) broken(format fault.Sentence, params ...any) error {
	why := fault.Newf(fault.Invalid, "archive_broken", format, params...)
	return fault.Wrapf(why, fault.Invalid, "archive_broken", "%s%s", b.head, why)
}

// read unpacks one entry of at most so many bytes.
func (b box) read(name string, most int64) ([]byte, error) {
	f := b.entries[name]
	if f == nil {
		return nil, b.broken("缺少 %s", name)
	}
	body, err := f.Open()
	if err != nil {
		return nil, b.broken("%s 不能读取", name)
	}
	defer body.Close()
	raw, err := io.ReadAll(io.LimitReader(body, most+1))
	if err != nil || int64(len(raw)) > most {
		return nil, b.broken("%s 不能读取或太大", name)
	}
	return raw, nil
}

// checked is an archive whose entries are those of its manifest.
type checked struct {
	box
	m       manifest
	digests map[string]string // by name
}

// Verify checks an archive without any database: that nothing is missing, added or changed, that every certificate bears
// the signature of a key the ledger declares, that each row is under its signed root and says what the certificate says, and
// that the signed text is the one that was registered. Fault: Invalid "archive_broken" saying what does not hold.
func Verify(r io.ReaderAt, size int64) (Report, error) {
	var out Report
	b, err := openBox(r, size, "档案没有通过核验：")
	if err != nil {
		return out, err
	}
	raw, err := b.read("manifest.json", 16<<20)
	if err != nil {
		return out, err
	}
	c := checked{box: b, digests: map[string]string{}}
	if json.Unmarshal(raw, &c.m) != nil || c.m.Format != archiveFormat {
		return out, b.broken("目录 manifest.json 不是本平台的格式")
	}
	out.Number, out.Sample, out.Files = c.m.Number, c.m.Sample, len(c.m.Files)
	if err := c.checkFiles(); err != nil {
		return out, err
	}
	if out.Cover = c.m.Cover != ""; out.Cover {
		sheet, err := c.read(c.m.Cover, 64<<20)
		if err != nil {
			return out, err
		}
		if err := papers.VerifyCover(sheet, c.m.Number, c.m.Files); err != nil {
			return out, c.broken("封面和目录与装入的文件不一致：%v", err)
		}
	}
	rows, keys, err := c.checkRows(&out)
	if err != nil {
		return out, err
	}
	texts, err := c.checkTexts()
	if err != nil {
		return out, err
	}
	for _, v := range c.m.Versions {
		if err := verifyVersion(c.m.Number, v, rows[v.LedgerSeq], keys[v.KeyID], texts, c.read); err != nil {
			return out, c.broken("第 %d 版证明：%v", v.Version, err)
		}
		out.Versions = append(out.Versions, fmt.Sprintf("第 %d 版（制作档案时：%s）", v.Version, papers.CertificateState(v.State)))
	}
	historic := func(r ledger.Row) bool { return r.Kind == "history" && r.Ref == c.m.Number }
	if len(c.m.Versions) == 0 && !slices.ContainsFunc(slices.Collect(maps.Values(rows)), historic) {
		return out, c.broken("既没有证明，也没有历史登记的记录")
	}
	return out, nil
}

// checkFiles holds every entry against the manifest: none missing, none changed, none more.
func (c checked) checkFiles() error {
	total := int64(0)
	for _, f := range c.m.Files {
		if total += f.Size; f.Size < 0 || total > maxArchive || c.digests[f.Name] != "" {
			return c.broken("目录不正确：%s", f.Name)
		}
		sum, err := digestOf(c.entries[f.Name], f.Size)
		if err != nil || sum != f.Digest {
			return c.broken("%s 缺失或与目录中的摘要不符", f.Name)
		}
		c.digests[f.Name] = sum
	}
	for name := range c.entries {
		if name != "manifest.json" && c.digests[name] == "" {
			return c.broken("多出了目录里没有的 %s", name)
		}
	}
	return nil
}

// checkRows proves every ledger row to its root; it gives the rows by number and the keys that they declare.
func (c checked) checkRows(out *Report) (rows map[int64]ledger.Row, keys map[string]string, err error) {
	rows, keys = map[int64]ledger.Row{}, map[string]string{}
	for name := range c.digests {
		if !strings.HasPrefix(name, "ledger/") {
			continue
		}
		raw, err := c.read(name, 16<<20)
		if err != nil {
			return nil, nil, err
		}
		var p ledger.Proof
		if json.Unmarshal(raw, &p) != nil {
			return nil, nil, c.broken("%s 不是登记簿证据", name)
		}
		if err := ledger.VerifyProof(p); err != nil {
			return nil, nil, c.broken("%s：第 %d 行不在所称的根之下（%v）", name, p.Row.Seq, err)
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
	return rows, keys, nil
}

// checkTexts gives the digest of the signed text of each version of the contract.
func (c checked) checkTexts() (map[int]string, error) {
	texts := map[int]string{}
	for _, t := range c.m.Contracts {
		var signed []string
		for _, f := range t.Files {
			name := fmt.Sprintf("contract/v%d/%d-%s", t.Version, f.ID, path.Base(f.Name))
			if c.digests[name] != f.Digest {
				return nil, c.broken("附件 %s 与报送时的不同", f.Name)
			}
			if f.Role == contract.SignedText {
				signed = append(signed, c.digests[name])
			}
		}
		texts[t.Version] = strings.Join(signed, ",")
	}
	return texts, nil
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
func verifyVersion(
	number string,
	v archivedVersion,
	row ledger.Row,
	key string,
	texts map[int]string,
	read func(string, int64) ([]byte, error),
) error {
	body, err := read(fmt.Sprintf("certificates/v%d.json", v.Version), 1<<20)
	if err != nil {
		return errors.New("缺少内容")
	}
	var said registry.CertificateBody
	if json.Unmarshal(body, &said) != nil || said.Number != number || said.Version != v.Version {
		return errors.New("内容不是这个编号的这一版")
	}
	if row.Kind != "certificate" || row.Ref != registry.CertificateRef(number, v.Version) {
		return errors.New("没有它的登记簿行")
	}
	var kept registry.CertificateRow
	if json.Unmarshal([]byte(row.Payload), &kept) != nil || !bytes.Equal(kept.Body, body) || kept.Signature != v.Signature ||
		kept.KeyID != v.KeyID ||
		kept.Suite != v.Suite {
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
