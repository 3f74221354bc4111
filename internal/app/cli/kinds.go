package cli

import (
	"slices"
	"strings"

	"techmarket/internal/app"
	"techmarket/internal/market/listing"
)

// kindPaths names the kinds of listings as the commands take them: "achievements|demands".
func kindPaths() string {
	return kindNames("|", func(d listing.Descriptor) string { return d.Path })
}

// kindLabels names the kinds of listings in Chinese.
func kindLabels(between string) string {
	return kindNames(between, func(d listing.Descriptor) string { return d.Label })
}

func kindNames(between string, name func(listing.Descriptor) string) string {
	var out []string
	for _, d := range app.Kinds() {
		out = append(out, name(d))
	}
	return strings.Join(out, between)
}

// kindAt is the kind that a command names by its path; false for another word.
func kindAt(path string) (listing.Descriptor, bool) {
	kinds := app.Kinds()
	i := slices.IndexFunc(kinds, func(d listing.Descriptor) bool { return d.Path == path })
	if i < 0 {
		return listing.Descriptor{}, false
	}
	return kinds[i], true
}
