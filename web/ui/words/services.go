package words

import "techmarket/internal/services/register"

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
