package words

import (
	"techmarket/internal/services/finance"
	"techmarket/internal/services/register"
	"techmarket/internal/services/voucher"
)

// RegisterState names where an entry of a register stands.
func RegisterState(s register.State) string {
	return label(map[register.State]string{
		register.Draft: "草稿", register.Submitted: "待审核", register.Listed: "在册", register.Revised: "在册，修改待审核",
		register.Suspended: "已暂停", register.Lapsed: "已过有效期", register.Withdrawn: "已撤回", register.Removed: "已移出",
	}, s)
}

// RegisterEvent names what happens to an entry, for buttons and histories.
func RegisterEvent(e register.Event) string {
	return label(map[register.Event]string{
		register.EventCreate: "新建", register.EventSave: "修改", register.EventImport: "导入", register.EventSubmit: "提交审核",
		register.EventRecall: "撤回提交", register.EventList: "审核通过，入库", register.EventReturn: "退回修改",
		register.EventConfirm: "确认仍然有效", register.EventSuspend: "暂停", register.EventResume: "恢复", register.EventRemove: "移出名录",
		register.EventLapse: "有效期满", register.EventWithdraw: "撤出名录", register.EventConsent: "本人同意公开",
		register.EventRevoke: "撤回公开授权", register.EventGrade: "登记等级或考核", register.EventEndGrade: "等级终止",
	}, e)
}

// VoucherStage names where a voucher stands.
func VoucherStage(s voucher.Stage) string {
	return label(map[voucher.Stage]string{
		voucher.StageApplied: "待审核", voucher.StageDeclined: "未批准", voucher.StageWithdrawn: "已撤回", voucher.StageGranted: "待使用",
		voucher.StageCommitted: "服务中", voucher.StageDone: "待申请兑付", voucher.StageClaimed: "兑付审核中", voucher.StageApproved: "待拨付",
		voucher.StagePaid: "已兑付", voucher.StageExpired: "已过期", voucher.StageVoid: "已作废",
	}, s)
}

// VoucherAct names what happens to a voucher, for buttons and histories.
func VoucherAct(a voucher.Act) string {
	return label(map[voucher.Act]string{
		voucher.ActApply: "申请", voucher.ActRecall: "撤回申请", voucher.ActGrant: "发放", voucher.ActDecline: "不批准", voucher.ActUse: "使用",
		voucher.ActFinish: "确认服务完成", voucher.ActClaim: "申请兑付", voucher.ActAsk: "要求补充材料", voucher.ActSupplement: "补充材料",
		voucher.ActApprove: "审核通过", voucher.ActPay: "登记拨付", voucher.ActCancel: "取消服务", voucher.ActVoid: "作废", voucher.ActRepay: "登记追回",
		voucher.ActExpire: "过期",
	}, a)
}

// VoucherPaper names what a file is to a voucher.
func VoucherPaper(r voucher.PaperRole) string {
	return label(map[voucher.PaperRole]string{voucher.FileContract: "服务合同", voucher.FileInvoice: "发票", voucher.FilePayment: "付款回单",
		voucher.FileOther: "其他材料"}, r)
}

// FinanceStage names where a finance request stands.
func FinanceStage(s finance.Stage) string {
	return label(map[finance.Stage]string{
		finance.Asked: "待答复", finance.Offered: "已答复，待办理", finance.Declined: "未批准", finance.Withdrawn: "已撤回",
		finance.Granted: "已发放", finance.Overdue: "逾期", finance.Repaid: "已还清",
	}, s)
}

// FinanceEvent names what happens to a finance request, for buttons and histories.
func FinanceEvent(e finance.Event) string {
	return label(map[finance.Event]string{
		finance.EventAsk: "提交申请", finance.EventOffer: "答复可以办理", finance.EventDecline: "不办理", finance.EventWithdraw: "撤回申请",
		finance.EventGrant: "登记发放", finance.EventOverdue: "登记逾期", finance.EventRepaid: "登记还清", finance.EventShare: "授权查看",
		finance.EventRevoke: "撤回授权", finance.EventLook: "金融机构查看登记合同",
	}, e)
}
