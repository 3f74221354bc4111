package registry_test

import (
	"context"
	"slices"
	"testing"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/point"
	"techmarket/internal/certify/recognition"
	"techmarket/internal/certify/registry"
	"techmarket/internal/certify/registry/registrytest"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
)

const yuan = money.Yuan

func TestAcceptanceCasesThatRegister(t *testing.T) {
	t.Parallel()
	w := registrytest.New(t)
	for name, c := range map[string]struct {
		content   func(*contract.Content)
		review    func(*registry.Review)
		n, tt, v  money.Fen
		experts   bool
		wantClass string
	}{
		"A1 委托开发": {registrytest.Class("0101", 800_000*yuan), nil, 0, 800_000 * yuan, 800_000 * yuan, false, "0101"},
		"A2 含设备与原材料": {registrytest.Class("0101", 3_000_000*yuan),
			registrytest.Deduct(registrytest.Goods("equipment", 900_000*yuan), registrytest.Goods("material", 150_000*yuan)),
			1_050_000 * yuan, 1_950_000 * yuan, 1_950_000 * yuan, false, "0101"},
		"A3 两套合理": {registrytest.Class("0101", 2_600_000*yuan),
			registrytest.Deduct(registrytest.Carrier(400_000*yuan, 1), registrytest.Carrier(350_000*yuan, 1), registrytest.Carrier(350_000*yuan, 0)),
			350_000 * yuan, 2_250_000 * yuan, 1_500_000 * yuan, false, "0101"},
		"A4 专利权转让": {registrytest.Class("0202", 1_200_000*yuan, registrytest.Right("invention", contract.Yes, contract.Yes)), nil, 0,
			1_200_000 * yuan, 1_200_000 * yuan, false, "0202"},
		"A6 可行性分析": {registrytest.Class("0401", 260_000*yuan), nil, 0, 260_000 * yuan, 0, false, "0401"},
		"A7 含备件": {registrytest.Class("0501", 1_100_000*yuan), registrytest.Deduct(registrytest.Goods("part", 280_000*yuan)), 280_000 * yuan,
			820_000 * yuan, 0, false, "0501"},
		"A8 单独技术服务": {registrytest.Class("0501", 100_000*yuan), nil, 0, 100_000 * yuan, 0, false, "0501"},
		"A12b 非常规测绘": {registrytest.Class("0501", 500_000*yuan), registrytest.Find("surveying", "unconventional_separate"), 0, 500_000 * yuan, 0,
			false, "0501"},
		"A13a 专项培训": {registrytest.Class("0503", 90_000*yuan), nil, 0, 90_000 * yuan, 0, false, "0503"},
		"A13c 培训在内": {registrytest.Class("0101", 800_000*yuan), registrytest.Find("training_inside"), 0, 800_000 * yuan, 800_000 * yuan,
			false, "0101"},
		"A15a 大额": {registrytest.Class("0101", 5_600_000*yuan), registrytest.Deduct(registrytest.Goods("equipment", 600_000*yuan)),
			600_000 * yuan, 5_000_000 * yuan, 5_000_000 * yuan, true, "0101"},
		"A15b 差一分": {registrytest.Class("0101", 5_600_000*yuan-1), registrytest.Deduct(registrytest.Goods("equipment", 600_000*yuan)),
			600_000 * yuan, 5_000_000*yuan - 1, 5_000_000*yuan - 1, false, "0101"},
		"有争议": {registrytest.Class("0101", 800_000*yuan), func(r *registry.Review) { r.Disputed = true }, 0, 800_000 * yuan,
			800_000 * yuan, true, "0101"},
	} {
		t.Run(name, func(t *testing.T) {
			w.T = t
			content := w.Content()
			c.content(&content)
			f := w.Pass(w.Submit(content).ID, c.review)
			if got := f.State == registry.AwaitingExperts; got != c.experts {
				t.Errorf("to the experts: %v, want %v", got, c.experts)
			}
			if *f.Deducted != c.n || *f.Technical != c.tt || *f.VATBase != c.v {
				t.Errorf("N %s T %s V %s, want %s %s %s", f.Deducted, f.Technical, f.VATBase, c.n, c.tt, c.v)
			}
			reg := w.Finish(f)
			if reg.Class != c.wantClass || reg.Technical != c.tt || reg.Amount != content.Elements.Amount {
				t.Errorf("registered %s C %s T %s", reg.Class, reg.Amount, reg.Technical)
			}
		})
	}
}

