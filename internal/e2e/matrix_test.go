package e2e

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"techmarket/internal/app/apptest"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/money"
	"techmarket/internal/publish/policy"
	"techmarket/internal/trade/notice"
	"techmarket/internal/trade/sale"
)

// subjects are the columns of the matrix, in the order of its letters.
var subjects = []struct{ login, who string }{
	{"", "guest"},
	{"member", "member and administrator of the university that owns the listing, sells and applies"},
	{"company", "member of the company on the other side of the deal"},
	{"rival", "member of an organisation with no part in it"},
	{"broker", "broker of an agency with no part in it"},
	{"registrar", "registrar of the county's point, who accepted and reviewed"},
	{"reviewer", "reviewer of that point"},
	{"head", "head of that point"},
	{"expert", "expert of that point"},
	{"siblingRegistrar", "registrar, reviewer and head of the sibling county"},
	{"league", "officer of the league above"},
	{"otherLeague", "officer of another league, where the buyer is"},
	{"region", "officer of the region"},
	{"tax", "tax office of the league"},
	{"system", "administrator of the site"},
}

// matrix says for every route and subject what happens:
//
//   - let in (answered, or refused for the content of the request only)
//     s  asked to sign in
//   - no permission (403)
//     h  hidden: the object does not exist for this person (404)
//
// A route that is missing here fails the test; so does one that exists no longer. The columns:
// guest, member, company, rival, broker | registrar, reviewer, head, expert, sibling | league, other league, region, tax, system.
var matrix = map[string]string{
	"GET /mandates":                                            "s++++----------",
	"POST /mandates":                                           "s---+----------",
	"POST /mandates/:id/end":                                   "s+hh+----------",
	"POST /mandates/:id/give":                                  "s+hh-----------",
	"POST /mandates/:id/refuse":                                "s+hh-----------",
	"GET /registry/print":                                      "s----hhhhhhhh--",
	"GET /registrations/:number/files/:file":                   "shhhhhhhhhhhhh-",
	"GET /":                                                    "+++++++++++++++",
	"GET /account":                                             "s++++++++++++++",
	"POST /account":                                            "s++++++++++++++",
	"GET /account/broker":                                      "s---+----------",
	"POST /account/broker":                                     "s---+----------",
	"POST /account/invitations/:id/revoke":                     "s+hh-----------",
	"GET /account/members":                                     "s++++++++++++++",
	"POST /account/members/:id":                                "s+hh-----------",
	"POST /account/members/:id/end":                            "s+hh-----------",
	"POST /account/members/:id/two-factor":                     "s+hh--------+--",
	"POST /account/members/invite":                             "s+++-----------",
	"GET /account/organisation":                                "s++++++++++++++",
	"POST /account/organisation":                               "s+++-----------",
	"POST /account/organisation/resubmit":                      "s+++-----------",
	"GET /account/password":                                    "s++++++++++++++",
	"POST /account/password":                                   "s++++++++++++++",
	"POST /account/switch":                                     "s++++++++++++++",
	"GET /account/two-factor":                                  "s++++++++++++++",
	"POST /account/two-factor":                                 "s++++++++++++++",
	"POST /account/two-factor/off":                             "s++++++++++++++",
	"GET /account/tokens":                                      "s++++++++++++++",
	"POST /account/tokens":                                     "s++++++++++++++",
	"POST /account/tokens/:id/revoke":                          "s+hhhhhhhhhhhhh",
	"GET /achievements":                                        "+++++++++++++++",
	"POST /achievements":                                       "s++++----------",
	"GET /achievements/:id":                                    "+++++++++++++++",
	"GET /achievements/:id/matches":                            "+++++++++++++++",
	"GET /achievements/:id/matches.xlsx":                       "+++++++++++++++",
	"GET /achievements/:id/matches/:other":                     "shhhh----------",
	"POST /achievements/:id/matches/:other":                    "shhhh----------",
	"POST /achievements/:id/matches/alerts":                    "s+hhh----------",
	"GET /diagnoses":                                           "s---+----------",
	"GET /diagnoses/:id":                                       "s---h----------",
	"POST /diagnoses/:id":                                      "s---h----------",
	"GET /achievements/:id/similar":                            "+++++++++++++++",
	"GET /demands/:id/similar":                                 "+++++++++++++++",
	"GET /achievements/:id/matches/print":                      "+++++++++++++++",
	"GET /achievements/new":                                    "s++++----------",
	"GET /api/v1/achievements":                                 "+++++++++++++++",
	"POST /api/v1/achievements":                                "s++++----------",
	"GET /api/v1/achievements/:id":                             "+++++++++++++++",
	"PUT /api/v1/achievements/:id":                             "s+hhh----------",
	"GET /api/v1/achievements/:id/brokers":                     "+++++++++++++++",
	"POST /api/v1/achievements/:id/events":                     "s+-------------",
	"GET /api/v1/achievements/:id/history":                     "+++++++++++++++",
	"GET /api/v1/achievements/:id/matches":                     "+++++++++++++++",
	"POST /api/v1/achievements/:id/review":                     "s---------+-+--",
	"GET /api/v1/achievements/:id/versions":                    "h+hhhhhhhhhhhhh",
	"GET /api/v1/brokers":                                      "+++++++++++++++",
	"GET /api/v1/brokers/:id":                                  "+++++++++++++++",
	"PUT /api/v1/brokers/me":                                   "s---+----------",
	"GET /api/v1/contracts":                                    "s++++----------",
	"POST /api/v1/contracts":                                   "s++++----------",
	"DELETE /api/v1/contracts/:id":                             "s+-hh----------",
	"GET /api/v1/contracts/:id":                                "s++hh----------",
	"GET /api/v1/contracts/:id/check":                          "s++hh----------",
	"POST /api/v1/contracts/:id/files":                         "s++++----------",
	"DELETE /api/v1/contracts/:id/files/:file":                 "s++++----------",
	"GET /api/v1/contracts/:id/files/:file":                    "s++hh----------",
	"PUT /api/v1/contracts/:id/sections/:section":              "s++++----------",
	"POST /api/v1/contracts/:id/submit":                        "s+-hh----------",
	"GET /api/v1/contracts/:id/versions":                       "s++hh----------",
	"GET /api/v1/deals":                                        "s++++----------",
	"POST /api/v1/deals":                                       "s++++----------",
	"GET /api/v1/deals/:id":                                    "s++hh----------",
	"POST /api/v1/deals/:id/accept":                            "s++hh----------",
	"POST /api/v1/deals/:id/contract":                          "s+-hh----------",
	"POST /api/v1/deals/:id/decline":                           "s++++----------",
	"POST /api/v1/deals/:id/end":                               "s++++----------",
	"GET /api/v1/deals/:id/files/:file":                        "s++hh----------",
	"GET /api/v1/deals/:id/messages":                           "s++hh----------",
	"POST /api/v1/deals/:id/messages":                          "s++hh----------",
	"POST /api/v1/deals/:id/terms":                             "s++++----------",
	"POST /api/v1/deals/:id/terms/:number/accept":              "s++++----------",
	"POST /api/v1/deals/:id/withdraw":                          "s++hh----------",
	"GET /api/v1/demands":                                      "+++++++++++++++",
	"POST /api/v1/demands":                                     "s++++----------",
	"GET /api/v1/demands/:id":                                  "+++++++++++++++",
	"PUT /api/v1/demands/:id":                                  "s-+------------",
	"GET /api/v1/demands/:id/brokers":                          "+++++++++++++++",
	"POST /api/v1/demands/:id/events":                          "s-+------------",
	"GET /api/v1/demands/:id/history":                          "+++++++++++++++",
	"GET /api/v1/demands/:id/matches":                          "+++++++++++++++",
	"POST /api/v1/demands/:id/review":                          "s----------++--",
	"GET /api/v1/demands/:id/versions":                         "+++++++++++++++",
	"GET /api/v1/docs":                                         "+++++++++++++++",
	"POST /api/v1/files":                                       "s++++++++++++++",
	"GET /api/v1/files/:id":                                    "h+hhhhhhhhhhhhh",
	"GET /api/v1/filings":                                      "s+++++++++++++-",
	"GET /api/v1/filings/:id":                                  "s++hh+++hh+h++-",
	"POST /api/v1/filings/:id/events":                          "s++hh+++hh+h++-",
	"GET /api/v1/filings/:id/files/:file":                      "s++hh+++hh+h++-",
	"GET /api/v1/filings/:id/papers/:kind":                     "s++hh+++hh+h++-",
	"POST /api/v1/filings/:id/preview":                         "s----+++hh+h+--",
	"PUT /api/v1/filings/:id/review":                           "s----+---+-----",
	"GET /api/v1/imports":                                      "s++++-------+--",
	"POST /api/v1/imports":                                     "s++++-------+--",
	"GET /api/v1/imports/:id":                                  "s+hhh-------+--",
	"POST /api/v1/imports/:id/confirm":                         "s+hhh-------+--",
	"GET /api/v1/imports/templates/:kind":                      "s++++++++++++++",
	"POST /api/v1/invitations/accept":                          "s++++++++++++++",
	"GET /api/v1/me":                                           "s++++++++++++++",
	"DELETE /api/v1/memberships/:id":                           "s+hhhhhhhhhh+hh",
	"POST /api/v1/register-entries/:id/events":                 `{"event":"submit"}`,
	"PUT /api/v1/memberships/:id/roles":                        "s+hh--------+--",
	"GET /api/v1/messages":                                     "s++++++++++++++",
	"POST /api/v1/messages/:id/read":                           "s+hhhhhhhhhhhhh",
	"GET /api/v1/notices":                                      "s----+-+-+++++-",
	"POST /api/v1/notices/:id/close":                           "s----h-h-hhhhh-",
	"GET /api/v1/openapi.json":                                 "+++++++++++++++",
	"GET /api/v1/organisations":                                "s++++++++++++++",
	"GET /api/v1/organisations/:id":                            "s++++++++++++++",
	"PATCH /api/v1/organisations/:id":                          "s+++--------+--",
	"POST /api/v1/organisations/:id/events":                    "s+++--------+--",
	"GET /api/v1/organisations/:id/invitations":                "s+----------+--",
	"POST /api/v1/organisations/:id/invitations":               "s+++--------+--",
	"DELETE /api/v1/organisations/:id/invitations/:invitation": "s+----------+--",
	"GET /api/v1/organisations/:id/members":                    "s+hhhhhhhh+h+hh",
	"GET /api/v1/own/achievements":                             "s++++----------",
	"GET /api/v1/own/demands":                                  "s++++----------",
	"GET /api/v1/points":                                       "+++++++++++++++",
	"POST /api/v1/points":                                      "s-----------+--",
	"GET /api/v1/points/:id":                                   "+++++++++++++++",
	"PUT /api/v1/points/:id":                                   "s-----------+--",
	"PUT /api/v1/points/:id/settings":                          "s------+----+--",
	"POST /api/v1/points/:id/state":                            "s-----------+--",
	"POST /api/v1/recognition/assess":                          "s++++++++++++++",
	"GET /api/v1/registrations":                                "s+++++++++++++-",
	"GET /api/v1/registrations/:number":                        "s++hh+++hh+h++-",
	"GET /api/v1/registrations/:number/certificate":            "s++hh+++hh+h++-",
	"POST /api/v1/registrations/:number/events":                "s--hh--+hh-h---",
	"GET /api/v1/review":                                       "s---------+++--",
	"POST /api/v1/sign-up":                                     "+++++++++++++++",
	"GET /api/v1/stats":                                        "+++++++++++++++",
	"GET /api/v1/stats/definitions":                            "+++++++++++++++",
	"GET /api/v1/stats/entries":                                "+++++++++++++++",
	"GET /api/v1/stats/export/:format":                         "+++++++++++++++",
	"GET /api/v1/stats/funnel":                                 "+++++++++++++++",
	"GET /api/v1/stats/listings":                               "+++++++++++++++",
	"GET /api/v1/stats/map":                                    "+++++++++++++++",
	"GET /api/v1/stats/published":                              "+++++++++++++++",
	"GET /api/v1/stats/targets":                                "+++++++++++++++",
	"GET /api/v1/tokens":                                       "s++++++++++++++",
	"POST /api/v1/tokens":                                      "s++++++++++++++",
	"DELETE /api/v1/tokens/:id":                                "s+hhhhhhhhhhhhh",
	"GET /api/v1/verify/:number":                               "+++++++++++++++",
	"GET /assets/*":                                            "+++++++++++++++",
	"GET /notices":                                             "+++++++++++++++",
	"POST /notices":                                            "s+++-----------",
	"GET /notices/:id":                                         "+++++++++++++++",
	"POST /notices/:id/answer":                                 "s+-------------",
	"POST /notices/:id/do":                                     "s+-------------",
	"POST /notices/:id/object":                                 "s++++++++++++++",
	"GET /notices/new":                                         "s+++-----------",
	"GET /sales":                                               "+++++++++++++++",
	"POST /sales":                                              "s++++----------",
	"GET /sales/:id":                                           "+++++++++++++++",
	"POST /sales/:id/bid":                                      "s++++----------",
	"POST /sales/:id/decide":                                   "s---------h-h--", // no such intent
	"POST /sales/:id/do":                                       "s++++-----+++--",
	"POST /sales/:id/intent":                                   "s-+++----------",
	"GET /sales/:id/record":                                    "hhhhhhhhhhhhhhh",
	"GET /sales/new":                                           "s++++----------",
	"GET /brokers":                                             "+++++++++++++++",
	"GET /brokers/:id":                                         "+++++++++++++++",
	"GET /compare":                                             "+++++++++++++++",
	"GET /contracts":                                           "s++++----------",
	"POST /contracts":                                          "s++++----------",
	"GET /contracts/:id":                                       "s++hh----------",
	"GET /contracts/:id/:section":                              "s+hhh----------",
	"POST /contracts/:id/:section":                             "s+hhh----------",
	"GET /contracts/:id/check":                                 "s++hh----------",
	"POST /contracts/:id/discard":                              "s+hhh----------",
	"POST /contracts/:id/files":                                "s++hh----------",
	"GET /contracts/:id/files/:file":                           "s++hh----------",
	"POST /contracts/:id/files/:file/remove":                   "s+-hh----------",
	"POST /contracts/:id/submit":                               "s+-hh----------",
	"GET /contracts/:id/word":                                  "s++hh----------",
	"GET /deals":                                               "s++++----------",
	"POST /deals":                                              "s++++----------",
	"GET /deals/:id":                                           "s++hh----------",
	"POST /deals/:id/accept":                                   "s++hh----------",
	"POST /deals/:id/accept-terms":                             "s++hh----------",
	"POST /deals/:id/contract":                                 "s+-hh----------",
	"POST /deals/:id/decline":                                  "s++++----------",
	"POST /deals/:id/end":                                      "s++++----------",
	"GET /deals/:id/files/:file":                               "s++hh----------",
	"POST /deals/:id/messages":                                 "s++hh----------",
	"POST /deals/:id/terms":                                    "s++hh----------",
	"POST /deals/:id/withdraw":                                 "s++hh----------",
	"GET /deals/new":                                           "s++++----------",
	"GET /demands":                                             "+++++++++++++++",
	"POST /demands":                                            "s++++----------",
	"GET /demands/:id":                                         "+++++++++++++++",
	"GET /demands/:id/matches":                                 "+++++++++++++++",
	"GET /demands/:id/matches.xlsx":                            "+++++++++++++++",
	"GET /demands/:id/matches/:other":                          "shhhh----------",
	"POST /demands/:id/matches/:other":                         "shhhh----------",
	"POST /demands/:id/matches/alerts":                         "sh+hh----------",
	"GET /demands/:id/matches/print":                           "+++++++++++++++",
	"POST /demands/gate":                                       "s++++----------",
	"GET /demands/new":                                         "s++++----------",
	"GET /design":                                              "+++++++++++++++",
	"GET /desk":                                                "s++++++++++++++",
	"GET /desk/achievements":                                   "s++++----------",
	"GET /desk/achievements/:id":                               "s+hhh----------",
	"POST /desk/achievements/:id/do":                           "s+hhh----------",
	"GET /desk/achievements/:id/edit":                          "s+hhh----------",
	"POST /desk/achievements/:id/edit":                         "s+hhh----------",
	"POST /desk/confirm":                                       "s++++----------",
	"GET /desk/demands":                                        "s++++----------",
	"GET /desk/demands/:id":                                    "s++++----------",
	"POST /desk/demands/:id/do":                                "s-+------------",
	"GET /desk/demands/:id/edit":                               "s++++----------",
	"POST /desk/demands/:id/edit":                              "s-+------------",
	"GET /favicon.ico":                                         "+++++++++++++++",
	"GET /robots.txt":                                          "+++++++++++++++",
	"GET /feeds/:token":                                        "hhhhhhhhhhhhhhh",
	"GET /feeds/:token/end":                                    "hhhhhhhhhhhhhhh",
	"POST /feeds/:token/end":                                   "hhhhhhhhhhhhhhh",
	"GET /files/:id":                                           "h+hhhhhhhhhhhhh",
	"GET /filings/:id":                                         "s++hh+++hh+h++-",
	"POST /filings/:id/do":                                     "s++hh+++hh+h++-",
	"GET /filings/:id/files/:file":                             "s++hh+++hh+h++-",
	"GET /filings/:id/papers/:kind":                            "s++hh+++hh+h++-",
	"POST /filings/:id/review":                                 "s----+---h-----",
	"POST /filings/:id/sums":                                   "s----+---h-----",
	"GET /imports":                                             "s++++-------+--",
	"POST /imports":                                            "s++++-------+--",
	"GET /imports/:id":                                         "s+hhh-------+--",
	"GET /imports/:id/marked":                                  "s+hhh-------+--",
	"POST /imports/:id/confirm":                                "s+hhh-------+--",
	"GET /imports/:id/progress":                                "s+hhh-------+--",
	"GET /imports/template":                                    "s++++-------+--",
	"GET /invitations/:token":                                  "+++++++++++++++",
	"POST /invitations/:token":                                 "+++++++++++++++",
	"GET /kept":                                                "s++++----------",
	"GET /match":                                               "+++++++++++++++",
	"GET /messages":                                            "s++++++++++++++",
	"GET /messages/:id":                                        "s+hhhhhhhhhhhhh",
	"POST /messages/read":                                      "s++++++++++++++",
	"GET /organisations":                                       "s---------+++--",
	"GET /organisations/:id":                                   "s---------+h+--",
	"POST /organisations/:id":                                  "s-----------+--",
	"GET /points":                                              "+++++++++++++++",
	"GET /points/:id":                                          "+++++++++++++++",
	"POST /points/:id/state":                                   "s-----------+--",
	"GET /quality":                                             "s-----------+--",
	"GET /quality/weights":                                     "s-----------+--",
	"POST /quality/weights":                                    "s-----------+--",
	"GET /registrations":                                       "s+++++++++++++-",
	"GET /registrations/:number":                               "s++hh+++hh+h++-",
	"GET /registrations/:number/certificate":                   "s++hh+++hh+h++-",
	"POST /registrations/:number/do":                           "s++hh+++hh+h++-",
	"GET /registrations/:number/papers/:kind":                  "shhhhhhhhhhhhh-",
	"GET /registry":                                            "s----++++++++--",
	"GET /review":                                              "s---------+++--",
	"GET /review/:id":                                          "s---------+h+--",
	"POST /review/:id":                                         "s---------+h+--",
	"GET /rules":                                               "+++++++++++++++",
	"GET /search":                                              "+++++++++++++++",
	"GET /searches":                                            "s++++++++++++++",
	"POST /searches":                                           "s++++++++++++++",
	"POST /searches/:id":                                       "s++++++++++++++",
	"GET /signin":                                              "+++++++++++++++",
	"POST /signin":                                             "+++++++++++++++",
	"GET /signin/forgot":                                       "+++++++++++++++",
	"POST /signin/code":                                        "+++++++++++++++",
	"POST /signin/forgot":                                      "+++++++++++++++",
	"GET /signin/reset/:token":                                 "hhhhhhhhhhhhhhh",
	"POST /signin/reset/:token":                                "hhhhhhhhhhhhhhh",
	"GET /signup":                                              "+++++++++++++++",
	"POST /signup":                                             "+++++++++++++++",
	"GET /stats":                                               "+++++++++++++++",
	"GET /stats.csv":                                           "+++++++++++++++",
	"GET /stats.xlsx":                                          "+++++++++++++++",
	"GET /stats/definitions":                                   "+++++++++++++++",
	"GET /stats/list":                                          "+++++++++++++++",
	"GET /suggest":                                             "+++++++++++++++",
	"POST /theme":                                              "+++++++++++++++",
	"GET /units/:id":                                           "+++++++++++++++",
	"GET /v/:number":                                           "+++++++++++++++",
	"GET /verify":                                              "+++++++++++++++",
	"POST /account/signout-everywhere":                         "s++++++++++++++",
	"POST /signout":                                            "+++++++++++++++",
	"GET /l/:number":                                           "hhhhhhhhhhhhhhh",
	"GET /lists":                                               "s+++++++++++++-",
	"POST /lists":                                              "s----+-+-+-----",
	"GET /lists/:number":                                       "shhhhhhhhhhhhh-",
	"GET /lists/:number/pdf":                                   "shhhhhhhhhhhhh-",
	"GET /lists/new":                                           "s----+-+-+-----",
	"POST /points":                                             "s-----------+--",
	"POST /points/:id/archives":                                "s------+-h+h+--",
	"POST /points/:id/assessments":                             "s-----------+--",
	"GET /points/:id/edit":                                     "s-----------+--",
	"GET /points/:id/manage":                                   "s------+-h+h+--",
	"POST /points/:id/move":                                    "s-----------+--",
	"POST /points/:id/settings":                                "s------+----+--",
	"POST /points/:id/training":                                "s------+-h+h+--",
	"GET /points/new":                                          "s-----------+--",
	"GET /plan":                                                "+++++++++++++++",
	"POST /plan/values":                                        "s-----------+--",
	"GET /registers":                                           "+++++++++++++++",
	"GET /registers/:kind":                                     "hhhhhhhhhhhhhhh",
	"POST /registers/:kind":                                    "shhhh----------",
	"GET /registers/:kind/:id":                                 "hhhhhhhhhhhhhhh",
	"GET /registers/:kind/export":                              "shhhhhhhhhhhhhh",
	"GET /registers/:kind/figures":                             "hhhhhhhhhhhhhhh",
	"GET /registers/:kind/new":                                 "shhhh----------",
	"GET /desk/registers":                                      "s++++++++++++++",
	"GET /desk/registers/:id":                                  "shhhhhhhhhhhhhh",
	"POST /desk/registers/:id/do":                              "shhhhhhhhhhhhhh",
	"GET /desk/registers/:id/edit":                             "shhhh----------",
	"POST /desk/registers/:id/edit":                            "shhhh----------",
	"GET /desk/registers/queue":                                "s---------+++--",
	"GET /api/v1/register-entries/:id":                         "shhhhhhhhhhhhhh",
	"POST /api/v1/register-entries/:id/events":                 "shhhhhhhhhhhhhh",
	"GET /api/v1/registers/:kind":                              "+++++++++++++++",
	"POST /api/v1/registers/:kind":                             "s++++----------",
	"GET /api/v1/registers/:kind/:id":                          "hhhhhhhhhhhhhhh",
	"GET /policies":                                            "+++++++++++++++",
	"GET /policies/:id":                                        "+++++++++++++++",
	"GET /policies/:id/check":                                  "+++++++++++++++",
	"POST /policies/:id/questions":                             "s++++++++++++++",
	"POST /policies/:id/repeal":                                "s-----------+--",
	"GET /policies/questions":                                  "s++++++++++++++",
	"GET /policies/questions/:id":                              "s+hhhhhhhh+h+hh",
	"POST /policies/questions/:id/do":                          "s+hhhhhhhh+h+hh",
	"GET /registrations.xlsx":                                  "s+++++++++++++-",
	"GET /registrations/:number/archive.zip":                   "s+hhh+++hh+h+--",
	"POST /registrations/:number/payments":                     "s++hh----------",
	"GET /registrations/:number/payments/:payment":             "shhhhhhhhhhhhh-",
	"GET /registrations/:number/subsidy":                       "s++hh+++hh+h++-",
	"GET /registrations/:number/subsidy.pdf":                   "s++hh+++hh+h++-",
	"GET /registrations/export":                                "s+++++++++++++-",
	"GET /registrations/exports/:id":                           "shhhhhhhhhhhhh-",
	"GET /registrations/exports/:id/files/:file":               "shhhhhhhhhhhhh-",
	"GET /registrations/history":                               "s------+-++++--",
	"POST /registrations/history":                              "s------+-++++--",
	"GET /registrations/history/:id":                           "s------h-hhhh--",
	"GET /registrations/history/:id/marked":                    "s------h-hhhh--",
	"POST /registrations/history/:id/confirm":                  "s------h-hhhh--",
	"GET /registrations/history/template":                      "s------+-++++--",
	"GET /registry/deadlines":                                  "s----++++++++--",
	"GET /registry/holidays":                                   "s-----------+--",
	"POST /registry/holidays":                                  "s-----------+--",
	"GET /registry/policies":                                   "s-----------+--",
	"POST /registry/policies":                                  "s-----------+--",
	"GET /registry/rates":                                      "s-----------+--",
	"POST /registry/rates":                                     "s-----------+--",
}

