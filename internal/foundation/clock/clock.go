// Package clock is the one place that knows which time holds here.
//
// It refuses to read the time: services are given a func() time.Time.
package clock

import (
	"time"
)

// Zone is Asia/Shanghai: one zone, no summer time since 1991, so no time zone table is needed.
func Zone() *time.Location { return time.FixedZone("Asia/Shanghai", 8*3600) }

// Local is the same instant on the clocks here.
func Local(t time.Time) time.Time { return t.In(Zone()) }

// Day is the date of the instant here, as 2006-01-02.
func Day(t time.Time) string { return Local(t).Format(time.DateOnly) }
