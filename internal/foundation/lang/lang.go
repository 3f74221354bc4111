// Package lang names the languages that the market speaks.
//
// It refuses words: they stand in web/locales. Legal papers stay Chinese in every language.
package lang

// Tag is a language as BCP 47 writes it.
type Tag string

// Chinese is the language in which every sentence of the market is written first.
const Chinese Tag = "zh-CN"
