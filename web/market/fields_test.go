package market

import (
	"errors"
	"strings"
	"testing"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/demand"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// What submission demands is never marked （选填）, and what it does not demand never stands as if it were: both follow from Validate.
func TestFields_OptionalIsWhatSubmissionDoesNotDemand(t *testing.T) {
	t.Parallel()
	demanded := func(err error) map[string]bool {
		out := map[string]bool{}
		if f, ok := errors.AsType[*fault.Error](err); ok {
			for _, field := range f.Fields {
				out[field.Path] = true
			}
		}
		return out
	}
	none := &ui.Ask{Errors: map[string]string{}}
	for _, kind := range []struct {
		name     string
		sections []view.Section
		always   map[string]bool // of an empty form
		ever     map[string]bool // of a form that chose what demands more
	}{
		{"demand", demandFields(none, demand.Content{}), demanded(demand.Content{}.Validate(true)),
			demanded(demand.Content{Challenge: true}.Validate(true))},
		{"achievement", achievementFields(none, achievement.Content{}), demanded(achievement.Content{}.Validate(true)),
			demanded(achievement.Content{Maturity: achievement.Maturity{Basis: achievement.BasisJudged}}.Validate(true))},
	} {
		if len(kind.always) < 5 {
			t.Fatalf("%s: submission demands only %v", kind.name, kind.always)
		}
		needs := func(paths map[string]bool, field string) bool {
			for path := range paths {
				if path == field || strings.HasPrefix(field, path+".") || path == "contact.phone" && field == "contact.email" {
					return true
				}
			}
			return false
		}
		for _, s := range kind.sections {
			for _, f := range s.Fields {
				optional := !f.Required && !f.Sometimes
				if optional && (needs(kind.always, f.Name) || needs(kind.ever, f.Name)) {
					t.Errorf("%s: %q says （选填）, and submission demands it", kind.name, f.Name)
				}
				if f.Required && !needs(kind.always, f.Name) {
					t.Errorf("%s: %q is marked as needed, and submission does not demand it", kind.name, f.Name)
				}
			}
		}
	}
}
