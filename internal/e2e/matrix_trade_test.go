package e2e

import "maps"

// matrix is the whole table.
var matrix = func() map[string]string {
	all := maps.Clone(mainMatrix)
	maps.Copy(all, tradeMatrix)
	return all
}()

// tradeMatrix is the part of rights, trials, disclosure rooms and price evidence; letters and columns are those of mainMatrix.
var tradeMatrix = map[string]string{
	"GET /distributions":                        "s++++++++++++++",
	"GET /distributions/new":                    "shhhh----------", // no contract is named
	"POST /distributions":                       "shhhh----------",
	"GET /distributions/:id":                    "s+hhhhhhhhhhhhh",
	"GET /distributions/:id/edit":               "s+hhh----------",
	"GET /distributions/:id/file":               "s+hhh----------",
	"POST /distributions/:id":                   "s+hhh----------",
	"POST /distributions/:id/do":                "s+hhh----------",
	"GET /api/v1/distributions":                 "s++++++++++++++",
	"POST /api/v1/distributions":                "s++++----------",
	"GET /api/v1/distributions/:id":             "s+hhhhhhhhhhhhh",
	"PUT /api/v1/distributions/:id":             "s++++----------",
	"POST /api/v1/distributions/:id/events":     "s+hhh----------",
	"GET /api/v1/distributions/:id/file":        "s+hhh----------",
	"GET /grants":                               "s++++++++++++++",
	"GET /grants/new":                           "shhhh----------", // no achievement is named
	"POST /grants":                              "shhhh----------",
	"GET /grants/:id":                           "s+hhhhhhhhhhhhh",
	"GET /grants/:id/edit":                      "s+hhh----------",
	"POST /grants/:id":                          "s+hhh----------",
	"POST /grants/:id/do":                       "s+hhhhhhhhhhhhh",
	"GET /api/v1/grants":                        "s++++++++++++++",
	"POST /api/v1/grants":                       "s++++----------",
	"GET /api/v1/grants/:id":                    "s+hhhhhhhhhhhhh",
	"PUT /api/v1/grants/:id":                    "s++++----------",
	"POST /api/v1/grants/:id/events":            "s+hhhhhhhhhhhhh",
	"GET /prices":                               "s++++++++++++++",
	"GET /prices/worksheet":                     "s++++++++++++++",
	"GET /api/v1/prices":                        "s++++++++++++++",
	"GET /rooms":                                "s++++++++++++++",
	"GET /rooms/of/:listing":                    "s++++++++++++++",
	"POST /rooms":                               "s++++----------",
	"GET /rooms/:id":                            "s++++hhhhhhhhhh",
	"POST /rooms/:id/papers":                    "s++++----------",
	"GET /rooms/:id/papers/:paper":              "shhhhhhhhhhhhhh",
	"POST /rooms/:id/remove":                    "sh-------------",
	"POST /rooms/:id/ask":                       "s++++----------",
	"POST /rooms/:id/offer":                     "s+-------------",
	"POST /rooms/:id/do":                        "shhhhhhhhhhhhhh",
	"GET /rooms/:id/words/:words":               "shhhhhhhhhhhhhh",
	"GET /rooms/:id/words/:words/pack":          "shhhhhhhhhhhhhh",
	"GET /api/v1/rooms":                         "s++++++++++++++",
	"POST /api/v1/rooms":                        "s++++----------",
	"GET /api/v1/rooms/:id":                     "s++++hhhhhhhhhh",
	"POST /api/v1/rooms/:id/papers":             "s++++----------",
	"GET /api/v1/rooms/:id/papers/:paper":       "shhhhhhhhhhhhhh",
	"DELETE /api/v1/rooms/:id/papers/:paper":    "sh-------------",
	"POST /api/v1/rooms/:id/requests":           "s++++----------",
	"POST /api/v1/rooms/:id/offers":             "s++++----------",
	"POST /api/v1/rooms/:id/seats/:seat/events": "shhhhhhhhhhhhhh",
	"GET /api/v1/rooms/:id/words/:words/pack":   "shhhhhhhhhhhhhh",
	"GET /trials":                               "s++++----------",
	"GET /trials/new":                           "shhhh----------", // no listing is named
	"POST /trials":                              "shhhh----------",
	"GET /trials/:id":                           "s++hh----------",
	"GET /trials/:id/terms":                     "s++hh----------",
	"POST /trials/:id/terms":                    "s++hh----------",
	"POST /trials/:id/do":                       "s++hh----------",
	"GET /api/v1/trials":                        "s++++----------",
	"POST /api/v1/trials":                       "s++++----------",
	"GET /api/v1/trials/:id":                    "s++hh----------",
	"POST /api/v1/trials/:id/events":            "s++hh----------",
}