func TestAcceptanceCasesThatAreRefused(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	for name, c := range map[string]struct {
		content func(*contract.Content)
		review  func(*registry.Review)
		code    string
	}{
		"A4 专利失效":     {registrytest.Class("0202", 1_200_000*yuan, registrytest.Right("invention", contract.Yes, contract.No)), nil, "R2"},
		"A6 经济分析":     {registrytest.Class("0401", 260_000*yuan), registrytest.Find("economic_analysis", "legal_advice"), "R2"},
		"A8 购销":       {registrytest.Class("0501", 1_500_000*yuan), registrytest.Find("product_trade"), "R2"},
		"A9 加工承揽":     {registrytest.Class("0501", 450_000*yuan), registrytest.Find("routine_processing"), "R2"},
		"A10 印刷":      {registrytest.Class("0501", 60_000*yuan), registrytest.Find("printing"), "R2"},
		"A10 广告":      {registrytest.Class("0501", 60_000*yuan), registrytest.Find("advertising"), "R2"},
		"A11 描晒复印":    {registrytest.Class("0501", 35_000*yuan), registrytest.Find("copying"), "R2"},
		"A11 强制检定":    {registrytest.Class("0501", 35_000*yuan), registrytest.Find("compulsory_verification"), "R2"},
		"A11 仪器租赁":    {registrytest.Class("0501", 35_000*yuan), registrytest.Find("instrument_lease"), "R2"},
		"A12a 常规测绘":   {registrytest.Class("0501", 500_000*yuan), registrytest.Find("surveying"), "R2"},
		"A13b 产品使用培训": {registrytest.Class("0503", 90_000*yuan), registrytest.Find("product_use_training"), "R2"},
		"B3 限制改进":     {registrytest.Class("0101", 800_000*yuan), registrytest.Find("monopoly_clause"), "R6"},
		"B4 基础研究":     {registrytest.Class("0101", 800_000*yuan), registrytest.Find("basic_research"), "R2"},
		"B4 软科学":      {registrytest.Class("0101", 800_000*yuan), registrytest.Find("soft_science"), "R2"},
		"B4 简单改变尺寸":   {registrytest.Class("0101", 800_000*yuan), registrytest.Find("routine_change"), "R2"},
	} {
		t.Run(name, func(t *testing.T) {
			w.T = t
			content := w.Content()
			c.content(&content)
			f := w.Submit(content)
			_, err := w.S.Do(ctx, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventAccept})
			registrytest.Check(t, err)
			w.Review(w.Registrar, f.ID, c.review)
			if _, err = w.S.Do(ctx, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventPassFirstReview}); !fault.HasCode(
				err,
				"not_registrable",
			) {
				t.Fatalf("first review: %v, want not_registrable", err)
			}
			shown, err := w.S.Case(ctx, w.Registrar, f.ID)
			registrytest.Check(t, err)
			if !slices.Contains(shown.Decision.Reasons, c.code) {
				t.Errorf("reasons %v, want %s", shown.Decision.Reasons, c.code)
			}
			got, err := registrytest.FilingOf(
				w.S.Do(
					ctx,
					w.Registrar,
					registry.Command{
						Filing:  f.ID,
						Event:   registry.EventRefuse,
						Refusal: registry.Refusal{Codes: shown.Decision.Reasons, Articles: shown.Decision.Articles, Text: "不属于技术合同"},
					},
				),
			)
			registrytest.Check(t, err)
			if got.State != registry.Refused || got.DecidedAt == nil {
				t.Errorf("state %s", got.State)
			}
			var entries int
			w.Scan(&entries, `select count(*) from period_entry`)
			if entries != 0 {
				t.Errorf("a refusal booked %d entries", entries)
			}
		})
	}
}

