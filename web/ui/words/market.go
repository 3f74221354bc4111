package words

import (
	"techmarket/internal/market/facet"
	"techmarket/internal/market/listing"
)

// ListingState names where a listing stands.
func ListingState(s listing.State) string {
	return label(map[listing.State]string{
		listing.Draft:       "草稿",
		listing.Submitted:   "待审核",
		listing.Returned:    "已退回",
		listing.Published:   "已发布",
		listing.Revising:    "已发布，修订中",
		listing.Resubmitted: "已发布，修订待审核",
		listing.Withdrawn:   "已撤下",
		listing.Expired:     "已到期",
		listing.Closed:      "已关闭",
		listing.Archived:    "已归档",
	}, s)
}

// ListingEvent names what happens to a listing, for buttons and histories.
func ListingEvent(e listing.Event) string {
	return label(map[listing.Event]string{
		listing.EventCreate:   "新建",
		listing.EventSave:     "保存",
		listing.EventImport:   "导入",
		listing.EventSubmit:   "提交审核",
		listing.EventRecall:   "撤回提交",
		listing.EventPublish:  "审核通过并发布",
		listing.EventReturn:   "退回修改",
		listing.EventRevise:   "开始修订",
		listing.EventDiscard:  "放弃修订",
		listing.EventConfirm:  "确认仍然有效",
		listing.EventRenew:    "续期",
		listing.EventWithdraw: "撤下",
		listing.EventClose:    "关闭",
		listing.EventExpire:   "到期",
		listing.EventArchive:  "归档",
		listing.EventDiagnose: "技术经纪人答复诊断",
		listing.EventReopen:   "重新编辑",
	}, e)
}

// Facet is the legend of a question of the filter rail.
func Facet(q facet.Question) string {
	return label(map[string]string{
		"facet.field":        "技术领域",
		"facet.topic":        "规划方向",
		"facet.league":       "盟市",
		"facet.county":       "旗县",
		"facet.stage":        "成熟度",
		"facet.stage_wanted": "要求的成熟度",
		"facet.cooperation":  "合作方式",
		"facet.price":        "价格",
		"facet.budget":       "预算",
		"facet.industry":     "应用行业",
		"facet.challenge":    "揭榜挂帅",
	}, q.Words)
}

// Order is the label of a way to sort a list.
func Order(o facet.Order) string {
	return label(map[string]string{
		"order.relevance": "按相关度",
		"order.new":       "最新发布",
		"order.price":     "价格从低到高",
		"order.budget":    "预算从低到高",
		"order.maturity":  "成熟度从高到低",
		"order.deadline":  "快到期的在前",
	}, o.Words)
}
