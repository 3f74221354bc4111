package kind

import (
	"slices"
	"testing"
	"time"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/services/register"
)

func TestAll_AreWhole(t *testing.T) {
	t.Parallel()
	if _, err := register.NewKinds(All()...); err != nil {
		t.Fatal(err)
	}
	for _, d := range All() {
		for _, f := range d.Fields {
			if f.Code == "phone" && f.Sight != register.Own {
				t.Errorf("%s: a person's number is seen by more than owner and desk", d.Kind)
			}
		}
		d.Sheet() // every field has its column
	}
}

// A platform helps at TRL 4–6 of the same field, inside what it takes.
func TestPlatform_FitsAtPilotStages(t *testing.T) {
	t.Parallel()
	entry := register.Entry{
		ID:       1,
		Division: "150203",
		Content:  register.Content{"fields": {"05"}, "trlFrom": {"4"}, "trlTo": {"7"}, "keywords": {"磁体"}},
	}
	standing := []register.Standing{{Entry: entry}}
	for stage, want := range map[int]int{0: 0, 3: 0, 4: 1, 5: 1, 6: 1, 7: 0, 8: 0} {
		n := register.Need{Text: "钕铁硼磁体矫顽力", Field: "0501", Division: "150203", Stage: stage}
		if got := register.Propose(Platform(), n, standing); len(got) != want || want == 1 && got[0].Reason == "" {
			t.Errorf("stage %d: %+v", stage, got)
		}
	}
	if got := register.Propose(Platform(), register.Need{Text: "磁体", Field: "0901", Stage: 5}, standing); len(got) != 0 {
		t.Errorf("another field: %+v", got)
	}
}

func TestPropose_AtMostThreeTheNearestFirstAndNeverByFieldAlone(t *testing.T) {
	t.Parallel()
	var standing []register.Standing
	for i, division := range []string{"150104", "150203", "150203", "150104", "150202"} {
		standing = append(standing, register.Standing{Entry: register.Entry{ID: int64(i + 1), Division: division,
			Content: register.Content{"fields": {"05"}, "keywords": {"ＮｄＦｅＢ 磁体"}}}})
	}
	n := register.Need{Text: "提高 ndfeb磁体 的矫顽力", Field: "0501", Division: "150203"}
	var ids []int64
	for _, p := range register.Propose(Agency(), n, standing) {
		ids = append(ids, p.Entry.ID)
	}
	if !slices.Equal(ids, []int64{2, 3, 5}) {
		t.Errorf("proposed %v", ids)
	}
	if got := register.Propose(Agency(), register.Need{Text: "奶酪", Field: "0501"}, standing); len(got) != 0 {
		t.Errorf("by its field alone: %+v", got)
	}
}

func TestIncubator_CriteriaAndGraduation(t *testing.T) {
	t.Parallel()
	on := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	good := register.Content{"since": {"2020-01-01"}, "area": {"10000"}, "tenantArea": {"7500"}, "fund": {"500000000"}, "tenants": {"30"},
		"financed": {"3"}}
	if short := Short(good, on); len(short) != 0 {
		t.Errorf("the least that passes lacks %v", short)
	}
	small := register.Content{"since": {"2020-01-01"}, "area": {"8000"}, "tenantArea": {"6000"}, "fund": {"500000000"}, "tenants": {"20"},
		"financed": {"3"}}
	if short := Short(small, on); !slices.Equal(short, []string{"面积"}) {
		t.Errorf("8,000 m²: %v", short)
	}
	small["remote"] = []string{"yes"}
	if short := Short(small, on); len(short) != 0 {
		t.Errorf("8,000 m² in a remote place lacks %v", short)
	}
	if g := (Graduation{Investment: 480_0000_00}).Grounds(); len(g) != 0 {
		t.Errorf("with an investment of 480 万元: %v", g)
	}
	if g := (Graduation{Investment: 500_0000_00, TwoYears: 1000_0000_00}).Grounds(); len(g) != 1 {
		t.Errorf("sales must exceed 1,000 万元: %v", g)
	}
}

func TestInstrument_BelowThirtyWanIsOtherEquipment(t *testing.T) {
	t.Parallel()
	if got := Class(register.Content{"value": {"29999900"}}); got != "其他设备" {
		t.Errorf("299,999 元: %s", got)
	}
	if got := Class(register.Content{"value": {"30000000"}}); got != "大型科研仪器" {
		t.Errorf("300,000 元: %s", got)
	}
}

func TestFinance_OutsideItsAmountsSaysWhy(t *testing.T) {
	t.Parallel()
	c := register.Content{"amountFrom": {"50000000"}, "amountTo": {"200000000"}}
	for fen, want := range map[int64]string{300_0000_00: "高于产品额度上限 200 万元", 200_0000_00: "", 49_0000_00: "低于产品额度下限 50 万元"} {
		if got := Outside(c, fen); got != want {
			t.Errorf("%d: %q, want %q", fen, got, want)
		}
	}
}

func TestAffiliations_AreReadByLine(t *testing.T) {
	t.Parallel()
	c := register.Content{"units": {"样例大学，2015-09-01，，教授\n样例公司,2024-01-01,2025-12-31,企业创新岗"}}
	got, bad := Affiliations(c)
	if bad != 0 || len(got) != 2 || !got[0].To.IsZero() || got[1].Post != "企业创新岗" {
		t.Errorf("%+v %d", got, bad)
	}
	var wrong fault.Fields
	Expert().Rule(register.Content{"units": {"样例大学，去年"}}, &wrong)
	if wrong.Err() == nil {
		t.Error("an unreadable line passed")
	}
}

func FuzzAffiliations(f *testing.F) {
	f.Add("样例大学，2015-09-01，，教授\n;;;")
	f.Fuzz(func(t *testing.T, text string) {
		got, bad := Affiliations(register.Content{"units": {text}})
		for _, a := range got {
			if bad != 0 || a.Unit == "" || a.From.IsZero() || !a.To.IsZero() && a.To.Before(a.From) {
				t.Errorf("%q: %+v %d", text, a, bad)
			}
		}
	})
}
