package document

// SealPlace leaves the place for the seal at the right: a broken circle of that many millimetres with the office and the day, which
// the seal will cover. It is a place and no picture of a seal.
func (p *PDF) SealPlace(side float64, caption string, lines ...string) {
	p.room(side + 2)
	x, top := pageWidth-marginSide-side, p.y
	p.gp.SetLineWidth(0.2)
	p.gp.SetStrokeColor(170, 170, 170)
	p.gp.SetLineType("dashed")
	p.gp.Oval(x, top, x+side, top+side)
	p.gp.SetLineType("solid")
	p.draw(smallStyle, caption, x+(side-p.measure(smallStyle, caption))/2, top+side/2-smallStyle.lineHeight()/2)
	p.y = top + side/2 - float64(len(lines))*bodyStyle.lineHeight()/2
	for _, line := range lines {
		p.block(bodyStyle, line, marginSide, textWidth-side-5)
	}
	p.y = max(p.y, top+side) + 2
}

// Footnote writes small text at the foot of the page, or below the text where that reaches down so far.
func (p *PDF) Footnote(text string) {
	lines := p.lines(footStyle, text, textWidth)
	h := float64(len(lines)) * footStyle.lineHeight()
	p.room(h)
	p.y = max(p.y, pageHeight-marginBottom-h)
	p.block(footStyle, text, marginSide, textWidth)
}

// Append starts a new page for the next paper of a batch.
func (p *PDF) Append() { p.newPage() }
