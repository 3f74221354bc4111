package words

import "techmarket/internal/publish/event"

// EventKind names what an event is.
func EventKind(k event.Kind) string {
	return label(map[event.Kind]string{event.Roadshow: "路演", event.Matchmaking: "对接会", event.ChallengeDay: "揭榜日", event.Training: "培训",
		event.Other: "其他活动"}, k)
}

// EventStage names where an event stands.
func EventStage(s event.Stage) string {
	return label(map[event.Stage]string{event.Draft: "草稿", event.Open: "报名中", event.Closed: "报名截止", event.Running: "进行中",
		event.Reporting: "已结束，跟踪成效", event.Archived: "已归档", event.Cancelled: "已取消"}, s)
}

// EventAct names what happens to an event, for buttons and histories.
func EventAct(a event.Act) string {
	return label(map[event.Act]string{"create": "新建", event.ActPublish: "发布", event.ActEdit: "修改", event.ActClose: "截止报名",
		event.ActStart: "活动开始", event.ActFinish: "活动结束", event.ActReport: "归档", event.ActPlace: "统一安排洽谈", event.ActCancel: "取消活动"}, a)
}

// EventPart names what a person comes as.
func EventPart(p event.Part) string {
	return label(map[event.Part]string{event.PartSupply: "成果方", event.PartDemand: "需求方", event.PartFinance: "投资和金融机构",
		event.PartService: "服务机构", event.PartOther: "其他"}, p)
}

// SignStage names where a sign-up stands.
func SignStage(s event.SignStage) string {
	return label(map[event.SignStage]string{event.SignAsked: "待确认", event.SignAdmitted: "已确认", event.SignWaitlisted: "候补",
		event.SignDeclined: "未通过", event.SignCancelled: "已取消", event.SignPresent: "已到场", event.SignNoShow: "未到场"}, s)
}

// WishStage names where a wish for a meeting stands.
func WishStage(s event.WishStage) string {
	return label(map[event.WishStage]string{event.WishAsked: "等对方答复", event.WishAccepted: "已接受，待安排时间", event.WishBooked: "已定时间",
		event.WishDeclined: "没有接受", event.WishWithdrawn: "已撤回", event.WishCancelled: "已取消"}, s)
}

// MeetingResult names what came of a meeting.
func MeetingResult(r event.Result) string {
	return label(map[event.Result]string{event.ResultNone: "无意向", event.ResultAgain: "再谈", event.ResultIntent: "有意向",
		event.ResultPapers: "要材料"}, r)
}
