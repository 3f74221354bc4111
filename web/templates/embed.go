// Package templates holds the page templates as files; web/view parses them. It owns no behaviour.
//
//	layouts/  whole-document frames: site (header, footer), plain (certificate, big screen)
//	parts/    components; each {{define}} takes the web/view struct of the same name
//	ui/       pages put together from data: sheet, list, paper
//	error/    refused and broken requests
//	view/     the living page of components
//	market/ … one folder a wing: pages with a layout of their own
//
// A page's file defines "main" and, where needed, "head". Newlines that would show between inline elements are trimmed
// with {{- and -}}.
package templates

import "embed"

// FS holds all of them.
//
//go:embed */*.html
var FS embed.FS
