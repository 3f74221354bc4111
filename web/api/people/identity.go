package people

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/people/identity"
	"techmarket/web"
	"techmarket/web/api"
)

type organisation struct {
	ID          int64                `json:"id"`
	Kind        actor.OrgKind        `json:"kind" enum:"university,institute,enterprise,agency,individual,point_host,government"`
	Name        string               `json:"name"`
	CreditCode  string               `json:"creditCode,omitempty" doc:"统一社会信用代码"`
	Division    string               `json:"division" doc:"GB/T 2260，六位"`
	State       string               `json:"state" enum:"pending,confirmed,returned,suspended"`
	StateReason string               `json:"stateReason,omitempty" doc:"退回或暂停的原因，仅本单位和管理员可见"`
	Profile     *identity.OrgProfile `json:"profile,omitempty"`
	Sample      bool                 `json:"sample"`
	Version     int                  `json:"version"`
	CreatedAt   time.Time            `json:"createdAt"`
	ConfirmedAt *time.Time           `json:"confirmedAt,omitempty"`
	Warnings    []fault.Field        `json:"warnings,omitempty" doc:"看起来可能有误的地方，不影响办理"`
	Actions     []identity.OrgEvent  `json:"actions,omitempty" doc:"您现在可以做的操作"`
}

// organisationFor shows an organisation: contact, reasons and warnings are for its members and the officers of its area.
func organisationFor(who actor.Actor, o identity.Organisation) organisation {
	out := organisation{ID: o.ID, Kind: o.Kind, Name: o.Name, Division: o.Division, State: o.State, Sample: o.Sample, Version: o.Version,
		CreatedAt: o.CreatedAt, ConfirmedAt: o.ConfirmedAt, Actions: identity.OrganisationActions(who, o)}
	profile := o.Profile
	if who.In(o.ID) || who.Covers(o.Division) {
		out.CreditCode, out.StateReason, out.Warnings = o.CreditCode, o.StateReason, o.Warnings()
	} else {
		profile = identity.OrgProfile{Website: profile.Website, Introduction: profile.Introduction, Industry: profile.Industry,
			Nature: profile.Nature}
	}
	out.Profile = &profile
	return out
}

type me struct {
	AccountID    int64        `json:"accountId"`
	LoginName    string       `json:"loginName"`
	DisplayName  string       `json:"displayName"`
	Email        string       `json:"email"`
	Phone        string       `json:"phone"`
	TwoFactor    bool         `json:"twoFactor"`
	Confirmed    bool         `json:"emailConfirmed" doc:"确认之前只能写草稿"`
	Sample       bool         `json:"sample"`
	Roles        []actor.Role `json:"roles"`
	Organisation organisation `json:"organisation"`
}

type signedUp struct {
	AccountID      int64 `json:"accountId"`
	OrganisationID int64 `json:"organisationId"`
}

type member struct {
	MembershipID int64        `json:"membershipId"`
	AccountID    int64        `json:"accountId"`
	DisplayName  string       `json:"displayName"`
	LoginName    string       `json:"loginName"`
	Email        string       `json:"email"`
	Phone        string       `json:"phone"`
	TwoFactor    bool         `json:"twoFactor"`
	Roles        []actor.Role `json:"roles"`
	CreatedAt    time.Time    `json:"createdAt"`
}

type invitation struct {
	ID         int64        `json:"id"`
	Email      string       `json:"email"`
	Roles      []actor.Role `json:"roles"`
	InvitedBy  string       `json:"invitedBy"`
	CreatedAt  time.Time    `json:"createdAt"`
	ExpiresAt  time.Time    `json:"expiresAt"`
	AcceptedAt *time.Time   `json:"acceptedAt,omitempty"`
	RevokedAt  *time.Time   `json:"revokedAt,omitempty"`
	Token      string       `json:"token,omitempty" doc:"仅在新建时给出一次，交给被邀请人"`
}

