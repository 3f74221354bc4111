package ui

import (
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"strings"

	"techmarket/internal/certify/contract"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/files"
	"techmarket/web"
)

// FileRoleLabel names what a file is to its contract.
func FileRoleLabel(r contract.FileRole) string {
	switch r {
	case contract.SignedText:
		return "合同正本（签字盖章）"
	case contract.Supplement:
		return "补充协议、结算单（变更用）"
	case contract.Undertaking:
		return "承诺书"
	case contract.IPCertificate:
		return "知识产权证书"
	case contract.PlanConsent:
		return "计划管理部门文件"
	case contract.Authority:
		return "法人授权书"
	case contract.Permit:
		return "生产许可等审批文件"
	case contract.ImportCertificate:
		return "技术进口合同登记证书"
	case contract.Minutes:
		return "专家评审意见"
	default:
		return "其他"
	}
}

// Upload stores the one file of a form field.
func Upload(c *web.Ctx, kept Files, f *web.Form, field, purpose string) (int64, error) {
	if before := f.Kept[field]; len(before) > 0 && (len(f.Files[field]) == 0 || f.Files[field][0].Filename == "") {
		return before[0].ID, takeFile(c, kept, before[0].ID, field, purpose)
	}
	headers := f.Files[field]
	if len(headers) == 0 || headers[0].Size == 0 && headers[0].Filename == "" {
		f.Errors.Add(field, "required", "请选择一个文件")
		return 0, FormErr(f)
	}
	return storeFile(c, kept, headers[0], field, purpose)
}

// Uploads stores all files of a form field; none is fine.
func Uploads(c *web.Ctx, kept Files, f *web.Form, field, purpose string) (ids []int64, err error) {
	named, err := NamedUploads(c, kept, f, field, purpose)
	for _, u := range named {
		ids = append(ids, u.ID)
	}
	return ids, err
}

// Uploaded is a stored file of a form with its name.
type Uploaded struct {
	ID   int64
	Name string
}

// NamedUploads is Uploads with the names: what was chosen before a form was refused, and what was chosen now.
func NamedUploads(c *web.Ctx, kept Files, f *web.Form, field, purpose string) ([]Uploaded, error) {
	var out []Uploaded
	for _, before := range f.Kept[field] {
		if err := takeFile(c, kept, before.ID, field, purpose); err != nil {
			return nil, err
		}
		out = append(out, Uploaded{before.ID, before.Name})
	}
	for _, h := range f.Files[field] {
		if h.Filename == "" {
			continue
		}
		id, err := storeFile(c, kept, h, field, purpose)
		if err != nil {
			return nil, err
		}
		out = append(out, Uploaded{id, strings.TrimSpace(h.Filename)})
	}
	return out, nil
}

func takeFile(c *web.Ctx, kept Files, id int64, field, purpose string) error {
	return atField(field, kept.Take(c.Context(), c.Actor(), purpose, id))
}

// atField says what the rules of files refuse at the field.
func atField(field string, err error) error {
	if !fault.Is(err, fault.Invalid) && !fault.HasCode(err, "kept_uploads") {
		return err
	}
	f := web.AsFault(err)
	said := *f
	said.Kind = fault.Invalid
	return said.In(field)
}

func storeFile(c *web.Ctx, kept Files, h *multipart.FileHeader, field, purpose string) (int64, error) {
	r, err := h.Open()
	if err != nil {
		return 0, err
	}
	defer r.Close()
	id, err := kept.Receive(c.Context(), c.Actor(), purpose, h.Filename, r)
	return id, atField(field, err)
}

// SendAttached sends {file} of the object {id} of that kind.
func SendAttached(c *web.Ctx, kept Files, kind string) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	file, err := c.ID("file")
	if err != nil {
		return err
	}
	return SendFile(c, kept, files.Object{Kind: kind, ID: id}, file)
}

// SendFile sends a file of an object to who may read it: pictures and PDF may be looked at, the rest is saved.
func SendFile(c *web.Ctx, kept Files, of files.Object, id int64) error {
	file, err := kept.Open(c.Context(), c.Actor(), of, id)
	if err != nil {
		return err
	}
	defer file.Close()
	switch file.MIME {
	case "application/pdf", "image/png", "image/jpeg":
		if !c.Query().Has("download") {
			return c.Inline(file.Name, file.MIME, file)
		}
	}
	return c.Download(file.Name, file.MIME, file)
}

// UploadedFile opens the one file of a form; a missing one is a message at the field.
func UploadedFile(c *web.Ctx) (name string, r io.ReadCloser, err error) {
	form, err := c.Form()
	if err != nil {
		return "", nil, err
	}
	headers := form.Files["file"]
	if len(headers) == 0 || headers[0].Filename == "" {
		return "", nil, fault.New(fault.Invalid, "file_missing", "请选择要上传的文件")
	}
	file, err := headers[0].Open()
	if err != nil {
		return "", nil, fmt.Errorf("open upload: %w", err)
	}
	return headers[0].Filename, file, nil
}

// Files keeps uploads; internal/app supplies it over platform/files.
type Files interface {
	// Receive stores an upload for the actor's organisation. Faults: invalid (kind, size …), unavailable.
	Receive(ctx context.Context, who actor.Actor, purpose, name string, r io.Reader) (int64, error)
	// Take gives a file that the actor chose for an earlier, refused form to this one. Fault: invalid "kept_upload_gone".
	Take(ctx context.Context, who actor.Actor, purpose string, id int64) error
	// Open gives a stored file as part of an object, to who may read it (files.Reader).
	Open(ctx context.Context, who actor.Actor, of files.Object, id int64) (*files.Opened, error)
}
