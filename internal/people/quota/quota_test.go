package quota_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/people/quota"
	"techmarket/internal/platform/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// Every limit refuses the first use beyond it with 429's kind, names the limit, says when to go on, and lets in again in the next window.
func TestQuotas_EachRefusesWhatIsBeyondAndSaysSo(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for _, q := range quota.Quotas() {
		now := time.Date(2026, 4, 10, 10, 20, 0, 0, clock.Zone())
		s := quota.New(db, func() time.Time { return now })
		who := quota.Subject{Confirmed: true}
		switch q.Per { // alone, so that no other limit of the name speaks first
		case quota.Account:
			who.Account = 1
		case quota.Organisation:
			who.Organisation = 1
		case quota.Address:
			who.Address = "192.0.2." + q.Window.String()[:1]
		case quota.Mailbox:
			who.Mailbox = "a@example.com"
		}
		ctx := t.Context()
		limit := q.Limit
		if q.Per == quota.Address && q.Name == quota.SignUp { // two windows: the shorter speaks
			limit = 10
		}
		if err := s.Spend(ctx, who, quota.Use{Name: q.Name, N: limit}); err != nil {
			if q.Name == quota.SignUp && q.Window > time.Hour {
				continue
			}
			t.Errorf("%s per %s: up to the limit: %v", q.Name, q.Per, err)
		}
		err := s.Spend(ctx, who, quota.Use{Name: q.Name, N: 1})
		var f *fault.Error
		if !errors.As(err, &f) || f.Kind != fault.TooMany || f.Wait <= 0 || f.Wait > q.Window || !strings.Contains(f.Message, string(q.What)) {
			t.Errorf("%s per %s: beyond the limit: %v", q.Name, q.Per, err)
		}
		if err := s.Left(ctx, who, quota.Use{Name: q.Name, N: 1}); !fault.Is(err, fault.TooMany) {
			t.Errorf("%s per %s: Left says otherwise: %v", q.Name, q.Per, err)
		}
		now = now.Add(q.Window)
		if err := s.Left(ctx, who, quota.Use{Name: q.Name, N: 1}); err != nil {
			t.Errorf("%s per %s: in the next window: %v", q.Name, q.Per, err)
		}
		if err := s.Clean(ctx); err != nil {
			t.Error(err)
		}
	}
}

func TestQuotas_UnconfirmedOrganisationsHaveLess(t *testing.T) {
	t.Parallel()
	s := quota.New(pgtest.New(t), time.Now)
	use := quota.Use{Name: quota.Invite, N: 6}
	if err := s.Spend(t.Context(), quota.Subject{Account: 1, Organisation: 1}, use); !fault.HasCode(err, "quota_invite") {
		t.Errorf("pending: %v", err)
	}
	if err := s.Spend(t.Context(), quota.Subject{Account: 1, Organisation: 1, Confirmed: true}, use); err != nil {
		t.Errorf("confirmed: %v", err)
	}
}

// One household has 2^64 IPv6 addresses.
func TestQuotas_AnIPv6NetworkIsOneAddress(t *testing.T) {
	t.Parallel()
	s := quota.New(pgtest.New(t), time.Now)
	use := quota.Use{Name: quota.SignUp, N: 10}
	if err := s.Spend(t.Context(), quota.Subject{Address: "2001:db8::1"}, use); err != nil {
		t.Fatal(err)
	}
	if err := s.Spend(t.Context(), quota.Subject{Address: "2001:db8::ffff:1"}, use); !fault.HasCode(err, "quota_sign_up") {
		t.Errorf("a neighbour: %v", err)
	}
	if err := s.Spend(t.Context(), quota.Subject{Address: "2001:db8:0:1::1"}, use); err != nil {
		t.Errorf("another network: %v", err)
	}
}

// What is rolled back was not counted, and whoever asks at the same moment never passes the limit together.
func TestQuotas_CountWithTheEffectAndNeverBeyond(t *testing.T) {
	t.Parallel()
	s := quota.New(pgtest.New(t), time.Now)
	who, one := quota.Subject{Account: 7, Confirmed: true}, quota.Use{Name: quota.Reveal, N: 1}
	if err := s.Whole(t.Context(), func(ctx context.Context) (bool, error) { return false, s.Spend(ctx, who, one) }); err != nil {
		t.Fatal(err)
	}
	var done atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 8 {
				if s.Spend(t.Context(), who, one) == nil {
					done.Add(1)
				}
			}
		})
	}
	all.Wait()
	if done.Load() != 30 {
		t.Errorf("%d of 30 were let in", done.Load())
	}
}