func TestA4WithoutCertificateIsCorrectedOnceThenRefused(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	content := w.Content()
	registrytest.Class("0202", 1_200_000*yuan, registrytest.Right("invention", contract.No, contract.Yes))(&content)
	f := w.Submit(content)
	ref := f.ID
	_, err := w.S.Do(ctx, w.Registrar, registry.Command{Filing: ref, Event: registry.EventAccept})
	registrytest.Check(t, err)
	w.Review(w.Registrar, f.ID, nil)
	shown, err := w.S.Case(ctx, w.Registrar, f.ID)
	registrytest.Check(t, err)
	if got := shown.Decision; got.Outcome != "correct" || !slices.Equal(got.Reasons, []string{"R7"}) ||
		!slices.Equal(got.Articles, []string{"29"}) {
		t.Errorf("decision %+v", got)
	}
	_, err = w.S.Do(
		ctx,
		w.Registrar,
		registry.Command{
			Filing: ref,
			Event:  registry.EventRequestCorrection,
			Items:  []registry.CorrectionItem{{Field: "ip_certificate", Text: "请补交专利证书", Reason: "R7"}},
		},
	)
	registrytest.Check(t, err)
	_, err = w.S.Do(
		ctx,
		w.Registrar,
		registry.Command{
			Filing:  ref,
			Event:   registry.EventLapseCorrection,
			Refusal: registry.Refusal{Codes: []string{"R7"}, Articles: []string{"29"}, Text: "逾期未补交"},
		},
	)
	if !fault.HasCode(err, "correction_running") {
		t.Errorf("lapsed within the term: %v", err)
	}
	w.Later(20)
	got, err := registrytest.FilingOf(
		w.S.Do(
			ctx,
			w.Registrar,
			registry.Command{
				Filing:  ref,
				Event:   registry.EventLapseCorrection,
				Refusal: registry.Refusal{Codes: []string{"R7"}, Articles: []string{"29"}, Text: "逾期未补交"},
			},
		),
	)
	registrytest.Check(t, err)
	if got.State != registry.Refused || got.Refusal.Codes[0] != "R7" {
		t.Errorf("state %s refusal %+v", got.State, got.Refusal)
	}
}

// The copy decides (Art. 29), at the applicant's pre-check as at the desk: a declaration is none, and where one of the rights
// is said to have no certificate, the copies of the others do not cover it.
func TestThePreCheckAndTheDeskAskForTheSameCertificate(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	for name, c := range map[string]struct {
		rights []contract.Answer // certificate held
		copied bool
		want   recognition.Outcome
	}{
		"held, copy attached":          {[]contract.Answer{contract.Yes}, true, recognition.Register},
		"held, no copy":                {[]contract.Answer{contract.Yes}, false, recognition.Correct},
		"not held, some copy attached": {[]contract.Answer{contract.No}, true, recognition.Correct},
		"one of two not held":          {[]contract.Answer{contract.No, contract.Yes}, true, recognition.Correct},
	} {
		content := w.Content()
		registrytest.Class("0202", 1_200_000*yuan)(&content)
		content.Elements.IP = nil
		for _, held := range c.rights {
			content.Elements.IP = append(
				content.Elements.IP,
				contract.IP{Kind: "invention", Title: "一种方法", Number: "ZL202310000000.0", Certificate: held, Valid: contract.Yes},
			)
		}
		content.Elements.IP = append(content.Elements.IP, contract.IP{Kind: "know_how", Title: "工艺参数"}) // has no certificate and needs none
		id := w.Draft(content, "")
		if !c.copied {
			_, err := w.DB.Exec(ctx, `delete from contract_file where contract_id = $1 and role = $2`, id, contract.IPCertificate)
			registrytest.Check(t, err)
		}
		f, err := w.S.Submit(ctx, w.Seller, id, w.County.ID)
		registrytest.Check(t, err)
		shown, err := w.S.Case(ctx, w.Registrar, f.ID)
		registrytest.Check(t, err)
		before := contract.Look(
			shown.Contract.Content,
			shown.Contract.Files,
			contract.Date(w.Now.Format("2006-01-02")),
			contract.Place{Points: []string{w.County.Division}},
			recognition.DefaultPolicy(),
		)
		_, err = w.S.Do(ctx, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventAccept})
		registrytest.Check(t, err)
		w.Review(w.Registrar, f.ID, nil)
		shown, err = w.S.Case(ctx, w.Registrar, f.ID)
		registrytest.Check(t, err)
		if shown.Decision.Outcome != c.want || before.Decision.Outcome != c.want {
			t.Errorf(
				"%s: pre-check %s %v, desk %s %v, want %s",
				name,
				before.Decision.Outcome,
				before.Decision.Reasons,
				shown.Decision.Outcome,
				shown.Decision.Reasons,
				c.want,
			)
		}
	}
}