// things is one object of every kind, made by the world's people.
type things struct {
	achievement, draft, demand, deal, dealFile, contract, freeContract, contractFile, filing, number, check string
	notice, sale                                                                                            string
	batch, message, picture, submitted, openDemand, open, policy, question                                  string
}

func (w *world) things() things {
	w.t.Helper()
	member, company := w.as("member"), w.as("company")
	var m things
	m.achievement = member.publish("achievement", "league", meadowAchievement)
	m.demand = company.publish("demand", "otherLeague", meadowDemand)
	draft := member.get("/achievements/new").submit("/achievements", values{"title": "没有写完的成果"},
		upload{"evidence", "检测报告.pdf", pdf("evidence")}).want(200, "草稿已保存")
	m.draft = path.Base(draft.path)
	talk := w.deal(member, company, m.achievement, m.demand)
	m.deal = path.Base(talk)
	m.dealFile = path.Base(member.get(talk).link(talk + "/files/"))
	at := member.get(talk).submit(talk+"/contract", nil).want(200, "合同草稿已生成").path
	m.contract = path.Base(at)
	member.completeContract(at)
	m.contractFile = path.Base(member.get(at + "/files").link(at + "/files/"))
	filing := member.get(at+"/check").submit(at+"/submit", nil).want(200, "受理编号").path
	m.filing = path.Base(filing)
	m.number = w.decide(filing)
	w.drain()
	m.check = regexp.MustCompile(`c=(\w+)`).FindStringSubmatch(member.get("/registrations/" + m.number).link("/v/"))[1]
	m.freeContract = path.Base(member.get("/contracts").submit("/contracts", nil).want(200).path)
	m.open = path.Base(w.openCase(member))
	m.batch = path.Base(member.get("/imports").submit("/imports", values{"kind": "achievement"},
		upload{"file", "a.csv", []byte("成果名称,成果介绍\n包衣机,给种子包衣的机器\n")}).want(200).path)
	m.message = path.Base(member.get("/messages").link("/messages/"))
	m.picture = w.scan(`select file_id::text from listing_file order by 1 limit 1`)
	member.get("/achievements/new").submit("/achievements", with(meadowAchievement, values{"title": "等待审核的成果"})).want(200, "草稿已保存")
	desk := member.get("/desk/achievements?q=" + url.QueryEscape("等待审核")).link("/desk/achievements/")
	member.get(desk).submit(desk+"/do", values{"event": "submit"}).want(200, "已提交")
	m.submitted = path.Base(desk)
	m.policy, m.question = w.policy()
	m.openDemand = company.publish("demand", "otherLeague", with(meadowDemand, values{"title": "另一条需求"}))
	m.notice, m.sale = w.tradeThings()
	w.as("broker").get("/account/broker").submit("/account/broker",
		values{"fields": "07", "divisions": ownLeague, "introduction": "做过农牧技术转移。"}).want(200)
	return m
}

