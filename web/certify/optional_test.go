package certify

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"techmarket/internal/certify/contract"
	"techmarket/web/ui"
)

// No field whose answer the checks of a contract demand, always or in some case, says （选填）.
func TestContractForm_WhatSubmissionDemandsIsNotOptional(t *testing.T) {
	t.Parallel()
	k := contract.Contract{Content: contract.Content{Elements: contract.Elements{IP: []contract.IP{{}, {}}}, Costs: []contract.CostRow{{}}}}
	a := &ui.Ask{}
	open := map[string]bool{} // last part of a name → says （选填）
	row := regexp.MustCompile(`^.*\.`)
	for _, s := range append(append(append(partyFields(a, "buyers.0.", contract.Party{}, k), elementFields(a, k)...),
		amountFields(a, k.Content)...), statementFields(a, contract.Statement{}, "", "")...) {
		for _, f := range s.Fields {
			name := row.ReplaceAllString(f.Name, "")
			open[name] = open[name] || !f.Required && !f.Sometimes
		}
	}
	files, err := filepath.Glob("../../internal/certify/contract/*.go")
	if err != nil {
		t.Fatal(err)
	}
	demand := regexp.MustCompile(`k\.(?:need|code)\([^\n]*?"((?:[a-zA-Z]+\.)*[a-zA-Z]+)", ["a-z]*(?:请|合同|支付|项目|社会|服务|知识|费用)`)
	seen := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range demand.FindAllStringSubmatch(string(source), -1) {
			name := row.ReplaceAllString(m[1], "")
			optional, asked := open[name]
			if !asked {
				continue // of several fields, or a file
			}
			if seen++; optional {
				t.Errorf("%s is demanded in %s and says （选填）", m[1], filepath.Base(file))
			}
		}
	}
	if seen < 25 {
		t.Errorf("only %d demands were found: look again how they are written", seen)
	}
}
