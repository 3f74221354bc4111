package words_test

import (
	"bytes"
	"strings"
	"testing"

	"techmarket/internal/insight/stats"
	"techmarket/internal/platform/document"
	"techmarket/web/ui/words"
)

// The ways of the needs add up to all that were submitted, and what the page shows stands in the sheet.
func TestNeedSheet_AddsUp(t *testing.T) {
	t.Parallel()
	paths := []stats.NeedPath{
		{Published: true, Agreed: true, Count: 3},
		{Diagnosed: true, Published: true, Count: 4},
		{Diagnosed: true, Count: 5},
	}
	rows := words.NeedRows(paths)
	if last := rows[len(rows)-1]; last.Straight != 3 || last.Judged != 9 {
		t.Errorf("sum %+v", last)
	}
	var needs, reasons bytes.Buffer
	if err := document.WriteCSV(&needs, words.NeedSheet(stats.Query{}, paths)); err != nil ||
		!strings.Contains(needs.String(), "发布过，还没有达成,0,4,4") {
		t.Errorf("%v %s", err, needs.String())
	}
	all := []stats.Reason{{What: "refuse", Code: "R2", Count: 2}, {What: "close", Code: "", Count: 1}}
	if err := document.WriteCSV(&reasons, words.ReasonSheet(stats.Query{}, all)); err != nil || !strings.Contains(reasons.String(), "不予登记,") ||
		!strings.Contains(reasons.String(), "没有写明,1") {
		t.Errorf("%v %s", err, reasons.String())
	}
}