// tradeThings are a notice and a disclosed sale of the university. Their clock is the database's.
func (w *world) tradeThings() (public, sold string) {
	w.t.Helper()
	ctx, price := context.Background(), 800_000*money.Yuan
	id, err := w.s.Public.Publish(ctx, w.who("member"), notice.Text{Use: notice.Price, Title: "协议定价公示", Party: "敕勒川示范乳业有限公司", Amount: &price,
		Body: "种子包衣机以协议定价方式许可，经校务会议决定，现予公示。"})
	apptest.NoErr(w.t, err)
	begins := time.Now().Add(48 * time.Hour)
	sid, err := w.s.Sales.Create(ctx, w.who("member"), sale.Offer{Title: "种子包衣机专利", Object: "发明专利一件，权属清楚，没有质押和已有许可，附内部决策文件。",
		Start: price, Step: price / 40, BeginsAt: begins, PlannedEnd: begins.Add(30 * time.Hour), WindowMinutes: 5})
	apptest.NoErr(w.t, err)
	_, err = w.s.Sales.Do(ctx, w.who("member"), sale.Command{Sale: sid, Event: sale.EventSubmit})
	apptest.NoErr(w.t, err)
	_, err = w.s.Sales.Do(ctx, w.who("league"), sale.Command{Sale: sid, Event: sale.EventPublish})
	apptest.NoErr(w.t, err)
	return fmt.Sprint(id), fmt.Sprint(sid)
}

