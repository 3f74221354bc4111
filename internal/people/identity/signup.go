package identity

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/lang"
)

// NewPerson is what a person says at sign-up.
type NewPerson struct {
	LoginName   string
	DisplayName string
	Email       string
	Phone       string
	Password    string
}

// SignUp is a new person with a new organisation.
type SignUp struct {
	Person       NewPerson
	Organisation NewOrganisation
	RequestID    string
}

// SignUp registers a person and an organisation in one step: the person becomes its org_admin and member, the
// organisation waits for the region's administrator. Anybody may call.
// Faults: invalid with fields loginName, displayName, email, phone, password, organisation.…; conflict "login_taken",
// "credit_code_taken"; too many "quota_mail".
func (s *Service) SignUp(ctx context.Context, in SignUp) (accountID, orgID int64, err error) {
	org := Organisation{Kind: in.Organisation.Kind, Name: in.Organisation.Name, CreditCode: in.Organisation.CreditCode,
		Division: in.Organisation.Division, Profile: in.Organisation.Profile, State: actor.Pending}
	tidyOrganisation(&org)
	var fields fault.Fields
	checkPerson(&fields, &in.Person)
	fields.Check(org.Kind != actor.Government, "organisation.kind", "choose", "政府部门的账号由自治区管理员开通，请与他联系")
	checkOrganisation(&fields, "organisation.", org)
	if err := fields.Err(); err != nil {
		return 0, 0, err
	}
	hash, err := argon2id.CreateHash(in.Person.Password, s.config.Policy.Argon)
	if err != nil {
		return 0, 0, err
	}
	err = s.inTx(ctx, "sign up", func(tx pgx.Tx) error {
		if orgID, err = s.insertOrganisation(ctx, tx, org); err != nil {
			return err
		}
		if accountID, err = s.insertAccount(ctx, tx, in.Person, hash, false, false); err != nil {
			return err
		}
		if _, err := s.insertMembership(ctx, tx, accountID, orgID, []actor.Role{actor.OrgAdmin, actor.Member}); err != nil {
			return err
		}
		if err := s.askConfirmation(ctx, tx, accountID, in.Person.Email); err != nil {
			return err
		}
		who := actor.Actor{AccountID: accountID, OrgID: orgID, RequestID: in.RequestID}
		return s.record(ctx, tx, who, "account.sign_up", "account", accountID, map[string]any{"organisation": orgID})
	})
	return accountID, orgID, err
}

// SignUpInvited registers a person who holds an invitation and makes the person a member. Anybody with the token may call.
// Faults: as SignUp; not found "invitation" when the token is unknown, used, revoked or over time.
func (s *Service) SignUpInvited(ctx context.Context, token string, person NewPerson, requestID string) (accountID int64, err error) {
	var fields fault.Fields
	checkPerson(&fields, &person)
	if err := fields.Err(); err != nil {
		return 0, err
	}
	hash, err := argon2id.CreateHash(person.Password, s.config.Policy.Argon)
	if err != nil {
		return 0, err
	}
	err = s.inTx(ctx, "sign up by invitation", func(tx pgx.Tx) error {
		inv, err := s.lockInvitation(ctx, tx, token)
		if err != nil {
			return err
		}
		if accountID, err = s.insertAccount(ctx, tx, person, hash, false, false); err != nil {
			return err
		}
		if err := s.askConfirmation(ctx, tx, accountID, person.Email); err != nil {
			return err
		}
		return s.acceptInvitation(ctx, tx, actor.Actor{AccountID: accountID, OrgID: inv.OrganisationID, RequestID: requestID}, inv)
	})
	return accountID, err
}

func checkPerson(f *fault.Fields, p *NewPerson) {
	f.Required("email", p.Email, "请填写电子邮箱：注册后要用它确认账号，忘记密码时也要用")
	p.LoginName, p.DisplayName = strings.TrimSpace(lang.Visible(p.LoginName)), strings.TrimSpace(lang.Visible(p.DisplayName))
	p.Email, p.Phone = strings.TrimSpace(p.Email), codes.TidyPhone(p.Phone)
	length(f, "loginName", "登录名", p.LoginName, 2, 50)
	if strings.ContainsFunc(p.LoginName, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._-@", r)
	}) {
		f.Add("loginName", "format", "登录名只能用文字、字母、数字和 . _ - @，不要有空格")
	}
	checkContact(f, p.DisplayName, p.Email, p.Phone)
	checkPassword(f, "password", p.Password, p.LoginName)
}

func checkContact(f *fault.Fields, name, email, phone string) {
	length(f, "displayName", "姓名", name, 1, 50)
	length(f, "email", "邮箱", email, 0, 200)
	length(f, "phone", "电话", phone, 0, 50)
	f.Check(email == "" || plausibleEmail(email), "email", "format", "邮箱格式不对，例如 zhang@example.com")
	f.Check(codes.IsPhone(phone), "phone", "format", "电话"+codes.PhoneMend)
}

