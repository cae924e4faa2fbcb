package wire

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/parley-chat/parley/functions/chat"
)

// ms is how times travel: milliseconds since 1970, 0 for none.
func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func ref(r chat.Ref) Ref { return Ref{r.ID, r.Name} }

func refOrNil(r chat.Ref) *Ref {
	if r.ID == "" {
		return nil
	}
	return &Ref{r.ID, r.Name}
}

func refs(rs []chat.Ref) []Ref {
	out := make([]Ref, len(rs))
	for i, r := range rs {
		out[i] = ref(r)
	}
	return out
}

// FromRows shows rows of a log to one side.
func FromRows(rows []chat.Row, to chat.Role) []Row {
	out := make([]Row, len(rows))
	for i, r := range rows {
		out[i] = Row{Place: r.Place, Kind: RowKind(r.Kind), Side: Side(r.Side), By: r.By, Name: r.Name, Text: r.Text, CID: r.CID,
			Outcome: string(r.Outcome), To: r.To, At: ms(r.At)}
		if to == chat.RoleAgent {
			out[i].Note = r.Note
		}
	}
	return out
}

// FromView shows a session to the side it was made for.
func FromView(v chat.View) View {
	s := v.Session
	out := View{Session: s.ID, Generation: s.Generation, State: SessionState(s.State), Head: v.Head, Queue: ref(v.Queue), Agent: refOrNil(v.Agent),
		Position: v.Position, Wait: int(v.Wait.Seconds()), Outcome: string(s.Outcome), Rows: FromRows(v.Rows, v.For)}
	if len(v.Assist) > 0 {
		out.Assist = refs(v.Assist)
	}
	if s.State == chat.Active && s.Warned > 0 && s.Warned == v.Head {
		out.IdleUntil = ms(s.Due)
	}
	if s.InLine() {
		out.State, out.Queued = SessionWaiting, ms(s.Queued)
	}
	if len(v.Read) > 0 {
		out.Read = map[Side]int{}
		for side, place := range v.Read {
			out.Read[Side(side)] = place
		}
	}
	if v.For == chat.RoleAgent {
		out.State = SessionState(s.State)
		out.Disposition, out.Website = s.Disposition, refOrNil(v.Website)
		c := person(s.Customer, v.Person)
		out.Customer = &c
		if t := v.Transfer; t != nil {
			out.Transfer = &TransferState{Assist: t.Assist, By: ref(t.By), Round: t.Round, Until: ms(t.Until), Now: ms(v.Now)}
			if t.Queue != "" {
				out.Transfer.Queue = &Ref{t.To.ID, t.To.Name}
			} else {
				out.Transfer.Agent = &Ref{t.To.ID, t.To.Name}
			}
		}
	}
	return out
}

func person(id string, p chat.Person) Customer {
	c := Customer{ID: id, Name: p.Name, Email: p.Email, Language: p.Language}
	if p.PageURL != "" || p.Page != "" {
		c.Page = &Page{URL: p.PageURL, Title: p.Page}
	}
	return c
}

// FromRing shows an offer.
func FromRing(r chat.Ring, now time.Time) Offer {
	return Offer{Type: "offer", Session: r.Ref.Session, Generation: r.Ref.Generation, Round: r.Ref.Round, Strategy: string(r.Strategy),
		Queue: ref(r.Queue), Website: ref(r.Website), Customer: person(r.Customer, r.Person), Question: r.Question, Queued: ms(r.Queued),
		Offered: ms(r.At), Until: ms(r.Until), Now: ms(now), Others: r.Others, Kind: OfferKind(r.Kind), By: refOrNil(r.By), Note: r.Note,
		Again: r.Again}
}

// FromMe shows an agent's own state.
func FromMe(m chat.Me) Me {
	a := m.Agent
	open := a.Open
	if open == nil {
		open = []string{}
	}
	me := Me{ID: a.ID, Name: a.Name, State: AgentState(a.Shown(m.Now)), Reason: a.Reason, Since: ms(a.Changed), By: refOrNil(m.By),
		Next: AgentState(a.Next), NextReason: a.NextReason, Supervisor: a.Supervisor, Capacity: a.Capacity, Open: open, Queues: refs(m.Queues)}
	if me.State == AgentWrapUp {
		me.Until, me.Now = ms(a.WrapUntil), ms(m.Now)
	}
	return me
}

