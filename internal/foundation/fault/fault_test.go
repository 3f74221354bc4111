package fault_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"techmarket/internal/foundation/fault"
)

func TestAFaultIsFoundThroughWrappingAndNeverShowsItsCause(t *testing.T) {
	t.Parallel()
	cause := errors.New("secret host 10.0.0.1")
	err := fmt.Errorf("op: %w", fault.Wrap(cause, fault.Unavailable, "search_down", "检索暂时不可用，请稍后再试"))
	if !fault.Is(err, fault.Unavailable) || fault.Is(err, fault.Invalid) || !fault.HasCode(err, "search_down") || fault.HasCode(err, "other") {
		t.Errorf("got %v", fault.KindOf(err))
	}
	if !errors.Is(err, cause) {
		t.Error("the log cannot find the cause")
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("the cause is shown: %s", err)
	}
}

func TestOtherErrorsAreInternalAndNilIsNothing(t *testing.T) {
	t.Parallel()
	if got := fault.KindOf(io.EOF); got != fault.Internal {
		t.Errorf("got %s", got)
	}
	if fault.KindOf(nil) != "" || fault.Is(nil, fault.Internal) || fault.HasCode(nil, "") || fault.HasCode(io.EOF, "") {
		t.Error("nil or a foreign error taken for a fault")
	}
}

func TestFieldsCollectWrongInputsInOrder(t *testing.T) {
	t.Parallel()
	var f fault.Fields
	f.Check(true, "title", "required", "请填写名称")
	if err := f.Err(); err != nil {
		t.Fatalf("nothing is wrong: %v", err)
	}
	f.Check(false, "title", "required", "请填写名称")
	f.Addf("costs.0.amount", "range", "第 %d 行金额有误", 1)
	err := f.Err()
	var got *fault.Error
	if !errors.As(err, &got) || got.Kind != fault.Invalid || len(got.Fields) != 2 || got.Fields[0].Path != "title" ||
		got.Fields[1].Message != "第 1 行金额有误" {
		t.Errorf("got %+v", got)
	}
	if !strings.Contains(got.Message, "2") || len(f.List()) != 2 {
		t.Errorf("got %s", got.Message)
	}
	if e := fault.Newf(fault.NotFound, "listing_missing", "没有编号为 %d 的成果", 7); e.Message != "没有编号为 7 的成果" || e.Unwrap() != nil {
		t.Errorf("got %+v", e)
	}
}
