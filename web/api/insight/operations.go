// Package insight declares the API operations of figures.
package insight

import (
	"techmarket/internal/insight/annual"
	"techmarket/internal/insight/monitor"
	"techmarket/internal/insight/place"
	"techmarket/internal/insight/price"
	"techmarket/internal/insight/stats"
	"techmarket/web/api"
)

// Operations hold the services behind these operations; internal/app fills it.
type Operations struct {
	Stats   *stats.Service
	Places  *place.Service
	Annuals *annual.Service
	Prices  *price.Service
	Monitor *monitor.Service
}

// Parts are the groups of operations in the order of the document.
func (o *Operations) Parts() []api.Part {
	return []api.Part{{Tag: "数据", Wing: "insight", Declare: o.statsOperations},
		{Tag: "旗县", Wing: "insight", Declare: o.placeOperations}, {Tag: "年度报告", Wing: "insight", Declare: o.annualOperations},
		{Tag: "监测", Wing: "insight", Declare: o.monitorOperations}}
}
