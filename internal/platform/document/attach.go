package document

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

var (
	sizePattern  = regexp.MustCompile(`/Size (\d+)\n`)
	startPattern = regexp.MustCompile(`startxref\n(\d+)\n%%EOF\n$`)
)

// appendAttachments adds embedded files as an incremental update (ISO 32000-1 §7.5.6, §7.11.4), since gopdf has no
// attachments: new objects and a new catalog behind the finished document, which itself stays byte for byte.
func appendAttachments(pdf []byte, files []attachment) ([]byte, error) {
	if len(files) == 0 {
		return pdf, nil
	}
	start := startPattern.FindSubmatch(pdf)
	at := bytes.LastIndex(pdf, []byte("trailer\n<<\n"))
	if start == nil || at < 0 {
		return nil, errors.New("pdf: unexpected end of document")
	}
	trailer := string(pdf[at+len("trailer\n<<\n") : bytes.LastIndex(pdf, []byte(">>\nstartxref"))])
	size := sizePattern.FindStringSubmatch(trailer)
	if size == nil {
		return nil, errors.New("pdf: trailer without size")
	}
	var next int
	if _, err := fmt.Sscan(size[1], &next); err != nil {
		return nil, fmt.Errorf("pdf: trailer size: %w", err)
	}
	first := next
	out := bytes.NewBuffer(bytes.Clone(pdf))
	var offsets []int
	var names, specs strings.Builder
	for _, f := range files {
		stream, spec := next, next+1
		next += 2
		offsets = append(offsets, out.Len())
		fmt.Fprintf(out, "%d 0 obj\n<< /Type /EmbeddedFile /Subtype /%s /Length %d /Params << /Size %d >> >>\nstream\n", stream,
			strings.ReplaceAll(f.mime, "/", "#2F"), len(f.data), len(f.data))
		out.Write(f.data)
		out.WriteString("\nendstream\nendobj\n")
		offsets = append(offsets, out.Len())
		fmt.Fprintf(out, "%d 0 obj\n<< /Type /Filespec /F (%s) /UF (%s) /AFRelationship /Data /EF << /F %d 0 R /UF %d 0 R >> >>\nendobj\n",
			spec, f.name, f.name, stream, stream)
		fmt.Fprintf(&names, "(%s) %d 0 R ", f.name, spec)
		fmt.Fprintf(&specs, "%d 0 R ", spec)
	}
	catalog := out.Len()
	fmt.Fprintf(out, "1 0 obj\n<< /Type /Catalog /Pages 2 0 R /Lang (zh-CN) "+
		"/Names << /EmbeddedFiles << /Names [%s] >> >> /AF [%s] >>\nendobj\n",
		names.String(), specs.String())
	xref := out.Len()
	fmt.Fprintf(out, "xref\n1 1\n%010d 00000 n \n%d %d\n", catalog, first, len(offsets))
	for _, o := range offsets {
		fmt.Fprintf(out, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(out, "trailer\n<<\n%s/Prev %s\n>>\nstartxref\n%d\n%%%%EOF\n",
		sizePattern.ReplaceAllString(trailer, fmt.Sprintf("/Size %d\n", next)), start[1], xref)
	return out.Bytes(), nil
}
