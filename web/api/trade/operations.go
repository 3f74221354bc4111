// Package trade declares the API operations of deals, brokers, challenges, sales, rights and income.
package trade

import (
	"techmarket/internal/market/listing"
	"techmarket/internal/trade/broker"
	"techmarket/internal/trade/challenge"
	"techmarket/internal/trade/deal"
	"techmarket/internal/trade/disclosure"
	"techmarket/internal/trade/rights"
	"techmarket/internal/trade/sale"
	"techmarket/internal/trade/trial"
	"techmarket/web/api"
)

// Operations hold the services behind these operations; internal/app fills it.
type Operations struct {
	Listings   *listing.Service
	Deals      *deal.Service
	Brokers    *broker.Service
	Challenges *challenge.Service
	Sales      *sale.Service
	Rights     *rights.Service
	Trials     *trial.Service
	Rooms      *disclosure.Service
	Files      api.Files
}

// Parts are the groups of operations in the order of the document.
func (o *Operations) Parts() []api.Part {
	return []api.Part{{Tag: "对接与洽谈", Wing: "trade", Declare: o.dealOperations}, {Tag: "技术经纪人", Wing: "trade", Declare: o.brokerOperations},
		{Tag: "揭榜挂帅", Wing: "trade", Declare: o.challengeOperations},
		{Tag: "挂牌竞价", Wing: "trade", Declare: o.saleOperations},
		{Tag: "权属与收益", Wing: "trade", Declare: o.rightsOperations},
		{Tag: "先用后转", Wing: "trade", Declare: o.trialOperations},
		{Tag: "披露室", Wing: "trade", Declare: o.roomOperations}}
}
