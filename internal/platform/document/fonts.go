// Package document turns finished values into files and files into rows: PDF, Excel, CSV.
//
// It owns layout, Chinese line breaking, and the limits that keep a hostile spreadsheet harmless. It refuses queries
// and rules: a caller hands over every word. The same input gives the same bytes.
package document

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/signintech/gopdf"

	"techmarket/internal/foundation/fault"
)

// Fonts holds the typefaces of PDF files, parsed once; safe for use by several goroutines.
type Fonts struct {
	container *gopdf.FontContainer
	families  []string // those present
}

// The families a document draws with. A character the first lacks is looked for in rare.
const (
	regular = "regular"
	bold    = "bold"
	rare    = "rare"
)

// fontFiles are Noto Sans SC (OFL-1.1) as npm's @expo-google-fonts/noto-sans-sc lays them out. TrueType outlines only:
// gopdf cannot draw CFF fonts.
var fontFiles = map[string]string{
	regular: "NotoSansSC_400Regular.ttf",
	bold:    "NotoSansSC_700Bold.ttf",
}

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

// LoadFonts parses the fonts of the folder, and rareFile (may be empty) for characters they lack.
// Faults (Unavailable): fonts_missing, font_broken.
func LoadFonts(folder, rareFile string) (*Fonts, error) {
	f := &Fonts{container: &gopdf.FontContainer{}}
	for _, family := range []string{regular, bold} {
		if err := f.load(family, firstOf(folder, fontFiles[family])); err != nil {
			return nil, err
		}
	}
	if rareFile != "" {
		if err := f.load(rare, rareFile); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// firstOf accepts both npm's layout (a folder a weight) and a plain folder of files.
func firstOf(folder, name string) string {
	found, _ := filepath.Glob(filepath.Join(folder, "*", name))
	if len(found) > 0 {
		return found[0]
	}
	return filepath.Join(folder, name)
}

func (f *Fonts) load(family, path string) error {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fault.Newf(fault.Unavailable, "fonts_missing", "没有找到字体文件 %s。请检查 TECHMARKET_FONTS 或 TECHMARKET_RARE_FONT，或运行 npm ci。", path)
	}
	if err != nil {
		return fmt.Errorf("load font: %w", err)
	}
	if err := f.container.AddTTFFontByReader(family, bytes.NewReader(raw)); err != nil {
		return fault.Wrap(err, fault.Unavailable, "font_broken", fmt.Sprintf("字体文件 %s 不能使用：需要 TrueType 轮廓的 .ttf 文件。", path))
	}
	f.families = append(f.families, family)
	return nil
}