func TestA5RoyaltyRegistersTheFixedPartAndIsCorrectedByChange(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	content := w.Content()
	registrytest.Class("0301", 300_000*yuan, registrytest.Right("invention", contract.Yes, contract.Yes), func(c *contract.Content) {
		c.Elements.Royalty, c.Elements.RoyaltyTerms, c.Elements.AmountOpen = contract.Yes, "销售额的 3%", true
		c.Elements.Licence = contract.Licence{Years: 6, Exclusive: "ordinary"}
		c.Elements.EndsOn = "2032-03-01"
	})(&content)
	f := w.Submit(content)
	_, err := w.S.Do(ctx, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventAccept})
	registrytest.Check(t, err)
	shown, err := w.S.Case(ctx, w.Registrar, f.ID)
	registrytest.Check(t, err)
	if want := []string{"amount_to_be_corrected", "cit_transfer"}; !slices.Equal(shown.Decision.Flags, want) {
		t.Errorf("flags %v, want %v", shown.Decision.Flags, want)
	}
	reg := w.Finish(w.Pass(f.ID, nil))
	if reg.Technical != 300_000*yuan {
		t.Errorf("T %s", reg.Technical)
	}
	reg = change(
		w,
		reg,
		func(c *contract.Content) { c.Elements.Amount, c.Technical = 425_000*yuan, 425_000*yuan },
		func(r *registry.Review) {},
	)
	if reg.Amount != 425_000*yuan || reg.Technical != 425_000*yuan || reg.Version != 2 {
		t.Errorf("after the royalty: C %s T %s v%d", reg.Amount, reg.Technical, reg.Version)
	}
}

// change amends a registered contract all the way to version v+1.
func change(
	w *registrytest.World,
	reg registry.Registration,
	content func(*contract.Content),
	review func(*registry.Review),
) registry.Registration {
	w.T.Helper()
	ctx := context.Background()
	_, err := w.S.Do(ctx, w.Seller, registry.Command{Number: reg.Number, Event: registry.EventStartChange})
	registrytest.Check(w.T, err)
	w.Edit(reg.ContractID, content)
	w.Supplement(reg.ContractID)
	f, err := registrytest.FilingOf(
		w.S.Do(ctx, w.Seller, registry.Command{Number: reg.Number, Event: registry.EventRequestChange, Text: "补充协议"}),
	)
	registrytest.Check(w.T, err)
	return w.Finish(w.Pass(f.ID, review))
}

func TestA14IntermediaryContractRegistersBesideTheTransfer(t *testing.T) {
	t.Parallel()
	w := registrytest.New(t)
	main, fee := w.Content(), w.Content()
	registrytest.Class("0202", 2_000_000*yuan, registrytest.Right("invention", contract.Yes, contract.Yes))(&main)
	registrytest.Class("0502", 60_000*yuan)(&fee)
	w.Register(main, nil)
	w.Register(fee, nil)
	var n int
	var sum money.Fen
	w.Scan(&n, `select sum(contracts) from period_entry`)
	w.Scan(&sum, `select sum(technical)::bigint from period_entry`)
	if n != 2 || sum != 2_060_000*yuan {
		t.Errorf("%d contracts, T %s; want 2 and 2060000.00", n, sum)
	}
}

