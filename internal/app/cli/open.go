package cli

import (
	"context"
	"errors"
	"flag"

	"techmarket/internal/app"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/people/identity"
)

// withPlatform opens database and files, also beside a running market, but none of the rooms.
func withPlatform(ctx context.Context, env *app.Environment, f func(*app.Platform) error) error {
	c, err := app.LoadConfig(env)
	if err != nil {
		return err
	}
	p, err := app.OpenPlatform(ctx, env, c, true)
	if err != nil {
		return err
	}
	return errors.Join(f(p), p.Close(context.WithoutCancel(ctx)))
}

// withServices opens the platform beside a running market or alone, makes the services, runs f and closes.
func withServices(ctx context.Context, env *app.Environment, f func(*app.Services) error) error {
	return withPlatform(ctx, env, func(p *app.Platform) error {
		s, err := app.Compose(ctx, p)
		if err != nil {
			return err
		}
		return f(s)
	})
}

// parseMixed parses flags before, between and after the other words.
func parseMixed(flags *flag.FlagSet, args []string) ([]string, error) {
	var words []string
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		if flags.NArg() == 0 {
			return words, nil
		}
		words, args = append(words, flags.Arg(0)), flags.Args()[1:]
	}
}

// operator is who works on the server: it sees what the region's officer sees and stands in no history.
func operator() actor.Actor {
	return actor.Actor{AccountID: -1, Roles: []actor.Role{actor.RegionOfficer}}
}

// withPeople opens identity alone: the other rooms would open the search index for nothing.
func withPeople(ctx context.Context, env *app.Environment, f func(*identity.Service) error) error {
	return withPlatform(ctx, env, func(p *app.Platform) error {
		people, err := identity.New(identity.Config{DB: p.DB, Audit: p.Audit(), Vault: p.Vault, Cache: p.Cache, Now: p.Now})
		if err != nil {
			return err
		}
		return f(people)
	})
}