func invitationOf(i identity.Invitation, token string) invitation {
	return invitation{ID: i.ID, Email: i.Email, Roles: i.Roles, InvitedBy: i.InvitedBy, CreatedAt: i.CreatedAt, ExpiresAt: i.ExpiresAt,
		AcceptedAt: i.AcceptedAt, RevokedAt: i.RevokedAt, Token: token}
}

type apiToken struct {
	ID           int64      `json:"id"`
	Name         string     `json:"name"`
	Scopes       []string   `json:"scopes" nullable:"false"`
	Organisation string     `json:"organisation"`
	CreatedAt    time.Time  `json:"createdAt"`
	ExpiresAt    *time.Time `json:"expiresAt,omitempty"`
	UsedAt       *time.Time `json:"usedAt,omitempty"`
	RevokedAt    *time.Time `json:"revokedAt,omitempty"`
	Secret       string     `json:"secret,omitempty" doc:"仅在新建时给出一次"`
}

func tokenOf(t identity.APIToken, secret string) apiToken {
	return apiToken{ID: t.ID, Name: t.Name, Scopes: t.Scopes, Organisation: t.OrganisationName, CreatedAt: t.CreatedAt, ExpiresAt: t.ExpiresAt,
		UsedAt: t.UsedAt, RevokedAt: t.RevokedAt, Secret: secret}
}

// roleName is one of actor.Roles.
type roleName actor.Role

func (roleName) Schema(huma.Registry) *huma.Schema { return api.Enum(actor.Roles()) }

// RolesBody names roles.
type RolesBody struct {
	Roles []roleName `json:"roles" required:"true" nullable:"false" maxItems:"11"`
}

func (b RolesBody) roles() []actor.Role {
	return api.Each(b.Roles, func(r roleName) actor.Role { return actor.Role(r) })
}

