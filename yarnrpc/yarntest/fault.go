package yarntest

// Fault makes one call go wrong. The fields combine, in this order.
type Fault struct {
	// Before runs when the call has arrived.
	Before func()
	// Drop cuts the connection without acting on the call.
	Drop bool
	// Throw answers with an exception instead of acting.
	Throw *Exception
	// Hold keeps the answer back, after acting, until the channel is closed.
	Hold <-chan struct{}
	// Lose acts, then cuts the connection instead of answering.
	Lose bool
	// Plain answers outside of the agreed layer.
	Plain bool
	// Half acts, then sends half of the answer and cuts the connection.
	Half bool
}

// Standby answers as a server in standby does.
func Standby() Fault {
	return Fault{Throw: &Exception{Class: "org.apache.hadoop.ipc.StandbyException", Message: "Operation category READ is not supported in state standby"}}
}

// Busy answers as an overloaded server does.
func Busy() Fault {
	return Fault{Throw: &Exception{Class: "org.apache.hadoop.ipc.RetriableException", Message: "Server is too busy."}}
}

// Inject queues faults for the next calls of a method, one each.
func (s *Server) Inject(method string, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[method] = append(s.faults[method], faults...)
}

// Hold queues a fault that keeps the answer to the next call of a method back. arrived is closed when the call is there;
// release lets the answer go and may be called more than once. The end of the test releases it, too.
func (s *Server) Hold(method string) (arrived <-chan struct{}, release func()) {
	here, gate := make(chan struct{}), newGate()
	s.mu.Lock()
	s.gates = append(s.gates, gate)
	s.mu.Unlock()
	s.Inject(method, Fault{Before: func() { close(here) }, Hold: gate.ch})
	return here, gate.open
}

// Release lets every answer go that is still held.
func (s *Server) Release() {
	s.mu.Lock()
	gates := s.gates
	s.mu.Unlock()
	for _, g := range gates {
		g.open()
	}
}
