package document

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/phpdave11/gofpdi"
	"github.com/signintech/gopdf"
	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/f64"
	"golang.org/x/image/math/fixed"

	"techmarket/internal/foundation/fault"
)

// Limits of what is marked.
const (
	MaxMarkPages = 300
	maxMarkPixel = 25_000_000
	maxMarkTime  = 30 * time.Second
)

// Marked is a copy with its reader's mark across every page: repeated lines, and the number of the copy in the document's information.
// The pages are drawn anew, so that nothing of the original file but its pages is in the copy: no attachments, scripts, forms, earlier
// versions. A mark deters and traces; it does not prevent that somebody takes a photograph or works it out.
//
// Faults (Invalid): mark_kind, mark_locked, mark_pages, mark_pixels, mark_broken; Unavailable fonts.
func (f *Fonts) Marked(ctx context.Context, mime string, raw []byte, lines []string, id string) ([]byte, error) {
	out, _, err := f.marked(ctx, mime, raw, lines, id)
	return out, err
}

// Markable counts the pages of a file that can be marked; faults as Marked.
func (f *Fonts) Markable(ctx context.Context, mime string, raw []byte) (pages int, err error) {
	_, pages, err = f.marked(ctx, mime, raw, []string{"0"}, "0")
	return pages, err
}

