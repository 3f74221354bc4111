// Command vendoring fills web/assets/vendor, whose files are embedded but never committed: the style sheet made of
// web/assets/css, and the few third-party files that pages use, copied from node_modules. `go generate ./web/assets`
// runs it in web/assets; npm (with its lock file) decides the versions.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"techmarket/web/assets/icons"
	"techmarket/web/assets/sheet"
)

func main() {
	if err := fill("vendor"); err != nil {
		fmt.Fprintln(os.Stderr, "vendoring:", err)
		os.Exit(1)
	}
}

// fill makes the style sheets first: it needs nothing from npm.
func fill(vendor string) error {
	sheets, err := sheet.Build(os.DirFS("css"))
	if err != nil {
		return err
	}
	for name, css := range sheets {
		if err := os.WriteFile(filepath.Join(vendor, name), css, 0o644); err != nil {
			return err
		}
	}
	return copyAll("../../node_modules", vendor)
}

func copyAll(modules, vendor string) error {
	if _, err := os.Stat(modules); err != nil {
		return fmt.Errorf("no node_modules folder: run `npm ci` first (%w)", err)
	}
	files := map[string]string{"htmx.js": filepath.Join(modules, "htmx.org", "dist", "htmx.min.js"),
		"mongolian.woff2": filepath.Join(modules, "@fontsource", "noto-sans-mongolian", "files",
			"noto-sans-mongolian-mongolian-400-normal.woff2")}
	for _, name := range icons.Names() {
		files["icons/"+name+".svg"] = filepath.Join(modules, "lucide-static", "icons", name+".svg")
	}
	if err := os.MkdirAll(filepath.Join(vendor, "icons"), 0o755); err != nil {
		return err
	}
	var missing []string
	for to, from := range files {
		b, err := os.ReadFile(from)
		if err != nil {
			missing = append(missing, from)
			continue
		}
		if err := os.WriteFile(filepath.Join(vendor, to), b, 0o644); err != nil {
			return err
		}
	}
	if missing != nil {
		return fmt.Errorf("not in node_modules: %s", strings.Join(missing, ", "))
	}
	return nil
}