func TestB1OpenPriceIsCorrectedOrRefusedR3(t *testing.T) {
	t.Parallel()
	for name, filled := range map[string]bool{"filled": true, "never filled": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := registrytest.New(t), context.Background()
			f := w.Submit(w.Content())
			ref := f.ID
			_, err := w.S.Do(
				ctx,
				w.Registrar,
				registry.Command{
					Filing: ref,
					Event:  registry.EventRequestCorrection,
					Items:  []registry.CorrectionItem{{Field: "elements.amountFen", Text: "合同价款空缺，请补充约定", Reason: "R3"}},
				},
			)
			registrytest.Check(t, err)
			if !filled {
				w.Later(20)
				got, err := registrytest.FilingOf(
					w.S.Do(
						ctx,
						w.Registrar,
						registry.Command{
							Filing:  ref,
							Event:   registry.EventLapseCorrection,
							Refusal: registry.Refusal{Codes: []string{"R3"}, Articles: []string{"15"}, Text: "价款未约定"},
						},
					),
				)
				registrytest.Check(t, err)
				if got.State != registry.Refused {
					t.Errorf("state %s", got.State)
				}
				return
			}
			w.Edit(f.ContractID, func(c *contract.Content) { c.Elements.Amount, c.Technical = 150_000*yuan, 150_000*yuan })
			if _, err := w.S.Do(ctx, w.Seller, registry.Command{Filing: ref, Event: registry.EventSubmitCorrection}); !fault.Is(err, fault.Invalid) {
				t.Errorf("unanswered items passed: %v", err)
			}
			got, err := registrytest.FilingOf(
				w.S.Do(ctx, w.Seller, registry.Command{Filing: ref, Event: registry.EventSubmitCorrection, Answers: []string{"已补充约定 15 万元"}}),
			)
			registrytest.Check(t, err)
			if got.State != registry.InReview || got.AcceptedAt == nil || got.ContractVersion != 2 || got.ClaimedAmount != 150_000*yuan {
				t.Errorf("after correction %s accepted %v version %d C %s", got.State, got.AcceptedAt, got.ContractVersion, got.ClaimedAmount)
			}
			if reg := w.Finish(w.Pass(f.ID, nil)); reg.Technical != 150_000*yuan {
				t.Errorf("T %s", reg.Technical)
			}
		})
	}
}

func TestB2WrongTitleIsCorrectedToItsTrueClass(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	content := w.Content()
	registrytest.Class("0101", 150_000*yuan)(&content)
	f := w.Submit(content)
	ref := f.ID
	_, err := w.S.Do(ctx, w.Registrar, registry.Command{Filing: ref, Event: registry.EventAccept})
	registrytest.Check(t, err)
	w.Review(w.Registrar, f.ID, registrytest.Find("title_mismatch"))
	if _, err := w.S.Do(ctx, w.Registrar, registry.Command{Filing: ref, Event: registry.EventPassFirstReview}); !fault.HasCode(
		err,
		"not_registrable",
	) {
		t.Fatalf("a title that does not fit its content passed: %v", err)
	}
	_, err = w.S.Do(
		ctx,
		w.Registrar,
		registry.Command{
			Filing: ref,
			Event:  registry.EventRequestCorrection,
			Items:  []registry.CorrectionItem{{Field: "elements.classCode", Text: "内容为测试分析，请改为技术服务", Reason: "R5"}},
		},
	)
	registrytest.Check(t, err)
	if _, err := w.S.Do(ctx, w.Registrar, registry.Command{Filing: ref, Event: registry.EventRequestCorrection,
		Items: []registry.CorrectionItem{{Text: "再补一项"}}}); err == nil {
		t.Error("corrections were asked for twice")
	}
	w.Edit(f.ContractID, func(c *contract.Content) {
		c.Elements.Name, c.Elements.ClassCode = "新材料性能测试分析", "0501"
	})
	_, err = w.S.Do(ctx, w.Seller, registry.Command{Filing: ref, Event: registry.EventSubmitCorrection, Answers: []string{"已改为技术服务合同"}})
	registrytest.Check(t, err)
	reg := w.Finish(w.Pass(f.ID, func(r *registry.Review) { r.Class, r.Findings = "0501", nil }))
	if reg.Class != "0501" || reg.Technical != 150_000*yuan {
		t.Errorf("registered %s T %s", reg.Class, reg.Technical)
	}
}