func (f *Fonts) marked(ctx context.Context, mime string, raw []byte, lines []string, id string) (out []byte, pages int, err error) {
	switch mime {
	case "image/png", "image/jpeg":
		out, err = f.markPicture(mime, raw, lines)
		return out, 1, err
	case "application/pdf":
	default:
		return nil, 0, fault.New(fault.Invalid, "mark_kind", "只有 PDF、PNG 和 JPG 能加水印，请另存为 PDF 后上传")
	}
	if !bytes.HasPrefix(bytes.TrimLeft(raw[:min(len(raw), 1024)], "\xef\xbb\xbf\r\n\t "), []byte("%PDF-")) {
		return nil, 0, fault.New(fault.Invalid, "mark_kind", "扩展名是 PDF，内容不是。请用原来的软件打开，另存为 PDF 后上传")
	}
	if bytes.Contains(raw, []byte("/Encrypt")) {
		return nil, 0, fault.New(fault.Invalid, "mark_locked", "这份 PDF 设有密码或限制了打印、编辑，不能加水印。请去掉限制后上传")
	}
	type answer struct {
		out   []byte
		pages int
		err   error
	}
	done := make(chan answer, 1)
	go func() {
		defer func() { // the reader of foreign files panics where it does not understand
			if r := recover(); r != nil {
				done <- answer{err: fmt.Errorf("mark pdf: %v", r)}
			}
		}()
		out, n, err := f.markPDF(raw, lines, id)
		done <- answer{out, n, err}
	}()
	timer := time.NewTimer(maxMarkTime)
	defer timer.Stop()
	select {
	case a := <-done:
		var said *fault.Error
		if a.err != nil && !errors.As(a.err, &said) {
			a.err = fault.Wrap(a.err, fault.Invalid, "mark_broken", "这份 PDF 不完整，或用了不能加水印的写法。请用“打印为 PDF”重新生成后上传")
		}
		return a.out, a.pages, a.err
	case <-timer.C:
		return nil, 0, fault.New(fault.Invalid, "mark_broken", "这份 PDF 太复杂，加不了水印。请用“打印为 PDF”重新生成，或拆成几份上传")
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
}

// rectangle is a page's rectangle in points.
type rectangle struct{ llx, lly, urx, ury float64 }

func (b rectangle) size() (w, h float64) { return b.urx - b.llx, b.ury - b.lly }

// markPDF draws every page of a PDF into a new one and the mark over it.
func (f *Fonts) markPDF(raw []byte, lines []string, id string) ([]byte, int, error) {
	importer, source := gofpdi.NewImporter(), io.ReadSeeker(bytes.NewReader(raw))
	importer.SetSourceStream(&source)
	pages, sizes := importer.GetNumPages(), importer.GetPageSizes()
	switch {
	case pages == 0:
		return nil, 0, errors.New("no pages")
	case pages > MaxMarkPages:
		return nil, 0, fault.Newf(fault.Invalid, "mark_pages", "这份 PDF 有 %d 页，最多 %d 页，请拆成几份上传", pages, MaxMarkPages)
	}
	p := &PDF{fonts: f, gp: &gopdf.GoPdf{}, known: map[glyph]bool{}}
	p.gp.StartWithImporter(gopdf.Config{Unit: gopdf.UnitPT, PageSize: *gopdf.PageSizeA4}, importer)
	p.gp.SetInfo(gopdf.PdfInfo{Title: id, Subject: strings.Join(lines, " "), Creator: "techmarket", Producer: "techmarket"})
	p.fail(p.gp.AddTTFFontFromFontContainer(regular, f.container))
	start := p.gp.GetNextObjectID()
	importer.SetNextObjectID(start)
	for n := range pages {
		importer.ImportPage(n+1, "/MediaBox")
	}
	names := importer.PutFormXobjects()
	objects := importer.GetImportedObjects()
	boxes, turned := make([]rectangle, pages), make([]int, pages)
	for n := range pages {
		boxes[n] = boxOf(sizes[n+1])
		at := names["/GOFPDITPL"+strconv.Itoa(n)]
		var err error
		if objects[at], turned[n], err = ownBox(objects[at], boxes[n]); err != nil {
			return nil, 0, err
		}
	}
	for i := range objects { // a hole would give every later object a number that nothing refers to
		if i < start || i >= start+len(objects) || objects[i] == "" {
			return nil, 0, errors.New("objects are missing")
		}
	}
	p.gp.ImportTemplates(names)
	p.gp.ImportObjects(objects, start)
	firstW, firstH := boxOf(sizes[1]).size()
	for n := range pages {
		w, h := boxes[n].size()
		tw, th := firstW, firstH // the importer measures every page by the first one's box
		if turned[n]%180 != 0 {
			w, h, tw, th = h, w, th, tw
		}
		p.gp.AddPageWithOption(gopdf.PageOption{PageSize: &gopdf.Rect{W: w, H: h}})
		p.gp.UseImportedTemplate(n, 0, h-th, tw, th)
		p.across(lines, w, h)
	}
	if p.err != nil {
		return nil, 0, p.err
	}
	var b bytes.Buffer
	if _, err := p.gp.WriteTo(&b); err != nil {
		return nil, 0, fmt.Errorf("mark pdf: %w", err)
	}
	return mendUnicode(b.Bytes()), pages, nil
}

// boxOf is what of a page is shown.
func boxOf(boxes map[string]map[string]float64) rectangle {
	for _, name := range []string{"/CropBox", "/MediaBox"} {
		if b := boxes[name]; b["w"] > 0 && b["h"] > 0 {
			return rectangle{b["llx"], b["lly"], b["urx"], b["ury"]}
		}
	}
	return rectangle{0, 0, gopdf.PageSizeA4.W, gopdf.PageSizeA4.H}
}

var (
	boxLine    = regexp.MustCompile(`/BBox \[[^\]]*\]`)
	matrixLine = regexp.MustCompile(`/Matrix \[([^\]]*)\]`)
)

// ownBox gives an imported page its own rectangle: the importer writes the first page's into all. The turn is clockwise, in degrees.
func ownBox(object string, b rectangle) (mended string, turn int, err error) {
	head := object[:min(len(object), 400)]
	if !boxLine.MatchString(head) {
		return "", 0, errors.New("a page has no box")
	}
	if m := matrixLine.FindStringSubmatch(head); m != nil {
		var c, s float64
		if _, err := fmt.Sscan(m[1], &c, &s); err != nil {
			return "", 0, fmt.Errorf("matrix of a page: %w", err)
		}
		turn = (360 - int(math.Round(math.Atan2(s, c)*180/math.Pi))) % 360
		head = strings.Replace(head, m[0]+"\n", "", 1)
	}
	rect := fmt.Sprintf("/BBox [%.2f %.2f %.2f %.2f]\n", b.llx, b.lly, b.urx, b.ury)
	switch turn {
	case 0:
		rect += fmt.Sprintf("/Matrix [1 0 0 1 %.5f %.5f]", -b.llx, -b.lly)
	case 90:
		rect += fmt.Sprintf("/Matrix [0 -1 1 0 %.5f %.5f]", -b.lly, b.urx)
	case 180:
		rect += fmt.Sprintf("/Matrix [-1 0 0 -1 %.5f %.5f]", b.urx, b.ury)
	case 270:
		rect += fmt.Sprintf("/Matrix [0 1 -1 0 %.5f %.5f]", b.ury, -b.llx)
	default:
		return "", 0, errors.New("a page is turned askew")
	}
	return boxLine.ReplaceAllLiteralString(head, rect) + object[min(len(object), 400):], turn, nil
}

// across writes the lines over the whole page, slanting, as dense as a page of text.
func (p *PDF) across(lines []string, w, h float64) {
	unit := math.Sqrt(w*h) / 700 // A4 is about 1
	s := style{size: 11 * unit, grey: 90}
	p.faint = &gopdf.Transparency{Alpha: 0.3, BlendModeType: gopdf.NormalBlendMode}
	p.gp.Rotate(30, w/2, h/2)
	reach, step := math.Hypot(w, h)/2, 95*unit
	wide := 60 * unit
	for _, line := range lines {
		wide = max(wide, p.measure(s, line)+60*unit)
	}
	for row, y := 0, h/2-reach; y < h/2+reach; row, y = row+1, y+step {
		for x := w/2 - reach - float64(row%2)*wide/2; x < w/2+reach; x += wide {
			for i, line := range lines {
				p.draw(s, line, x, y+float64(i)*s.size*1.4)
			}
		}
	}
	p.gp.RotateReset()
	p.faint = nil
}

// markPicture burns the lines into a picture.
func (f *Fonts) markPicture(mime string, raw []byte, lines []string) ([]byte, error) {
	config, _, err := image.DecodeConfig(bytes.NewReader(raw))
	const broken = "这张图片不完整，不能加水印。请重新保存后上传"
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "mark_broken", broken)
	}
	if config.Width*config.Height > maxMarkPixel {
		return nil, fault.Newf(fault.Invalid, "mark_pixels", "图片有 %d×%d 像素，请缩小到 2500 万像素以内", config.Width, config.Height)
	}
	in, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "mark_broken", broken)
	}
	out := image.NewRGBA(image.Rectangle{Max: in.Bounds().Size()})
	draw.Draw(out, out.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(out, out.Bounds(), in, in.Bounds().Min, draw.Over)
	if err := f.burn(out, lines); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if mime == "image/png" {
		err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, out)
	} else {
		err = jpeg.Encode(&b, out, &jpeg.Options{Quality: 88})
	}
	if err != nil {
		return nil, fmt.Errorf("mark picture: %w", err)
	}
	return b.Bytes(), nil
}

