// Package people declares the API operations of sign-in, organisations, members and tokens.
package people

import (
	"techmarket/internal/people/identity"
	"techmarket/web/api"
)

// Operations hold the services behind these operations; internal/app fills it.
type Operations struct {
	Identity *identity.Service
}

// Parts are the groups of operations in the order of the document.
func (o *Operations) Parts() []api.Part {
	return []api.Part{{Tag: "账号与单位", Wing: "people", Declare: o.identityOperations}}
}
