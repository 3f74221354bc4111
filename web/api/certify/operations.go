// Package certify declares the API operations of contracts, filings, registrations and points.
package certify

import (
	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/papers"
	"techmarket/internal/certify/point"
	"techmarket/internal/certify/registry"
	"techmarket/web/api"
)

// Operations hold the services behind these operations; internal/app fills it.
type Operations struct {
	Contracts *contract.Service
	Registry  *registry.Service
	Points    *point.Service
	Papers    *papers.Service
	Files     api.Files
}

// Parts are the groups of operations in the order of the document.
func (o *Operations) Parts() []api.Part {
	return []api.Part{
		{Tag: "技术合同", Wing: "certify", Declare: o.contractOperations},
		{Tag: "登记受理", Wing: "certify", Declare: o.filingOperations},
		{Tag: "登记", Wing: "certify", Declare: o.registrationOperations},
		{Tag: "登记点与核验", Wing: "certify", Declare: o.pointOperations},
	}
}
