package main

// mutant is one mistake that somebody could make.
type mutant struct {
	name string
	file string
	// old stands exactly once in the file, and new takes its place.
	old, new string
}

// mutants each take away a rule that a promise rests on.
var mutants = []mutant{
	{"accept ignores the round", "functions/chat/accept.go",
		"s, a := in.session, in.agent\n",
		"s, a := in.session, in.agent\n\tin.ref = OfferRef{s.ID, s.Generation, max(s.Round, in.ref.Round)}\n"},
	{"pause leaves the offer", "functions/chat/presence.go",
		"if !reserved {", "if !reserved || true {"},
	{"a return keeps the generation", "functions/chat/leave.go",
		"next.Part, next.Patience = Waiting, s.Version+1, s.Generation+1, 0, q.Patience()",
		"next.Part, next.Patience = Waiting, s.Version+1, s.Generation, s.Part+1, q.Patience()"},
	{"a return keeps the seat", "functions/chat/leave.go",
		"next.Since, next.Turn, next.Wake, next.Skip, next.Given = in.now", "next.Seat = s.Seat\n\tnext.Since, next.Turn, next.Wake, next.Skip, next.Given = in.now"},
	{"an accept does not look whether there is room", "infra/dynamo/commit.go",
		`const room = "(contains(#open, :session)"`, `const room = "(attribute_exists(#PK) OR contains(#open, :session)"`},
	{"a reservation holds no place", "infra/dynamo/commit.go",
		"((attribute_not_exists(#offer) OR #offer = :this) AND", "((attribute_exists(#PK) OR #offer = :this) AND"},
	{"the router takes an owned session for a waiting one", "functions/chat/route.go",
		"s.Part != v.Part || !s.InLine() {", "s.Part != v.Part {"},
	{"next status is not looked at when a session ends", "infra/dynamo/commit.go",
		`e.asRead("next", textOrNil(string(w.Next)))`, `_ = w.Next`},
	{"one of many rejects for all", "functions/chat/accept.go",
		"asked = true; !o.declined() {", "asked = true; !o.declined() && false {"},
	{"an accept of a transfer may be late", "functions/chat/transfer.go",
		"in.free(t.Until)", "in.free(in.now)"},
	{"assistants keep what was handed over", "functions/chat/transfer.go",
		"for _, l := range in.leavers {", "for _, l := range []Agent{{ID: s.Agent}} {"},
	{"a transfer keeps the generation", "functions/chat/transfer.go",
		"next.Generation, next.Part, next.Patience = s.Generation+1, 0,", "next.Generation, next.Part, next.Patience = s.Generation, s.Part+1,"},
	{"a customer who is back is given up", "functions/chat/route.go",
		"Abandoned, &Unseen{Session: s.ID, Seen: in.customer.Seen}", "Abandoned, nil"},
	{"nobody raises the part", "functions/chat/sweep.go",
		"next.Part++", "next.Part += 0"},
	{"a refused answer goes to whoever waits", "functions/chat/desk.go",
		"s.State != Waiting || s.Generation != was.Generation || s.Token", "s.Token"},
	{"a message does not look who took its place", "functions/chat/log.go",
		"errors.Is(err, ErrStale) && p.wrote(taken, m.CID)", "errors.Is(err, ErrStale) && taken.CID != \"\""},
	{"a close leaves the transfer ringing", "functions/chat/leave.go",
		"if in.session.Transfer != nil {", "if in.session.Transfer != nil && false {"},
	{"an overflow keeps the part", "functions/chat/strategy.go",
		"next.Queue, next.Weight, next.Part, next.Patience = to.ID, to.Weight, s.Part+1,", "next.Queue, next.Weight, next.Part, next.Patience = to.ID, to.Weight, s.Part,"},
	{"nobody drops a transfer that was lost", "functions/chat/sweep.go",
		"if err != nil || s.Transfer == nil || d.now()", "if true || err != nil || s.Transfer == nil || d.now()"},
	{"a session is closed as idle although somebody writes", "functions/chat/idle.go",
		"if s.Warned == in.last.Place {", "if s.Warned > 0 {"},
}
