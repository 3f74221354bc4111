package cli

import (
	"techmarket/internal/foundation/currency"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/insight/monitor"
	"techmarket/internal/insight/plan"
	"techmarket/internal/market/survey"
	"techmarket/internal/publish/event"
	"techmarket/internal/publish/integrity"
	"techmarket/internal/publish/policy"
	"techmarket/internal/services/voucher"
)

// regionReplays are the rules of the region's desks, of the services around a deal and of foreign money.
func regionReplays() map[string]fact.Rule {
	return map[string]fact.Rule{
		"flow":     fact.Of(monitor.Compute),
		"fx":       fact.Of(currency.Compute),
		"meetings": fact.Of(event.Place),
		"policy":   fact.Of(policy.Evaluate),
		"progress": fact.Of(plan.Judge),
		"survey":   fact.Of(survey.Compute),
		"takedown": fact.Of(integrity.Follow),
		"voucher":  fact.Of(voucher.Balance),
	}
}
