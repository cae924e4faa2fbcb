package chat

import (
	"context"
	"slices"
)

// lineWidth is how many sessions of a queue are counted for a customer's position.
const lineWidth = 100

// view shows a session to one side. What is made for agents has what a customer may see, too, and more.
func (d *Desk) view(ctx context.Context, s Session, role Role, head int, rows ...Row) View {
	v := d.placeless(ctx, s, role, head, rows...)
	if s.InLine() {
		v.Position = d.position(ctx, s)
		v.Wait = d.pace(ctx, s.Queue).wait(v.Position, d.now())
	}
	return v
}

// placeless is a view without the position in the line.
func (d *Desk) placeless(ctx context.Context, s Session, role Role, head int, rows ...Row) View {
	v := View{Session: s, For: role, Head: head, Now: d.now(), Rows: rows, Queue: d.queueRef(ctx, s.Queue), Agent: d.agentRef(ctx, s.Agent)}
	for _, a := range s.Assist {
		v.Assist = append(v.Assist, d.agentRef(ctx, a))
	}
	if role == RoleAgent {
		v.Website, v.Person = d.websiteRef(ctx, s.Website), d.person(ctx, s)
		if t := s.Transfer; t != nil {
			v.Transfer = &Asking{Transfer: *t, To: d.agentRef(ctx, t.Agent), By: d.agentRef(ctx, t.By)}
			if t.Queue != "" {
				v.Transfer.To = d.queueRef(ctx, t.Queue)
			}
		}
	}
	return v
}

// position counts who is before a session in its queue. The index may be late; a session that is not in it yet is last.
func (d *Desk) position(ctx context.Context, s Session) int {
	line, err := d.Store.Waiting(ctx, s.Queue, lineWidth)
	if err != nil {
		d.besteffort(ctx, "read line", err)
		return 0
	}
	me := s.waiter()
	n := 1
	for _, w := range line {
		if w.compare(me) < 0 {
			n++
		}
	}
	return n
}

// line reads the lines of several queues as one, in order.
func (d *Desk) line(ctx context.Context, queues []string, width int) ([]Waiter, error) {
	parts := make([][]Waiter, len(queues))
	var fs []func() error
	for i, q := range queues {
		fs = append(fs, func() (err error) {
			parts[i], err = d.Store.Waiting(ctx, q, width)
			return err
		})
	}
	if err := together(fs...); err != nil {
		return nil, err
	}
	all := slices.Concat(parts...)
	slices.SortFunc(all, Waiter.compare)
	return all, nil
}

// ring shows an offer to those asked.
func (d *Desk) ring(ctx context.Context, s Session, o Offer) Ring {
	r := Ring{Ref: o.OfferRef, Kind: o.Kind, By: d.agentRef(ctx, o.From), Note: o.Note, Again: o.Why.Again, Strategy: o.Strategy,
		Queue: d.queueRef(ctx, s.Queue), Website: d.websiteRef(ctx, s.Website), Customer: s.Customer, Queued: s.Queued, At: o.At,
		Until: o.Until, Others: len(o.To) - 1}
	refs := []RowRef{s.row(1)}
	if s.Asked > 1 {
		refs = append(refs, s.row(s.Asked))
	}
	rows, err := d.Store.Rows(ctx, refs)
	d.besteffort(ctx, "read question", err)
	for _, row := range rows {
		if row.Place == 1 && row.Person != nil {
			r.Person = *row.Person
		}
		if row.Place == s.Asked {
			r.Question = row.Text
		}
	}
	if r.Person.Name == "" {
		r.Person.Name = s.Name
	}
	return r
}