// policy is one that the region published, with a question of the member about it.
func (w *world) policy() (id, question string) {
	w.t.Helper()
	day := w.s.Platform.Now()
	made, err := w.s.Policies.Publish(context.Background(), w.who("region"), policy.Policy{Title: "技术交易补助办法", Issuer: "科技厅",
		IssuedOn: day, ValidFrom: day})
	apptest.NoErr(w.t, err)
	asked, err := w.s.Policies.Ask(context.Background(), w.who("member"), made, "分公司可以申请吗？")
	apptest.NoErr(w.t, err)
	return fmt.Sprint(made), fmt.Sprint(asked)
}

// openCase files a second contract, from outside the market, and has the county's point accept it.
func (w *world) openCase(p *person) string {
	w.t.Helper()
	filing := w.fileCase(p, 800_000)
	w.as("registrar").get(filing).submit(filing+"/do", values{"event": "accept"}).want(200)
	return filing
}

// fileCase files a contract of its own and returns the address of the application.
func (w *world) fileCase(p *person, yuan int) string {
	w.t.Helper()
	at := p.get("/contracts").submit("/contracts", nil).want(200).path
	p.get(at+"/buyers").submit(at+"/buyers", values{"buyers.0.name": "敕勒川示范乳业有限公司", "buyers.0.country": "156",
		"buyers.0.division": otherCounty, "buyers.0.nature": "150", "buyers.0.industry": "C"}).want(200, "已保存")
	p.get(at+"/elements").submit(at+"/elements", values{"elements.name": "乳品检测方法委托开发", "elements.classCode": "0101",
		"elements.summary": "开发乳品中抗生素残留的快速检测方法。", "elements.beginsOn": "2026-04-01",
		"elements.endsOn": "2027-03-31", "elements.amountFen": fmt.Sprint(yuan), "elements.payment": "lump_sum", "elements.ip.0.kind": "none",
		"elements.ownershipAgreed": "yes", "elements.field": "01", "elements.industry": "C"}).want(200, "已保存")
	p.completeContract(at)
	p.get(at+"/amounts").submit(at+"/amounts", values{"technicalFen": fmt.Sprint(yuan - 100_000)}).want(200, "已保存") // less the two machines
	return p.get(at+"/check").submit(at+"/submit", nil).want(200, "受理编号").path
}

