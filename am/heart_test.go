package am

import "testing"

// The machine counts a grant off what it has asked for without saying so; a
// wish that stayed would ask for the container a second time.
func TestGrantLowersTheWish(t *testing.T) {
	h := heart{kick: make(chan struct{}, 1), grants: map[string]Grant{"c1": {ID: "c1"}, "c2": {ID: "c2"}}}
	h.ask(3)
	if h.pause() != wantingPause {
		t.Error("no hurry although containers are missing")
	}
	if g := h.grant("c1"); g.ID != "c1" || h.wish.Containers != 2 {
		t.Errorf("grant %q, wish %d; want c1 and 2", g.ID, h.wish.Containers)
	}
	h.release("c2")
	if h.wish.Containers != 1 || len(h.wish.Release) != 1 {
		t.Errorf("wish %+v; want 1 container and 1 release", h.wish)
	}
	h.ask(0)
	h.release("c3")
	if h.wish.Containers != 0 || h.pause() != heartbeatPause {
		t.Errorf("wish %+v, pause %s", h.wish, h.pause())
	}
}
