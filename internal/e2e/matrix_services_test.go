package e2e

// servicesMatrix is the part of vouchers; letters and columns are those of matrix. The other league is the issuer, the university the
// provider.
var servicesMatrix = map[string]string{
	"GET /vouchers":                           "+++++++++++++++",
	"POST /vouchers":                          "s++++----------",
	"GET /vouchers/new":                       "s++++----------",
	"GET /vouchers/:id":                       "s++hhhhhhhh++hh",
	"POST /vouchers/:id/do":                   "s++hhhhhhhh++hh",
	"GET /vouchers/:id/proof":                 "s++hhhhhhhh++hh",
	"GET /vouchers/:id/files/:file":           "shhhhhhhhhhhhhh",
	"GET /desk/vouchers":                      "s++++++++++++++",
	"GET /vouchers/schemes/new":               "s---------+++--",
	"POST /vouchers/schemes":                  "s---------+++--",
	"GET /vouchers/schemes/:id":               "+++++++++++++++",
	"POST /vouchers/schemes/:id/budget":       "s---------h+h--",
	"GET /vouchers/schemes/:id/replay":        "s---------h++--",
	"GET /api/v1/vouchers":                    "s++++++++++++++",
	"POST /api/v1/vouchers":                   "s++++----------",
	"GET /api/v1/vouchers/:id":                "s++hhhhhhhh++hh",
	"POST /api/v1/vouchers/:id/events":        "s++hhhhhhhh++hh",
	"GET /api/v1/vouchers/:id/files/:file":    "shhhhhhhhhhhhhh",
	"GET /api/v1/voucher-schemes":             "+++++++++++++++",
	"POST /api/v1/voucher-schemes":            "s---------+++--",
	"GET /api/v1/voucher-schemes/:id":         "+++++++++++++++",
	"POST /api/v1/voucher-schemes/:id/budget": "s---------h+h--",
}