func TestB5WrongPointIsRefusedNamingTheRightOne(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	id := w.Draft(w.Content(), "")
	if _, err := w.S.Submit(ctx, w.Seller, id, w.Elsewhere.ID); !fault.HasCode(err, "wrong_point") {
		t.Fatalf("submitted in 包头: %v", err)
	}
	for _, c := range []struct {
		division, want string
	}{{"150103", "回民区登记点"}, {"150104", "呼和浩特市登记点"}, {"152221", "自治区登记点"}} {
		p, err := w.Points.Right(ctx, w.Seller.OrgID, c.division, false)
		registrytest.Check(t, err)
		if p.Name != c.want {
			t.Errorf("%s goes to %s, want %s", c.division, p.Name, c.want)
		}
	}
	_, err := w.Points.SetState(ctx, w.Regional, w.County.ID, 1, point.Suspended, "检查整改")
	registrytest.Check(t, err)
	if _, err = w.S.Submit(ctx, w.Seller, id, w.County.ID); !fault.HasCode(err, "point_suspended") {
		t.Errorf("a suspended point took a filing: %v", err)
	}
	_, err = w.S.Submit(ctx, w.Seller, id, w.LeaguePoint.ID)
	registrytest.Check(t, err)
}

func TestAUniversityFilesAtItsOwnPointFirst(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	own, err := w.Points.Save(
		ctx,
		w.Regional,
		point.Input{Name: "本院登记点", Kind: point.Institute, OrganisationID: w.Seller.OrgID, Division: "150103",
			ServesOrg: w.Seller.OrgID, Code2: "09", AuthorisedFrom: "2024-01-01"},
	)
	registrytest.Check(t, err)
	p, err := w.Points.Right(ctx, w.Seller.OrgID, "150103", false)
	registrytest.Check(t, err)
	if p.ID != own.ID {
		t.Errorf("right point %s", p.Name)
	}
	if _, err := w.S.Submit(ctx, w.Seller, w.Draft(w.Content(), ""), w.County.ID); !fault.HasCode(err, "wrong_point") {
		t.Errorf("the county took it: %v", err)
	}
}

func TestB6TheSameTextBetweenTheSamePartiesIsADuplicate(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	first, err := w.S.Submit(ctx, w.Seller, w.Draft(w.Content(), "same"), w.County.ID)
	registrytest.Check(t, err)
	w.Finish(w.Pass(first.ID, nil))
	again := w.Content()
	again.Elements.Name = "换了一个名称"
	f, err := w.S.Submit(ctx, w.Seller, w.Draft(again, "same"), w.County.ID)
	registrytest.Check(t, err)
	_, err = w.S.Do(ctx, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventAccept})
	registrytest.Check(t, err)
	shown, err := w.S.Case(ctx, w.Registrar, f.ID)
	registrytest.Check(t, err)
	if !slices.Equal(shown.Decision.Reasons, []string{"R10"}) || len(shown.Similar) != 1 || shown.Similar[0].Why != "same_text" {
		t.Errorf("reasons %v similar %+v", shown.Decision.Reasons, shown.Similar)
	}
}

