// Command vendoring copies the few third-party files that pages use from node_modules into
// web/assets/vendor, where they are embedded but never committed. `go generate ./web/assets` runs it in
// web/assets; npm (with its lock file) decides the versions.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"techmarket/web/assets/icons"
)

func main() {
	if err := copyAll("../../node_modules", "vendor"); err != nil {
		fmt.Fprintln(os.Stderr, "vendoring:", err)
		os.Exit(1)
	}
}

func copyAll(modules, vendor string) error {
	if _, err := os.Stat(modules); err != nil {
		return fmt.Errorf("no node_modules folder: run `npm ci` first (%w)", err)
	}
	files := map[string]string{"htmx.js": filepath.Join(modules, "htmx.org", "dist", "htmx.min.js")}
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
