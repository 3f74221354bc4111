package registry_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/extract"
	"techmarket/internal/certify/registry/registrytest"
	"techmarket/internal/platform/document"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/scan"
)

// eyes read a picture as the next of their texts, and nothing after the last.
type eyes struct{ texts []scan.Text }

func (e *eyes) Page(context.Context, string, int) (scan.Text, error) { return e.next() }

func (e *eyes) Picture(context.Context, io.Reader) (scan.Text, error) { return e.next() }

func (e *eyes) next() (out scan.Text, err error) {
	if len(e.texts) == 0 {
		return out, errors.New("nothing to be seen")
	}
	out, e.texts = e.texts[0], e.texts[1:]
	return out, nil
}

func received(t *testing.T, w *registrytest.World, name string, raw []byte) *files.Opened {
	t.Helper()
	stored, err := w.Files.Receive(t.Context(), name, bytes.NewReader(raw))
	registrytest.Check(t, err)
	var f files.File
	registrytest.Check(t, w.DB.InTx(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		f, err = w.Files.Record(ctx, tx, stored, files.Meta{Purpose: "contract", OwnerOrg: w.Seller.OrgID, UploadedBy: w.Seller.AccountID})
		return err
	}))
	content, err := w.Files.Open(f)
	registrytest.Check(t, err)
	t.Cleanup(func() { content.Close() })
	return &files.Opened{File: f, ReadSeekCloser: content}
}

// picture is a stored picture; of another width it is another file.
func picture(t *testing.T, w *registrytest.World, width int) *files.Opened {
	t.Helper()
	var raw bytes.Buffer
	registrytest.Check(t, png.Encode(&raw, image.NewGray(image.Rect(0, 0, width, 60))))
	return received(t, w, "合同.png", raw.Bytes())
}

// A photograph waits for the job; the page then shows what was read, and a value that two looks read differently is not sure.
func TestPapers_APictureIsReadByAJobAndWithoutOneSaysWhatToDo(t *testing.T) {
	t.Parallel()
	w := registrytest.New(t)
	paper := picture(t, w, 40)
	_, text, err := w.Texts.Read(t.Context(), paper)
	registrytest.Check(t, err)
	if text.Unable == "" || text.Waiting || text.Pictures() != 1 {
		t.Fatalf("without a recogniser: %+v", text)
	}
	const said = "技术服务合同\n委托方（甲方）：包头示范稀土新材料股份有限公司\n受托方（乙方）：内蒙古示范大学\n合同总价款：80,000元（大写：捌万元整）。"
	w.Reads = &eyes{texts: []scan.Text{{First: said, Second: strings.ReplaceAll(said, "稀土", "稀士")}}}
	for range 2 { // the second reader finds it on its way
		_, text, err = w.Texts.Read(t.Context(), paper)
		registrytest.Check(t, err)
		if !text.Waiting || len(text.Recognised) != 0 {
			t.Fatalf("before the job: %+v", text)
		}
	}
	registrytest.Check(t, w.Jobs.Drain(t.Context()))
	reading, text, err := w.Texts.Read(t.Context(), paper)
	registrytest.Check(t, err)
	if text.Waiting || !slices.Equal(text.Recognised, []int{1}) {
		t.Fatalf("after the job: %+v", text)
	}
	if f, _ := reading.Fact("elements.amountFen"); f.Value != "80000.00" || !f.Sure {
		t.Errorf("the amount: %+v", f)
	}
	if f, _ := reading.Fact("buyers.0.name"); f.Value != "包头示范稀土新材料股份有限公司" || f.Sure || !strings.Contains(f.Why, "两次识别不一致") {
		t.Errorf("the buyer: %+v", f)
	}
}

// A page that nobody can read ends the waiting as well.
func TestPapers_AnUnreadablePictureEndsTheJob(t *testing.T) {
	t.Parallel()
	w := registrytest.New(t)
	paper := picture(t, w, 41)
	w.Reads = &eyes{}
	_, err := w.Texts.Text(t.Context(), paper)
	registrytest.Check(t, err)
	registrytest.Check(t, w.Jobs.Drain(t.Context()))
	reading, text, err := w.Texts.Read(t.Context(), paper)
	if err != nil || text.Waiting || reading.Blank != 1 || len(reading.Facts) != 0 {
		t.Errorf("got %+v %+v %v", reading, text, err)
	}
}

// A Word text is read by paragraphs, tables too.
func TestPapers_AWordTextIsReadByParagraphs(t *testing.T) {
	t.Parallel()
	w := registrytest.New(t)
	d := document.NewWord(document.WordOptions{Title: "合同", At: time.Unix(0, 0)})
	d.Title("技术服务合同")
	d.Paragraph("委托方（甲方）：包头示范稀土新材料股份有限公司")
	d.Table([]document.Column{{Title: "项目", Share: 0.5}, {Title: "内容", Share: 0.5}}, [][]string{{"合同总价款", "80,000元（大写：捌万元整）"}})
	raw, err := d.Bytes()
	registrytest.Check(t, err)
	reading, text, err := w.Texts.Read(t.Context(), received(t, w, "合同.docx", raw))
	registrytest.Check(t, err)
	f, _ := reading.Fact("elements.amountFen")
	if !text.Word || f.Value != "80000.00" || !f.Sure || f.Place() != "第 4 段" {
		t.Errorf("got %+v of %q", f, text.Pages)
	}
	if _, ok := extract.Signed(nil); ok {
		t.Error("no paper is no text")
	}
}
