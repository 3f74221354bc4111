package e2e

import (
	"strings"
	"testing"

	"techmarket/internal/app/apptest"
	"techmarket/internal/platform/document"
)

// wordOf is a text as a .docx, a paragraph a line.
func wordOf(t testing.TB, text string) []byte {
	t.Helper()
	d := document.NewWord(document.WordOptions{Title: "合同", At: workdayMorning})
	for line := range strings.SplitSeq(text, "\n") {
		d.Paragraph(line)
	}
	raw, err := d.Bytes()
	apptest.NoErr(t, err)
	return raw
}

// A member drops the signed Word text, takes over what was read, and sees before filing what the desk will see: differences first, each
// with its mend, then the questions that the text raises. Nothing of it stops the filing.
func TestContract_FromItsPaperToThePreCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	member := w.as("member")
	text := strings.Replace("技术开发（委托）合同\n"+cleanText, "第五条", "第五条 乙方提交履约保函。", 1)
	page := member.get("/contracts").submit("/contracts/paper", nil, upload{"file", "合同.docx", wordOf(t, text)}).
		want(200, "核对合同文本", "合同成交总额（元）：800000.00", "第 11 段", "买方：敕勒川示范乳业有限公司")
	at := strings.TrimSuffix(page.path, "/paper")
	member.get(at).want(200, "核对合同文本")
	page.submit(at+"/paper", values{"take": "elements.amountFen"}).want(200, "已填入 1 项")
	if form := member.get(at+"/elements").want(200, "已从合同正本带入"); !strings.Contains(string(form.body), `value="800000.00"`) {
		t.Error("the amount of the paper is not in the form")
	}
	member.get(at+"/paper").submit(at+"/paper", nil).want(200)
	member.get(at+"/elements").submit(at+"/elements", values{"elements.amountFen": "80000"})

	check := member.get(at+"/check").want(200, "送出前核对", "合同文本与填写的有", "80000.00", "登记员会问到", "履约保函", "怎样办")
	if said := string(check.body); strings.Index(said, "合同文本与填写的有") > strings.Index(said, "登记员会问到") {
		t.Error("the differences stand behind the questions")
	}
	w.as("rival").get(at + "/paper").want(404)

	// what is no paper is told at the field, and the list is still there
	member.get("/contracts").submit("/contracts/paper", nil, upload{"file", "合同.docx", []byte("不是 Word")}).want(422, "新合同", "请用原来的软件打开")
}
