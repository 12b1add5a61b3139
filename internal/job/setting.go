package job

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"weft/internal/job/jsontree"
	"weft/plugins"
)

// nativeSetting is job.setting as every dialect may write it. Names of weft's
// own keys are those of Setting.
type nativeSetting struct {
	Speed        nativeSpeed          `json:"speed"`
	ErrorLimit   *errorLimitShape     `json:"errorLimit"`
	UnitBytes    *int64               `json:"unitBytes"`
	UnitInterval *Duration            `json:"unitInterval"`
	MaxRowBytes  *int                 `json:"maxRowBytes"`
	Verify       *Verify              `json:"verify"`
	Consistency  *plugins.Consistency `json:"consistency"`
	OnLoss       *SnapshotLoss        `json:"onSnapshotLoss"`
	StallAfter   *Duration            `json:"stallAfter"`
	MaxAttempts  *int                 `json:"maxAttempts"`
	Zone         *string              `json:"timezone"`
	YARN         YARN                 `json:"yarn"`
	AM           AM                   `json:"am"`
	Timeout      Timeout              `json:"timeout"`
	Dirty        dirtyShape           `json:"dirty"`
}

type nativeSpeed struct {
	Channel *int   `json:"channel"`
	Bytes   *int64 `json:"bytes" weft:"alias=byte"`
	Record  *int64 `json:"record"`
}

// oldSetting is what FlinkX and DataX have beside it.
type oldSetting struct {
	nativeSetting
	Speed      oldSpeed   `json:"speed"`
	Restore    oldRestore `json:"restore"`
	Restart    oldRestart `json:"restart"`
	Log        any        `json:"log" weft:"ignored" doc:"weft logs to standard error and to the containers' logs"`
	Metric     any        `json:"metricPluginConf" weft:"ignored"`
	Test       any        `json:"test"`
	DryRun     bool       `json:"dryRun"`
	KeyVersion any        `json:"keyVersion"`
}

type oldSpeed struct {
	nativeSpeed
	ReaderChannel int `json:"readerChannel"`
	WriterChannel int `json:"writerChannel"`
	Rebalance     any `json:"rebalance" weft:"ignored" doc:"idle slots take the next split anyway"`
	Throttle      any `json:"throttle" weft:"ignored"`
}

type oldRestore struct {
	IsRestore    *bool  `json:"isRestore"`
	IsStream     bool   `json:"isStream"`
	Column       string `json:"restoreColumnName"`
	ColumnIndex  any    `json:"restoreColumnIndex" weft:"ignored" doc:"a run goes on by itself"`
	ColumnType   any    `json:"restoreColumnType" weft:"ignored" doc:"a run goes on by itself"`
	MaxRowNumber any    `json:"maxRowNumForCheckpoint" weft:"ignored" doc:"unitBytes and unitInterval say when a checkpoint is taken"`
}

type oldRestart struct {
	Strategy        any  `json:"strategy" weft:"ignored"`
	Attempts        *int `json:"restartAttempts"`
	DelayInterval   any  `json:"delayInterval" weft:"ignored" doc:"waits grow from one second by themselves"`
	FailureRate     any  `json:"failureRate" weft:"ignored"`
	FailureInterval any  `json:"failureInterval" weft:"ignored"`
}

const settingPath = "job.setting"

