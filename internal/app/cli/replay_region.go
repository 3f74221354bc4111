package cli

import (
	"techmarket/internal/foundation/currency"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/market/survey"
)

// regionReplays are the rules of the region's desks, of the services around a deal and of foreign money.
func regionReplays() map[string]fact.Rule {
	return map[string]fact.Rule{
		"fx":     fact.Of(currency.Compute),
		"survey": fact.Of(survey.Compute),
	}
}
