package files

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // so that image.DecodeConfig knows the two kinds that are accepted
	_ "image/png"
	"io"
	"path/filepath"
	"strings"
	"syscall"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/document"
)

// kinds are the extensions taken, with the type each is served as.
var kinds = map[string]string{
	".pdf":  "application/pdf",
	".png":  "image/png",
	".jpg":  "image/jpeg",
	".jpeg": "image/jpeg",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".csv":  "text/csv; charset=utf-8",
	".txt":  "text/plain; charset=utf-8",
}

// The limits of what an office file may unpack to; a real one of 50 MB stays far below.
const (
	maxEntries  = 10_000
	maxUnpacked = 300 << 20 // bytes in all
	maxRatio    = 200       // unpacked to packed, of entries above a megabyte
	maxPixels   = 60_000_000
)

// Judge is the judgement of Receive, for a file that is not put on disk as it is. Faults: as Receive.
func Judge(name string, r io.ReaderAt, size int64) (mime string, err error) {
	switch {
	case size == 0:
		return "", errEmpty()
	case size > MaxSize:
		return "", errTooLarge()
	}
	return judge(cleanName(name), r, size)
}

func errEmpty() error {
	return fault.New(fault.Invalid, "file_empty", "文件是空的，请检查后重新选择。")
}

func errTooLarge() error {
	return fault.Newf(fault.Invalid, "file_too_large", "文件超过 %d MB，请压缩图片或拆分后再上传。", MaxSize>>20)
}

// judge tells the type of a file by what it holds; the extension must agree with it.
func judge(name string, r io.ReaderAt, size int64) (string, error) {
	head := make([]byte, min(size, 4096))
	if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read upload: %w", err)
	}
	ext := strings.ToLower(filepath.Ext(name))
	has := func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) }
	if has("MZ") || has("\x7fELF") || has("\xcf\xfa\xed\xfe") || has("\xca\xfe\xba\xbe") || has("#!") {
		return "", fault.New(fault.Invalid, "file_program", "这是可执行程序，不能上传。请上传 PDF、图片、Word、Excel、CSV 或文本文件。")
	}
	if has("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") { // OLE: old office, or an encrypted new one inside
		return "", judgeOLE(r, size)
	}
	mime, known := kinds[ext]
	if !known {
		return "", fault.Newf(fault.Invalid, "file_kind", "不接受“%s”类型的文件。请另存为 PDF、PNG、JPG、XLSX、DOCX、CSV 或 TXT 后上传。", ext)
	}
	var ok bool
	var err error
	switch ext {
	case ".pdf":
		ok = bytes.Contains(head[:min(len(head), 1024)], []byte("%PDF-"))
		if ok && document.PDFLocked(r, size) {
			err = fault.New(fault.Invalid, "file_encrypted", "这份 PDF 设有密码，工作人员无法审阅。请去掉密码（另存为不加密的 PDF）后重新上传。")
		}
	case ".png", ".jpg", ".jpeg":
		ok, err = judgeImage(mime, r, size)
	case ".xlsx":
		ok, err = judgeOffice("xl/workbook.xml", r, size)
	case ".docx":
		ok, err = judgeOffice("word/document.xml", r, size)
	default:
		ok, err = judgeText(r, size)
	}
	if err != nil {
		return "", err
	}
	if !ok {
		return "", fault.Newf(fault.Invalid, "file_mismatch", "文件内容与扩展名“%s”不符。请用原来的软件打开，另存为该格式后重新上传。", ext)
	}
	return mime, nil
}

func judgeOLE(r io.ReaderAt, size int64) error {
	// Stream names are UTF-16; the directory of an encrypted package is small and near the start or the end.
	wanted := []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")
	all, err := io.ReadAll(io.NewSectionReader(r, 0, size))
	if err != nil {
		return fmt.Errorf("read upload: %w", err)
	}
	if bytes.Contains(all, wanted) {
		return fault.New(fault.Invalid, "file_encrypted", "文件设有打开密码，工作人员无法审阅。请去掉密码后重新上传。")
	}
	return fault.New(fault.Invalid, "file_old_office", "这是旧版 Office 文件（doc、xls）。请另存为 DOCX 或 XLSX 后上传。")
}

func judgeImage(mime string, r io.ReaderAt, size int64) (bool, error) {
	config, format, err := image.DecodeConfig(io.NewSectionReader(r, 0, size))
	if err != nil || "image/"+format != mime {
		return false, nil //nolint:nilerr // not an image of this kind: that is the answer
	}
	if config.Width*config.Height > maxPixels {
		return false, fault.Newf(fault.Invalid, "file_bomb", "图片有 %d×%d 像素，太大了。请缩小到 6000 万像素以内。", config.Width, config.Height)
	}
	return true, nil
}

func judgeOffice(main string, r io.ReaderAt, size int64) (bool, error) {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return false, nil //nolint:nilerr // not an archive: that is the answer
	}
	bomb := fault.New(fault.Invalid, "file_bomb", "文件解压后异常地大，不能接受。请用 Office 重新保存后上传。")
	if len(archive.File) > maxEntries {
		return false, bomb
	}
	var total uint64
	names := map[string]bool{}
	for _, f := range archive.File {
		total += f.UncompressedSize64
		if total > maxUnpacked || (f.UncompressedSize64 > 1<<20 && f.UncompressedSize64 > maxRatio*max(f.CompressedSize64, 1)) {
			return false, bomb
		}
		if f.Flags&1 != 0 {
			return false, fault.New(fault.Invalid, "file_encrypted", "文件设有密码，工作人员无法审阅。请去掉密码后重新上传。")
		}
		names[f.Name] = true
		if strings.HasSuffix(strings.ToLower(f.Name), "vbaproject.bin") {
			return false, fault.New(fault.Invalid, "file_macro", "文件带有宏，不能接受。请另存为不带宏的 DOCX 或 XLSX 后上传。")
		}
	}
	return names["[Content_Types].xml"] && names[main], nil
}

func judgeText(r io.ReaderAt, size int64) (bool, error) {
	all, err := io.ReadAll(io.NewSectionReader(r, 0, size))
	if err != nil {
		return false, fmt.Errorf("read upload: %w", err)
	}
	if bytes.IndexByte(all, 0) >= 0 {
		return false, nil
	}
	if utf8.Valid(all) {
		return true, nil
	}
	decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(all)
	return err == nil && !bytes.ContainsRune(decoded, utf8.RuneError), nil
}

func diskFault(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fault.Wrap(err, fault.Unavailable, "disk_full", "服务器磁盘空间不足，文件没有保存。请联系管理员清理磁盘后再试。")
	}
	return fmt.Errorf("receive file: %w", err)
}
