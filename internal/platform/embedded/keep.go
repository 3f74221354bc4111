package embedded

import (
	"context"
	"time"

	"techmarket/internal/foundation/fault"
)

// Keep starts the server again whenever it ends unasked, with growing pauses, until ctx ends or Stop is called. tell hears that it ended,
// why a start did not succeed, and nil when it runs again.
func (s *Server) Keep(ctx context.Context, tell func(error)) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.Exited():
		}
		if s.stopped() {
			return
		}
		tell(fault.New(fault.Unavailable, "postgres_died", "内置数据库意外退出，正在自动重新启动。已保存的内容不会丢失；原因见数据目录里的 postgres/postgres.log。"))
		for pause := 200 * time.Millisecond; ; pause = min(2*pause, 10*time.Second) {
			err := s.start(ctx)
			if ctx.Err() != nil || s.stopped() {
				return
			}
			tell(err)
			if err == nil {
				break
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(pause):
			}
		}
	}
}

func (s *Server) stopped() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopping
}
