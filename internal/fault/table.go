package fault

import "weft/internal/job"

// Entry is one line of the table of codes.
type Entry struct {
	// Code is the stable name, "E3002".
	Code string `json:"code"`
	// Exit is the exit code of a program that ends with it.
	Exit int `json:"exit"`
	// Meaning says what it stands for.
	Meaning string `json:"meaning"`
	// Remedy says what usually helps.
	Remedy string `json:"remedy"`
}

// Codes of everything beside the loading of jobs, whose codes stand in
// package job.
const (
	CodeUsage        = "E2001"
	CodeJobOption    = "E2130"
	CodeNoHadoopConf = "E2205"

	CodeUnreachable   = "E3001"
	CodeAuth          = "E3002"
	CodePermission    = "E3003"
	CodeNotFound      = "E3004"
	CodeExists        = "E3005"
	CodeConfig        = "E3006"
	CodeSchema        = "E3007"
	CodeSpace         = "E3008"
	CodeChanged       = "E3009"
	CodeDeadline      = "E3010"
	CodeSnapshotLost  = "E3020"
	CodeEndTransient  = "E3098"
	CodeEndPermanent  = "E3099"
	CodeErrorLimit    = "E4001"
	CodeMismatch      = "E4002"
	CodeEmpty         = "E4003"
	CodeRow           = "E4100"
	CodeDirtyRows     = "E4101"
	CodeClusterDenied = "E5001"
	CodeToken         = "E5002"
	CodeUnavailable   = "E6001"
	CodeManagerDown   = "E6002"
	CodeBadRequest    = "E6003"
	CodeUnknownApp    = "E6004"
	CodeStoreSpace    = "E6005"
	CodeProtocol      = "E6006"
	CodeLaunch        = "E6007"
	CodeRemote        = "E6099"
	CodeRunTimeout    = "E7001"
	CodeKilled        = "E7002"
	CodeFenced        = "E7003"
	CodeRunning       = "E7004"
	CodeStateUnknown  = "E7005"
	CodeInterrupted   = "E7006"
	CodeTerminated    = "E7007"
	CodeAttempts      = "E7008"
	CodeCheckpoint    = "E7009"
	CodeVersion       = "E7010"
	CodeGone          = "E7011"
	CodeBug           = "E9001"
	CodeUnclassed     = "E9002"
)

