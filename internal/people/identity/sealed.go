package identity

import (
	"techmarket/internal/foundation/stored"
	"techmarket/internal/platform/postgres"
)

// What of this room is sealed, each under the name of its column.
const (
	sealedEmail   = "account.email"
	sealedPhone   = "account.phone"
	sealedTOTP    = "account.totp_secret"
	sealedWaiting = "email_confirmation.email"
	sealedInvited = "invitation.email"
	sealedProfile = "organisation.profile" // with the name of the text after a dot
)

// Sealed are the columns of this room in which something lies sealed.
func Sealed() []postgres.Sealed {
	return []postgres.Sealed{
		{Table: "account", Column: "email", Purpose: sealedEmail},
		{Table: "account", Column: "phone", Purpose: sealedPhone},
		{Table: "account", Column: "totp_secret", Purpose: sealedTOTP},
		{Table: "email_confirmation", Column: "email", Purpose: sealedWaiting},
		{Table: "invitation", Column: "email", Purpose: sealedInvited},
		{Table: "organisation", Column: "profile", Purpose: sealedProfile, Document: true},
	}
}

// contents seals and opens; without a vault everything stays in clear, for tests alone.
func (s *Service) contents() stored.Codec { return stored.Codec{Secrets: s.config.Vault} }

func (s *Service) sealContact(email, phone string) (sealed, number string, err error) {
	if sealed, err = s.contents().SealText(sealedEmail, email); err == nil {
		number, err = s.contents().SealText(sealedPhone, phone)
	}
	return sealed, number, err
}

func (s *Service) openContact(email, phone *string) error {
	if err := s.contents().OpenText(sealedEmail, email); err != nil {
		return err
	}
	return s.contents().OpenText(sealedPhone, phone)
}

func (s *Service) sealProfile(p *OrgProfile) (err error) {
	if p.Phone, err = s.contents().SealText(sealedProfile+".phone", p.Phone); err == nil {
		p.Email, err = s.contents().SealText(sealedProfile+".email", p.Email)
	}
	return err
}

func (s *Service) openProfile(p *OrgProfile) error {
	if err := s.contents().OpenText(sealedProfile+".phone", &p.Phone); err != nil {
		return err
	}
	return s.contents().OpenText(sealedProfile+".email", &p.Email)
}
