package job

import (
	"reflect"
	"strings"
	"time"

	"weft/internal/job/jsontree"
	"weft/plugins"
)

// Site is the configuration of a place where weft runs: what jobs need not
// say. It is put together from weft's own defaults, weft-site.json of the
// site folder, the user's file, the environment and -D on the command line;
// LoadSite does that. Where a job says something too, it wins over the files
// and loses against environment and -D.
type Site struct {
	// Job are the defaults of job.setting.
	Job JobDefaults `json:"job"`
	// YARN are the defaults of job.setting.yarn.
	YARN YARN `json:"yarn"`
	// AM are the defaults of job.setting.am.
	AM AM `json:"am"`
	// Timeout are the defaults of job.setting.timeout.
	Timeout Timeout `json:"timeout"`
	// Dirty are the defaults of job.setting.dirty.
	Dirty DirtyTable `json:"dirty"`
	// Clean says what `weft clean` may remove.
	Clean Clean `json:"clean"`

	files  []string
	layers []layer
	final  map[string]string // key -> the file that says so
	origin map[string]string // key -> where its value comes from
}

// JobDefaults are the settings of a job that a site may preset. The words are
// those of Setting.
type JobDefaults struct {
	// Channel, see Setting.
	Channel int `json:"channel"`
	// UnitBytes, see Setting.
	UnitBytes int64 `json:"unitBytes"`
	// UnitInterval, see Setting.
	UnitInterval Duration `json:"unitInterval"`
	// MaxRowBytes, see Setting.
	MaxRowBytes int `json:"maxRowBytes"`
	// Verify, see Setting.
	Verify Verify `json:"verify"`
	// StallAfter, see Setting.
	StallAfter Duration `json:"stallAfter"`
	// MaxAttempts, see Setting.
	MaxAttempts int `json:"maxAttempts"`
	// Timezone is Setting's Zone; empty for the dialect's: UTC for native
	// jobs, GMT+8 for those of FlinkX and DataX.
	Timezone string `json:"timezone"`
}

// Clean says what `weft clean` may remove.
type Clean struct {
	// Runs is how long the folder of an ended run stays.
	Runs Duration `json:"runs"`
	// Binaries is how long an uploaded program that no run uses stays.
	Binaries Duration `json:"binaries"`
}

// layer is one source of settings that wins over the job: environment or -D.
type layer struct {
	key   string
	value *jsontree.Node
}

// NewSite returns weft's own defaults. conf/weft-site.json shows the same; a
// test compares them.
func NewSite() *Site {
	return &Site{
		Job: JobDefaults{
			Channel:      1,
			UnitBytes:    256 << 20,
			UnitInterval: Duration(5 * time.Minute),
			MaxRowBytes:  32 << 20,
			Verify:       VerifyCount,
			StallAfter:   Duration(20 * time.Minute),
			MaxAttempts:  4,
		},
		YARN: YARN{
			Queue:             "default",
			Staging:           ".weft",
			MasterMemoryMiB:   1024,
			VCores:            1,
			Slots:             2,
			MaxMasterAttempts: 2,
		},
		AM:      AM{KeepContainers: true},
		Timeout: Timeout{Call: Duration(time.Minute), Cluster: Duration(10 * time.Minute)},
		Dirty:   DirtyTable{Table: "default.weft_dirty", Deadline: Duration(2 * time.Minute)},
		Clean:   Clean{Runs: Duration(7 * 24 * time.Hour), Binaries: Duration(7 * 24 * time.Hour)},
		final:   make(map[string]string),
		origin:  make(map[string]string),
	}
}

// defaultZone is where instants are rendered. FlinkX fixes GMT+8 everywhere
// (DateUtil); DataX's core.json has the same in common.column.timeZone. Etc
// zones have their sign the other way round.
func defaultZone(dialect plugins.Dialect) string {
	if dialect == plugins.DialectNative {
		return "UTC"
	}
	return "Etc/GMT-8"
}

// defaults is the Setting of a job of this dialect that sets nothing.
func (s *Site) defaults(dialect plugins.Dialect) Setting {
	zone := s.Job.Timezone
	if zone == "" {
		zone = defaultZone(dialect)
	}
	return Setting{
		Channel: s.Job.Channel, UnitBytes: s.Job.UnitBytes, UnitInterval: s.Job.UnitInterval,
		MaxRowBytes: s.Job.MaxRowBytes, Verify: s.Job.Verify, MaxAttempts: s.Job.MaxAttempts, Zone: zone, StallAfter: s.Job.StallAfter,
		Consistency: plugins.ConsistencySplit, OnSnapshotLoss: LossFail,
		YARN: s.YARN, AM: s.AM, Timeout: s.Timeout, Dirty: Dirty{DirtyTable: s.Dirty},
	}
}

// override puts what environment and command line say over a job's setting.
// Their values were checked when the site was loaded.
func (s *Site) override(to *Setting) {
	for _, l := range s.layers {
		section, key, _ := strings.Cut(l.key, ".")
		var target reflect.Value
		switch section {
		case "job":
			target = jobField(to, key)
		case "yarn":
			target = fieldByKey(reflect.ValueOf(&to.YARN).Elem(), key)
		case "am":
			target = fieldByKey(reflect.ValueOf(&to.AM).Elem(), key)
		case "timeout":
			target = fieldByKey(reflect.ValueOf(&to.Timeout).Elem(), key)
		case "dirty":
			target = fieldByKey(reflect.ValueOf(&to.Dirty.DirtyTable).Elem(), key)
		}
		if target.IsValid() {
			d := &decoder{dialect: plugins.DialectFlinkX}
			d.value(l.value, target, l.key)
		}
	}
}

// jobField maps a key of JobDefaults to the field of a Setting.
func jobField(to *Setting, key string) reflect.Value {
	return fieldByKey(reflect.ValueOf(to).Elem(), key)
}

func fieldByKey(v reflect.Value, key string) reflect.Value {
	f, ok := fieldsOf(v.Type()).find(key)
	if !ok {
		return reflect.Value{}
	}
	return v.FieldByIndex(f.index)
}

// finals refuses settings of a job that a site file declares final.
func (l *loader) finals(n *jsontree.Node) {
	for key, file := range l.Site.final {
		path := key
		if rest, ok := strings.CutPrefix(key, "job."); ok {
			path = rest
			if rest == "channel" {
				path = "speed.channel"
			}
		}
		if found := n.At(path); found != nil {
			l.fail(whole(found), CodeSiteFinal, settingPath+"."+path, key+" is final in "+file+" and cannot be set by a job", "remove it")
		}
	}
}