func (w *world) scan(sql string, args ...any) string {
	w.t.Helper()
	var s string
	apptest.NoErr(w.t, w.s.Platform.DB.QueryRow(context.Background(), sql, args...).Scan(&s))
	return s
}

// address puts the market's own objects into a route; what a request may use up is made anew.
func (w *world) address(m things, route string) string {
	_, pattern, _ := strings.Cut(route, " ")
	org := fmt.Sprint(w.provided["university"].OrgID)
	objects := map[string]string{"/deals/:id": m.deal, "/contracts/:id": m.contract, "/filings/:id": m.filing,
		"/registrations/:number": m.number, "/v/:number": m.number,
		"/points/:id": fmt.Sprint(w.points["county"].ID), "/organisations/:id": org, "/units/:id": org, "/messages/:id": m.message,
		"/policies/:id": m.policy, "/questions/:id": m.question, "/imports/:id": m.batch, "/files/:id": m.picture,
		"/notices/:id": m.notice, "/sales/:id": m.sale, "/brokers/:id": fmt.Sprint(w.provided["agency"].AccountIDs[0]),
		"/review/:id": m.submitted, "/assets/*": strings.TrimPrefix(w.stylesheet(), "/assets/")}
	switch {
	case strings.Contains(pattern, "/desk/achievements/") || strings.HasPrefix(route, "PUT /api/v1/achievements/") ||
		strings.HasSuffix(pattern, "achievements/:id/versions"):
		objects["achievements/:id"] = m.draft
	default:
		objects["achievements/:id"] = m.achievement
	}
	objects["demands/:id"] = m.openDemand
	if strings.Contains(pattern, "/discard") || strings.Contains(pattern, "/contracts/:id/:section") {
		objects["/contracts/:id"] = m.freeContract
	}
	if strings.Contains(pattern, "/members/:id") || strings.Contains(pattern, "/memberships/:id") {
		account := w.scan(`insert into account (login_name, display_name, password_hash, created_at)
			values ('extra' || gen_random_uuid(), '临时', '', now()) returning id::text`)
		id := w.scan(`insert into membership (account_id, organisation_id, roles, created_at)
			values ($1::bigint, $2::bigint, '{member}', now()) returning id::text`, account, org)
		objects["members/:id"], objects["memberships/:id"] = id, id
	}
	if strings.Contains(pattern, "/mandates/:id") {
		w.scan(`with before as (delete from broker_mandate returning 1) select count(*)::text from before`)
		objects["/mandates/:id"] = w.scan(`insert into broker_mandate (broker_account, broker_org, client_org, state, valid_to, asked_at)
			select $1::bigint, $2::bigint, $3::bigint, $4, current_date + 300000, now() returning id::text`, w.provided["agency"].AccountIDs[0],
			w.provided["agency"].OrgID, org, map[bool]string{true: "given", false: "asked"}[strings.HasSuffix(pattern, "/end")])
	}
	if strings.Contains(pattern, "invitations/:id") || strings.Contains(pattern, "/:invitation") {
		id := w.scan(`insert into invitation (organisation_id, email, roles, token_hash, invited_by, created_at, expires_at)
			values ($1::bigint, 'x@example.com', '{member}', $2, $3, now(), now() + interval '300 years') returning id::text`,
			org, rand.Text(), w.who("member").AccountID)
		objects["invitations/:id"], objects["/:invitation"] = id, id
	}
	if strings.Contains(pattern, "tokens/:id") {
		a := w.who("member")
		objects["tokens/:id"] = w.scan(`insert into api_token (account_id, membership_id, name, token_hash, created_at, expires_at)
			values ($1, $2, 'x', $3, now(), now() + interval '300 years') returning id::text`, a.AccountID, a.MembershipID, rand.Text())
	}
	if strings.Contains(pattern, "/invitations/:token") {
		_, token, err := w.s.Identity.Invite(context.Background(), w.who("member"), w.provided["university"].OrgID, "new@example.com",
			[]actor.Role{actor.Member})
		apptest.NoErr(w.t, err)
		objects["/invitations/:token"] = token
	}
	for part, value := range objects {
		if head, tail, ok := strings.Cut(pattern, part); ok && !strings.HasPrefix(tail, ":") {
			pattern = head + part[:strings.LastIndexByte(part, '/')+1] + value + tail
		}
	}
	file := m.contractFile
	if strings.Contains(pattern, "/deals/") {
		file = m.dealFile
	}
	pattern = strings.NewReplacer(":section", "seller", ":file", file, ":kind", "receipt", ":number", m.number).Replace(pattern)
	pattern = regexp.MustCompile(`:\w+`).ReplaceAllString(pattern, "999999") // the market has no such object: hidden from everybody
	if strings.HasPrefix(pattern, "/v/") {
		pattern += "?c=" + m.check
	}
	if strings.HasPrefix(route, "DELETE /api/v1/contracts/:id") {
		pattern += "?version=9999"
	}
	return pattern
}

