// Package clock holds the time zone of the market.
//
// It does not read the time: services are given a func() time.Time.
package clock

import (
	"time"
)

// Zone is Asia/Shanghai: one zone, no summer time since 1991, so no time zone table is needed.
func Zone() *time.Location { return time.FixedZone("Asia/Shanghai", 8*3600) }

// Local is the same instant in the zone of the market.
func Local(t time.Time) time.Time { return t.In(Zone()) }

// Day is the date of the instant in that zone, as 2006-01-02.
func Day(t time.Time) string { return Local(t).Format(time.DateOnly) }
