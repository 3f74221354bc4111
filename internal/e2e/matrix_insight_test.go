package e2e

import "maps"

// insightMatrix are the rows of the matrix of the wing of figures.
var insightMatrix = map[string]string{
	"GET /annual":                            "s+--------+++--",
	"GET /annual/:id":                        "s+hhh-----hhh--",
	"GET /annual/:id/contracts":              "s+hhh-----hhh--",
	"GET /annual/:id/report.docx":            "s+hhh-----hhh--",
	"GET /annual/:id/report.xlsx":            "s+hhh-----hhh--",
	"GET /api/v1/annual-reports":             "s+--------+++--",
	"GET /api/v1/annual-reports/:id":         "s+hhh-----hhh--",
	"GET /api/v1/monitor":                    "+++++++++++++++",
	"GET /api/v1/monitor/export/:format":     "+++++++++++++++",
	"GET /api/v1/places":                     "+++++++++++++++",
	"GET /api/v1/places/:code":               "+++++++++++++++",
	"GET /api/v1/places/:code/:paper":        "+++++++++++++++",
	"GET /api/v1/stats":                      "+++++++++++++++",
	"GET /api/v1/stats/definitions":          "+++++++++++++++",
	"GET /api/v1/stats/entries":              "+++++++++++++++",
	"GET /api/v1/stats/export/:format":       "+++++++++++++++",
	"GET /api/v1/stats/funnel":               "+++++++++++++++",
	"GET /api/v1/stats/listings":             "+++++++++++++++",
	"GET /api/v1/stats/map":                  "+++++++++++++++",
	"GET /api/v1/stats/needs":                "+++++++++++++++",
	"GET /api/v1/stats/published":            "+++++++++++++++",
	"GET /api/v1/stats/reasons":              "+++++++++++++++",
	"GET /api/v1/stats/targets":              "+++++++++++++++",
	"GET /monitor":                           "+++++++++++++++",
	"GET /monitor.csv":                       "+++++++++++++++",
	"GET /monitor.xlsx":                      "+++++++++++++++",
	"GET /monitor/board":                     "+++++++++++++++",
	"GET /places":                            "+++++++++++++++",
	"GET /places/:code":                      "+++++++++++++++",
	"GET /places/:code/poster.pdf":           "+++++++++++++++",
	"GET /places/:code/sheet.pdf":            "+++++++++++++++",
	"GET /plan":                              "+++++++++++++++",
	"GET /stats":                             "+++++++++++++++",
	"GET /stats.csv":                         "+++++++++++++++",
	"GET /stats.xlsx":                        "+++++++++++++++",
	"GET /stats/definitions":                 "+++++++++++++++",
	"GET /stats/list":                        "+++++++++++++++",
	"POST /annual":                           "s+-------------",
	"POST /annual/:id":                       "s+-------------",
	"POST /annual/:id/correct":               "s+-------------",
	"POST /annual/:id/freeze":                "s+-------------",
	"POST /api/v1/annual-reports":            "s+-------------",
	"POST /api/v1/annual-reports/:id/events": "s+-------------",
	"POST /monitor/figures":                  "s-----------+--",
	"POST /plan/values":                      "s-----------+--",
	"PUT /api/v1/annual-reports/:id":         "s+-------------",
}

// joined is one map of several.
func joined(all ...map[string]string) map[string]string {
	out := map[string]string{}
	for _, m := range all {
		maps.Copy(out, m)
	}
	return out
}
