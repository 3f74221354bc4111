package money_test

import (
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"techmarket/internal/foundation/money"
)

func TestParseReadsWhatPeopleType(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]money.Fen{
		"0": 0, "1": 100, "0.01": 1, "0.1": 10, "1950000.00": 195_000_000, "1,950,000": 195_000_000,
		" ￥300.5 ": 30_050, //nolint:gocritic // the blanks around it are what is tested
		"¥1":       100, "１２３．４５": 12_345, "1，000": 100_000, "-0.01": -1, "－5": -500, "−5": -500,
		"99999999999.99": money.Max, "-99999999999.99": -money.Max, "000001": 100,
	} {
		if got, err := money.Parse(in); err != nil || got != want {
			t.Errorf("%q: got %d %v, want %d", in, got, err, want)
		}
	}
	for _, in := range []string{"", " ", "-", ".5", "5.", "1.005", "1,00", "1,0000", ",1", "1,,000", "1e3", "abc", "--1", "1.2.3", "1万", "+1",
		"0x1", "NaN"} {
		if got, err := money.Parse(in); !errors.Is(err, money.ErrSyntax) {
			t.Errorf("%q: got %d %v", in, got, err)
		}
	}
	for _, in := range []string{"100000000000", "99999999999999999999999999"} {
		if got, err := money.Parse(in); !errors.Is(err, money.ErrRange) {
			t.Errorf("%q: got %d %v", in, got, err)
		}
	}
}

func TestParseWanReadsTenThousands(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]money.Fen{"195": 195_000_000, "0.000001": 1, "1,234.5": 1_234_500_000,
		"9999999.999999": 9_999_999_999_999} {
		if got, err := money.ParseWan(in); err != nil || got != want {
			t.Errorf("%q: got %d %v, want %d", in, got, err, want)
		}
	}
	if _, err := money.ParseWan("0.0000001"); !errors.Is(err, money.ErrSyntax) {
		t.Errorf("got %v", err)
	}
}

func TestAmountsAreWrittenAsPeopleHereDo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fen                            money.Fen
		text, grouped, wan, short, han string
	}{
		{0, "0.00", "0.00", "0", "0 元", "人民币零元整"},
		{1, "0.01", "0.01", "0.000001", "0.01 元", "人民币壹分"},
		{10, "0.10", "0.10", "0.00001", "0.1 元", "人民币壹角整"},
		{101, "1.01", "1.01", "0.000101", "1.01 元", "人民币壹元零壹分"},
		{123, "1.23", "1.23", "0.000123", "1.23 元", "人民币壹元贰角叁分"},
		{100_000, "1000.00", "1,000.00", "0.1", "1,000 元", "人民币壹仟元整"},
		{101_000, "1010.00", "1,010.00", "0.101", "1,010 元", "人民币壹仟零壹拾元整"},
		{1_000_000, "10000.00", "10,000.00", "1", "1 万元", "人民币壹万元整"},
		{1_000_100, "10001.00", "10,001.00", "1.0001", "1 万元", "人民币壹万零壹元整"},
		{195_000_000, "1950000.00", "1,950,000.00", "195", "195 万元", "人民币壹佰玖拾伍万元整"},
		{300_000_000, "3000000.00", "3,000,000.00", "300", "300 万元", "人民币叁佰万元整"},
		{499_999_999, "4999999.99", "4,999,999.99", "499.999999", "500 万元", "人民币肆佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"},
		{9_999_999_999, "99999999.99", "99,999,999.99", "9,999.999999", "1 亿元", "人民币玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"},
		{10_000_000_100, "100000001.00", "100,000,001.00", "10,000.0001", "1 亿元", "人民币壹亿零壹元整"},
		{617_100_000_000, "6171000000.00", "6,171,000,000.00", "617,100", "61.71 亿元", "人民币陆拾壹亿柒仟壹佰万元整"},
		{-100_000_000, "-1000000.00", "-1,000,000.00", "-100", "-100 万元", "人民币负壹佰万元整"},
	} {
		got := []string{c.fen.String(), c.fen.Grouped(), c.fen.Wan(), c.fen.Short(), c.fen.Han()}
		for i, want := range []string{c.text, c.grouped, c.wan, c.short, c.han} {
			if got[i] != want {
				t.Errorf("%d: got %s, want %s", c.fen, got[i], want)
			}
		}
	}
}

func drawFen(t *rapid.T) money.Fen {
	return money.Fen(rapid.Int64Range(-int64(money.Max), int64(money.Max)).Draw(t, "fen"))
}

func TestEveryAmountReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := drawFen(t)
		for _, text := range []string{f.String(), f.Grouped()} {
			if got, err := money.Parse(text); err != nil || got != f {
				t.Fatalf("%s: got %d %v", text, got, err)
			}
		}
		if got, err := money.ParseWan(f.Wan()); err != nil || got != f {
			t.Fatalf("%s: got %d %v", f.Wan(), got, err)
		}
		if got, err := money.ParseHan(f.Han()); err != nil || got != f {
			t.Fatalf("%s: got %d %v, want %d", f.Han(), got, err, f)
		}
		b, err := json.Marshal(f)
		var back money.Fen
		if err != nil || json.Unmarshal(b, &back) != nil || back != f {
			t.Fatalf("%s: got %d", b, back)
		}
		v, _ := f.Value()
		if err := back.Scan(v); err != nil || back != f {
			t.Fatalf("scan: %d %v", back, err)
		}
		if s := f.Short(); strings.HasPrefix(strings.TrimPrefix(s, "-"), "10,000 万") || strings.Contains(s, "NaN") {
			t.Fatalf("%d reads %s", f, s)
		}
	})
}

func TestParseHanReadsCapitalsAndEverydayDigits(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]money.Fen{
		"人民币叁佰万元整": 3_000_000 * money.Yuan, "壹元零壹分": 101, "三十万元": 300_000 * money.Yuan, "十五万元": 150_000 * money.Yuan,
		"贰拾叁万肆仟伍佰圆整": 234_500 * money.Yuan, "壹佰万零伍佰元正": 1_000_500 * money.Yuan, "一百二十元五角": 12_050, "零元整": 0,
		"伍分": 5, "壹亿贰仟万元": 120_000_000 * money.Yuan, "两万元": 20_000 * money.Yuan, "人民币 捌拾 万元整": 800_000 * money.Yuan,
	} {
		if got, err := money.ParseHan(text); err != nil || got != want {
			t.Errorf("%s: got %d %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "叁佰万", "壹贰元", "拾佰元", "万元", "元整", "壹元壹元", "伍分叁角", "叁佰元整贰", "整", "壹万壹万元", "叁佰x元"} {
		if got, err := money.ParseHan(text); err == nil {
			t.Errorf("%q: got %d, want an error", text, got)
		}
	}
	if _, err := money.ParseHan("玖仟亿元"); !errors.Is(err, money.ErrRange) {
		t.Errorf("above the largest amount: %v", err)
	}
}

func FuzzParseHan(f *testing.F) {
	f.Add("人民币叁佰万零伍元壹角整")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := money.ParseHan(s)
		if err != nil {
			return
		}
		if again, err := money.ParseHan(got.Han()); err != nil || again != got {
			t.Fatalf("%q is %d, which reads back as %d %v", s, got, again, err)
		}
	})
}

func TestMulRatioRoundsHalfAwayFromZeroExactly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := drawFen(t)
		num, den := rapid.Int64Range(0, 1_000_000).Draw(t, "num"), rapid.Int64Range(1, 1_000_000).Draw(t, "den")
		exact := new(big.Int).Mul(big.NewInt(int64(f)), big.NewInt(num))
		neg := exact.Sign() < 0
		exact.Abs(exact)
		exact.Add(exact.Mul(exact, big.NewInt(2)), big.NewInt(den))
		exact.Quo(exact, big.NewInt(2*den))
		if neg {
			exact.Neg(exact)
		}
		if !exact.IsInt64() {
			return // beyond any amount
		}
		if got := f.MulRatio(num, den); int64(got) != exact.Int64() {
			t.Fatalf("%d × %d / %d: got %d, want %s", f, num, den, got, exact)
		}
	})
	for _, c := range []struct{ num, den int64 }{{1, 0}, {1, -1}, {-1, 1}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v: no panic", c)
				}
			}()
			money.Fen(1).MulRatio(c.num, c.den)
		}()
	}
}

func TestJSONAndScanRefuseWhatIsNoWholeNumber(t *testing.T) {
	t.Parallel()
	var f money.Fen
	for _, in := range []string{`1.5`, `"1"`, `1e30`, `{}`} {
		if err := json.Unmarshal([]byte(in), &f); err == nil {
			t.Errorf("%s: no error", in)
		}
	}
	for _, src := range []any{nil, 1.5, "1", []byte("1")} {
		if err := f.Scan(src); err == nil {
			t.Errorf("%v: no error", src)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "1,234.56", "￥0.01", "-5", "１２", "99999999999.99"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := money.Parse(s)
		if err != nil {
			if v != 0 || !errors.Is(err, money.ErrSyntax) && !errors.Is(err, money.ErrRange) {
				t.Fatalf("%q: %d %v", s, v, err)
			}
			return
		}
		if v > money.Max || v < -money.Max {
			t.Fatalf("%q: %d", s, v)
		}
		if back, err := money.Parse(v.String()); err != nil || back != v {
			t.Fatalf("%q: %d reads back as %d", s, v, back)
		}
	})
}