func TestB7AnExpiredContractIsNotTaken(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	content := w.Content()
	id := w.Draft(content, "")
	w.Later(400)
	if _, err := w.S.Submit(ctx, w.Seller, id, w.County.ID); !fault.Is(err, fault.Invalid) {
		t.Errorf("submitted after its end: %v", err)
	}
	w.Later(-400 + 320) // 2027-02-24: still valid
	f, err := w.S.Submit(ctx, w.Seller, id, w.County.ID)
	registrytest.Check(t, err)
	w.Later(30)
	got, err := registrytest.FilingOf(
		w.S.Do(ctx, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventDeclineIntake, Code: "expired", Text: "合同有效期至 2027-03-01"}),
	)
	registrytest.Check(t, err)
	if got.State != registry.Declined {
		t.Errorf("state %s", got.State)
	}
}

func TestB8B9ChangeKeepsTheNumberAndCancellationBooksTheNegative(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	reg := w.Register(w.Content(), nil)
	w.Later(40)
	v2 := change(w, reg, func(c *contract.Content) {
		c.Elements.Amount, c.Technical = 1_000_000*yuan, 950_000*yuan
		c.Costs = []contract.CostRow{{Kind: "equipment", Name: "设备", Quantity: 1, UnitCost: 50_000 * yuan}}
	}, nil)
	if v2.Number != reg.Number || v2.Version != 2 || v2.Amount != 1_000_000*yuan || v2.Technical != 950_000*yuan {
		t.Errorf("version 2: %+v", v2)
	}
	d, err := w.S.Dossier(ctx, w.Seller, reg.Number)
	registrytest.Check(t, err)
	if e := d.Entries[1]; e.Contracts != 0 || e.Amount != 200_000*yuan || e.Technical != 150_000*yuan ||
		e.BookedOn.Equal(d.Entries[0].BookedOn) {
		t.Errorf("the change booked %+v", e)
	}
	old, err := w.S.Check(ctx, reg.Number, d.Certificates[1].CheckCode)
	registrytest.Check(t, err)
	if old.StateWords != "已变更：本版已被第 2 版取代" {
		t.Errorf("version 1 says %q", old.StateWords)
	}
	nref := reg.Number
	if _, err := w.S.Do(ctx, w.Head, registry.Command{Number: nref, Event: registry.EventCancel, Ground: "rescinded",
		Text: "双方解除"}); !fault.HasCode(
		err,
		"not_requested",
	) {
		t.Errorf("cancelled without request: %v", err)
	}
	_, err = w.S.Do(ctx, w.Seller, registry.Command{Number: nref, Event: registry.EventRequestCancel, Text: "合同解除"})
	registrytest.Check(t, err)
	w.Later(40)
	ended, err := registrytest.RegistrationOf(
		w.S.Do(ctx, w.Head, registry.Command{Number: nref, Event: registry.EventCancel, Ground: "rescinded", Text: "双方解除"}),
	)
	registrytest.Check(t, err)
	if ended.State != registry.Cancelled {
		t.Errorf("state %s", ended.State)
	}
	d, err = w.S.Dossier(ctx, w.Seller, reg.Number)
	registrytest.Check(t, err)
	if e := d.Entries[2]; e.Contracts != -1 || e.Amount != -1_000_000*yuan || e.Technical != -950_000*yuan {
		t.Errorf("the cancellation booked %+v", e)
	}
	var sum int64
	w.Scan(&sum, `select sum(contracts) + sum(amount) + sum(technical) from period_entry`)
	if sum != 0 {
		t.Errorf("entries of a cancelled contract sum to %d", sum)
	}
	notices, err := w.S.Notices(ctx, w.Tax, false)
	registrytest.Check(t, err)
	if len(notices) != 2 {
		t.Errorf("%d notice tasks, want one for 税务 and one for 财政", len(notices))
	}
	registrytest.Check(t, w.S.CloseNotice(ctx, w.Tax, notices[0].ID))
	got, err := w.S.Check(ctx, reg.Number, d.Certificates[0].CheckCode)
	registrytest.Check(t, err)
	if got.StateWords != "已注销（2026 年 6 月 29 日）" {
		t.Errorf("check says %q", got.StateWords)
	}
}