// maxPreview is how much of a message a list shows, in characters: fifty of them have to fit a frame.
const maxPreview = 300

// preview is the beginning of a text.
func preview(text string) string {
	if runes := []rune(text); len(runes) > maxPreview {
		return string(runes[:maxPreview-1]) + "…"
	}
	return text
}

// FromMessages shows what was left for later.
func FromMessages(re int64, letters []chat.Letter, now time.Time) Messages {
	out := Messages{Type: "messages", Re: re, Now: ms(now), Letters: []Letter{}}
	for _, l := range letters {
		out.Letters = append(out.Letters, Letter{Session: l.Session, Queue: ref(l.Queue), Website: ref(l.Website), Customer: person(l.Customer, l.Person),
			Text: preview(l.Text), At: ms(l.At)})
	}
	return out
}

// FromTeam shows who is there, and last who is not.
func FromTeam(re int64, t chat.Team) Team {
	out := Team{Type: "team", Re: re, Now: ms(t.Now), Agents: []Colleague{}}
	there, away := []chat.Agent{}, []chat.Agent{}
	for _, a := range t.Agents {
		if a.State == chat.Offline {
			away = append(away, a)
		} else {
			there = append(there, a)
		}
	}
	for _, a := range append(there, away...) {
		queues := a.Queues
		if queues == nil {
			queues = []string{}
		}
		out.Agents = append(out.Agents, Colleague{ID: a.ID, Name: a.Name, State: AgentState(a.Shown(t.Now)), Reason: a.Reason,
			Next: AgentState(a.Next), Since: ms(a.Changed), Open: len(a.Open), Capacity: a.Capacity, Queues: queues})
	}
	for _, q := range t.Queues {
		out.Queues = append(out.Queues, TeamQueue{Queue: ref(q.Queue), Available: q.Available, Waiting: q.Waiting, Longest: ms(q.Longest)})
	}
	return out
}

// FromLedger shows the history of a session's offers.
func FromLedger(re int64, l chat.Ledger) Ledger {
	out := Ledger{Type: "ledger", Re: re, Now: ms(l.Now), Session: l.Session, Offers: []PastOffer{}}
	for _, o := range l.Offers {
		past := PastOffer{Generation: o.Generation, Round: o.Round, Kind: OfferKind(o.Kind), Strategy: string(o.Strategy), Offered: ms(o.At),
			Until: ms(o.Until), Ended: ms(o.Ended), Outcome: Outcome(o.Outcome), Asked: []Asked{}, Ahead: o.Why.Ahead, Again: o.Why.Again}
		if o.From != "" {
			by := ref(l.Names[o.From])
			past.By = &by
		}
		for _, a := range o.To {
			decision, at := o.Decision(a)
			past.Asked = append(past.Asked, Asked{Agent: ref(l.Names[a]), Delivered: ms(o.Delivered[a]), Seen: ms(o.Seen[a]),
				Decision: string(decision), Decided: ms(at)})
		}
		for _, a := range o.Why.Candidates {
			past.Candidates = append(past.Candidates, ref(l.Names[a]))
		}
		for _, a := range slices.Sorted(maps.Keys(o.Why.Excluded)) {
			past.Excluded = append(past.Excluded, Excluded{Agent: ref(l.Names[a]), Reason: o.Why.Excluded[a]})
		}
		out.Offers = append(out.Offers, past)
	}
	return out
}

// snapshot is what Welcome and Pulse have in common.
func snapshot(s chat.Snapshot) (views []View, me *Me, offers []Offer, line []QueueState) {
	views = []View{}
	for _, v := range s.Sessions {
		views = append(views, FromView(v))
	}
	if s.Me != nil {
		m := FromMe(*s.Me)
		me = &m
	}
	for _, o := range s.Offers {
		offers = append(offers, FromRing(o, s.Now))
	}
	for _, l := range s.Lines {
		line = append(line, QueueState{Queue: ref(l.Queue), Waiting: l.Waiting, Longest: ms(l.Longest), Messages: l.Messages})
	}
	return views, me, offers, line
}

// FromHello answers a hello.
func FromHello(re int64, s chat.Snapshot) Welcome {
	views, me, offers, line := snapshot(s)
	return Welcome{Type: "welcome", Re: re, Now: ms(s.Now), Sessions: views, Me: me, Offers: offers, Line: line, Reasons: s.Reasons,
		Dispositions: s.Dispositions}
}

