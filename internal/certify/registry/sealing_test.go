package registry_test

import (
	"strings"
	"testing"

	"techmarket/internal/certify/registry/registrytest"
	"techmarket/internal/certify/witness"
)

// turned is a seal for tests: whoever looks for the number does not find it.
type turned struct{}

func (turned) Seal(_, text string) (string, error) {
	return "sealed:" + strings.ReplaceAll(text, "0471", "1740"), nil
}

func (turned) Open(_, text string) (string, error) {
	rest, sealed := strings.CutPrefix(text, "sealed:")
	if !sealed {
		return text, nil
	}
	return strings.ReplaceAll(rest, "1740", "0471"), nil
}

// What was frozen before contacts were sealed is sealed at the start, and the ledger vouches for it; what somebody changed behind the
// program stays for the examination.
func TestFrozenVersionsAreSealedAndVouchedFor(t *testing.T) {
	t.Parallel()
	w := registrytest.New(t)
	good, forged := w.Register(w.Content(), nil), w.Submit(w.Content())
	_, err := w.DB.Exec(t.Context(), `update contract_version set content = jsonb_set(content, '{name}', '"x"') where contract_id = $1`,
		forged.ContractID)
	registrytest.Check(t, err)
	w.DB.SealWith(turned{})
	if n, err := w.S.SealFrozen(t.Context()); err != nil || n != 1 {
		t.Fatalf("sealed %d, %v", n, err)
	}
	var clear int
	w.Scan(&clear, `select count(*) from contract_version where contract_id = $1 and content::text like '%0471-0000000%'`, good.ContractID)
	if clear != 0 {
		t.Error("a number lies in clear")
	}
	for _, c := range []struct {
		id   int64
		want bool
	}{{good.ContractID, true}, {forged.ContractID, false}} {
		if ok, err := w.Book.Agrees(t.Context(), w.DB, witness.Contract(c.id)); err != nil || ok != c.want {
			t.Errorf("contract %d: agrees %v, want %v, %v", c.id, ok, c.want, err)
		}
	}
	if n, err := w.S.SealFrozen(t.Context()); err != nil || n != 0 {
		t.Errorf("the second time %d, %v", n, err)
	}
}
