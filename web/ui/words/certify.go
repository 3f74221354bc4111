// Package words is what people read for the codes of the house: states, events and parts in Chinese. Pure functions over tables; a
// code without a word reads as itself.
package words

import (
	"strings"

	"techmarket/internal/certify/benefits"
	"techmarket/internal/certify/deadline"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/fault"
)

// FilingState is the word of a state of a filing or registration.
func FilingState(s registry.State) string {
	return word(map[registry.State]string{
		registry.Draft: "草稿", registry.AwaitingAcceptance: "待受理", registry.Declined: "不予受理",
		registry.Withdrawn: "已撤回", registry.InReview: "审查中", registry.Correcting: "补正中",

		registry.AwaitingSecondReview: "待复核", registry.AwaitingExperts: "待专家", registry.AwaitingRegistration: "待登记",
		registry.Refused: "不予登记", registry.Registered: "已登记",
		registry.Changing:  "变更审查中",
		registry.Cancelled: "已注销", registry.Revoked: "已撤销", registry.InReconsideration: "复议中",
		registry.InReRecognition: "重新认定中",
	}, s)
}

// FilingEvent is the word of an event of a filing or registration, for buttons and histories.
func FilingEvent(e registry.Event) string {
	return word(map[registry.Event]string{
		registry.EventSubmit: "提交", registry.EventWithdraw: "撤回", registry.EventAccept: "受理",
		registry.EventDeclineIntake: "不予受理", registry.EventRequestCorrection: "一次性告知补正",
		registry.EventSubmitCorrection: "提交补正",
		registry.EventLapseCorrection:  "补正逾期终结", registry.EventSaveReview: "保存审查", registry.EventPassFirstReview: "初审通过",

		registry.EventPassSecondReview: "复核通过", registry.EventReturnToReview: "退回审查", registry.EventPassExperts: "专家通过",
		registry.EventRejectByExperts: "专家否决",
		registry.EventRegister:        "登记", registry.EventRefuse: "不予登记",
		registry.EventStartChange: "开始变更", registry.EventAbandonChange: "放弃变更", registry.EventRequestChange: "申请变更",
		registry.EventRegisterChange: "变更登记", registry.EventKeep: "维持原登记",
		registry.EventRequestCancel: "申请注销",
		registry.EventDeclineCancel: "不予注销", registry.EventCancel: "注销", registry.EventRevoke: "撤销",
		registry.EventReviewTaxRelief: "免税复核",
		registry.EventBookIncome:      "核定技术性收入", registry.EventOpenReconsideration: "申请行政复议",
		registry.EventOpenReRecognition: "提请重新认定", registry.EventConcludeReexamination: "办结复议或重新认定", registry.EventMove: "移交登记点",
	}, e)
}

// Part is the word of what a person is in a case.
func Part(p registry.Part) string {
	return word(map[registry.Part]string{
		registry.Applicant: "申请人", registry.Registrar: "登记员", registry.Reviewer: "复核员",
		registry.Expert: "专家", registry.Head: "登记点负责人",
		registry.Supervisor: "盟市或自治区管理员",
		registry.TaxReader:  "税务、财政", registry.System: "系统", registry.Party: "合同相对方",
	}, p)
}

// Urgency is the word of how urgent an open case is.
func Urgency(l deadline.Level) string {
	return word(map[deadline.Level]string{deadline.Legal: "超过法定期限", deadline.Target: "超过目标期限", deadline.Near: "三个工作日内到期",
		deadline.Half: "时限已过半", deadline.Calm: "时限内", deadline.Wait: "待受理或补正中"}, l)
}

// ListPurpose is the word of what a list is for.
func ListPurpose(p benefits.Purpose) string {
	return word(map[benefits.Purpose]string{benefits.TaxList: "办理税收手续", benefits.SubsidyList: "申报后补助"}, p)
}

// Fault says a fault in full where its parameters have words; any other keeps the message it came with.
func Fault(f *fault.Error) *fault.Error {
	sentences := map[string]string{
		"wrong_state":       "现在是“{state}”，不能{event}。请刷新页面查看最新状态",
		"wrong_part":        "{event}由{part}办理，您在本件中没有这一身份",
		"part_taken":        "您已作为{held}办理过本件，不能再作为{part}。请由其他人员办理",
		"list_not_standing": "{number}“{state}”，不能列入清单",
	}
	sentence, known := sentences[f.Code]
	if !known || len(f.Named) == 0 {
		return f
	}
	p := f.Named
	full := *f
	full.Message = strings.NewReplacer("{state}", FilingState(registry.State(p["state"])), "{event}", FilingEvent(registry.Event(p["event"])),
		"{part}", Part(registry.Part(p["part"])), "{held}", Part(registry.Part(p["held"])), "{number}", p["number"]).Replace(sentence)
	return &full
}

func word[K ~string](words map[K]string, k K) string {
	if w, ok := words[k]; ok {
		return w
	}
	return string(k)
}
