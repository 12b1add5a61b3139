package record

// FinalStatus is what an ApplicationMaster says about its own end (FinalApplicationStatus).
type FinalStatus int32

// The final statuses.
const (
	FinalUndefined FinalStatus = 0 // still running, or the ApplicationMaster never said
	FinalSucceeded FinalStatus = 1
	FinalFailed    FinalStatus = 2
	FinalKilled    FinalStatus = 3
	FinalEnded     FinalStatus = 4 // ended with mixed results
)

// String returns the name that YARN prints.
func (s FinalStatus) String() string {
	return name(int32(s), map[int32]string{0: "UNDEFINED", 1: "SUCCEEDED", 2: "FAILED", 3: "KILLED", 4: "ENDED"})
}
