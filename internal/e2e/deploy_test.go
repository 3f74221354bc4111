package e2e

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"techmarket/internal/app"
	"techmarket/internal/app/apptest"
)

// The alert rules name only what /metrics shows, and the example of the settings only what the program reads.
func TestDeploy_NamesOnlyWhatExists(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := app.NewOps(w.s.Platform)
	o.Watch(w.s)
	o.Observe("/", "GET", 200, time.Millisecond)
	families, err := o.Registry.Gather()
	apptest.NoErr(t, err)
	shown := map[string]bool{}
	for _, f := range families {
		shown[f.GetName()] = true
	}
	rules, err := os.ReadFile("../../deploy/alerts.yaml")
	apptest.NoErr(t, err)
	for _, name := range regexp.MustCompile(`\b(techmarket|process)_[a-z_]+`).FindAllString(string(rules), -1) {
		if !shown[regexp.MustCompile(`_(bucket|count|sum)$`).ReplaceAllString(name, "")] {
			t.Errorf("the alert rules name %s, which /metrics does not show", name)
		}
	}
	raw, err := os.ReadFile("../../deploy/techmarket.env.example")
	apptest.NoErr(t, err)
	var settings []string
	for line := range strings.SplitSeq(string(raw), "\n") {
		if line != "" && !strings.HasPrefix(line, "#") {
			settings = append(settings, line)
		}
	}
	if c, err := app.LoadConfig(&app.Environment{Environ: settings}); err != nil || !c.RequireTOTP {
		t.Errorf("the example's settings: %v", err)
	}
}
