package archive

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"techmarket/internal/certify/point"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
)

const bundleFormat = "techmarket-bundle-1"

type bundle struct {
	Format   string            `json:"format"`
	Point    string            `json:"point"`
	Year     int               `json:"year"`
	MadeAt   time.Time         `json:"madeAt"`
	Sample   bool              `json:"sample"`
	Archives []bundledArchive  `json:"archives"`
	Missing  map[string]string `json:"missing"` // number → why it is not here
}

type bundledArchive struct {
	Number string `json:"number"`
	Title  string `json:"title"`
	State  string `json:"state"`
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	Digest string `json:"sha256"`
}

// Year is what one zip of a yearly bundle holds.
type Year struct {
	Point         point.Point
	Year          int
	Registrations []registry.Registration // of this zip
	AskedAt       time.Time               // the time stamp of the entries
}

// WriteYear writes a zip of archives as an actor may read them. A registration whose archive cannot be made yet is named in the list
// with the reason. seen hears now and then how many are done.
func (s *Service) WriteYear(ctx context.Context, a actor.Actor, y Year, to io.Writer, seen func(done int) error) error {
	z := zip.NewWriter(to)
	add := func(name string, content []byte) error {
		f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Modified: y.AskedAt.UTC()}) // archives are packed already
		if err == nil {
			_, err = f.Write(content)
		}
		if err != nil {
			return fmt.Errorf("archives: %w", err)
		}
		return nil
	}
	list := bundle{Format: bundleFormat, Point: y.Point.Name, Year: y.Year, MadeAt: s.config.Now().UTC(), Sample: y.Point.Sample,
		Archives: []bundledArchive{}, Missing: map[string]string{}}
	for i, r := range y.Registrations {
		var b bytes.Buffer
		err := s.Write(ctx, a, r.Number, &b)
		if err != nil && fault.KindOf(err) == fault.Internal {
			return err
		}
		if err != nil {
			list.Missing[r.Number] = fault.Words(err)
			continue
		}
		sum := sha256.Sum256(b.Bytes())
		kept := bundledArchive{r.Number, r.Title, string(r.State), "档案-" + r.Number + ".zip", int64(b.Len()), hex.EncodeToString(sum[:])}
		if err := add(kept.Name, b.Bytes()); err != nil {
			return err
		}
		list.Archives = append(list.Archives, kept)
		if i%20 == 19 {
			if err := seen(i + 1); err != nil {
				return err
			}
		}
	}
	raw, err := json.MarshalIndent(list, "", " ")
	if err == nil {
		err = add("bundle.json", raw)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		return fmt.Errorf("archives: %w", err)
	}
	return nil
}

// BundleReport is what VerifyBundle found.
type BundleReport struct {
	Point    string
	Year     int
	Sample   bool
	Archives []Report
	Missing  []string // "2026150103000007：…"
}

// IsBundle reports whether a zip is a yearly bundle rather than one archive.
func IsBundle(r io.ReaderAt, size int64) bool {
	z, err := zip.NewReader(r, size)
	return err == nil && slices.ContainsFunc(z.File, func(f *zip.File) bool { return f.Name == "bundle.json" })
}

// VerifyBundle checks that a yearly bundle holds exactly what it lists, and each archive in it as Verify does. Fault:
// Invalid "archive_broken" naming the archive.
func VerifyBundle(r io.ReaderAt, size int64) (BundleReport, error) {
	var out BundleReport
	x, err := openBox(r, size, "年度档案没有通过核验：")
	if err != nil {
		return out, err
	}
	raw, err := x.read("bundle.json", maxArchive)
	if err != nil {
		return out, err
	}
	var list bundle
	if json.Unmarshal(raw, &list) != nil || list.Format != bundleFormat {
		return out, x.broken("目录 bundle.json 不是本平台的格式")
	}
	delete(x.entries, "bundle.json")
	out.Point, out.Year, out.Sample = list.Point, list.Year, list.Sample
	for _, a := range list.Archives {
		raw, err := x.read(a.Name, maxArchive)
		if err != nil {
			return out, err
		}
		delete(x.entries, a.Name)
		if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != a.Digest {
			return out, x.broken("%s 与目录中的摘要不符", a.Name)
		}
		report, err := Verify(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			return out, x.broken("%s：%s", a.Name, cmp.Or(errors.Unwrap(err), err)) // without its own head
		}
		if report.Number != a.Number {
			return out, x.broken("%s 是 %s 的档案", a.Name, report.Number)
		}
		out.Archives = append(out.Archives, report)
	}
	for name := range x.entries {
		return out, x.broken("多出了目录里没有的 %s", name)
	}
	for number, why := range list.Missing {
		out.Missing = append(out.Missing, number+"："+why)
	}
	slices.Sort(out.Missing)
	return out, nil
}
