package market

import (
	"context"
	"time"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/market/listing"
	"techmarket/web"
	"techmarket/web/api"
)

type favourite struct {
	ID      int64         `json:"id" doc:"成果、需求等的编号"`
	Kind    listing.Kind  `json:"kind" doc:"类别代码，如 achievement、demand；已不存在时为空"`
	Title   string        `json:"title" doc:"收藏时的标题"`
	At      time.Time     `json:"at" doc:"收藏的时间"`
	Version int           `json:"version" doc:"收藏时已发布的版本"`
	Latest  int           `json:"latest" doc:"现在已发布的版本；比 version 大时内容有修订"`
	Open    bool          `json:"open" doc:"现在公开"`
	State   listing.State `json:"state,omitempty" doc:"现在的状态；已不存在时没有"`
}

// favouriteOperations keep listings to find again: the same as the button 收藏 of the pages.
func (o *Operations) favouriteOperations(a *api.API) {
	api.Op(a, "GET /favourites", web.SignedIn(), "本人的收藏，新收藏的在前", func(ctx context.Context, who actor.Actor, _ *struct{}) (
		api.List[favourite], error,
	) {
		list, standings, err := o.Watch.Favourites(ctx, who)
		if err != nil {
			return api.List[favourite]{}, err
		}
		out := make([]favourite, len(list))
		for i, f := range list {
			st := standings[f.ListingID]
			out[i] = favourite{ID: f.ListingID, Kind: st.Kind, Title: f.Title, At: f.At, Version: f.Version, Latest: st.Version,
				Open: st.Open, State: st.State}
		}
		return api.All(out), nil
	})
	api.Op(a, "PUT /favourites/{id}", web.SignedIn(), "收藏一项；已收藏的不变", func(ctx context.Context, who actor.Actor, in *api.ByID) (api.None, error) {
		return api.None{}, o.Watch.Favour(ctx, who, in.ID, true)
	})
	api.Op(a, "DELETE /favourites/{id}", web.SignedIn(), "取消收藏；没有收藏的不变", func(ctx context.Context, who actor.Actor, in *api.ByID) (
		api.None, error,
	) {
		return api.None{}, o.Watch.Favour(ctx, who, in.ID, false)
	})
}