// setting fills in the spec's Setting: weft's defaults, the site's, the job's,
// and what environment and command line override.
func (l *loader) setting(n *jsontree.Node) {
	s := &l.spec.Setting
	*s = l.Site.defaults(l.Dialect)
	if n == nil || n.Kind == jsontree.Null {
		n = &jsontree.Node{Kind: jsontree.Object}
	}
	shape := &oldSetting{}
	shape.YARN, shape.AM, shape.Timeout = s.YARN, s.AM, s.Timeout
	shape.Dirty = dirtyShapeOf(s.Dirty)
	d := &decoder{dialect: l.Dialect, prefix: settingPath + "."}
	if l.Dialect == plugins.DialectNative {
		d.value(n, reflect.ValueOf(&shape.nativeSetting).Elem(), "")
		shape.Speed.nativeSpeed = shape.nativeSetting.Speed
	} else {
		d.value(n, reflect.ValueOf(shape).Elem(), "")
	}
	l.flaws = append(l.flaws, d.flaws...)
	l.speed(n, &shape.Speed)
	l.ownKeys(&shape.nativeSetting)
	l.oldKeys(n, shape)
	l.dirty(n, &shape.Dirty)
	s.ErrorLimit = l.errorLimit(n.Get("errorLimit"), shape.ErrorLimit)
	l.finals(n)
	l.Site.override(s)
	l.checkSetting(n)
}

func (l *loader) speed(n *jsontree.Node, speed *oldSpeed) {
	s := &l.spec.Setting
	if speed.Channel != nil {
		s.Channel = *speed.Channel
	}
	if sides := max(speed.ReaderChannel, speed.WriterChannel); sides > 0 {
		s.Channel = max(s.Channel, sides)
	}
	if speed.Channel == nil && n.At("speed.byte") != nil && l.Dialect == plugins.DialectDataX {
		l.note(whole(n.At("speed.byte")), CodeApproximated, plugins.Note, settingPath+".speed.byte",
			fmt.Sprintf("channel is %d: it is not reckoned from the limit as DataX does", s.Channel), "set speed.channel")
	}
	if speed.Bytes != nil {
		s.BytesPerSecond = max(*speed.Bytes, 0)
	}
	if speed.Record != nil {
		s.RowsPerSecond = max(*speed.Record, 0)
	}
}

