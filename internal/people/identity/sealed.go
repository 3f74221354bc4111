package identity

import "techmarket/internal/platform/postgres"

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

func (s *Service) sealText(purpose, text string) (string, error) {
	if s.config.Vault == nil {
		return text, nil
	}
	return s.config.Vault.Seal(purpose, text)
}

func (s *Service) openText(purpose string, text *string) (err error) {
	if s.config.Vault != nil {
		*text, err = s.config.Vault.Open(purpose, *text)
	}
	return err
}

func (s *Service) sealContact(email, phone string) (sealed, number string, err error) {
	if sealed, err = s.sealText(sealedEmail, email); err == nil {
		number, err = s.sealText(sealedPhone, phone)
	}
	return sealed, number, err
}

func (s *Service) openContact(email, phone *string) error {
	if err := s.openText(sealedEmail, email); err != nil {
		return err
	}
	return s.openText(sealedPhone, phone)
}

func (s *Service) sealProfile(p *OrgProfile) (err error) {
	if p.Phone, err = s.sealText(sealedProfile+".phone", p.Phone); err == nil {
		p.Email, err = s.sealText(sealedProfile+".email", p.Email)
	}
	return err
}

func (s *Service) openProfile(p *OrgProfile) error {
	if err := s.openText(sealedProfile+".phone", &p.Phone); err != nil {
		return err
	}
	return s.openText(sealedProfile+".email", &p.Email)
}
