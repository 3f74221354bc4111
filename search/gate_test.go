package search_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"techmarket/internal/foundation/fault"
	"techmarket/search"
)

// Beyond its room a gate tells people to come back soon instead of letting them pile up; room given back is used by who waits.
func TestGate_BoundsWhatRunsAtOnce(t *testing.T) {
	t.Parallel()
	g := search.NewGate(1, 20*time.Millisecond)
	leave, err := g.Enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Enter(t.Context()); !fault.HasCode(err, "busy") || !fault.Is(err, fault.Unavailable) {
		t.Errorf("full: got %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.Enter(gone); !errors.Is(err, context.Canceled) && !fault.HasCode(err, "busy") {
		t.Errorf("who has gone: got %v", err)
	}
	patient := search.NewGate(1, time.Minute)
	leaveFirst, err := patient.Enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	go leaveFirst()
	second, err := patient.Enter(t.Context())
	if err != nil {
		t.Fatalf("room was given back: %v", err)
	}
	second()
	leave()
	again, err := g.Enter(t.Context())
	if err != nil {
		t.Fatalf("room again: %v", err)
	}
	again()
}
