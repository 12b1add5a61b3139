package sasl

import "fmt"

// Simple is no authentication: the server believes the user name in the connection context.
type Simple struct{}

var _ Mechanism = Simple{}

// Names returns SIMPLE and an empty mechanism, as servers spell it.
func (Simple) Names() (method, mechanism string) { return MethodSimple, "" }

// Start has nothing to say: Negotiate ends the exchange by itself.
func (Simple) Start(Offer) ([]byte, error) { return nil, nil }

// Step is an error: SIMPLE knows no challenge.
func (Simple) Step([]byte) ([]byte, error) {
	return nil, fmt.Errorf("%w: challenge for SIMPLE", ErrProtocol)
}

// Finish agrees on no layer.
func (Simple) Finish([]byte) (Layer, error) { return nil, nil }