// common are passwords that everybody tries first; compared after dropping what is not a letter and lower-casing.
var common = []string{"password", "passw", "qwerty", "qwertyuiop", "admin", "administrator", "welcome", "letmein", "iloveyou", "abcdefgh",
	"abcdefghijkl", "asdfghjkl", "zxcvbnm", "techmarket", "neimenggu", "huhehaote", "kejidashichang", "woaini", "root", "test", "demo",
	"changeme"}

// checkPassword: at least 12 characters, or at least 8 with three of lower, upper, digit, other (docs/rules/security.md §1); at
// most 200; not the login name, not one character over and over, not a run of digits, not a common one.
func checkPassword(f *fault.Fields, path, password, login string) {
	n := utf8.RuneCountInString(password)
	var lower, upper, digit, other int
	seen := map[rune]bool{}
	letters := make([]rune, 0, n)
	for _, r := range password {
		seen[r] = true
		switch {
		case unicode.IsDigit(r):
			digit = 1
		case unicode.IsLower(r):
			lower = 1
			letters = append(letters, r)
		case unicode.IsUpper(r):
			upper = 1
			letters = append(letters, unicode.ToLower(r))
		default:
			other = 1
		}
	}
	switch {
	case n > 200:
		f.Add(path, "too_long", "密码最多 200 个字符")
	case n < 12 && (n < 8 || lower+upper+digit+other < 3):
		f.Add(path, "weak", "密码至少 12 位；或至少 8 位，并含有大写、小写、数字、符号中的三种")
	//nolint:gocritic // the password is searched for in the runs of digits, not the other way round
	case len(seen) < 5 || strings.Contains("01234567890123456789", password) || strings.Contains("98765432109876543210", password) ||
		slices.Contains(common, string(letters)) || guessable(password, login):
		f.Add(path, "common", "这个密码太容易被猜到，请换一个")
	}
}

// SamplePassword is that of all accounts of the sample market, printed for everybody; no other account may have it.
const SamplePassword = "yangli-2026-demo"

// guessable: the login name itself, or what the program prints.
func guessable(password, login string) bool {
	password = strings.TrimSpace(password)
	return login != "" && strings.EqualFold(password, strings.TrimSpace(login)) || strings.EqualFold(password, SamplePassword)
}

// ProvisionOrganisation is a whole organisation with its people, for the command line and the sample market.
type ProvisionOrganisation struct {
	Organisation Organisation // ID, Version and CreatedAt are ignored; State as given
	People       []ProvisionPerson
}

// ProvisionPerson is one person of it. The rules for names hold; the password rule does not (the operator chose it).
type ProvisionPerson struct {
	Person NewPerson
	Roles  []actor.Role
}

// Provisioned are the ids that a provision made, in the order of its input.
type Provisioned struct {
	OrgID      int64
	AccountIDs []int64
}

// Provision creates organisations and people without asking who calls: only the command line may, for the first
// administrator and for the sample market. Equal passwords are hashed once. All or nothing.
func (s *Service) Provision(ctx context.Context, orgs []ProvisionOrganisation) ([]Provisioned, error) {
	hashes := map[string]string{}
	var out []Provisioned
	err := s.inTx(ctx, "provision", func(tx pgx.Tx) error {
		out = nil
		for _, o := range orgs {
			org := o.Organisation
			tidyOrganisation(&org)
			var fields fault.Fields
			checkOrganisation(&fields, "organisation.", org)
			if err := fields.Err(); err != nil {
				return err
			}
			if org.State == actor.Confirmed && org.ConfirmedAt == nil {
				now := s.config.Now()
				org.ConfirmedAt = &now
			}
			orgID, err := s.insertOrganisation(ctx, tx, org)
			if err != nil {
				return err
			}
			p := Provisioned{OrgID: orgID}
			for _, person := range o.People {
				var fields fault.Fields
				person.Person.LoginName = strings.TrimSpace(person.Person.LoginName)
				length(&fields, "loginName", "登录名", person.Person.LoginName, 1, 50)
				checkContact(&fields, person.Person.DisplayName, person.Person.Email, person.Person.Phone)
				fields.Check(org.Sample || !guessable(person.Person.Password, person.Person.LoginName), "password", "common",
					"密码不能与登录名相同，也不能用样例密码")
				if err := fields.Err(); err != nil {
					return err
				}
				hash := hashes[person.Person.Password]
				if hash == "" {
					if hash, err = argon2id.CreateHash(person.Person.Password, s.config.Policy.Argon); err != nil {
						return err
					}
					hashes[person.Person.Password] = hash
				}
				id, err := s.insertAccount(ctx, tx, person.Person, hash, org.Sample, true)
				if err != nil {
					return err
				}
				if _, err := s.insertMembership(ctx, tx, id, orgID, person.Roles); err != nil {
					return err
				}
				p.AccountIDs = append(p.AccountIDs, id)
			}
			if err := s.record(ctx, tx, actor.Actor{}, "organisation.provision", "organisation", orgID,
				map[string]any{"people": len(o.People)}); err != nil {
				return err
			}
			out = append(out, p)
		}
		return nil
	})
	return out, err
}