func (o *Operations) identityOperations(a *api.API) {
	api.Op(a, "POST /sign-up", web.Anyone(), "注册个人和单位；本人先点开确认信，单位待自治区管理员确认", func(ctx context.Context, _ actor.Actor, in *struct {
		Body struct {
			LoginName    string `json:"loginName" required:"true"`
			DisplayName  string `json:"displayName" required:"true"`
			Email        string `json:"email" required:"true" doc:"确认信发到这里"`
			Phone        string `json:"phone"`
			Password     string `json:"password" required:"true" maxLength:"1000"`
			Organisation struct {
				Kind       actor.OrgKind       `json:"kind" enum:"university,institute,enterprise,agency,individual,point_host,government"`
				Name       string              `json:"name" required:"true"`
				CreditCode string              `json:"creditCode"`
				Division   string              `json:"division" required:"true" doc:"GB/T 2260，六位"`
				Profile    identity.OrgProfile `json:"profile"`
			} `json:"organisation" required:"true"`
		}
	}) (out signedUp, err error) {
		c, b := api.Entered(ctx), in.Body
		out.AccountID, out.OrganisationID, err = o.Identity.SignUp(ctx, identity.SignUp{
			Person: identity.NewPerson{LoginName: b.LoginName, DisplayName: b.DisplayName, Email: b.Email, Phone: b.Phone, Password: b.Password},
			Organisation: identity.NewOrganisation{Kind: b.Organisation.Kind, Name: b.Organisation.Name, CreditCode: b.Organisation.CreditCode,
				Division: b.Organisation.Division, Profile: b.Organisation.Profile},
			RequestID: c.RequestID()})
		return out, err
	}, api.Created)
	api.Op(a, "GET /me", web.SignedIn(), "本人、所代表的单位和角色", func(ctx context.Context, who actor.Actor, _ *struct{}) (me, error) {
		account, err := o.Identity.Account(ctx, who)
		if err != nil {
			return me{}, err
		}
		o, err := o.Identity.Organisation(ctx, who.OrgID)
		if err != nil {
			return me{}, err
		}
		return me{
			AccountID:    account.ID,
			LoginName:    account.LoginName,
			DisplayName:  account.DisplayName,
			Email:        account.Email,
			Phone:        account.Phone,
			TwoFactor:    account.TwoFactor,
			Confirmed:    account.Confirmed,
			Sample:       account.Sample,
			Roles:        who.Roles,
			Organisation: organisationFor(who, o),
		}, nil
	})
	api.Op(a, "POST /me/confirmation", web.SignedIn(), "重发确认邮箱的信", func(ctx context.Context, who actor.Actor, _ *struct{}) (api.None, error) {
		_, err := o.Identity.ResendConfirmation(ctx, who)
		return api.None{}, err
	})
	api.Op(a, "GET /organisations", web.SignedIn(), "单位列表；管理员另见本地区未确认的单位", func(ctx context.Context, who actor.Actor, in *struct {
		api.Paging
		Q        string        `query:"q" doc:"名称的一部分，或完整的统一社会信用代码" maxLength:"100"`
		Kind     actor.OrgKind `query:"kind" enum:"university,institute,enterprise,agency,individual,point_host,government"`
		State    string        `query:"state" enum:"pending,confirmed,returned,suspended"`
		Division string        `query:"division" pattern:"^[0-9]{6}$" doc:"盟市或旗县代码"`
	}) (api.List[organisation], error) {
		after, err := api.Number(in.Cursor)
		if err != nil {
			return api.List[organisation]{}, err
		}
		f := identity.OrganisationFilter{Text: in.Q, State: in.State, Division: in.Division, After: after, Limit: in.Limit}
		if in.Kind != "" {
			f.Kinds = []actor.OrgKind{in.Kind}
		}
		found, err := o.Identity.FindOrganisations(ctx, who, f)
		if err != nil {
			return api.List[organisation]{}, err
		}
		return api.Numbered(api.Each(found, func(o identity.Organisation) organisation { return organisationFor(who, o) }), in.Limit,
			func(o organisation) int64 { return o.ID }), nil
	})
	api.Op(
		a,
		"GET /organisations/{id}",
		web.SignedIn(),
		"一个单位",
		func(ctx context.Context, who actor.Actor, in *api.ByID) (organisation, error) {
			o, err := o.organisation(ctx, who, in.ID)
			return organisationFor(who, o), err
		},
	)
	api.Op(a, "PATCH /organisations/{id}", web.Admins(), "修改单位资料", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body struct {
			Version    int                  `json:"version" required:"true" doc:"您看到的版本"`
			Kind       *actor.OrgKind       `json:"kind,omitempty" enum:"university,institute,enterprise,agency,individual,point_host,government"`
			Name       *string              `json:"name,omitempty"`
			CreditCode *string              `json:"creditCode,omitempty"`
			Division   *string              `json:"division,omitempty"`
			Profile    *identity.OrgProfile `json:"profile,omitempty"`
		}
	}) (organisation, error) {
		b := in.Body
		o, err := o.Identity.UpdateOrganisation(ctx, who, in.ID, identity.OrganisationUpdate{Version: b.Version, Kind: b.Kind, Name: b.Name,
			CreditCode: b.CreditCode, Division: b.Division, Profile: b.Profile})
		return organisationFor(who, o), err
	})
	api.Op(
		a,
		"POST /organisations/{id}/events",
		web.Admins(),
		"确认、退回、暂停、恢复（自治区管理员）；重新提交（本单位管理员）",
		func(ctx context.Context, who actor.Actor, in *struct {
			api.ByID
			Body struct {
				Event  identity.OrgEvent `json:"event" required:"true" enum:"confirm,return,resubmit,suspend,restore"`
				Reason string            `json:"reason" doc:"退回、暂停必填"`
			}
		}) (organisation, error) {
			o, err := o.Identity.DoOrganisation(ctx, who, in.ID, in.Body.Event, in.Body.Reason)
			return organisationFor(who, o), err
		},
	)
	api.Op(
		a,
		"GET /organisations/{id}/members",
		web.SignedIn(),
		"单位成员；本单位和所在地区管理员可见",
		func(ctx context.Context, who actor.Actor, in *api.ByID) (api.List[member], error) {
			found, err := o.Identity.Members(ctx, who, in.ID)
			return api.All(api.Each(found, func(m identity.MemberInfo) member { return member(m) })), err
		},
	)
	api.Op(a, "PUT /memberships/{id}/roles", web.Admins(), "设置成员的角色", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body RolesBody
	}) (api.None, error) {
		return api.None{}, o.Identity.SetRoles(ctx, who, in.ID, in.Body.roles())
	})
	api.Op(
		a,
		"DELETE /memberships/{id}",
		web.SignedIn(),
		"移出成员，或本人退出单位",
		func(ctx context.Context, who actor.Actor, in *api.ByID) (api.None, error) {
			return api.None{}, o.Identity.EndMembership(ctx, who, in.ID)
		},
	)
	api.Op(
		a,
		"GET /organisations/{id}/invitations",
		web.Admins(),
		"本单位的邀请",
		func(ctx context.Context, who actor.Actor, in *api.ByID) (api.List[invitation], error) {
			found, err := o.Identity.Invitations(ctx, who, in.ID)
			return api.All(api.Each(found, func(i identity.Invitation) invitation { return invitationOf(i, "") })), err
		},
	)
	api.Op(a, "POST /organisations/{id}/invitations", web.Admins(), "邀请一个人加入单位", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body struct {
			Email string `json:"email" required:"true"`
			RolesBody
		}
	}) (invitation, error) {
		i, token, err := o.Identity.Invite(ctx, who, in.ID, in.Body.Email, in.Body.roles())
		return invitationOf(i, token), err
	}, api.Created, api.Secret)
	api.Op(
		a,
		"DELETE /organisations/{id}/invitations/{invitation}",
		web.Admins(),
		"撤销邀请",
		func(ctx context.Context, who actor.Actor, in *struct {
			api.ByID
			Invitation int64 `path:"invitation" minimum:"1"`
		}) (api.None, error) {
			return api.None{}, o.Identity.RevokeInvitation(ctx, who, in.ID, in.Invitation)
		},
	)
	api.Op(a, "POST /invitations/accept", web.SignedIn(), "接受邀请，加入单位", func(ctx context.Context, who actor.Actor, in *struct {
		Body struct {
			Token string `json:"token" required:"true" maxLength:"200"`
		}
	}) (api.None, error) {
		return api.None{}, o.Identity.AcceptInvitation(ctx, who, in.Body.Token)
	})
	api.Op(a, "GET /tokens", web.SignedIn(), "本人的令牌", func(ctx context.Context, who actor.Actor, _ *struct{}) (api.List[apiToken], error) {
		found, err := o.Identity.Tokens(ctx, who)
		return api.All(api.Each(found, func(t identity.APIToken) apiToken { return tokenOf(t, "") })), err
	})
	api.Op(a, "POST /tokens", web.SignedIn(), "新建令牌；密钥只在这一次答复中给出", func(ctx context.Context, who actor.Actor, in *struct {
		Body struct {
			Name      string     `json:"name" required:"true" doc:"做什么用"`
			Scopes    []string   `json:"scopes" required:"true" nullable:"false" doc:"可以做什么，如 market:read；见接口说明"`
			ExpiresAt *time.Time `json:"expiresAt,omitempty"`
		}
	}) (apiToken, error) {
		t, secret, err := o.Identity.CreateToken(ctx, who, in.Body.Name, in.Body.Scopes, in.Body.ExpiresAt)
		return tokenOf(t, secret), err
	}, api.Created, api.Secret)
	api.Op(a, "DELETE /tokens/{id}", web.SignedIn(), "停用令牌", func(ctx context.Context, who actor.Actor, in *api.ByID) (api.None, error) {
		return api.None{}, o.Identity.RevokeToken(ctx, who, in.ID)
	})
}

// organisation reads one that the actor may know of: confirmed ones, the own one, those of an officer's area.
func (o *Operations) organisation(ctx context.Context, who actor.Actor, id int64) (identity.Organisation, error) {
	org, err := o.Identity.Organisation(ctx, id)
	if err == nil && !org.Confirmed() && !who.In(id) && !who.Covers(org.Division) {
		return identity.Organisation{}, fault.New(fault.NotFound, "organisation", "没有找到这个单位")
	}
	return org, err
}
