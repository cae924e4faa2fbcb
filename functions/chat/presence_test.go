package chat

import (
	"testing"
	"time"
)

func TestBecomes(t *testing.T) {
	t.Parallel()
	set := func(s SetAvailability) *SetAvailability { return &s }
	busy := func(a *Agent) { a.Open = []string{"s1", "s2"} }
	away := func(a *Agent) { a.Seen = morning.Add(-lease - time.Millisecond) }
	offline := func(a *Agent) { a.State = Offline }
	tests := []struct {
		name   string
		wish   Wish
		by     string
		change func(*Agent)
		want   *SetAvailability // nil: refused
		code   Code
		says   string
	}{
		{"available", Wish{State: Ready}, "", offline, set(SetAvailability{State: Ready}), "", ""},
		{"paused", Wish{State: Paused, Reason: "Lunch"}, "", busy, set(SetAvailability{State: Paused, Reason: "Lunch"}), "", ""},
		{"signed out", Wish{State: Offline}, "", nil, set(SetAvailability{State: Offline, Empty: true}), "", ""},
		{"signed out with a chat", Wish{State: Offline}, "", func(a *Agent) { a.Open = []string{"s1"} }, nil, CodeOpenSessions,
			"1 chat is open: close, transfer or return it first."},
		{"signed out with chats", Wish{State: Offline}, "", busy, nil, CodeOpenSessions, "2 chats are open: close, transfer or return them first."},

		{"paused after these chats", Wish{State: Paused, Reason: "Lunch", After: true}, "", busy, set(SetAvailability{State: Paused, Reason: "Lunch", After: true}), "", ""},
		{"signed out after these chats", Wish{State: Offline, After: true}, "", busy, set(SetAvailability{State: Offline, After: true}), "", ""},
		// With nothing open it comes at once, unless a session comes first: the condition then fails, and it is decided again.
		{"paused after no chat", Wish{State: Paused, Reason: "Lunch", After: true}, "", nil, set(SetAvailability{State: Paused, Reason: "Lunch", Empty: true}), "", ""},
		{"signed out after no chat", Wish{State: Offline, After: true}, "", nil, set(SetAvailability{State: Offline, Empty: true}), "", ""},
		{"available after these chats is available", Wish{State: Ready, After: true}, "", busy, set(SetAvailability{State: Ready}), "", ""},

		{"a supervisor makes one available", Wish{State: Ready}, "sue", func(a *Agent) { a.State = NotResponding }, set(SetAvailability{State: Ready, By: "sue"}), "", ""},
		{"a supervisor pauses one", Wish{State: Paused, Reason: "Training"}, "sue", busy, set(SetAvailability{State: Paused, Reason: "Training", By: "sue"}), "", ""},
		{"a supervisor lets one leave after these chats", Wish{State: Offline, After: true}, "sue", busy, set(SetAvailability{State: Offline, By: "sue", After: true}), "", ""},
		{"a supervisor signs one out", Wish{State: Offline}, "sue", nil, set(SetAvailability{State: Offline, By: "sue", Empty: true}), "", ""},
		{"a supervisor signs one out who is away", Wish{State: Offline}, "sue", away, set(SetAvailability{State: Offline, By: "sue", Empty: true}), "", ""},
		{"a supervisor signs one out with chats", Wish{State: Offline}, "sue", busy, nil, CodeOpenSessions, "2 chats are open: close, transfer or return them first."},
		// Nobody is put to work, or to a pause, who is not there.
		{"a supervisor makes one available who is not signed in", Wish{State: Ready}, "sue", offline, nil, CodeNobody, "Agent ann is not signed in."},
		{"a supervisor makes one available who is away", Wish{State: Ready}, "sue", away, nil, CodeNobody, "Agent ann is not signed in."},
		{"a supervisor pauses one who is not signed in", Wish{State: Paused}, "sue", offline, nil, CodeNobody, "Agent ann is not signed in."},
		{"a supervisor lets one pause later who is not signed in", Wish{State: Paused, After: true}, "sue",
			func(a *Agent) { offline(a); busy(a) }, nil, CodeNobody, "Agent ann is not signed in."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := free("ann")
			if test.change != nil {
				test.change(&a)
			}
			got, err := test.wish.becomes(a, test.by, morning, lease)
			if code := codeOf(t, err); code != test.code {
				t.Fatalf("refused with %q (%v), want %q", code, err, test.code)
			}
			if err != nil {
				equal(t, "says", AsError(err).Message, test.says)
				return
			}
			equal(t, "becomes", got, *test.want)
		})
	}
}

// What a supervisor decided is told to whom it concerns in a sentence.
func TestNews(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		wish Wish
		want string
	}{
		{Wish{State: Ready}, "Sue made you available."},
		{Wish{State: Ready, After: true}, "Sue made you available."},
		{Wish{State: Paused}, "Sue paused you."},
		{Wish{State: Paused, Reason: "Training"}, "Sue paused you: Training."},
		{Wish{State: Paused, Reason: "Training", After: true}, "Sue lets you pause after these chats: Training."},
		{Wish{State: Offline}, "Sue signed you out."},
		{Wish{State: Offline, After: true}, "Sue signs you out after these chats."},
	} {
		equal(t, "news", test.wish.news("Sue"), test.want)
	}
}

func TestShown(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		state  Availability
		wrapUp time.Duration
		want   Availability
	}{
		{"available", Ready, 0, Ready},
		{"in wrap-up", Ready, time.Millisecond, WrapUp},
		{"wrap-up just over", Ready, -time.Millisecond, Ready},
		{"paused comes before wrap-up", Paused, time.Minute, Paused},
		{"not responding comes before wrap-up", NotResponding, time.Minute, NotResponding},
		{"offline comes before wrap-up", Offline, time.Minute, Offline},
	} {
		a := Agent{State: test.state}
		if test.wrapUp != 0 {
			a.WrapUntil = morning.Add(test.wrapUp)
		}
		equal(t, test.name, a.Shown(morning), test.want)
	}
}

func TestTakesMessages(t *testing.T) {
	t.Parallel()
	waits, writes := Website{}, Website{Messages: []Openness{IsFull, IsNobody}}
	for o, want := range map[Openness][2]bool{IsOpen: {false, false}, IsClosed: {true, true}, IsFull: {false, true}, IsNobody: {false, true}} {
		equal(t, string(o)+", where customers wait", waits.takesMessages(o), want[0])
		equal(t, string(o)+", where they leave messages", writes.takesMessages(o), want[1])
	}
}
