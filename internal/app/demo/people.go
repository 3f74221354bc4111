package demo

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"techmarket/internal/app/demo/sample"
	"techmarket/internal/certify/point"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/people/identity"
	"techmarket/internal/trade/broker"
)

var orgKinds = map[string]actor.OrgKind{sample.OrgUniversity: actor.University, sample.OrgInstitute: actor.Institute,
	sample.OrgCompany: actor.Enterprise, sample.OrgAgency: actor.Agency, sample.OrgHost: actor.PointHost,
	sample.OrgGovernment: actor.Government}

var rolesOf = map[string][]actor.Role{sample.RoleMember: {actor.Member}, sample.RoleOrgAdmin: {actor.OrgAdmin, actor.Member},
	sample.RoleBroker: {actor.Broker}, sample.RoleRegistrar: {actor.Registrar}, sample.RoleReviewer: {actor.Reviewer},
	sample.RoleHead: {actor.PointHead}, sample.RoleExpert: {actor.Expert}, sample.RoleLeague: {actor.LeagueOfficer},
	sample.RoleRegion: {actor.RegionOfficer}, sample.RoleAdministrator: {actor.SystemAdmin}}

// taxOffice asks for the re-recognition of registrations; the generator knows it only as a body outside the market.
const taxOffice = "tax-office"

// settle makes organisations, people, points and brokers' profiles: what stands before the first deal.
func (l *loader) settle(ctx context.Context) error {
	l.clock = l.end
	for _, o := range l.market.Organisations {
		if o.CreatedAt.Before(l.clock) {
			l.clock = o.CreatedAt
		}
	}
	begun := l.clock
	if err := l.provision(ctx); err != nil {
		return err
	}
	for i, p := range l.market.Points {
		if err := l.point(ctx, p, begun); err != nil {
			return fmt.Errorf("point %s: %w", p.Name, err)
		}
		l.progress.At("登记点", i+1, len(l.market.Points), "")
	}
	for _, p := range l.market.People {
		if p.Role != sample.RoleBroker {
			continue
		}
		l.then(p.CreatedAt, func(ctx context.Context) error {
			if err := l.broker(ctx, p); err != nil {
				return fmt.Errorf("broker %s: %w", p.Login, err)
			}
			return nil
		})
	}
	return nil
}

// provision makes the organisations with their people in one transaction. Experts belong to the region's department,
// which is where the desk looks for them.
func (l *loader) provision(ctx context.Context) error {
	people := map[string][]sample.Person{} // by organisation
	contact := map[string]sample.Person{}
	department := ""
	for _, o := range l.market.Organisations {
		if o.Kind == sample.OrgGovernment && o.Division == "150000" {
			department = o.Key
		}
	}
	for _, p := range l.market.People {
		org := p.Org
		if p.Role == sample.RoleExpert {
			org = department
		}
		people[org] = append(people[org], p)
		contact[p.Key] = p
	}
	orgs := append([]sample.Organisation{}, l.market.Organisations...)
	orgs = append(orgs, sample.Organisation{Key: taxOffice, Name: "样例自治区税务局", Kind: sample.OrgGovernment, Division: "150000",
		Address: "呼和浩特市样例政务路3号",
		Intro:   "样例主管部门，查看登记，提请重新认定。"})
	people[taxOffice] = []sample.Person{{Key: taxOffice, Name: "税务专员（样例）", Login: "sample-tax", Mail: "sample-tax@example.com",
		Role: taxOffice}}
	var in []identity.ProvisionOrganisation
	for _, o := range orgs {
		c := contact[o.Contact]
		po := identity.ProvisionOrganisation{Organisation: identity.Organisation{Kind: orgKinds[o.Kind], Name: o.Name, CreditCode: o.CreditCode,
			Division: o.Division,
			State:    actor.Confirmed, Sample: true, Profile: identity.OrgProfile{Address: o.Address, LegalRepresentative: o.Legal, Contact: c.Name,
				Phone: cmp.Or(o.Phone, c.Phone), Email: c.Mail, Nature: o.Nature, Industry: IndustryLetter(o.Industry), Introduction: o.Intro}}}
		for _, p := range people[o.Key] {
			roles := rolesOf[p.Role]
			if p.Key == taxOffice {
				roles = []actor.Role{actor.TaxReader}
			}
			po.People = append(po.People, identity.ProvisionPerson{Roles: roles,
				Person: identity.NewPerson{LoginName: p.Login, DisplayName: p.Name, Email: p.Mail, Phone: p.Phone, Password: sample.Password}})
		}
		in = append(in, po)
	}
	made, err := l.Services.Identity.Provision(ctx, in)
	if err != nil {
		return err
	}
	for i, o := range orgs {
		org := in[i].Organisation
		org.ID = made[i].OrgID
		l.organisations[o.Key] = org
		for k, p := range people[o.Key] {
			a := actor.Actor{AccountID: made[i].AccountIDs[k], OrgID: org.ID, Name: p.Name, OrgName: org.Name, OrgKind: org.Kind,
				OrgState: org.State,
				Division: org.Division, Roles: in[i].People[k].Roles, Sample: true}
			l.actors[p.Key] = a
			switch p.Role {
			case sample.RoleRegion:
				l.region = a
			case taxOffice:
				l.tax = a
			}
			l.counts["人员"]++
		}
		l.counts["单位"]++
	}
	l.progress.At("单位和人员", len(orgs), len(orgs), "")
	return nil
}