// stylesheet is an asset that every page names.
func (w *world) stylesheet() string {
	for _, n := range find(w.guest.get("/verify").doc, func(n *html.Node) bool { return n.Data == "link" && attr(n, "rel") == "stylesheet" }) {
		return attr(n, "href")
	}
	w.t.Fatal("no stylesheet")
	return ""
}

// with is v changed by more.
func with(v, more values) values {
	out := maps.Clone(v)
	maps.Copy(out, more)
	return out
}

// bodies are what an action needs so that its scope is asked, not only its form; others get "{}" or a stale version.
var bodies = map[string]string{
	"POST /signin":                              "login=%s&password=x",
	"POST /account/switch":                      "membership=%s",
	"POST /contracts/:id/submit":                "point=%s",
	"POST /deals/:id/decline":                   "code=other",
	"POST /notices/:id/answer":                  "outcome=reject",
	"POST /notices/:id/do":                      "step=withdraw",
	"POST /deals/:id/end":                       "code=other",
	"PUT /api/v1/achievements/:id":              `{"version":9999,"content":{"title":"改"}}`,
	"PUT /api/v1/demands/:id":                   `{"version":9999,"content":{"title":"改"}}`,
	"POST /api/v1/achievements/:id/events":      `{"version":9999,"event":"submit"}`,
	"POST /api/v1/demands/:id/events":           `{"version":9999,"event":"submit"}`,
	"POST /api/v1/achievements/:id/review":      `{"version":9999,"event":"publish"}`,
	"POST /api/v1/demands/:id/review":           `{"version":9999,"event":"publish"}`,
	"POST /api/v1/deals/:id/decline":            `{"code":"other"}`,
	"POST /api/v1/deals/:id/end":                `{"code":"other"}`,
	"POST /api/v1/deals/:id/messages":           `{"body":"您好"}`,
	"POST /api/v1/filings/:id/events":           `{"version":9999,"event":"accept"}`,
	"PUT /api/v1/filings/:id/review":            `{"version":9999}`,
	"POST /api/v1/registrations/:number/events": `{"version":9999,"event":"cancel"}`,
	"POST /api/v1/register-entries/:id/events":  `{"event":"submit"}`,
	"PUT /api/v1/memberships/:id/roles":         `{"roles":["member"]}`,
	"PUT /api/v1/points/:id/settings":           `{"version":9999,"numberSource":"own","secondReview":"reviewer"}`,
}

