package money_test

import (
	"errors"
	"testing"

	"techmarket/internal/foundation/money"
)

func TestRead_TakesAmountsAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]money.Fen{"100万元": 1_000_000_00, "12.5 万元": 125_000_00, "1,200,000 元": 1_200_000_00,
		"１２．５万": 125_000_00, "1.2亿": 120_000_000_00, "0.00001亿元": 1_000_00,
		"人民币：12万元整": 120_000_00, "￥120000.55": 120_000_55,

		"120.5000": 120_50, "-5": -5_00, "0": 0} {
		if got, err := money.Read(text); err != nil || got != want {
			t.Errorf("%s: got %s, %v; want %s", text, got, err, want)
		}
	}
	for text, want := range map[string]money.Fen{"12.5": 125_000_00, "125000元": 125_000_00, "100万元": 1_000_000_00} {
		if got, err := money.ReadWan(text); err != nil || got != want {
			t.Errorf("in 万元 %s: got %s, %v; want %s", text, got, err, want)
		}
	}
	for text, want := range map[string]error{"1e6": money.ErrSyntax, "30-80万": money.ErrSyntax,
		"约12万": money.ErrSyntax, "12万5": money.ErrSyntax,
		"1.200,50": money.ErrFine, "12,5万": money.ErrSyntax, "100万美元": money.ErrSyntax, "": money.ErrSyntax, "0.001": money.ErrFine,
		"12.3456789万": money.ErrFine, "1000亿": money.ErrRange} {
		if got, err := money.Read(text); !errors.Is(err, want) {
			t.Errorf("%s: got %s, %v; want %v", text, got, err, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("12.5 万元")
	f.Fuzz(func(t *testing.T, text string) {
		if v, err := money.Read(text); err == nil {
			if again, err := money.Read(v.String()); err != nil || again != v {
				t.Errorf("%q: %s, again %s, %v", text, v, again, err)
			}
		}
	})
}
