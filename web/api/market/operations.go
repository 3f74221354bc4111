// Package market declares the API operations of listings, matching and import.
package market

import (
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/catalogue"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/listing/importer"
	"techmarket/internal/market/watch"
	"techmarket/internal/people/identity"
	"techmarket/web/api"
)

// Operations hold the services behind these operations; internal/app fills it.
type Operations struct {
	Achievements *achievement.Service
	Demands      *demand.Service
	Listings     *listing.Service
	Catalogue    *catalogue.Service
	Finder       Finder
	Importer     *importer.Service
	Identity     *identity.Service
	Watch        *watch.Service
}

// Parts are the groups of operations in the order of the document.
func (o *Operations) Parts() []api.Part {
	return []api.Part{
		{Tag: "成果", Wing: "market", Declare: o.achievementOperations},
		{Tag: "需求", Wing: "market", Declare: o.demandOperations},
		{Tag: "发布审核", Wing: "market", Declare: o.reviewOperations},
		{Tag: "批量导入", Wing: "market", Declare: o.importOperations},
		{Tag: "收藏", Wing: "market", Declare: o.favouriteOperations},
	}
}
