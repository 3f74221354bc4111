package contract

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/stored"
)

// natural is 自然人 among the kinds of parties: no 统一社会信用代码, no 法定代表人, a document of the person instead.
const natural = "person"

// identityPurpose is what the numbers of persons are sealed for.
const identityPurpose = "contract.identity"

// Person reports whether the party is 自然人.
func (p Party) Person() bool { return p.Nature == natural }

var documentNumber = regexp.MustCompile(`^[0-9A-Z]{5,20}$`)

// parties are all parties of the document with their paths.
func (c *Content) parties() map[string]*Party {
	out := map[string]*Party{"seller.": &c.Seller}
	for i := range c.CoSellers {
		out[fmt.Sprintf("coSellers.%d.", i)] = &c.CoSellers[i].Party
	}
	for i := range c.Buyers {
		out[fmt.Sprintf("buyers.%d.", i)] = &c.Buyers[i]
	}
	return out
}

// dialled brings the telephone numbers to the characters in which they are dialled, see codes.TidyPhone.
func (c *Content) dialled() {
	c.CoSellers, c.Buyers = slices.Clone(c.CoSellers), slices.Clone(c.Buyers) // those of other sections are the stored content's own
	for _, p := range c.parties() {
		p.Phone = codes.TidyPhone(p.Phone)
	}
	c.Statement.Phone = codes.TidyPhone(c.Statement.Phone)
}

// sealPersons puts the numbers of persons that were typed under seal and leaves their masks; one that was sealed before and comes back
// as its mask stays as it was. Fault: Invalid for a number that is none; nothing is kept of it.
func sealPersons(next *Content, before Content, keys stored.Secrets) error {
	var f fault.Fields
	next.CoSellers, next.Buyers = slices.Clone(next.CoSellers), slices.Clone(next.Buyers) // those of other sections are before's own
	for path, p := range next.parties() {
		if !p.Person() {
			p.IDNumber, p.IDSealed = "", ""
			continue
		}
		p.CreditCode, p.Representative = "", ""
		number := codes.Normalise(p.IDNumber)
		p.IDSealed = ""
		if strings.Contains(number, "*") {
			for _, q := range before.parties() {
				if q.IDNumber == number {
					p.IDSealed = q.IDSealed
				}
			}
			f.Check(p.IDSealed != "", path+"idNumber", "masked", "请填写完整的证件号码")
			continue
		}
		if number == "" {
			p.IDNumber = ""
			continue
		}
		card := codes.IDCard(number)
		if !documentNumber.MatchString(number) || len(number) == 18 && card.Warned() {
			f.Add(path+"idNumber", "bad_id", "证件号码不正确：身份证 18 位，其他证件 5 至 20 位字母和数字")
			continue
		}
		sealed, err := keys.Seal(identityPurpose, number)
		if err != nil {
			return err
		}
		p.IDNumber, p.IDSealed = masked(number), sealed
	}
	return f.Err()
}

// masked leaves three characters in front and two behind, as much as is needed to tell a paper on the desk from another.
func masked(number string) string {
	return number[:3] + strings.Repeat("*", len(number)-5) + number[len(number)-2:]
}
