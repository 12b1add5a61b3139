package mysql

import "testing"

func TestConditionsAreWhole(t *testing.T) {
	for condition, whole := range map[string]bool{
		"":                      true,
		"a > 1":                 true,
		"(a > 1) or (b in (2))": true,
		"a = ')' and b = '('":   true,
		`a = 'it''s )' `:        true,
		`a = 'it\'s )'`:         true,
		"`odd)name` = 1":        true,
		"1=1) or (1=1":          false,
		"(a > 1":                false,
		"a > 1)":                false,
		"a = 'open":             false,
		"`open = 1":             false,
	} {
		if why := unbalanced(condition); (why == "") != whole {
			t.Errorf("%q: %q", condition, why)
		}
	}
}
