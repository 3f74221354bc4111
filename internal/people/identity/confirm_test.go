package identity_test

import (
	"strings"
	"testing"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/people/identity"
)

// linkToken is the token of the link in the newest mail.
func (b *bundle) linkToken(t *testing.T, path string) (token, mail string) {
	t.Helper()
	last := b.mail.bodies[len(b.mail.bodies)-1]
	_, rest, ok := strings.Cut(last, path)
	if !ok {
		t.Fatalf("mail: %s", last)
	}
	return strings.Fields(rest)[0], last
}

func TestConfirm_AnAddressIsTheAccountsOnceItsLinkIsOpened(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	if _, _, err := b.SignUp(ctx, signUp("admin", "样例公司")); err != nil {
		t.Fatal(err)
	}
	if !b.who(t, "admin").Unconfirmed {
		t.Error("confirmed without a mail")
	}
	if _, email, _, err := b.ContactOf(ctx, b.who(t, "admin").AccountID); err != nil || email != "" {
		t.Errorf("others would mail to %q, %v", email, err)
	}
	first, _ := b.linkToken(t, "/confirm/")
	if _, err := b.ResendConfirmation(ctx, b.who(t, "admin")); err != nil {
		t.Fatal(err)
	}
	second, _ := b.linkToken(t, "/confirm/")
	if err := b.Confirm(ctx, first, ""); !fault.HasCode(err, "confirmation") {
		t.Errorf("the older link: %v", err)
	}
	if email, err := b.ConfirmationOpen(ctx, second); err != nil || email != "a@example.com" {
		t.Errorf("%q, %v", email, err)
	}
	if err := b.Confirm(ctx, second, ""); err != nil {
		t.Fatal(err)
	}
	if err := b.Confirm(ctx, second, ""); !fault.HasCode(err, "confirmation") {
		t.Errorf("twice: %v", err)
	}
	if b.who(t, "admin").Unconfirmed {
		t.Error("not confirmed by the link")
	}
	if _, err := b.ResendConfirmation(ctx, b.who(t, "admin")); !fault.HasCode(err, "email_confirmed") {
		t.Errorf("again: %v", err)
	}
}

// Another address counts once its owner opened the link: nobody turns the market's mails on a stranger.
func TestConfirm_AChangedAddressWaits(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	if _, _, err := b.SignUp(ctx, signUp("admin", "样例公司")); err != nil {
		t.Fatal(err)
	}
	token, _ := b.linkToken(t, "/confirm/")
	if err := b.Confirm(ctx, token, ""); err != nil {
		t.Fatal(err)
	}
	other := "b@example.com"
	me, asked, err := b.UpdateAccount(ctx, b.who(t, "admin"), identity.AccountUpdate{Email: &other})
	if err != nil || me.Email != "a@example.com" || asked != other {
		t.Errorf("at once %+v, asked %q, %v", me, asked, err)
	}
	token, mail := b.linkToken(t, "/confirm/")
	if !strings.HasPrefix(mail, other+"\n") {
		t.Errorf("mailed to %s", mail)
	}
	if err := b.Confirm(ctx, token, ""); err != nil {
		t.Fatal(err)
	}
	if me, err = b.Account(ctx, b.who(t, "admin")); err != nil || me.Email != other || !me.Confirmed {
		t.Errorf("after the link %+v, %v", me, err)
	}
}

func TestConfirm_MailsAreFewAnAccountAndAMailbox(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	if _, _, err := b.SignUp(ctx, signUp("admin", "样例公司")); err != nil {
		t.Fatal(err)
	}
	who, sent := b.who(t, "admin"), 1
	for {
		_, err := b.ResendConfirmation(ctx, who)
		if fault.HasCode(err, "quota_confirm") {
			break
		}
		if err != nil || sent > 20 {
			t.Fatal(sent, err)
		}
		sent++
	}
	if sent != 5 {
		t.Errorf("%d confirmation mails in a day", sent)
	}
	for i := range 20 {
		_, _, err := b.SignUp(ctx, signUp("more"+strings.Repeat("x", i), "另一家样例公司"))
		if fault.HasCode(err, "quota_mail") {
			if i != 5 {
				t.Errorf("refused after %d sign-ups with one mailbox", i)
			}
			return
		}
	}
	t.Error("one mailbox is mailed without end")
}

// A name that somebody chose stands in no subject, and is no link in the body.
func TestInvite_ChosenNamesAreNoMessage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	in := signUp("admin", "中奖了www.evil.example/领取")
	in.Person.DisplayName = "打开http://evil.example"
	if _, _, err := b.SignUp(ctx, in); err != nil {
		t.Fatal(err)
	}
	who := b.who(t, "admin")
	if _, _, err := b.Invite(ctx, who, who.OrgID, "stranger@example.org", []actor.Role{actor.Member}); err != nil {
		t.Fatal(err)
	}
	_, mail := b.linkToken(t, "/invitations/")
	subject := strings.Split(mail, "\n")[1]
	if strings.Contains(subject, "中奖") || strings.Contains(mail, "evil.example") {
		t.Errorf("mail: %s", mail)
	}
}
