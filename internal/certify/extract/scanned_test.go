package extract

import "testing"

// Marks that recognisers misread are mended; digits and names stay as they were read.
func TestMended_OnlyMarks(t *testing.T) {
	t.Parallel()
	for read, want := range map[string]string{
		"乙方《研究开发人):内蒙古示范大学":     "乙方(研究开发人):内蒙古示范大学",
		"甲方〈(盖章):":              "甲方(盖章):",
		"《民法典》":                 "《民法典》",
		"二O二六年三月":               "二〇二六年三月",
		"2026.08.01一2027.07.28": "2026.08.01-2027.07.28",
		"(小写:y10500000.00)":     "(小写:¥10500000.00)",
		"(小写)头123,456.00元":      "(小写)¥123,456.00元",
		"合同金额:Y987654.32(":      "合同金额:¥987654.32(",
		"光00000.00":             "光00000.00",
	} {
		if got := mended(read); got != want {
			t.Errorf("%s became %s, want %s", read, got, want)
		}
	}
}
