package dynamo_test

import (
	"testing"

	"github.com/parley-chat/parley/functions/chat"
)

// Ensure that whoever waits hears that somebody has come back to their place before them. Two customers were told for half a minute
// that each of them was next: the session of a lost agent had gone back in front of one who had been first until then.
func TestThoseBehindHearWhoComesBack(t *testing.T) {
	t.Parallel()
	o := opened(t, everybody, "ann")
	s := o.accepts("ann", o.writes("c1"))
	o.becomes("ann", chat.Paused)
	o.writes("c2")
	o.screens.clear()
	o.hands("ann", s, chat.Handover{Queue: queue, Blind: true})
	o.hears(page("c2"), "waits at 2")
}
