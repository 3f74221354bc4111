package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The alert rules name only what /metrics shows, and the example of the settings only what the program reads.
func TestDeploy_NamesOnlyWhatExists(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := newOps(w.s.platform)
	o.watch(&market{queue: w.s.queue, degraded: w.s.searchDegraded})
	o.observe("/", "GET", 200, time.Millisecond)
	families, err := o.registry.Gather()
	noErr(t, err)
	shown := map[string]bool{}
	for _, f := range families {
		shown[f.GetName()] = true
	}
	rules, err := os.ReadFile("../../deploy/alerts.yaml")
	noErr(t, err)
	for _, name := range regexp.MustCompile(`\b(techmarket|process)_[a-z_]+`).FindAllString(string(rules), -1) {
		if !shown[regexp.MustCompile(`_(bucket|count|sum)$`).ReplaceAllString(name, "")] {
			t.Errorf("the alert rules name %s, which /metrics does not show", name)
		}
	}
	raw, err := os.ReadFile("../../deploy/techmarket.env.example")
	noErr(t, err)
	var settings []string
	for _, line := range strings.Split(string(raw), "\n") {
		if line != "" && !strings.HasPrefix(line, "#") {
			settings = append(settings, line)
		}
	}
	if c, err := loadConfig(&environment{Environ: settings}); err != nil || !c.RequireTOTP {
		t.Errorf("the example's settings: %v", err)
	}
}