// knock asks once without following redirects and says what came of it in one letter, with the status.
func (p *person) knock(route, address string) (byte, int, []byte) {
	p.w.t.Helper()
	var body io.Reader
	kind := "application/x-www-form-urlencoded"
	method, _, _ := strings.Cut(route, " ")
	said := bodies[route]
	switch route {
	case "POST /signin":
		said = fmt.Sprintf(said, rand.Text())
	case "POST /account/switch":
		said = fmt.Sprintf(said, p.w.scan(`select coalesce(max(m.id), 0)::text
			from membership m join account a on a.id = account_id where login_name = $1`, p.name))
	case "POST /contracts/:id/submit":
		said = fmt.Sprintf(said, fmt.Sprint(p.w.points["county"].ID))
	}
	switch {
	case strings.HasPrefix(address, "/api/") && method != "GET":
		body, kind = strings.NewReader(cmp.Or(said, `{}`)), "application/json"
	case method == "POST":
		body = strings.NewReader("_csrf=" + p.csrf() + "&version=9999&event=nothing&" + said)
	}
	r, err := http.NewRequest(method, p.w.server.URL+address, body)
	apptest.NoErr(p.w.t, err)
	r.Header.Set("Content-Type", kind)
	r.Header.Set("X-CSRF-Token", p.csrf())
	r.Header.Set("X-Forwarded-For", p.addr)
	client := &http.Client{Jar: p.client.Jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	apptest.NoErr(p.w.t, err)
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	apptest.NoErr(p.w.t, err)
	switch status := answer.StatusCode; {
	case status == 401, status == 303 && strings.HasPrefix(answer.Header.Get("Location"), "/signin?next="):
		return 's', status, content
	case status == 403:
		return '-', status, content
	case status == 404:
		return 'h', status, content
	case status >= 500, status == 429:
		return '!', status, content
	default:
		return '+', status, content
	}
}

// Every route × role × scope, as the table says; nothing answers 5xx, and what is hidden from a signed-in person behind
// trade and certification is written to the audit trail.
func TestMatrix_EveryRouteLetsInExactlyWhomTheTableSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.things()
	last := []string{"POST /account/signout-everywhere", "POST /signout"} // they end the sessions of the others
	var routes []string
	for _, r := range w.site.Routes() {
		if route := r.Method + " " + r.Path; route != last[0] && route != last[1] {
			routes = append(routes, route)
		}
	}
	routes = append(routes, last...)
	known := map[string]bool{}
	for _, route := range routes {
		named := ofKind(route)
		known[named] = true
		want, ok := matrix[named]
		if !ok {
			t.Errorf("the matrix does not say who may use %s", named)
		}
		got := []byte{}
		for i, s := range subjects {
			p := w.visitor("guest")
			if s.login != "" {
				p = w.as(s.login)
			} else {
				p.addr = fmt.Sprintf("198.51.100.%d", len(known)%250)
			}
			address := w.address(m, route)
			before := w.refusals(s.login)
			letter, status, body := p.knock(route, address)
			got = append(got, letter)
			if letter == '!' {
				t.Errorf("%s by %s: %d %s", address, s.who, status, bytes.TrimSpace(body[:min(300, len(body))]))
			}
			if ok && i < len(want) && letter != want[i] {
				t.Errorf("%s by %s: got %c (%d), want %c", route, s.who, letter, status, want[i])
			}
			if letter == 'h' && s.login != "" && audited.MatchString(route) && w.refusals(s.login) == before {
				t.Errorf("%s by %s: hidden, but not in the audit trail", route, s.who)
			}
		}
		if !ok {
			t.Logf("\t%q: %q,", route, got)
		}
	}
	for route := range matrix {
		if !known[route] {
			t.Errorf("the matrix names %s, which does not exist", route)
		}
	}
}

// ofKind names the operations of all registers once: each kind declares the same.
func ofKind(route string) string {
	return regexp.MustCompile(`/api/v1/registers/[a-z-]+`).ReplaceAllString(route, "/api/v1/registers/:kind")
}

// audited are the rooms that write down who asked for a case, a contract or a talk of others.
var audited = regexp.MustCompile(`/(filings|registrations|contracts|deals)/:(id|number)`)

// refusals counts the refused attempts of a person in the audit trail.
func (w *world) refusals(login string) string {
	if login == "" {
		return ""
	}
	return w.scan(`select count(*)::text from audit_row where actor_account = $1 and result = 'refused'`, w.who(login).AccountID)
}
