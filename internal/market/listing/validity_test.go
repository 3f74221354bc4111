package listing

import (
	"encoding/json"
	"testing"
	"time"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
)

func TestValidity_FollowsTheDeadlineAndAPastOneIsRefused(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 5, 9, 0, 0, 0, clock.Zone())
	year := 365 * 24 * time.Hour
	for deadline, want := range map[string]struct {
		until   time.Time
		refused bool
	}{
		"":           {now.Add(year), false},
		"2026-06-30": {time.Date(2026, 7, 1, 0, 0, 0, 0, clock.Zone()), false},
		"2026-03-05": {time.Date(2026, 3, 6, 0, 0, 0, 0, clock.Zone()), false},
		"2029-01-01": {now.Add(year), false},
		"2026-03-04": {time.Date(2026, 3, 5, 0, 0, 0, 0, clock.Zone()), true},
	} {
		d := Descriptor{Life: year, rules: rules{check: func(json.RawMessage) error { return nil },
			facts: func(json.RawMessage) (Facts, error) { return Facts{Deadline: deadline}, nil }}}
		end, err := d.expiry(nil, now, Clock{})
		if err != nil || !end.Equal(want.until) {
			t.Errorf("%q: valid until %v, %v, want %v", deadline, end, err, want.until)
		}
		err = (&Service{}).check(d, nil, now)
		if fault.Is(err, fault.Invalid) != want.refused {
			t.Errorf("%q: %v, want refused %v", deadline, err, want.refused)
		}
	}
}
