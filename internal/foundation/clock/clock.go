// Package clock holds the time zone of the market.
//
// It does not read the time: services are given a func() time.Time.
package clock

import (
	"time"
)

// Zone is Asia/Shanghai: one zone, no summer time since 1991, so no time zone table is needed.
func Zone() *time.Location { return time.FixedZone(ZoneName, 8*3600) }

// ZoneName is the zone as databases and environments call it.
const ZoneName = "Asia/Shanghai"

// Local is the same instant in the zone of the market.
func Local(t time.Time) time.Time { return t.In(Zone()) }

// Stored reads a clock as the database keeps what it says: whole microseconds, in the zone of the market. So an answer to a write gives
// the same instant as every later reading.
func Stored(now func() time.Time) func() time.Time {
	return func() time.Time { return Local(now()).Truncate(time.Microsecond) }
}

// Day is the date of the instant in that zone, as 2006-01-02.
func Day(t time.Time) string { return Local(t).Format(time.DateOnly) }

// Date is the calendar day of an instant here, as midnight UTC: what a SQL date reads back as.
func Date(t time.Time) time.Time {
	y, m, d := Local(t).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// Days counts the midnights here between two times, negative where to lies before from. Each may be an instant or a day as SQL reads it
// back: a day ends with its own midnight, so what is due on it is overdue when Days(due, now) > 0.
func Days(from, to time.Time) int { return int(Date(to).Sub(Date(from)).Hours() / 24) }

// IsDate reports whether a text is a day as 2006-01-02.
func IsDate(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}