// FromBeat answers a beat.
func FromBeat(re int64, s chat.Snapshot) Pulse {
	views, me, offers, line := snapshot(s)
	return Pulse{Type: "pulse", Re: re, Now: ms(s.Now), Sessions: views, Me: me, Offers: offers, Line: line}
}

// FromError refuses a request.
func FromError(re int64, err error) Error {
	e := chat.AsError(err)
	return Error{Type: "error", Re: re, Code: ErrorCode(e.Code), Message: e.Message, Retry: e.Retry, By: refOrNil(e.By)}
}

// Encode is the frame of an event.
func Encode(e chat.Event) ([]byte, error) {
	var frame any
	switch e := e.(type) {
	case chat.RowsAdded:
		frame = &Rows{Type: "rows", Session: e.Session, Head: e.Head, Rows: FromRows(e.Rows, chat.RoleCustomer)}
	case chat.SessionChanged:
		frame = &SessionFrame{Type: "session", Now: ms(e.Now), Session: FromView(e.View)}
	case chat.OfferMade:
		o := FromRing(e.Offer, e.Now)
		frame = &o
	case chat.OfferGone:
		frame = &Gone{Type: "gone", Session: e.Ref.Session, Generation: e.Ref.Generation, Round: e.Ref.Round, Outcome: Outcome(e.Outcome),
			By: refOrNil(e.By), Customer: e.Customer}
	case chat.AgentChanged:
		frame = &Status{Type: "status", Me: FromMe(e.Me), Note: e.Note}
	case chat.Typed:
		frame = &TypingOut{Type: "typing", Session: e.Session, Side: Side(e.Side), Name: e.Name}
	case chat.HasRead:
		frame = &ReadOut{Type: "read", Session: e.Session, Side: Side(e.Side), Place: e.Place}
	default:
		return nil, fmt.Errorf("no frame for event %T", e)
	}
	return Marshal(frame)
}

// Marshal encodes a server frame and keeps it below MaxFrame. Rows that do not fit are left out from the end, and the client asks
// Since for them, because head tells that it is behind. Of offers, only the beginning of long questions is left, then the newest
// are left out: they come up when others are answered. A team loses those who are not there, a ledger its oldest offers.
func Marshal(frame any) ([]byte, error) {
	b, err := json.Marshal(frame)
	for err == nil && len(b) > MaxFrame && shorten(frame, len(b)) {
		b, err = json.Marshal(frame)
	}
	return b, err
}

// shorten leaves out something of a frame whose size is known, about as much as is too much; false if nothing is left to leave out.
func shorten(frame any, size int) bool {
	switch f := frame.(type) {
	case *Rows:
		return drop(&f.Rows, size, 0)
	case *SessionFrame:
		return drop(&f.Session.Rows, size, 0)
	case *Messages:
		return drop(&f.Letters, size, 0)
	case *Team:
		return drop(&f.Agents, size, 0)
	case *Ledger:
		// The last offer stays, with all who were asked.
		return drop(&f.Offers, size, 1) || len(f.Offers) > 0 && drop(&f.Offers[0].Excluded, size, 0)
	case *Welcome:
		longest := -1
		for i, v := range f.Sessions {
			if len(v.Rows) > 0 && (longest < 0 || len(v.Rows) > len(f.Sessions[longest].Rows)) {
				longest = i
			}
		}
		if longest >= 0 {
			return drop(&f.Sessions[longest].Rows, size, 0)
		}
		return shortenOffers(&f.Offers, size)
	case *Pulse:
		return shortenOffers(&f.Offers, size)
	}
	return false
}

// drop leaves out the end of a list, about as much as is too much of the whole, but not the first few; false if there is no more.
func drop[T any](list *[]T, size, least int) bool {
	n := len(*list)
	if n <= least {
		return false
	}
	*list = (*list)[:max(least, min(n-1, n*MaxFrame/size))]
	return true
}

// shortenOffers cuts questions before offers: whoever writes at length must not hide the others.
func shortenOffers(offers *[]Offer, size int) bool {
	shorter := false
	for i := range *offers {
		o := &(*offers)[i]
		if p := preview(o.Question); p != o.Question {
			o.Question, shorter = p, true
		}
	}
	return shorter || drop(offers, size, 0)
}
