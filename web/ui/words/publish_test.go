package words_test

import (
	"testing"

	"techmarket/internal/publish/event"
	"techmarket/web/ui/words"
)

func TestEvents_EveryCodeHasItsWord(t *testing.T) {
	t.Parallel()
	has(t, event.Kinds(), words.EventKind)
	has(t, event.Stages(), words.EventStage)
	has(t, []event.Act{"create", event.ActPublish, event.ActEdit, event.ActClose, event.ActStart, event.ActFinish, event.ActReport,
		event.ActPlace,
		event.ActCancel}, words.EventAct)
	has(t, event.Parts(), words.EventPart)
	has(t, event.SignStages(), words.SignStage)
	has(t, event.WishStages(), words.WishStage)
	has(t, event.Results(), words.MeetingResult)
}

func has[T ~string](t *testing.T, codes []T, word func(T) string) {
	t.Helper()
	for _, c := range codes {
		if word(c) == string(c) {
			t.Errorf("%T %s has no word", c, c)
		}
	}
}
