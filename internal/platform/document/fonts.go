// Package document turns finished values into files and files into rows: PDF, Excel, CSV.
//
// It owns layout, Chinese line breaking, and the limits that keep a hostile spreadsheet harmless. It makes no query
// and knows no rule: the caller supplies every text. The same input gives the same bytes.
package document

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/blevesearch/mmap-go"
	"github.com/signintech/gopdf"

	"techmarket/internal/foundation/fault"
)

// Fonts holds the typefaces of PDF files, parsed once; safe for use by several goroutines.
type Fonts struct {
	container   *gopdf.FontContainer
	regularPath string
	fallbacks   []*fallback // asked in turn for what the main fonts lack
}

// fallback is a font that few documents need: it is read with the first character that asks for it.
type fallback struct {
	family, path string
	container    func() (*gopdf.FontContainer, error)
}

// The families a document draws with.
const (
	regular = "regular"
	bold    = "bold"
)

// fontFiles are Noto Sans SC (OFL-1.1) as npm's @expo-google-fonts/noto-sans-sc lays them out. TrueType outlines only:
// gopdf cannot draw CFF fonts.
var fontFiles = map[string]string{
	regular: "NotoSansSC_400Regular.ttf",
	bold:    "NotoSansSC_700Bold.ttf",
}

// rareFile is Noto Sans JP (OFL-1.1, @expo-google-fonts/noto-sans-jp): it draws 𠮷 and 400 more characters beyond the basic
// plane that Noto Sans SC lacks.
const rareFile = "NotoSansJP_400Regular.ttf"

// FindFonts returns the folder to give LoadFonts: configured when set, otherwise the npm package in each start folder or
// above it. Fault: Unavailable fonts_missing.
func FindFonts(configured string, starts ...string) (string, error) {
	if configured != "" {
		return configured, nil
	}
	for _, start := range starts {
		for dir := start; start != ""; dir = filepath.Dir(dir) {
			folder := filepath.Join(dir, "node_modules", "@expo-google-fonts", "noto-sans-sc")
			if _, err := os.Stat(filepath.Join(folder, "400Regular", fontFiles[regular])); err == nil {
				return folder, nil
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	return "", fault.New(fault.Unavailable, "fonts_missing",
		"没有找到 PDF 字体。请在项目目录运行 npm ci，或把 NotoSansSC_400Regular.ttf 和 NotoSansSC_700Bold.ttf 放进一个目录并设置 TECHMARKET_FONTS。")
}

// LoadFonts parses the fonts of the folder. Characters they lack are looked for in configured (may be empty), then in the
// folder's own fallback font, if it is there. Faults (Unavailable): fonts_missing, font_broken.
func LoadFonts(folder, configured string) (*Fonts, error) {
	f := &Fonts{container: &gopdf.FontContainer{}, regularPath: firstOf(folder, fontFiles[regular])}
	for _, family := range []string{regular, bold} {
		if err := load(f.container, family, firstOf(folder, fontFiles[family])); err != nil {
			return nil, err
		}
	}
	if configured != "" {
		if _, err := f.fallback(configured).container(); err != nil { // a wrong setting is told at once
			return nil, err
		}
	}
	for _, path := range []string{firstOf(folder, rareFile), firstOf(filepath.Join(filepath.Dir(folder), "noto-sans-jp"), rareFile)} {
		if _, err := os.Stat(path); err == nil {
			f.fallback(path)
			break
		}
	}
	return f, nil
}

func (f *Fonts) fallback(path string) *fallback {
	b := &fallback{family: fmt.Sprintf("rare%d", len(f.fallbacks)), path: path}
	b.container = sync.OnceValues(func() (*gopdf.FontContainer, error) {
		c := &gopdf.FontContainer{}
		return c, load(c, b.family, path)
	})
	f.fallbacks = append(f.fallbacks, b)
	return b
}

// Missing returns the characters of the texts that no font draws, each once.
func (f *Fonts) Missing(texts ...string) []rune {
	p := f.New(PDFOptions{})
	for _, text := range texts {
		for _, r := range clean(text) {
			if r != '\n' {
				p.shapes(bodyStyle, r)
			}
		}
	}
	return p.missing
}

// Boxed is a text with 〓 for each character that no font draws.
func (f *Fonts) Boxed(text string) string {
	missing := f.Missing(text)
	return strings.Map(func(r rune) rune {
		if slices.Contains(missing, r) {
			return box
		}
		return r
	}, text)
}

// NameChars writes characters so that a person finds them: 𠮷（U+20BB7）.
func NameChars(chars []rune) string {
	names := make([]string, len(chars))
	for i, r := range chars {
		names[i] = fmt.Sprintf("%c（U+%04X）", r, r)
	}
	return strings.Join(names, "、")
}

// firstOf accepts both npm's layout (a folder a weight) and a plain folder of files.
func firstOf(folder, name string) string {
	found, _ := filepath.Glob(filepath.Join(folder, "*", name))
	if len(found) > 0 {
		return found[0]
	}
	return filepath.Join(folder, name)
}

// load parses a font where it lies on the disk: mapped, as word processors do, it takes memory only for the glyphs in use
// and none of the heap. The mapping lasts as long as the program.
func load(into *gopdf.FontContainer, family, path string) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fault.Newf(fault.Unavailable, "fonts_missing", "没有找到字体文件 %s。请检查 TECHMARKET_FONTS 或 TECHMARKET_RARE_FONT，或运行 npm ci。", path)
	}
	if err != nil {
		return fmt.Errorf("load font: %w", err)
	}
	defer file.Close() // the mapping stays
	mapped, err := mmap.Map(file, mmap.RDONLY, 0)
	if err == nil {
		err = into.AddTTFFontData(family, mapped)
	}
	if err != nil {
		return fault.Wrapf(err, fault.Unavailable, "font_broken", "字体文件 %s 不能使用：需要 TrueType 轮廓的 .ttf 文件。", path)
	}
	return nil
}
