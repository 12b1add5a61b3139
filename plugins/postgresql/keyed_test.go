package postgresql

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/internal/sqlread"
	"weft/plugins"
)

func TestKey(t *testing.T) {
	key := []sqlread.KeyColumn{{Name: "a", Kind: plugins.KindInt64}, {Name: "b", Kind: plugins.KindString}}
	for _, tt := range []struct {
		piece piece
		want  []string
	}{
		{piece{Key: key, Ordered: true}, []string{"a", "b"}},
		{piece{Key: key}, nil},
		{piece{}, nil},
	} {
		data, err := json.Marshal(tt.piece)
		if err != nil {
			t.Fatal(err)
		}
		got := (&Reader{}).Key(plugins.Split{Data: data})
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("key of %s (-want +got):\n%s", data, diff)
		}
	}
	if got := (&Reader{}).Key(plugins.Split{}); got != nil {
		t.Errorf("key of a split without data: %v", got)
	}
}
