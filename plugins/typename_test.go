package plugins

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseType(t *testing.T) {
	for text, want := range map[string]Column{
		"int(11)":           {Kind: KindInt64, Length: 4},
		" BIGINT ":          {Kind: KindInt64},
		"Decimal( 12 , 2 )": {Kind: KindDecimal, Precision: 12, Scale: 2},
		"decimal(5)":        {Kind: KindDecimal, Precision: 5},
		"number":            {Kind: KindDecimal},
		"varchar(20)":       {Kind: KindString, Length: 20},
		"datetime(6)":       {Kind: KindDatetime, Scale: 6},
	} {
		want.SourceType = text
		got, err := ParseType(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
	for _, text := range []string{"decimal(2,5)", "decimal(0)", "decimal(1,2,3)", "date(3)", "datetime(7)", "string(x)", "string(1", "int(1,2)", "bool(1)"} {
		if got, err := ParseType(text); err == nil || errors.Is(err, ErrUnknownType) {
			t.Errorf("%q became %+v, %v", text, got, err)
		}
	}
	if _, err := ParseType("map"); !errors.Is(err, ErrUnknownType) {
		t.Errorf("map: %v", err)
	}
}

func TestParseTypeKnowsEveryKind(t *testing.T) {
	for _, kind := range allKinds {
		if got, err := ParseType(kind.String()); err != nil || got.Kind != kind {
			t.Errorf("%v became %v, %v", kind, got.Kind, err)
		}
	}
}
