package pump

import (
	"errors"
	"fmt"
	"strings"
)

// poisonFrames is how many calls of a stack a dirty row names; the log has all.
const poisonFrames = 5

// poison says of a row that its plugin panicked on it twice, with what, and
// where, in one line.
func poison(err error) string {
	var p *panicError
	if !errors.As(err, &p) {
		return "the plugin panicked on this row twice"
	}
	return fmt.Sprintf("the plugin panicked on this row twice: %.300v, in %s", p.value, strings.Join(calls(string(p.stack)), " < "))
}

// calls lists the functions of a stack as debug.Stack writes it, from the one
// that panicked outwards to the engine.
func calls(stack string) []string {
	_, inner, found := strings.Cut(stack, "\npanic(")
	if !found {
		inner = stack
	}
	var list []string
	for line := range strings.Lines(inner) {
		name, _, isCall := strings.Cut(line, "(")
		if strings.HasPrefix(line, "\t") || !isCall || strings.HasPrefix(name, "{") || strings.HasPrefix(name, "goroutine ") {
			continue
		}
		if strings.HasPrefix(line, "weft/container/pump.guard(") || len(list) == poisonFrames {
			break
		}
		end := strings.LastIndex(strings.TrimSpace(line), "(")
		list = append(list, strings.TrimSpace(line)[:end])
	}
	return list
}
