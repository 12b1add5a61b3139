package job

// AttemptID names an attempt within its run. Numbers are given out anew by each
// generation, so neither generation nor number says it alone.
type AttemptID struct {
	// Generation is the one that gave the attempt out.
	Generation int64 `json:"generation"`
	// Split is the id of the split, Number counts its tries from 1.
	Split  int `json:"split"`
	Number int `json:"attempt"`
}
