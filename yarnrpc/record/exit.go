package record

import "fmt"

// ExitStatus is how a container ended (ContainerExitStatus). Values from 0 are the process's own exit code, 128+n when
// signal n killed it; the negative ones are YARN's.
type ExitStatus int32

// Exit statuses that YARN sets itself.
const (
	ExitInvalid           ExitStatus = -1000 // none: still running, or never started (localization failed)
	ExitAborted           ExitStatus = -100  // released by the ApplicationMaster, node lost, or expired unused
	ExitDisksFailed       ExitStatus = -101  // the node's disks are bad
	ExitPreempted         ExitStatus = -102  // the scheduler took it back
	ExitKilledVMem        ExitStatus = -103  // used too much address space
	ExitKilledPMem        ExitStatus = -104  // used too much memory
	ExitKilledByAM        ExitStatus = -105  // stopped by the ApplicationMaster
	ExitKilledByRM        ExitStatus = -106  // stopped by the ResourceManager
	ExitKilledAfterApp    ExitStatus = -107  // its application was over
	ExitKilledByScheduler ExitStatus = -108  // an opportunistic container made room
	ExitKilledExcessLogs  ExitStatus = -109  // wrote too much log
	ExitLaunchFailed      ExitStatus = -1    // the NodeManager could not launch it
	ExitLost              ExitStatus = 154   // the NodeManager restarted and found no exit code
	ExitSIGKILL           ExitStatus = 137   // killed by signal 9, e.g. by the kernel for memory
	ExitSIGTERM           ExitStatus = 143   // killed by signal 15
)

// WentAway tells whether the container was taken away rather than failing by itself. Such an end says nothing against
// the work that ran in it.
func (e ExitStatus) WentAway() bool {
	switch e {
	case ExitAborted, ExitDisksFailed, ExitPreempted, ExitKilledByAM, ExitKilledByRM, ExitKilledAfterApp, ExitKilledByScheduler, ExitLost:
		return true
	}
	return false
}

// String shows the number and, for YARN's own, what it means.
func (e ExitStatus) String() string {
	text, ok := map[ExitStatus]string{
		ExitInvalid: "no exit status", ExitAborted: "aborted: released, node lost or expired", ExitDisksFailed: "disks failed",
		ExitPreempted: "preempted", ExitKilledVMem: "killed: virtual memory limit", ExitKilledPMem: "killed: memory limit",
		ExitKilledByAM: "stopped by the ApplicationMaster", ExitKilledByRM: "stopped by the ResourceManager",
		ExitKilledAfterApp: "killed after the application ended", ExitKilledByScheduler: "killed by the container scheduler",
		ExitKilledExcessLogs: "killed: too much log", ExitLaunchFailed: "launch failed", ExitLost: "lost by a restarted NodeManager",
		ExitSIGKILL: "killed by SIGKILL", ExitSIGTERM: "killed by SIGTERM",
	}[e]
	if !ok {
		return fmt.Sprintf("%d", int32(e))
	}
	return fmt.Sprintf("%d (%s)", int32(e), text)
}
