package search

import (
	"context"
	"time"

	"techmarket/internal/foundation/fault"
)

// Gate bounds how much costly work runs at once. Beyond its room a request waits a moment and is then told to come back:
// with more asked than two cores can answer, everybody would otherwise wait for half a minute, and memory grow with the waiting.
type Gate struct {
	room chan struct{}
	wait time.Duration
}

// NewGate lets n pieces of work run at once and others wait at most this long.
func NewGate(n int, wait time.Duration) *Gate { return &Gate{make(chan struct{}, n), wait} }

// Enter waits for room; leave gives it back. Fault: unavailable "busy".
func (g *Gate) Enter(ctx context.Context) (leave func(), err error) {
	leave = func() { <-g.room }
	select {
	case g.room <- struct{}{}:
		return leave, nil
	default:
	}
	late := time.NewTimer(g.wait)
	defer late.Stop()
	select {
	case g.room <- struct{}{}:
		return leave, nil
	case <-late.C:
		return nil, fault.New(fault.Unavailable, "busy", "现在查询的人太多，请过几秒再试。")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Gated is an engine whose searches go through a gate.
type Gated struct {
	Engine
	Gate *Gate
}

// Search answers when there is room. Fault beside the engine's: unavailable "busy".
func (g Gated) Search(ctx context.Context, q Query) (Result, error) {
	leave, err := g.Gate.Enter(ctx)
	if err != nil {
		return Result{}, err
	}
	defer leave()
	return g.Engine.Search(ctx, q)
}
