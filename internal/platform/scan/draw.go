package scan

import (
	"bytes"
	"fmt"
	"image"
	"io"
	"math"
)

// drawn is a picture in grey (PGM) whose longer side has that many pixels, each the mean of what it covers or, drawn larger, between its
// neighbours.
func drawn(p image.Image, side int) io.Reader {
	b := p.Bounds()
	scale := float64(side) / float64(max(b.Dx(), b.Dy()))
	w, h := max(1, int(float64(b.Dx())*scale)), max(1, int(float64(b.Dy())*scale))
	out := make([]byte, 0, w*h+32)
	out = fmt.Appendf(out, "P5\n%d %d\n255\n", w, h)
	for y := range h {
		for x := range w {
			out = append(out, level(p, float64(x)/scale, float64(y)/scale, 1/scale))
		}
	}
	return bytes.NewReader(out)
}

// level is the brightness at a place: the mean of the pixels in a square of that side, or between the four nearest.
func level(p image.Image, x, y, size float64) byte {
	b := p.Bounds()
	at := func(x, y int) float64 {
		r, g, bl, _ := p.At(b.Min.X+min(x, b.Dx()-1), b.Min.Y+min(y, b.Dy()-1)).RGBA()
		return (0.299*float64(r) + 0.587*float64(g) + 0.114*float64(bl)) / 257
	}
	x0, y0 := int(math.Floor(x)), int(math.Floor(y))
	if size > 1.5 {
		n, sum, count := int(math.Round(size)), 0.0, 0.0
		for dy := range n {
			for dx := range n {
				sum += at(x0+dx, y0+dy)
				count++
			}
		}
		return byte(sum / count)
	}
	dx, dy := x-float64(x0), y-float64(y0)
	return byte(at(x0, y0)*(1-dx)*(1-dy) + at(x0+1, y0)*dx*(1-dy) + at(x0, y0+1)*(1-dx)*dy + at(x0+1, y0+1)*dx*dy)
}
