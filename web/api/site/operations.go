// Package site declares the API operations of files and messages.
package site

import (
	"techmarket/internal/market/listing"
	"techmarket/web/api"
)

// Operations hold the services behind these operations; internal/app fills it.
type Operations struct {
	Listings *listing.Service
	Files    api.Files
	Inbox    Inbox
}

// Parts are the groups of operations in the order of the document.
func (o *Operations) Parts() []api.Part {
	return []api.Part{{Tag: "文件与消息", Wing: "site", Declare: o.fileOperations}}
}
