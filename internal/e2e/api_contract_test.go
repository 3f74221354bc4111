package e2e

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"techmarket/internal/app/apptest"
	"techmarket/web/api"
)

// apiDocument is what the tests of the contract read of the OpenAPI document.
type apiDocument struct {
	Paths map[string]map[string]struct {
		Parameters []struct {
			Name   string
			In     string
			Schema apiSchema
		}
		Responses map[string]any
	}
	Components struct{ Schemas map[string]apiSchema }
}

type apiSchema struct {
	Type       any
	Format     string
	Enum       []any
	Minimum    *float64
	Maximum    *float64
	Properties map[string]apiSchema
}

// ends are the least and the greatest number that the document allows.
func (s apiSchema) ends() []string {
	var out []string
	for _, end := range []*float64{s.Minimum, s.Maximum} {
		if end != nil {
			out = append(out, strconv.FormatInt(int64(*end), 10))
		}
	}
	return out
}

func (s apiSchema) text() bool {
	kind, _ := json.Marshal(s.Type)
	return strings.Contains(string(kind), `"string"`) && len(s.Enum) == 0
}

// contract reads the document of a world once.
func (w *world) contract() apiDocument {
	w.doc.once.Do(func() {
		apptest.NoErr(w.t, json.Unmarshal(w.guest.get(api.Prefix+"/openapi.json").want(200).body, &w.doc.document))
	})
	return w.doc.document
}

type contracted struct {
	once     sync.Once
	document apiDocument
}

// documented fails the test where an operation of the document answers what its entry does not name.
func (w *world) documented(method, path string, status int) {
	w.t.Helper()
	path, _, _ = strings.Cut(api.Prefix+path, "?")
	for pattern, operations := range w.contract().Paths {
		o, ok := operations[strings.ToLower(method)]
		if !ok || !regexp.MustCompile("^"+pathPart.ReplaceAllString(pattern, "[^/]+")+"$").MatchString(path) {
			continue
		}
		if o.Responses[strconv.Itoa(status)] == nil {
			w.t.Errorf("%s %s answers %d, which the document does not name", method, pattern, status)
		}
		return
	}
}

// A word in the place of another path's parameter has all methods of that path: GET /things/mine would else be read as the thing "mine",
// and answer that it is no number where the method does not exist.
func TestAPI_NoWordStandsWhereAnotherPathHasAParameter(t *testing.T) {
	t.Parallel()
	paths := newWorld(t).contract().Paths
	for general := range paths {
		taken := regexp.MustCompile("^" + pathPart.ReplaceAllString(general, "[^/]+") + "$")
		for special := range paths {
			if special == general || !taken.MatchString(special) || strings.Count(special, "{") >= strings.Count(general, "{") {
				continue
			}
			for method := range paths[general] {
				if _, there := paths[special][method]; !there {
					t.Errorf("%s %s is answered by %s", strings.ToUpper(method), special, general)
				}
			}
		}
	}
}

var (
	pathPart = regexp.MustCompile(`\{\w+\}`)
	dayName  = regexp.MustCompile(
		`^(on|date|day|deadline|expires|until)$|(On|Day|Date|Deadline|Until|Before|After)$|^(valid|authorised)(From|To)$`,
	)
	atName = regexp.MustCompile(`^at$|At$|^asOf$`)
)

// A name tells what it is: …On and its like are days, …At are instants, and the document says the same of each.
func TestAPI_DaysAreDatesAndInstantsAreTimes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	check := func(where, name string, s apiSchema) {
		switch {
		case !s.text():
		case s.Format == "date-time" && !atName.MatchString(name):
			t.Errorf("%s.%s is an instant by the document and a day by its name", where, name)
		case dayName.MatchString(name) && s.Format != "date":
			t.Errorf("%s.%s has format %q, want date", where, name, s.Format)
		case atName.MatchString(name) && s.Format != "date-time":
			t.Errorf("%s.%s has format %q, want date-time", where, name, s.Format)
		}
	}
	doc, days := w.contract(), 0
	for name, s := range doc.Components.Schemas {
		for property, p := range s.Properties {
			check(name, property, p)
			if p.Format == "date" {
				days++
			}
		}
	}
	for path, operations := range doc.Paths {
		for method, o := range operations {
			for _, p := range o.Parameters {
				check(method+" "+path, p.Name, p.Schema)
			}
		}
	}
	if text := string(w.guest.get(api.Prefix + "/openapi.json").body); strings.Contains(text,
		`"application/json":{"schema":{"contentMediaType"`) || strings.Contains(text, `"application/json":{"schema":{"format":"binary"`) {
		t.Error("an answer in JSON is said to be a binary text")
	}
	if days < 40 {
		t.Errorf("the document holds %d days", days)
	}
}

