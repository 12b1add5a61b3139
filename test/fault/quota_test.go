package fault

import (
	"path"
	"testing"

	"weft/test/cluster/dataset"
)

// A quota of HDFS is used up in mid-run: the run fails and says which, what is sealed stays, and goes on where there is room.
func TestF27Quota(t *testing.T) {
	r := newRig(t)
	for name, limit := range map[string]func(dir string, free bool){
		"names": func(dir string, free bool) {
			names := int64(12)
			if free {
				names = 1000
			}
			r.NameQuota(t, dir, names)
		},
		"space": func(dir string, free bool) {
			bytes := int64(129 << 20) // one block; the second one is asked for when a unit is there
			if free {
				bytes = 1 << 40
			}
			r.Quota(t, dir, bytes)
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := path.Dir(r.Target(t))
			if err := r.Hadoop.Mkdir(t.Context(), dir, r.Hadoop.Superuser(), "755"); err != nil {
				t.Fatal(err)
			}
			limit(dir, false)
			d := begin(t, r, r.Table(t, dataset.Wide(), slowRows), setting{channels: 1, slots: 1, rowsPerSecond: 4000})
			d.failed(t, 1, "error[E3008]", dir+" is exceeded: quota", "raise the quota")
			kept := 0
			for _, attempt := range d.Names(t, d.attempts()) {
				kept += len(d.Names(t, d.attempts()+"/"+attempt))
			}
			if kept == 0 {
				t.Errorf("nothing that was sealed is kept in %s", d.attempts())
			}
			limit(dir, true)
			d.weft = d.Start(t, d.call())
			if result := d.succeeded(t); result.AMAttempts != 2 {
				t.Errorf("%d ApplicationMasters, want 2", result.AMAttempts)
			}
		})
	}
}
