package words_test

import (
	"testing"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/services/finance"
	"techmarket/internal/services/register"
	"techmarket/internal/services/voucher"
	"techmarket/web/ui/words"
)

func TestRegister_EveryStateAndEventHasItsWord(t *testing.T) {
	t.Parallel()
	for _, s := range register.States() {
		if words.RegisterState(s) == string(s) {
			t.Errorf("state %s has no word", s)
		}
	}
	for _, e := range append(register.Events(), register.EventCreate, register.EventSave, register.EventImport) {
		if words.RegisterEvent(e) == string(e) {
			t.Errorf("event %s has no word", e)
		}
	}
	for _, s := range voucher.Stages() {
		if words.VoucherStage(s) == string(s) {
			t.Errorf("stage %s of a voucher has no word", s)
		}
	}
	for _, s := range finance.Stages() {
		if words.FinanceStage(s) == string(s) {
			t.Errorf("stage %s of a finance request has no word", s)
		}
	}
	for _, e := range finance.Events() {
		if words.FinanceEvent(e) == string(e) {
			t.Errorf("event %s of a finance request has no word", e)
		}
	}
	for _, r := range voucher.PaperRoles() {
		if words.VoucherPaper(r) == string(r) {
			t.Errorf("paper %s has no word", r)
		}
	}
	refused := fault.New(fault.Conflict, "register_fixed", "现在不能修改").With(register.Submitted)
	if got := words.Fault(refused).Message; got != "现在是“待审核”，不能修改。请先撤回提交，或等审核结束" {
		t.Errorf("a refusal reads %q", got)
	}
}