// What was posted as a day is answered and read back as that day, whichever way it is kept.
func TestAPI_ADayIsReadBackAsItWasPosted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	region, member, broker := w.caller("region"), w.caller("member"), w.caller("broker")
	same := func(what string, got any, want any) {
		t.Helper()
		if got != want {
			t.Errorf("%s: got %v, want %v", what, got, want)
		}
	}

	point := map[string]any{"name": "样例旗登记点", "kind": "county", "division": otherCounty, "organisationId": w.provided["company"].OrgID,
		"address": "样例街 1 号", "phone": "0471-5550101", "authorisedFrom": "2026-01-01", "authorisedTo": "2026-12-31", "code2": "77"}
	made := region.post("/points", point)
	made.want(201)
	for what, o := range map[string]map[string]any{"POST /points": made.object(),
		"GET /points/{id}": region.get(fmt.Sprintf("/points/%d", made.id())).want(200).object()} {
		same(what, o["authorisedFrom"], "2026-01-01")
		same(what, o["authorisedTo"], "2026-12-31")
	}

	k := member.post("/contracts", map[string]any{}).want(201)
	at := fmt.Sprintf("/contracts/%d", k.id())
	if elements := k.object()["content"].(map[string]any)["elements"].(map[string]any); elements["signedOn"] != nil {
		t.Errorf("a day that was not answered is %v", elements["signedOn"])
	}
	content := map[string]any{"elements": map[string]any{"signedOn": "2026-04-01", "beginsOn": "2026-04-02", "endsOn": "2027-03-31"}}
	saved := member.put(at+"/sections/elements", map[string]any{"version": k.version(), "content": content}).want(200)
	for what, r := range map[string]reply{"PUT": saved, "GET": member.get(at).want(200)} {
		elements := r.object()["content"].(map[string]any)["elements"].(map[string]any)
		same(what+" signed", elements["signedOn"], "2026-04-01")
		same(what+" ends", elements["endsOn"], "2027-03-31")
	}
	// What was read can be sent again.
	member.put(at+"/sections/elements", map[string]any{"version": saved.version(), "content": saved.object()["content"]}).want(200)
	member.put(at+"/sections/elements", map[string]any{"version": saved.version() + 1,
		"content": map[string]any{"elements": map[string]any{"signedOn": "2026-02-30"}}}).want(422)

	profile := map[string]any{
		"version":       0,
		"fields":        []string{"07"},
		"divisions":     []string{ownLeague},
		"introduction":  "样例",
		"level":         "senior",
		"certificateNo": "样例 1 号",
		"issuer":        "样例单位",
		"validFrom":     "2025-01-01",
	}
	same("a certificate without an end", broker.put("/brokers/me", profile).want(200).object()["validTo"], nil)
	profile["version"], profile["validTo"] = 1, "2028-12-31"
	same("PUT /brokers/me", broker.put("/brokers/me", profile).want(200).object()["validTo"], "2028-12-31")
}

// Query parameters that are unknown, repeated or empty are named, at every operation, before anything is done.
func TestAPI_QueriesAreHeldAgainstTheDocument(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	region, member := w.caller("region"), w.caller("member")
	for pattern, operations := range w.contract().Paths {
		o, ok := operations["get"]
		if !ok || strings.Contains(pattern, "{") {
			continue
		}
		path := strings.TrimPrefix(pattern, api.Prefix)
		asking := region
		if asking.get(path+"?nothing=1").status == 403 {
			asking = member
		}
		if asking.get(path+"?nothing=1").status == 403 { // for other roles
			continue
		}
		asking.get(path+"?nothing=1").refused(422, "invalid_input")
		for _, p := range o.Parameters {
			if p.In == "query" && p.Name != "code" {
				asking.get(path+"?"+p.Name+"=1&"+p.Name+"=2").refused(400, "bad_query")
				for _, odd := range append(p.Schema.ends(), oddValues...) {
					if r := asking.get(path + "?" + url.Values{p.Name: {odd}}.Encode()); r.status >= 500 {
						t.Errorf("%s?%s=%q: %d", path, p.Name, odd, r.status)
					}
				}
			}
		}
	}
	region.get("/achievements?cursor=1&cursor=2").refused(400, "bad_query")
	region.get("/filings?dueBefore=").refused(400, "bad_query")
	for _, method := range []string{"TRACE", "PATCH"} {
		if r := region.raw(method, "/points", "", nil); r.status != 405 || r.header.Get("Allow") == "" {
			t.Errorf("%s: got %d, allow %q", method, r.status, r.header.Get("Allow"))
		}
	}
	if r := region.raw("OPTIONS", "/points", "", nil); r.status != 204 || !strings.Contains(r.header.Get("Allow"), "POST") {
		t.Errorf("OPTIONS: got %d %q", r.status, r.header.Get("Allow"))
	}
	if r := region.raw("HEAD", "/points", "", nil); r.status != 200 || len(r.body) != 0 {
		t.Errorf("HEAD: got %d with %d bytes", r.status, len(r.body))
	}
}
