package codes

import "strings"

// What people see of a contact before they say what they want it for: enough to know which it is, too little to use.

// MaskName keeps the first character: 王**.
func MaskName(name string) string {
	letters := []rune(strings.TrimSpace(name))
	if len(letters) == 0 {
		return ""
	}
	return string(letters[0]) + "**"
}

// MaskPhone keeps the first three and the last two digits: 138******45; of a short one nothing.
func MaskPhone(phone string) string {
	digits := 0
	for _, r := range phone {
		if r >= '0' && r <= '9' {
			digits++
		}
	}
	if digits == 0 {
		return ""
	}
	if digits < 9 {
		return strings.Repeat("*", digits)
	}
	var b strings.Builder
	at := 0
	for _, r := range phone {
		if r < '0' || r > '9' {
			continue
		}
		if at < 3 || at >= digits-2 {
			b.WriteRune(r)
		} else {
			b.WriteByte('*')
		}
		at++
	}
	return b.String()
}

// MaskEmail keeps the first letter and the domain: z***@example.com.
func MaskEmail(email string) string {
	name, domain, ok := strings.Cut(email, "@")
	if !ok || name == "" {
		return strings.Repeat("*", min(len([]rune(email)), 5))
	}
	return string([]rune(name)[:1]) + "***@" + domain
}
