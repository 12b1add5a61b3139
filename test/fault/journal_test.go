package fault

import (
	"slices"
	"strings"
	"testing"
)

// The newest file of a killed run's journal ends in the middle of a record, as when its writer died with it: the run goes on
// without that record. A file that is damaged in the middle is refused; whole again, it is taken.
func TestF28JournalTorn(t *testing.T) {
	d := start(t, setting{channels: 2, slots: 1, rowsPerSecond: 1500})
	d.journalled(t, 5)
	d.Weft(t, "kill", d.run).Want(t, 7)
	d.weft.Wait(t)
	journal := d.folder() + "/live-000001"
	files := slices.DeleteFunc(d.Names(t, journal), func(name string) bool { return !strings.HasSuffix(name, ".j") })
	if len(files) < 3 {
		t.Fatalf("the journal has only the files %v", files)
	}
	first, last := journal+"/"+files[0], journal+"/"+files[len(files)-1]
	whole := d.read(t, first)
	middle := len(whole) / 2
	d.write(t, first, whole[:middle]+string(whole[middle]^0x10)+whole[middle+1:])
	d.Weft(t, "resume", d.run).Want(t, 1, "error[E7009]", "nothing was changed")
	d.write(t, first, whole)
	torn := d.read(t, last)
	d.write(t, last, torn[:len(torn)-3])
	d.resume(t)
	if result := d.succeeded(t); result.AMAttempts != 2 {
		t.Errorf("%d generations, want 2", result.AMAttempts)
	}
}
