// Command gendict writes dict.txt.gz of package zh: the simplified Chinese words of gse's own data (jieba's
// list, MIT) that occur at least ten times and are written in Han characters only. Run it by `go generate` after a gse upgrade.
package main

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
)

const minFrequency = 10

func main() {
	if err := generate(); err != nil {
		log.Fatal(err)
	}
}

func generate() error {
	//nolint:noctx // a tool of the build
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/go-ego/gse").Output()
	if err != nil {
		return err
	}
	in, err := os.Open(filepath.Join(strings.TrimSpace(string(dir)), "data", "dict", "zh", "s_1.txt"))
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create("dict.txt.gz")
	if err != nil {
		return err
	}
	zip, _ := gzip.NewWriterLevel(out, gzip.BestCompression)
	words := 0
	for lines := bufio.NewScanner(in); lines.Scan(); {
		f := strings.Fields(lines.Text())
		if len(f) < 2 || strings.ContainsFunc(f[0], func(r rune) bool { return !unicode.Is(unicode.Han, r) }) {
			continue
		}
		if n, err := strconv.Atoi(f[1]); err != nil || n < minFrequency {
			continue
		}
		fmt.Fprintf(zip, "%s %s\n", f[0], f[1])
		words++
	}
	if err := zip.Close(); err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	log.Printf("dict.txt.gz: %d words", words)
	return nil
}