func (l *loader) ownKeys(shape *nativeSetting) {
	s := &l.spec.Setting
	set(&s.UnitBytes, shape.UnitBytes)
	set(&s.UnitInterval, shape.UnitInterval)
	set(&s.MaxRowBytes, shape.MaxRowBytes)
	set(&s.Verify, shape.Verify)
	set(&s.Consistency, shape.Consistency)
	set(&s.OnSnapshotLoss, shape.OnLoss)
	set(&s.StallAfter, shape.StallAfter)
	set(&s.MaxAttempts, shape.MaxAttempts)
	set(&s.Zone, shape.Zone)
	s.YARN, s.AM, s.Timeout = shape.YARN, shape.AM, shape.Timeout
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// oldKeys says what becomes of the blocks of FlinkX and DataX.
func (l *loader) oldKeys(n *jsontree.Node, shape *oldSetting) {
	if shape.Restart.Attempts != nil {
		l.spec.Setting.MaxAttempts = max(1, *shape.Restart.Attempts)
	}
	if shape.Restore.IsStream {
		l.failAt(n, "restore.isStream", CodeUnsupported, "a real-time job: weft moves what is there and ends", "")
	}
	if on := shape.Restore.IsRestore; on != nil && !*on {
		l.noteAt(n, "restore.isRestore", "a run goes on where it stopped in any case")
	}
	if shape.Restore.Column != "" {
		l.noteAt(n, "restore.restoreColumnName", "weft orders by the table's key itself and needs no column for it")
	}
	if shape.Test != nil {
		l.noteAt(n, "test", "failures are not injected by a job's own wish")
	}
	if shape.DryRun {
		l.failAt(n, "dryRun", CodeUnsupported, "a job that asks not to be run", "use `weft check --connect`")
	}
	if shape.KeyVersion != nil {
		l.failAt(n, "keyVersion", CodeUnsupported, "DataX's encrypted values are not read", "use ${env:NAME} or file:/path for secrets")
	}
}

func (l *loader) noteAt(n *jsontree.Node, path, text string) {
	if found := n.At(path); found != nil {
		l.note(begin(found), CodeIgnored, plugins.Note, settingPath+"."+path, fmt.Sprintf("%s has no effect: %s", name(path), text), "")
	}
}

func (l *loader) failAt(n *jsontree.Node, path, code, text, hint string) {
	at := noPlace
	if found := n.At(path); found != nil {
		at = whole(found)
	}
	l.fail(at, code, settingPath+"."+path, text, hint)
}

// bound is one number of a Setting that has limits.
type bound struct {
	path     string
	value    int64
	min, max int64
}

// checkSetting refuses values out of range, wherever they come from.
func (l *loader) checkSetting(n *jsontree.Node) {
	for _, problem := range l.spec.Setting.problems() {
		l.failAt(n, problem.path, CodeValue, problem.text, "")
	}
}

// settingProblem is a value of a Setting out of range.
type settingProblem struct{ path, text string }

func (s *Setting) problems() []settingProblem {
	var list []settingProblem
	for _, b := range s.bounds() {
		if b.value < b.min || b.value > b.max {
			list = append(list, settingProblem{b.path, fmt.Sprintf("%s is %d: must be %d to %d", name(b.path), b.value, b.min, b.max)})
		}
	}
	switch s.Verify {
	case VerifyOff, VerifyCount, VerifyChecksum:
	default:
		list = append(list, settingProblem{"verify", fmt.Sprintf("verify is %q: must be off, count or checksum", string(s.Verify))})
	}
	switch s.Consistency {
	case plugins.ConsistencySnapshot, plugins.ConsistencySplit, plugins.ConsistencyNone:
	default:
		list = append(list, settingProblem{"consistency", fmt.Sprintf("consistency is %q: must be snapshot, split or none", string(s.Consistency))})
	}
	if s.OnSnapshotLoss != LossFail && s.OnSnapshotLoss != LossDegrade {
		list = append(list, settingProblem{"onSnapshotLoss", fmt.Sprintf("onSnapshotLoss is %q: must be fail or degrade", string(s.OnSnapshotLoss))})
	}
	if s.Zone == "" || strings.EqualFold(s.Zone, "CST") {
		list = append(list, settingProblem{"timezone", fmt.Sprintf("time zone %q is ambiguous: write Asia/Shanghai or America/Chicago", s.Zone)})
	} else if _, err := time.LoadLocation(s.Zone); err != nil {
		list = append(list, settingProblem{"timezone", fmt.Sprintf("time zone %q is not known: write a name such as Asia/Shanghai", s.Zone)})
	}
	for _, d := range []struct {
		path       string
		value, min Duration
	}{
		{"unitInterval", s.UnitInterval, Duration(time.Second)},
		{"stallAfter", s.StallAfter, Duration(time.Second)},
		{"timeout.call", s.Timeout.Call, Duration(time.Millisecond)},
		{"timeout.run", s.Timeout.Run, 0},
		{"dirty.deadline", s.Dirty.Deadline, Duration(time.Millisecond)},
		{"timeout.cluster", s.Timeout.Cluster, Duration(time.Second)},
	} {
		if d.value < d.min {
			list = append(list, settingProblem{d.path, fmt.Sprintf("%s is %v: must be at least %v", name(d.path), time.Duration(d.value), time.Duration(d.min))})
		}
	}
	return list
}

func (s *Setting) bounds() []bound {
	y := &s.YARN
	return []bound{
		{"speed.channel", int64(s.Channel), 1, 10_000},
		{"unitBytes", s.UnitBytes, 1, 1 << 50},
		{"maxRowBytes", int64(s.MaxRowBytes), 1 << 10, 1 << 30},
		{"maxAttempts", int64(s.MaxAttempts), 1, 1000},
		{"yarn.containerMemoryMiB", int64(y.ContainerMemoryMiB), 0, 1 << 24},
		{"yarn.masterMemoryMiB", int64(y.MasterMemoryMiB), 256, 1 << 24},
		{"yarn.vcores", int64(y.VCores), 1, 1024},
		{"yarn.slots", int64(y.Slots), 1, 256},
		{"yarn.maxMasterAttempts", int64(y.MaxMasterAttempts), 1, 100},
	}
}
