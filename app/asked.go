package app

import (
	"slices"
	"strings"
	"sync"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/gateway"
)

// asked are the listeners that settings ask for and that could not be had.
type asked struct {
	mu      sync.Mutex
	missing []missingListener
}

// missingListener is one of them, and why it is not there, for people.
type missingListener struct {
	wantedListener
	why string
}

// lacks takes note of a listener that could not be had.
func (a *asked) lacks(w wantedListener, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.missing = append(a.missing, missingListener{w, fault.From(err).Message})
}

// still are those that are not there yet; there tells whether somebody has added one meanwhile.
func (a *asked) still(there func(wantedListener) bool) []missingListener {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.missing = slices.DeleteFunc(a.missing, func(m missingListener) bool { return there(m.wantedListener) })
	return slices.Clone(a.missing)
}

// listenersPart tells whether the listeners that the settings ask for are open. Clients that were promised one wait for it, so
// BunkerM is not ready before; one that is taken away later is somebody's wish.
func (a *App) listenersPart() gateway.Part {
	part := gateway.Part{Name: "listeners", State: "open", Ready: true, Once: true}
	missing := a.asked.still(func(w wantedListener) bool {
		_, there, err := a.haveListener(w)
		return err == nil && there
	})
	if len(missing) == 0 {
		return part
	}
	var said []string
	for _, m := range missing {
		said = append(said, m.String()+": "+m.why)
	}
	part.State, part.Ready, part.Detail = "missing", false, strings.Join(said, "; ")
	part.Hint = "mend what is said, or leave the setting out, and start BunkerM again; or add the listener on the page Configuration"
	return part
}
