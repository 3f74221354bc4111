package contract

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/files"
)

// Attach adds an uploaded file under a role, or gives an attached one another role.
// Who and when: as Save. The file must belong to the applicant organisation.
// Faults: as Save; Invalid unknown_role, too_many; NotFound for a file of somebody else.
func (s *Service) Attach(ctx context.Context, who actor.Actor, id int64, file int64, role FileRole) (Contract, error) {
	const op = "contract: attach"
	if !slices.Contains(FileRoles(), role) {
		return Contract{}, fmt.Errorf(op+": %w", fault.New(fault.Invalid, "unknown_role", "请选择附件的种类"))
	}
	facts, err := s.Files.Own(ctx, s.DB, who.OrgID, file)
	if err != nil {
		return Contract{}, fmt.Errorf(op+": %w", err)
	}
	return s.edit(ctx, who, id, 0, "contract.attach", func(ctx context.Context, tx pgx.Tx, c *Contract) (map[string]any, error) {
		if len(c.Files) >= maxFiles {
			return nil, fault.Newf(fault.Invalid, "too_many", "附件最多 %d 个，请合并后上传", maxFiles)
		}
		f := File{ID: file, Role: role, Name: facts.Name, Digest: facts.Digest, Size: facts.Size, AddedAt: s.Now()}
		return map[string]any{"file": file, "role": role, "digest": facts.Digest}, addFile(ctx, tx, id, who.AccountID, f)
	})
}

const maxFiles = 40

// Detach takes a file off the working document; versions handed in before keep it.
// Who, when and faults: as Save.
func (s *Service) Detach(ctx context.Context, who actor.Actor, id int64, file int64) (Contract, error) {
	return s.edit(ctx, who, id, 0, "contract.detach", func(ctx context.Context, tx pgx.Tx, c *Contract) (map[string]any, error) {
		_, err := tx.Exec(ctx, deleteFile, pgx.StrictNamedArgs{"id": id, "file": file})
		return map[string]any{"file": file}, err
	})
}

// SeesFiles is the rule of files.Reader: who may read a contract may read its attachments, working or handed in. Faults: as Read.
func (s *Service) SeesFiles(ctx context.Context, who actor.Actor, of files.Object) ([]string, error) {
	_, err := s.Read(ctx, who, of.ID)
	return []string{"paper"}, err
}

// textDigest names the signed text: its file's digest, or the digests of several joined in order.
func textDigest(files []File) string {
	var out []string
	for _, f := range files {
		if f.Role == SignedText {
			out = append(out, f.Digest)
		}
	}
	return strings.Join(out, ",")
}
