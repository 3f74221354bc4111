package papers_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"techmarket/internal/certify/registry/registrytest"
)

var (
	stream = regexp.MustCompile(`(?s)stream\r?\n(.*?)\r?\nendstream`)
	// A closed path of curves drawn in broken line: what SealPlace leaves for the seal.
	broken = regexp.MustCompile(`(?s)\[\d+\] \d+ d\n([-\d.\s mc]+)S`)
)

// The seal of a public institution is round and 42 mm across: the paper leaves just that place, inside the page.
func TestTheCertificateLeavesThePlaceOfASeal(t *testing.T) {
	t.Parallel()
	w := registrytest.New(t)
	reg := w.Register(w.Content(), nil)
	registrytest.Check(t, w.Jobs.Drain(context.Background()))
	_, paper, err := w.Papers.Certificate(context.Background(), w.Seller, reg.Number, 1)
	registrytest.Check(t, err)
	var places [][4]float64 // left, bottom, right, top in points
	for _, found := range stream.FindAllSubmatch(paper, -1) {
		packed, err := zlib.NewReader(bytes.NewReader(found[1]))
		if err != nil {
			continue // not a compressed stream
		}
		page, _ := io.ReadAll(packed)
		for _, path := range broken.FindAllSubmatch(page, -1) {
			box := [4]float64{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
			for i, number := range strings.Fields(strings.NewReplacer("m", "", "c", "").Replace(string(path[1]))) {
				v, err := strconv.ParseFloat(number, 64)
				registrytest.Check(t, err)
				box[i%2], box[2+i%2] = min(box[i%2], v), max(box[2+i%2], v)
			}
			places = append(places, box)
		}
	}
	if len(places) != 1 {
		t.Fatalf("%d places for a seal, want 1", len(places))
	}
	const millimetre = 72 / 25.4
	p := places[0]
	if width, height := (p[2]-p[0])/millimetre, (p[3]-p[1])/millimetre; math.Abs(width-42) > 0.1 || math.Abs(height-42) > 0.1 {
		t.Errorf("the place is %.1f × %.1f mm, want 42 × 42", width, height)
	}
	if p[0] < 0 || p[1] < 0 || p[2] > 210*millimetre || p[3] > 297*millimetre {
		t.Errorf("the place %v leaves the page", p)
	}
}