// IndustryLetter is the 门类 of a 大类 code.
func IndustryLetter(code string) string {
	if code == "" {
		return ""
	}
	return code[:1]
}

func (l *loader) point(ctx context.Context, p sample.Point, begun time.Time) error {
	in := point.Input{Name: p.Name, Kind: point.Kind(p.HostKind), OrganisationID: l.organisations[p.Host].ID,
		Division: p.Division, Code2: p.Code,
		Address: p.Address, Phone: p.Phone, Hours: p.Hours, AuthorisedFrom: begun.Format(time.DateOnly)}
	if in.Kind == point.University || in.Kind == point.Institute {
		in.ServesOrg = in.OrganisationID
	}
	made, err := l.Points.Save(ctx, l.region, in)
	if err != nil {
		return err
	}
	l.points[p.Key] = made
	l.staff[made.ID] = map[string][]actor.Actor{}
	for _, person := range l.market.People {
		if person.Point == p.Key {
			l.staff[made.ID][person.Role] = append(l.staff[made.ID][person.Role], l.actors[person.Key])
		}
	}
	l.counts["登记点"]++
	if p.Status == "normal" {
		return nil
	}
	// The order to mend is recent: the point worked normally before.
	l.then(l.end.AddDate(0, 0, -20), func(ctx context.Context) error {
		_, err := l.Points.SetState(ctx, l.region, made.ID, made.Version, point.State(p.Status), "样例：抽查发现两件登记的扣除理由不完整，限期整改。")
		return err
	})
	return nil
}

func (l *loader) broker(ctx context.Context, p sample.Person) error {
	a := l.actors[p.Key]
	var fields []string
	for _, area := range p.Areas {
		for _, c := range l.market.Achievements {
			if strings.HasPrefix(c.Topic, area) {
				fields = append(fields, c.Field)
				break
			}
		}
	}
	if len(fields) == 0 {
		fields = []string{"06"}
	}
	profile := broker.Profile{Fields: fields, Divisions: []string{a.Division[:4] + "00"}, Introduction: "样例技术经纪人，熟悉本地企业需求，提供供需对接、合同起草和登记代办。",
		Level: map[string]string{"初级": "junior", "中级": "intermediate", "高级": "senior"}[p.Level]}
	if profile.Level != "" {
		profile.CertificateNo, profile.Issuer, profile.ValidFrom = "样例经纪"+strings.TrimPrefix(p.Login, "sample-"), "样例发证单位",
			p.CreatedAt.Format(time.DateOnly)
	}
	if _, err := l.Brokers.Save(ctx, a, profile); err != nil {
		return err
	}
	l.counts["技术经纪人"]++
	return nil
}
