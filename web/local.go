package web

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestLocal bounds an address that a form or query names, in bytes.
const longestLocal = 4000

// Local reads an address that a form, a query or a stored message names as a place of this site. It is the only reader of such
// addresses: what it refuses a browser could take for another site. A browser drops tabs and line ends, and reads a backslash as a
// slash, so neither may stand in the address, plain or (in the path, as often as a proxy may decode it) percent-encoded.
func Local(address string) (string, bool) {
	if len(address) > longestLocal || !strings.HasPrefix(address, "/") || !plain(address) {
		return "", false
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return "", false
	}
	path := u.EscapedPath()
	for {
		if !strings.HasPrefix(path, "/") || strings.Contains(path, "//") || !plain(path) {
			return "", false
		}
		decoded, err := url.PathUnescape(path)
		if err != nil || decoded == path { // a percent sign that encodes nothing is text
			return address, true
		}
		path = decoded
	}
}

// plain: text without backslash, control and formatting characters.
func plain(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return r == '\\' || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	})
}

// readableAddress: no NUL and nothing but UTF-8 once decoded, which PostgreSQL could not compare with anything.
func readableAddress(u *url.URL) bool {
	for _, raw := range []string{u.Path, u.RawQuery} {
		text, err := url.QueryUnescape(strings.ReplaceAll(raw, "+", " "))
		if err != nil { // half an escape: what it stands for is read piece by piece
			text = loose(raw)
		}
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) || !utf8.ValidString(raw) || strings.ContainsRune(raw, 0) {
			return false
		}
	}
	return true
}

// loose decodes the escapes that are whole.
func loose(s string) string {
	parts := strings.Split(s, "%")
	var b strings.Builder
	b.WriteString(parts[0])
	for _, p := range parts[1:] {
		if len(p) >= 2 {
			if d, err := url.PathUnescape("%" + p[:2]); err == nil {
				b.WriteString(d + p[2:])
				continue
			}
		}
		b.WriteString("%" + p)
	}
	return b.String()
}
