package document

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// shape is how one character is drawn: from which font, as what text, how large against its neighbours and how much higher.
type shape struct {
	family string
	text   string
	scale  float64 // of the size
	rise   float64 // of the size; negative below the line
}

// box stands for a character that nothing draws; the paper then says which.
const box = '〓'

const (
	raised  = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁱⁿᵃᵇᶜᵈᵉᶠᵍʰʲᵏˡᵐᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂ"
	lowered = "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ"
)

// alike are forms whose meaning another character or two carries. A fraction keeps a space before it, so that 1½ is not 11/2.
var alike = map[rune]string{
	'⩽': "≤", '⩾': "≥", '≦': "≤", '≧': "≥", '☑': "[√]", '☒': "[×]", '☐': "□", '✓': "√", '✔': "√", '✗': "×", '✘': "×", '−': "-", '‑': "-",
	'⁄': "/", '∕': "/", '⋅': "·", '•': "·", '½': " 1/2", '⅓': " 1/3", '⅔': " 2/3", '¼': " 1/4", '¾': " 3/4", '⅛': " 1/8", '㎡': "m²",
	'㎥': "m³", '㎢': "km²", '㎠': "cm²", '㎤': "cm³", '㎜': "mm", '∶': ":", '￠': "¢", 'Ω': "Ω", 'µ': "μ",
}

// shapes says how a character is drawn. What the fonts lack is drawn from what they have: sub- and superscripts from their base
// characters, other forms by one that means the same (NFKC, or the list above). What is left is remembered and drawn as a box.
func (p *PDF) shapes(s style, r rune) []shape {
	if family, ok := p.family(s, r); ok {
		return []shape{{family, string(r), 1, 0}}
	}
	if base, scale, rise := script(r); base != 0 {
		for _, c := range []rune{base, []rune(alike[base] + string(base))[0]} {
			if family, ok := p.family(s, c); ok {
				return []shape{{family, string(c), scale, rise}}
			}
		}
	}
	text, ok := alike[r]
	if !ok {
		text = norm.NFKC.String(string(r))
	}
	if text != string(r) {
		var out []shape
		for _, c := range text {
			if _, drawn := p.family(s, c); !drawn && !isScript(c) {
				return p.boxed(s, r)
			}
			out = append(out, p.shapes(s, c)...)
		}
		return out
	}
	return p.boxed(s, r)
}

func (p *PDF) boxed(s style, r rune) []shape {
	if !strings.ContainsRune(string(p.missing), r) {
		p.missing = append(p.missing, r)
	}
	family, _ := p.family(s, box)
	return []shape{{family, string(box), 1, 0}}
}

// script reads a sub- or superscript: the character it stands for, and where. Base 0: it is none.
func script(r rune) (base rune, scale, rise float64) {
	switch {
	case strings.ContainsRune(raised, r):
		scale, rise = 0.62, 0.32
	case strings.ContainsRune(lowered, r):
		scale, rise = 0.62, -0.14
	default:
		return 0, 1, 0
	}
	return []rune(norm.NFKC.String(string(r)))[0], scale, rise
}

// isScript reports a sub- or superscript: it belongs to what it stands behind, and no line is broken before it.
func isScript(r rune) bool { return strings.ContainsRune(raised+lowered, r) }
