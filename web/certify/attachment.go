package certify

import (
	"fmt"

	"techmarket/internal/certify/contract"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) contractFilesBlock(k contract.Contract, a *ui.Ask) []ui.Block {
	blocks := []ui.Block{}
	edit := k.State.Editable()
	for _, role := range contract.FileRoles() {
		var files []view.FileItem
		for _, f := range k.Files {
			if f.Role != role {
				continue
			}
			item := view.FileItem{Name: f.Name, Href: fmt.Sprintf("/contracts/%d/files/%d", k.ID, f.ID), Size: view.FileSize(f.Size)}
			if edit {
				item.Remove = &view.Action{Label: "移除", Post: fmt.Sprintf("/contracts/%d/files/%d/remove", k.ID, f.ID), Kind: view.Quiet, Small: true}
			}
			files = append(files, item)
		}
		if len(files) > 0 {
			block := ui.Block{Title: ui.FileRoleLabel(role), Parts: view.Parts{view.Files(files)}}
			if role == contract.SignedText && edit {
				block.More = &view.Link{Label: "看系统从正本读出的内容", Href: fmt.Sprintf("/contracts/%d/paper", k.ID)}
			}
			blocks = append(blocks, block)
		}
	}
	if len(blocks) == 0 {
		blocks = append(blocks, ui.Block{Parts: view.Parts{view.Empty{Icon: "file-text", Title: "还没有附件", Text: "至少上传签字盖章的合同正本。"}}})
	}
	if edit {
		var roles []view.Option
		for _, r := range contract.FileRoles() {
			if r != contract.Minutes {
				roles = append(roles, view.Option{Value: string(r), Label: ui.FileRoleLabel(r)})
			}
		}
		form := view.NewForm(
			fmt.Sprintf("/contracts/%d/files", k.ID),
			"上传",
			a.Choose("role", "这是什么文件", string(contract.SignedText), roles, ui.Required, ui.Width("m")),
			view.Field{
				Kind:     view.File,
				Name:     "file",
				Label:    "文件",
				Required: true,
				Error:    a.Errors["file"],
				Accept:   ".pdf,.docx,.xlsx,.png,.jpg,.jpeg",
				Hint:     "PDF、Word、Excel 或图片，单个不超过 50 MB",
			},
		)
		blocks = append(blocks, ui.Block{Card: true, Title: "上传附件", Parts: view.Parts{a.Notice, form}})
	}
	return blocks
}

func (p *Pages) attachFile(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	file, err := ui.Upload(c, p.Files, f, "file", "contract")
	if err == nil {
		_, err = p.Contracts.Attach(c.Context(), c.Actor(), id, file, contract.FileRole(f.Text("role")))
	}
	if err != nil {
		if !ui.Refused(err) {
			return err
		}
		k, unread := p.readContract(c)
		if unread != nil {
			return unread
		}
		return p.showContractSection(c, k, contract.SectionFiles, f, err)
	}
	c.Flash(view.OK, "附件已上传。")
	return c.See(fmt.Sprintf("/contracts/%d/files", id))
}

func (p *Pages) detachFile(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	file, err := c.ID("file")
	if err != nil {
		return err
	}
	back := fmt.Sprintf("/contracts/%d/files", id)
	if _, err := p.Contracts.Detach(c.Context(), c.Actor(), id, file); err != nil {
		return ui.FlashRefusal(c, err, back)
	}
	c.Flash(view.OK, "附件已移除。")
	return c.See(back)
}

func (p *Pages) contractFile(c *web.Ctx) error {
	return ui.SendAttached(c, p.Files, "contract")
}
