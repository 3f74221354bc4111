package words

import (
	"techmarket/internal/certify/benefits"
	"techmarket/internal/certify/deadline"
	"techmarket/internal/certify/registry"
)

// FilingState is the word of a state of a filing or registration.
func FilingState(s registry.State) string {
	return label(map[registry.State]string{
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
	return label(map[registry.Event]string{
		registry.EventSubmit: "提交", registry.EventWithdraw: "撤回", registry.EventAccept: "受理",
		registry.EventDeclineIntake: "不予受理", registry.EventRequestCorrection: "一次性告知补正",
		registry.EventSubmitCorrection:  "提交补正",
		registry.EventDeclineCorrection: "声明不补正", registry.EventReturnCorrection: "退回继续补正",
		registry.EventLapseCorrection: "补正未完成，不予登记", registry.EventSaveReview: "保存审查", registry.EventHandOver: "移交同事",
		registry.EventPassFirstReview: "初审通过",

		registry.EventPassSecondReview: "复核通过", registry.EventReturnToReview: "退回审查", registry.EventPassExperts: "专家通过",
		registry.EventRejectByExperts: "专家否决", registry.EventAssignExperts: "指定专家",
		registry.EventRegister: "登记", registry.EventRefuse: "不予登记",
		registry.EventStartChange: "开始变更", registry.EventAbandonChange: "放弃变更", registry.EventRequestChange: "申请变更",
		registry.EventRegisterChange: "变更登记", registry.EventKeep: "维持原登记",
		registry.EventRequestCancel: "申请注销",
		registry.EventDeclineCancel: "不予注销", registry.EventCancel: "注销", registry.EventRevoke: "撤销",
		registry.EventAnnounceRevocation: "告知拟撤销", registry.EventState: "陈述、申辩", registry.EventDropRevocation: "不予撤销",
		registry.EventReverseIncome: "冲销技术性收入", registry.EventRestore: "复议撤销原决定",
		registry.EventReviewTaxRelief: "免税复核",
		registry.EventBookIncome:      "核定技术性收入", registry.EventOpenReconsideration: "申请行政复议",
		registry.EventOpenReRecognition: "提请重新认定", registry.EventConcludeReexamination: "办结复议或重新认定", registry.EventMove: "移交登记点",
	}, e)
}

// Part is the word of what a person is in a case.
func Part(p registry.Part) string {
	return label(map[registry.Part]string{
		registry.Applicant: "申请人", registry.Registrar: "登记员", registry.Reviewer: "复核员",
		registry.Expert: "专家", registry.Head: "登记点负责人",
		registry.Supervisor: "盟市或自治区管理员",
		registry.TaxReader:  "税务、财政", registry.System: "系统", registry.Party: "合同相对方",
	}, p)
}

// Urgency is the word of how urgent an open case is.
func Urgency(l deadline.Level) string {
	return label(map[deadline.Level]string{deadline.Legal: "超过法定期限", deadline.Target: "超过目标期限", deadline.Near: "三个工作日内到期",
		deadline.Half: "时限已过半", deadline.Calm: "时限内", deadline.Wait: "待受理或补正中"}, l)
}

// ListPurpose is the word of what a list is for.
func ListPurpose(p benefits.Purpose) string {
	return label(map[benefits.Purpose]string{benefits.TaxList: "办理税收手续", benefits.SubsidyList: "申报后补助"}, p)
}
