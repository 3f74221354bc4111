package words_test

import (
	"testing"

	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/fault"
	"techmarket/web/ui/words"
)

// Every state, event and part of the table has a word of its own.
func TestEveryCodeOfTheTableHasItsWord(t *testing.T) {
	t.Parallel()
	for _, r := range registry.Table() {
		for _, s := range append([]registry.State{r.From}, r.To...) {
			if words.FilingState(s) == string(s) {
				t.Errorf("state %s has no word", s)
			}
		}
		if words.FilingEvent(r.Event) == string(r.Event) || words.Part(r.Part) == string(r.Part) {
			t.Errorf("event %s or part %s has no word", r.Event, r.Part)
		}
	}
	if got := words.FilingEvent(registry.EventMove); got != "移交登记点" {
		t.Errorf("a case that moved reads %q", got)
	}
}

func TestAFaultIsSaidWithTheWordsOfItsParameters(t *testing.T) {
	t.Parallel()
	f := fault.New(fault.Conflict, "wrong_state", "这一步现在不能办理").With(registry.AwaitingAcceptance, registry.EventRegister)
	if got := words.Fault(f).Message; got != "现在是“待受理”，不能登记。请刷新页面查看最新状态" {
		t.Errorf("got %q", got)
	}
	if plain := fault.New(fault.Forbidden, "part_taken", "注销申请由您提出，须由其他人员决定"); words.Fault(plain).Message != plain.Message {
		t.Error("a fault without parameters keeps its message")
	}
}