// burn draws the lines once, flat, and lays them slanting over the picture.
func (f *Fonts) burn(out *image.RGBA, lines []string) error {
	file, err := os.Open(f.regularPath)
	if err != nil {
		return fmt.Errorf("mark picture: %w", err)
	}
	defer file.Close()
	parsed, err := opentype.ParseReaderAt(file)
	if err != nil {
		return fmt.Errorf("mark picture: %w", err)
	}
	w, h := float64(out.Bounds().Dx()), float64(out.Bounds().Dy())
	size := max(math.Sqrt(w*h)/55, 8)
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: size, DPI: 72})
	if err != nil {
		return fmt.Errorf("mark picture: %w", err)
	}
	defer face.Close()
	wide := 0
	for _, line := range lines {
		wide = max(wide, font.MeasureString(face, line).Ceil())
	}
	strip := image.NewRGBA(image.Rect(0, 0, wide+4, int(size*1.5)*len(lines)+4))
	pen := font.Drawer{Dst: strip, Src: image.NewUniform(color.NRGBA{R: 120, G: 120, B: 120, A: 90}), Face: face}
	for i, line := range lines {
		pen.Dot = fixed.P(2, int(size*1.2)+i*int(size*1.5))
		pen.DrawString(line)
	}
	c, s := math.Cos(-math.Pi/6), math.Sin(-math.Pi/6)
	reach := math.Hypot(w, h) / 2
	stepX, stepY := float64(wide)+4*size, 7*size
	for row, y := 0, -reach; y < reach; row, y = row+1, y+stepY {
		for x := -reach - float64(row%2)*stepX/2; x < reach; x += stepX {
			to := f64.Aff3{c, -s, c*x - s*y + w/2, s, c, s*x + c*y + h/2}
			draw.BiLinear.Transform(out, to, strip, strip.Bounds(), draw.Over, nil)
		}
	}
	return nil
}
