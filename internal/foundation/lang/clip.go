package lang

// Clip shortens a text to at most that many characters; the last one of what was cut is an ellipsis.
func Clip(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}