func TestB10NobodyReviewsAnOwnCaseEvenWithAnotherRole(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	f := w.Submit(w.Content())
	ref := f.ID
	_, err := w.S.Do(ctx, w.Registrar, registry.Command{Filing: ref, Event: registry.EventAccept})
	registrytest.Check(t, err)
	w.Review(w.Registrar, f.ID, nil)
	_, err = w.S.Do(ctx, w.Registrar, registry.Command{Filing: ref, Event: registry.EventPassFirstReview})
	registrytest.Check(t, err)
	promoted := w.Registrar
	promoted.Roles = []actor.Role{actor.Reviewer}
	if _, err := w.S.Do(ctx, promoted, registry.Command{Filing: ref, Event: registry.EventPassSecondReview, Text: "同意"}); !fault.HasCode(
		err,
		"part_taken",
	) {
		t.Errorf("the registrar passed the second review: %v", err)
	}
	applicant := w.Seller
	applicant.OrgID, applicant.Roles = w.Head.OrgID, []actor.Role{actor.Reviewer}
	if _, err := w.S.Do(ctx, applicant, registry.Command{Filing: ref, Event: registry.EventPassSecondReview, Text: "同意"}); !fault.HasCode(
		err,
		"part_taken",
	) {
		t.Errorf("the applicant passed the second review: %v", err)
	}
	shown, err := w.S.Case(ctx, promoted, f.ID)
	registrytest.Check(t, err)
	if len(shown.Allowed) != 0 {
		t.Errorf("offered %v", shown.Allowed)
	}
	if _, err := w.DB.Exec(ctx, `update filing set reviewer = registrar where id = $1`, f.ID); err == nil {
		t.Error("the database let one person be registrar and reviewer")
	}
	var refused int
	w.Scan(&refused, `select coalesce(sum(n), 0) from refusal where action = 'registry.pass_second_review'`)
	if refused != 2 {
		t.Errorf("%d refusals audited, want 2", refused)
	}
}

func TestB11AnImportIsFiledByTheDomesticBuyer(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	content := w.Content()
	content.Seller = contract.Party{Name: "Sample GmbH", Country: "276"}
	b := content.Buyers[0]
	b.Division, b.Name = "150103", "样例进口企业"
	content.Buyers[0] = b
	content.Elements.TradePaper = "样例-进口-001"
	importer := w.Person(w.Org("enterprise", "样例进口企业", "150103"), actor.Member)
	id := w.DraftOf(actor.Actor{}, importer, importer, content, "")
	if _, err := w.S.Submit(ctx, w.Seller, id, w.County.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("a stranger filed it: %v", err)
	}
	f, err := w.S.Submit(ctx, importer, id, w.County.ID)
	registrytest.Check(t, err)
	reg := w.Finish(w.Pass(f.ID, nil))
	if reg.SellerCountry != "276" || reg.SellerDivision != "" || reg.BuyerDivision != "150103" {
		t.Errorf("registered %+v", reg)
	}
}

func TestB12BookedIncomeNeverExceedsT(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	reg := w.Register(w.Content(), nil)
	ref, paper := reg.Number, w.Paper(w.Registrar)
	got, err := registrytest.RegistrationOf(
		w.S.Do(ctx, w.Registrar, registry.Command{Number: ref, Event: registry.EventBookIncome, Amount: 500_000 * yuan, Paper: paper}),
	)
	registrytest.Check(t, err)
	if got.Income != 500_000*yuan {
		t.Errorf("ΣR %s", got.Income)
	}
	if _, err = w.S.Do(ctx, w.Registrar, registry.Command{Number: ref, Event: registry.EventBookIncome, Amount: 400_000 * yuan,
		Paper: paper}); !fault.HasCode(
		err,
		"income_exceeds",
	) {
		t.Errorf("900,000 of 800,000 booked: %v", err)
	}
	_, err = w.S.Do(ctx, w.Registrar, registry.Command{Number: ref, Event: registry.EventBookIncome, Amount: 300_000 * yuan, Paper: paper})
	registrytest.Check(t, err)
}
