package listing

import (
	"encoding/json"
	"errors"
	"time"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
)

// expiry is the end of validity of a content that is published or renewed now: the kind's life, or the end of the day that the content
// itself names, whichever comes first.
func (d Descriptor) expiry(raw json.RawMessage, now time.Time, c Clock) (*time.Time, error) {
	end := now.Add(d.life(c))
	f, err := d.rules.facts(raw)
	if err != nil {
		return nil, err
	}
	if day, err := time.ParseInLocation(time.DateOnly, f.Deadline, clock.Zone()); err == nil && day.AddDate(0, 0, 1).Before(end) {
		end = day.AddDate(0, 0, 1)
	}
	return &end, nil
}

// check is what submission asks of a content: its own rules, and a deadline that is still to come.
func (s *Service) check(kind Descriptor, raw json.RawMessage, now time.Time) error {
	if err := kind.rules.check(raw); err != nil {
		return err
	}
	return checkAhead(kind, raw, now)
}

// Ahead says of a content that is still to be stored what checkAhead would refuse later, nil where nothing.
func (s *Service) Ahead(kind Kind, raw json.RawMessage) ([]fault.Field, error) {
	d, ok := s.kinds.Get(kind)
	if !ok {
		return nil, nil
	}
	err := checkAhead(d, raw, s.config.Now())
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Kind == fault.Invalid {
		return f.Fields, nil
	}
	return nil, err
}

// checkAhead refuses a deadline that is over, in a draft too: nobody can answer it any more.
func checkAhead(kind Descriptor, raw json.RawMessage, now time.Time) error {
	f, err := kind.rules.facts(raw)
	if err != nil {
		return err
	}
	var bad fault.Fields
	if f.Deadline != "" && f.Deadline < clock.Day(now) {
		bad.Addf("deadline", "past", "期限 %s 已经过去，请改为今天以后的日期，或清空", f.Deadline)
	}
	return bad.Err()
}