// Table returns every code of weft in ascending order.
func Table() []Entry {
	return []Entry{
		{CodeUsage, ExitUsage, "the command line is wrong", "see the verb's --help"},
		{job.CodeUnreadable, ExitUsage, "the job file cannot be read", "check path and rights"},
		{job.CodeSyntax, ExitUsage, "the job file is not JSON", "the caret shows where reading stopped making sense"},
		{job.CodeEncoding, ExitUsage, "the job file is not UTF-8", "save it as UTF-8"},
		{job.CodeDuplicate, ExitUsage, "a key stands twice in one object", "remove one; in FlinkX and DataX jobs the last one counts"},
		{job.CodeMissingVariable, ExitUsage, "a variable has no value", "give it with -p name=value, or a default: ${name:-value}"},
		{job.CodeBadVariable, ExitUsage, "an expression in ${} means nothing, or its value does not fit there", "$${ stands for the two characters"},
		{job.CodeSkeleton, ExitUsage, "reader, writer or content is missing", `{"job": {"content": [{"reader": ..., "writer": ...}]}}`},
		{job.CodeContents, ExitUsage, "the job has more than one content", "make a job of each"},
		{job.CodeUnknownPlugin, ExitUsage, "no plugin has this name", "weft plugins list"},
		{job.CodeUnknownKey, ExitUsage, "nobody knows this key", "weft plugins show NAME; in FlinkX and DataX jobs it is a warning"},
		{job.CodeType, ExitUsage, "a value has the wrong type", "the message says which one is wanted"},
		{job.CodeValue, ExitUsage, "a value is out of its range or does not go with others", "the message says what is possible"},
		{job.CodeUnsupportedPlugin, ExitUsage, "a plugin of FlinkX or DataX that this weft does not have", "weft plugins list"},
		{job.CodeUnsupported, ExitUsage, "the job asks for something weft does not do", "remove it if the job is right without"},
		{job.CodeIgnored, ExitUsage, "a setting without effect (a note)", "remove it, or leave it"},
		{job.CodeApproximated, ExitUsage, "a setting with another effect than its author may expect (a note or warning)", "read the message"},
		{job.CodePlainSecret, ExitUsage, "a secret stands in the job file in clear (a note; a failure with --strict)", "use ${env:NAME} or file:/path"},
		{job.CodeSecretRef, ExitUsage, "a reference to a secret or to the environment cannot be resolved", "set the variable, or make the file readable"},
		{job.CodeSealed, ExitFailed, "a sealed secret of the run folder cannot be opened", "the run's key file is missing or not the run's own"},
		{CodeJobOption, ExitUsage, "settings that are each right do not work together", "the message names them"},
		{job.CodeSiteFile, ExitUsage, "a site file cannot be read or parsed", "weft check prints which files it reads"},
		{job.CodeSiteKey, ExitUsage, "nobody knows this site setting", "conf/weft-site.json lists all of them"},
		{job.CodeSiteValue, ExitUsage, "a site setting has the wrong type or is out of range", "conf/weft-site.json says what is possible"},
		{job.CodeSiteFinal, ExitUsage, "a setting that the site declares final is changed", "remove it, or talk to whoever keeps the site file"},
		{CodeNoHadoopConf, ExitUsage, "Hadoop's configuration cannot be found or read", "set HADOOP_CONF_DIR to the folder of core-site.xml and yarn-site.xml"},
		{CodeUnreachable, ExitTemporary, "a server at one end does not answer at its address", "check host, port, firewall, and that it runs"},
		{CodeAuth, ExitDenied, "a server at one end refuses user or password", "check both; a server may tell hosts apart too"},
		{CodePermission, ExitDenied, "the user may not do this there", "grant what the message names"},
		{CodeNotFound, ExitUsage, "a database, table, column, file or folder does not exist", "check the spelling and the database"},
		{CodeExists, ExitFailed, "something is there that must not be", "remove it, or choose another mode of writing"},
		{CodeConfig, ExitUsage, "the settings of one end are wrong", "weft check shows all of them"},
		{CodeSchema, ExitUsage, "columns or types of both ends do not go together", "weft plan shows the mapping"},
		{CodeSpace, ExitFailed, "a disk is full or a quota used up at one end", "make room"},
		{CodeChanged, ExitFailed, "the source or target changed under the run", "run again when it rests"},
		{CodeDeadline, ExitTemporary, "a server at one end took longer than its deadline", "the message names the deadline and its setting"},
		{CodeSnapshotLost, ExitFailed, "the one view of the source that consistency: snapshot promises is gone", "begin anew with weft resume RUN --from-scratch; onSnapshotLoss: degrade lets such a run go on without"},
		{CodeEndTransient, ExitTemporary, "one end failed for the moment, too often in a row", "run again; what was accepted is not moved twice"},
		{CodeEndPermanent, ExitFailed, "one end failed", "the cause is the server's own message"},
		{CodeErrorLimit, ExitErrorLimit, "more dirty rows than errorLimit tolerates", "look at the dirty rows; repair them or raise the limit"},
		{CodeMismatch, ExitMismatch, "source and target do not agree", "do not use the output"},
		{CodeEmpty, ExitEmpty, "no row was moved, and --fail-on-empty was given", "check the reader's condition"},
		{CodeRow, ExitFailed, "rows were refused for their own content", "see the reasons in the summary"},
		{CodeDirtyRows, ExitTemporary, "the dirty rows could not be put into their table or folder; nothing was lost", "see to it that metastore and folder can be reached, then weft resume RUN"},
		{CodeClusterDenied, ExitDenied, "the cluster refuses this user", "check user, Kerberos login, queue and folder rights"},
		{CodeToken, ExitDenied, "a token of the cluster is expired or not valid", "submit again"},
		{CodeUnavailable, ExitTemporary, "HDFS cannot serve for the moment (down, standby, safe mode)", "wait and run again"},
		{CodeManagerDown, ExitTemporary, "a daemon of Hadoop does not answer", "check that it runs and the address in HADOOP_CONF_DIR"},
		{CodeBadRequest, ExitUsage, "YARN refuses the request: queue, label, or container size", "the message is the ResourceManager's own"},
		{CodeUnknownApp, ExitUnknown, "YARN does not know the application, or has forgotten it", "weft list shows those it knows"},
		{CodeStoreSpace, ExitFailed, "no room or quota left in HDFS or on a local disk", "make room, then run again"},
		{CodeProtocol, ExitFailed, "what answers does not speak Hadoop RPC as expected", "check that the port is the RPC port"},
		{CodeLaunch, ExitFailed, "the ApplicationMaster did not come up", "weft logs shows why"},
		{CodeRemote, ExitFailed, "a daemon of Hadoop refused the call", "the message is its own"},
		{CodeRunTimeout, ExitTimeout, "the run took longer than timeout.run", "raise it, or give the job more channels"},
		{CodeKilled, ExitKilled, "the run was killed", "run again; what was accepted is not moved twice"},
		{CodeFenced, ExitFailed, "another ApplicationMaster or attempt has taken over; this one changed nothing", "look at the other one"},
		{CodeRunning, ExitRunning, "the run is under way already, or its id belongs to another job", "weft status RUN"},
		{CodeStateUnknown, ExitUnknown, "how the run ended cannot be told", "weft status RUN, when the cluster answers again"},
		{CodeInterrupted, ExitInterrupted, "ended by Ctrl-C", "run again; what was accepted is not moved twice"},
		{CodeTerminated, ExitTerminated, "ended by SIGTERM", "run again; what was accepted is not moved twice"},
		{CodeAttempts, ExitFailed, "attempts of a split, or containers one after the other, failed too often", "the cause is that of the last attempt"},
		{CodeCheckpoint, ExitFailed, "the state of the run cannot be read, is not what it should be, or is in the way", "nothing was changed; weft resume RUN --from-scratch sets it aside and begins anew"},
		{CodeVersion, ExitFailed, "another version of weft made the run folder", "go on with that version, or take a new --run-id"},
		{CodeGone, ExitFailed, "what the run had accepted is gone from its target", "put it back and resume, or weft resume RUN --from-scratch"},
		{CodeBug, ExitFailed, "weft broke one of its own rules", "please report it with the log"},
		{CodeUnclassed, ExitFailed, "an error that has no code of its own", "the cause says what happened"},
	}
}

// lookup returns the entry of a code; an unknown one gets the entry of
// CodeUnclassed under its own name.
func lookup(code string) Entry {
	unclassed := Entry{Code: code, Exit: ExitFailed}
	for _, e := range Table() {
		if e.Code == code {
			return e
		}
	}
	return unclassed
}

// ExitOf returns the exit code that belongs to a code.
func ExitOf(code string) int { return lookup(code).Exit }
