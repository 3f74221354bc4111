package registry

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

// PhraseUse says where a text block is offered.
type PhraseUse string

// The uses.
const (
	ForCorrection PhraseUse = "correction" // 补正事项
	ForOpinion    PhraseUse = "opinion"    // 初审、复核意见
	ForReason     PhraseUse = "reason"     // 不予受理、不予登记、退回的理由
)

// PhraseUses lists the uses in the order of the page.
func PhraseUses() []PhraseUse { return []PhraseUse{ForCorrection, ForOpinion, ForReason} }

// Phrase is a text block (常用语) of one person at a desk; nobody else sees it.
type Phrase struct {
	ID    int64
	Use   PhraseUse
	Words string
}

// The bounds of a person's text blocks.
const (
	maxPhrases = 40
	maxWords   = 500 // characters
)

// Phrases lists the person's own text blocks, the oldest first.
func (s *Service) Phrases(ctx context.Context, who actor.Actor) ([]Phrase, error) {
	out, err := postgres.Many[Phrase](ctx, s.config.DB, selectPhrases, pgx.StrictNamedArgs{"account": who.AccountID})
	if err != nil {
		return nil, fmt.Errorf("phrases: %w", err)
	}
	return out, nil
}

// AddPhrase keeps a text block. Faults (Invalid): at "use", "words".
func (s *Service) AddPhrase(ctx context.Context, who actor.Actor, use PhraseUse, words string) error {
	words = strings.TrimSpace(words)
	var bad fault.Fields
	bad.Check(slices.Contains(PhraseUses(), use), "use", "required", "请选择用在哪里")
	bad.Required("words", words, "请填写常用语")
	if utf8.RuneCountInString(words) > maxWords {
		bad.Addf("words", "too_long", "一条常用语最多 %d 个字，请分成几条", maxWords)
	}
	if err := bad.Err(); err != nil {
		return err
	}
	return s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, insertPhrase, pgx.StrictNamedArgs{"account": who.AccountID, "use": use, "words": words,
			"now": s.config.Now(), "most": maxPhrases})
		if err == nil && tag.RowsAffected() == 0 {
			bad.Addf("words", "too_many", "最多保存 %d 条常用语，请先删去不用的", maxPhrases)
			return bad.Err()
		}
		return err
	})
}

// RemovePhrase takes an own text block away; one that is gone already stays gone.
func (s *Service) RemovePhrase(ctx context.Context, who actor.Actor, id int64) error {
	_, err := s.config.DB.Exec(ctx, deletePhrase, pgx.StrictNamedArgs{"id": id, "account": who.AccountID})
	return err
}
