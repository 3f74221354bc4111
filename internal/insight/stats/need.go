package stats

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// NeedPath counts needs that went the same way: each need that was submitted stands in exactly one.
type NeedPath struct {
	Diagnosed bool `json:"diagnosed" doc:"曾被判断为需要再诊断"`
	Published bool `json:"published" doc:"发布过"`
	Agreed    bool `json:"agreed" doc:"达成一致"`
	Count     int  `json:"count"`
}

// Reason counts one reason of one kind of end or judgement.
type Reason struct {
	What  string `json:"what" doc:"triage 需求判断、close 关闭、decline 谢绝、end 结束洽谈、intake 不予受理、refuse 不予登记"`
	Code  string `json:"code"`
	Count int    `json:"count"`
}

// Needs counts the paths of the needs submitted between two days. Anybody may ask.
func (s *Service) Needs(ctx context.Context, from, to string, sample bool) ([]NeedPath, error) {
	return between[NeedPath](ctx, s, selectNeeds, from, to, sample)
}

// Reasons counts judgements and reasons between two days, of each kind the most frequent first. Anybody may ask.
func (s *Service) Reasons(ctx context.Context, from, to string, sample bool) ([]Reason, error) {
	return between[Reason](ctx, s, selectReasons, from, to, sample)
}

func between[T any](ctx context.Context, s *Service, sql, from, to string, sample bool) ([]T, error) {
	if _, err := (Query{From: from, To: to}).checked(); err != nil {
		return nil, err
	}
	found, err := many[T](ctx, s.db, sql, pgx.StrictNamedArgs{"from": from, "to": to, "sample": sample})
	if err != nil {
		return nil, fmt.Errorf("stats needs: %w", err)
	}
	return found, nil
}
