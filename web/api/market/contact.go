package market

import (
	"context"
	"time"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/market/listing"
	"techmarket/web"
	"techmarket/web/api"
)

type revealed struct {
	Account      string          `json:"account" doc:"查看的人"`
	Organisation string          `json:"organisation"`
	Purpose      listing.Purpose `json:"purpose"`
	Note         string          `json:"note,omitempty"`
	At           time.Time       `json:"at"`
}

// contactOperations show a contact person one by one; everywhere else it is masked.
func contactOperations[C listing.Content[C]](a *api.API, o *Operations, at string, book *listing.Book[C]) {
	api.Op(a, "POST "+at+"/{id}/contact", web.SignedIn(), "查看联系方式，须说明用途；对方会看到", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body struct {
			Purpose listing.Purpose `json:"purpose" required:"true" enum:"cooperate,consult,broker,verify,other"`
			Note    string          `json:"note" doc:"用途为 other 时必填"`
		}
	}) (listing.Contact, error) {
		return book.Reveal(ctx, who, in.ID, in.Body.Purpose, in.Body.Note)
	}, api.Secret)
	api.Op(a, "GET "+at+"/{id}/contact/readers", web.Members(), "谁看过本单位的联系方式", func(ctx context.Context, who actor.Actor, in *api.ByID) (
		api.List[revealed], error,
	) {
		if _, err := book.Get(ctx, who, in.ID); err != nil {
			return api.List[revealed]{}, err
		}
		found, err := o.Listings.Reveals(ctx, who, in.ID)
		if err != nil {
			return api.List[revealed]{}, err
		}
		names, err := o.Identity.Names(ctx, api.Each(found, func(r listing.Revealed) int64 { return r.AccountID }))
		if err != nil {
			return api.List[revealed]{}, err
		}
		orgs, err := o.Identity.Organisations(ctx, api.Each(found, func(r listing.Revealed) int64 { return r.OrganisationID }))
		return api.All(api.Each(found, func(r listing.Revealed) revealed {
			return revealed{names[r.AccountID], orgs[r.OrganisationID].Name, r.Purpose, r.Note, r.At}
		})), err
	})
}
