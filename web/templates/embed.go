// Package templates holds the page templates as files; web/view parses them. It owns no behaviour.
//
//	layouts/  whole-document frames: site (header, footer), plain (certificate, big screen)
//	parts/    components; each {{define}} takes the web/view struct of the same name
//	pages/    one file per page, defining "main" and, where needed, "head"
package templates

import "embed"

// FS holds layouts, parts and pages.
//
//go:embed layouts parts pages
var FS embed.FS
