package jsontree

import (
	"strconv"
	"strings"
)

// Kind says what a Node is.
type Kind uint8

// The kinds of JSON values.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

// String returns the kind as an error message names it.
func (k Kind) String() string {
	return [...]string{"null", "true or false", "a number", "a string", "a list", "an object"}[k]
}

// Node is one value of a JSON text.
type Node struct {
	// Kind says which of the other fields count.
	Kind Kind
	// Text is the value of a String (decoded), the literal of a Number, and
	// "true" or "false".
	Text string
	// Items are the elements of an Array.
	Items []*Node
	// Members are the members of an Object in their order, duplicates
	// included.
	Members []Member
	// Start and End bound the value in the text parsed, in bytes.
	Start, End int
	// Bare says that a String stood without quotes (Lenient only).
	Bare bool
}

// Member is one name and value of an object.
type Member struct {
	// Key is the decoded name; KeyStart and KeyEnd bound it in the text.
	Key              string
	KeyStart, KeyEnd int
	// Value is never nil.
	Value *Node
}

// Get returns the value of the last member called key, or nil if there is
// none or n is no object. It may be called on nil.
func (n *Node) Get(key string) *Node {
	if m := n.Member(key); m != nil {
		return m.Value
	}
	return nil
}

// Member returns the last member called key, or nil.
func (n *Node) Member(key string) *Member {
	if n == nil {
		return nil
	}
	for i := len(n.Members) - 1; i >= 0; i-- {
		if n.Members[i].Key == key {
			return &n.Members[i]
		}
	}
	return nil
}

// At follows a path of names and indices, "connection[0].table", and returns
// what stands there, or nil.
func (n *Node) At(path string) *Node {
	found, rest := n.Nearest(path)
	if rest != "" {
		return nil
	}
	return found
}

// Nearest follows path as far as it goes. It returns the last node reached
// and what of the path was left over: "" if all of it was found.
func (n *Node) Nearest(path string) (found *Node, rest string) {
	for path != "" {
		step, after := cutStep(path)
		next := n.step(step)
		if next == nil {
			return n, path
		}
		n, path = next, after
	}
	return n, ""
}

// cutStep takes "name" or "[3]" off a path, with the dot that follows.
func cutStep(path string) (step, rest string) {
	if path[0] == '[' {
		if end := strings.IndexByte(path, ']'); end > 0 {
			return path[:end+1], strings.TrimPrefix(path[end+1:], ".")
		}
	}
	for i := 0; i < len(path); i++ {
		switch {
		case path[i] == '.':
			return path[:i], path[i+1:]
		case path[i] == '[' && i > 0:
			return path[:i], path[i:]
		}
	}
	return path, ""
}

func (n *Node) step(step string) *Node {
	if n == nil {
		return nil
	}
	if n.Kind == Array && strings.HasPrefix(step, "[") {
		i, err := strconv.Atoi(strings.Trim(step, "[]"))
		if err != nil || i < 0 || i >= len(n.Items) {
			return nil
		}
		return n.Items[i]
	}
	return n.Get(step)
}

// Scalar says that the node is neither list nor object.
func (n *Node) Scalar() bool { return n.Kind != Array && n.Kind != Object }
