package deadline_test

import (
	"context"
	"errors"
	"testing"

	"techmarket/internal/certify/deadline"
	"techmarket/internal/certify/registry/registrytest"
	"techmarket/internal/foundation/fault"
)

func TestAHolidayTableIsReadWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	days, err := deadline.ReadHolidays(t.Context(), "2026.csv", []byte("2026 年放假安排\n日期,类型,名称\n2026-10-01,放假,国庆节\n2026/10/10,调休上班,国庆节\n"))
	registrytest.Check(t, err)
	registrytest.Check(t, w.Deadlines.SaveHolidays(ctx, w.Regional, days))
	saved, err := w.Deadlines.Holidays(ctx)
	registrytest.Check(t, err)
	if len(saved) != 2 || saved[1].Kind != "workday" {
		t.Errorf("got %+v", saved)
	}
	if err := w.Deadlines.SaveHolidays(ctx, w.League, days); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a league changed the calendar: %v", err)
	}
	_, err = deadline.ReadHolidays(t.Context(), "2026.csv", []byte("日期,类型,名称\n10月1日,放假,\n2026-10-02,半天,\n2026-10-03,放假,\n2026-10-03,放假,\n"))
	var f *fault.Error
	if f = faultOf(err); f == nil || len(f.Fields) != 3 {
		t.Errorf("got %v", err)
	}
}

func faultOf(err error) *fault.Error {
	var f *fault.Error
	errors.As(err, &f)
	return f
}
