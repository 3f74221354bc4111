package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"techmarket/internal/certify/recognition"
	"techmarket/internal/foundation/fault"
)

// runAssess is `techmarket assess FILE`: it decides every application of the file (one JSON object a line, "-" for
// standard input) by the rules of the desk and prints one decision a line. It needs no database. Lines that cannot
// be read are named on stderr, answered with an error line, and make the command fail after the last line.
func runAssess(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	if len(args) != 1 {
		return fault.New(fault.Invalid, "usage", "用法：techmarket assess 文件（每行一个 JSON 申请；- 表示标准输入）")
	}
	in, err := openInput(args[0], stdin)
	if err != nil {
		return err
	}
	defer in.Close() // read only: nothing to lose
	err = recognition.AssessJSONL(reader{ctx, in}, stdout, recognition.DefaultPolicy())
	var f *fault.Error
	if errors.As(err, &f) && len(f.Fields) > 0 {
		for _, line := range f.Fields {
			fmt.Fprintln(stderr, line.Message)
		}
		return fault.Newf(fault.Invalid, "lines_unreadable", "有 %d 行无法读取，其余各行已给出结果", len(f.Fields))
	}
	return err
}

// openInput opens a file that a command reads, "-" for standard input.
func openInput(path string, stdin io.Reader) (io.ReadCloser, error) {
	if path == "-" {
		return io.NopCloser(stdin), nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fault.Wrapf(err, fault.NotFound, "file_unreadable", "打不开文件 %s，请检查路径和权限", path)
	}
	return f, nil
}

// reader stops between reads when the command is interrupted.
type reader struct {
	ctx context.Context
	io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}
