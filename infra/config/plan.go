package config

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/functions/chat"
)

// Op is what a change does to a thing.
type Op string

// The operations, as a plan shows them.
const (
	Add    Op = "+"
	Edit   Op = "~"
	Remove Op = "-"
)

// Change is what becomes of one thing.
type Change struct {
	Op     Op
	Noun   string // settings, queue, website, agent
	ID     string // "" for settings
	Fields []Field

	apply func(context.Context, Store) error
}

// Field is one setting that changes, its values as YAML; "" is none.
type Field struct{ Name, Was, Now string }

// Title names the thing.
func (c Change) Title() string { return strings.TrimSuffix(c.Noun+" "+c.ID, " ") }

// Plan is how a stack becomes what a file says.
type Plan struct {
	Changes []Change // in the order of Apply: what is referred to comes before what refers to it
	// Refusals are the deletions that cannot be, in sentences. A plan with any is not applied at all.
	Refusals []string
}

// Diff compares a stack with a file. It changes nothing.
func Diff(ctx context.Context, s Store, f File) (Plan, error) {
	was, err := Export(ctx, s)
	if err != nil {
		return Plan{}, err
	}
	var p Plan
	if fields := compare(was.settings(), f.settings()); len(fields) > 0 {
		p.Changes = append(p.Changes, Change{Op: Edit, Noun: "settings", Fields: fields, apply: f.putSettings})
	}
	p.Changes = append(p.Changes, changes("queue", was.Queues, f.Queues, func(q Queue) string { return q.ID }, Queue.put)...)
	p.Changes = append(p.Changes, changes("website", was.Websites, f.Websites, func(w Website) string { return w.ID }, Website.put)...)
	p.Changes = append(p.Changes, changes("agent", was.Agents, f.Agents, func(a Agent) string { return a.ID }, Agent.put)...)
	err = p.removals(ctx, s, was, f)
	return p, err
}

// settings are what a file says of no single thing.
func (f File) settings() File {
	return File{Licence: f.Licence, PauseReasons: f.PauseReasons, Dispositions: f.Dispositions}
}

// changes are the additions and edits of one kind of thing.
func changes[T any](noun string, was, now []T, id func(T) string, put func(T, context.Context, Store) error) []Change {
	var all []Change
	for _, v := range now {
		c := Change{Op: Edit, Noun: noun, ID: id(v), apply: func(ctx context.Context, s Store) error { return put(v, ctx, s) }}
		i := slices.IndexFunc(was, func(w T) bool { return id(w) == c.ID })
		if i < 0 {
			var none T
			c.Op, c.Fields = Add, compare(none, v)
		} else if c.Fields = compare(was[i], v); len(c.Fields) == 0 {
			continue
		}
		all = append(all, c)
	}
	return all
}

// compare names the fields of two structs that differ, but for ids and lists of things.
func compare(was, now any) []Field {
	a, b := reflect.ValueOf(was), reflect.ValueOf(now)
	var fields []Field
	for i := range a.NumField() {
		name, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("yaml"), ",")
		x, y := inline(a.Field(i)), inline(b.Field(i))
		if name != "id" && x != y {
			fields = append(fields, Field{name, x, y})
		}
	}
	return fields
}

// inline is a value as YAML on one line, "" if it says nothing.
func inline(v reflect.Value) string {
	if v.IsZero() || v.Kind() == reflect.Slice && v.Len() == 0 {
		return ""
	}
	var n yaml.Node
	if err := n.Encode(v.Interface()); err != nil {
		return fmt.Sprint(v.Interface())
	}
	n.Style = yaml.FlowStyle
	if v.Kind() == reflect.String && strings.ContainsRune(v.String(), '\n') {
		n.Style = yaml.DoubleQuotedStyle
	}
	b, err := yaml.Marshal(&n)
	if err != nil {
		return fmt.Sprint(v.Interface())
	}
	return strings.TrimSpace(string(b))
}

// removals adds what the file does not have any more: agents first, because queues and websites are refused while they have any.
func (p *Plan) removals(ctx context.Context, s Store, was, f File) error {
	agents := missing(was.Agents, f.Agents, func(a Agent) string { return a.ID })
	websites := missing(was.Websites, f.Websites, func(w Website) string { return w.ID })
	queues := missing(was.Queues, f.Queues, func(q Queue) string { return q.ID })

	live, err := s.Agents(ctx, agents)
	if err != nil {
		return fmt.Errorf("read agents: %w", err)
	}
	for _, a := range live {
		p.Changes = append(p.Changes, Change{Op: Remove, Noun: "agent", ID: a.ID, apply: func(ctx context.Context, s Store) error { return dismiss(ctx, s, a) }})
		if at := atWork(a); at != "" {
			p.refuse("Agent %s cannot be deleted while they %s: they have to sign out first.", a.ID, at)
		}
	}
	if len(websites)+len(queues) == 0 {
		return nil
	}
	sessions, err := openSessions(ctx, s, was)
	if err != nil {
		return err
	}
	for _, id := range websites {
		p.Changes = append(p.Changes, Change{Op: Remove, Noun: "website", ID: id, apply: func(ctx context.Context, s Store) error { return s.DeleteWebsite(ctx, id) }})
		if n := countIf(sessions, func(s chat.Session) bool { return s.Website == id }); n > 0 {
			p.refuse("Website %s cannot be deleted while it has %s: their customers could not connect again.", id, count(n, "open chat"))
		}
	}
	for _, id := range queues {
		p.Changes = append(p.Changes, Change{Op: Remove, Noun: "queue", ID: id, apply: func(ctx context.Context, s Store) error { return s.DeleteQueue(ctx, id) }})
		if holds := inUse(id, was, sessions); holds != "" {
			p.refuse("Queue %s cannot be deleted while it has %s, only closed to new ones: keep it in the file, take it out of the "+
				"`queues` of all websites and, when its chats are over, of all agents. The next file may be without it.", id, holds)
		}
	}
	return nil
}

func (p *Plan) refuse(format string, args ...any) {
	p.Refusals = append(p.Refusals, fmt.Sprintf(format, args...))
}

// missing are the ids that were there and are no longer.
func missing[T any](was, now []T, id func(T) string) []string {
	var ids []string
	for _, v := range was {
		if !slices.ContainsFunc(now, func(w T) bool { return id(w) == id(v) }) {
			ids = append(ids, id(v))
		}
	}
	return ids
}

// atWork says what keeps an agent from being deleted.
func atWork(a chat.Agent) string {
	switch {
	case len(a.Open) > 0:
		return "have " + count(len(a.Open), "open chat")
	case a.State != chat.Offline:
		return "are signed in"
	case a.Offer != "":
		return "are being offered a chat"
	}
	return ""
}

func dismiss(ctx context.Context, s Store, a chat.Agent) error {
	err := s.DeleteAgent(ctx, a)
	if errors.Is(err, chat.ErrStale) {
		return fmt.Errorf("they have come to work meanwhile: %w", err)
	}
	return err
}

// inUse says what depends on a queue, as it is before this file. Also what the same file takes away: a website that listed the
// queue a moment ago may still start sessions there (settings are believed for a minute), and nobody would take those.
func inUse(queue string, was File, sessions []chat.Session) string {
	var holds []string
	add := func(n int, noun string) {
		if n > 0 {
			holds = append(holds, count(n, noun))
		}
	}
	add(countIf(was.Websites, func(w Website) bool { return slices.Contains(w.Queues, queue) }), "website")
	add(countIf(was.Agents, func(a Agent) bool { return slices.Contains(a.Queues, queue) }), "agent")
	add(countIf(sessions, func(s chat.Session) bool { return s.Queue == queue }), "open chat")
	switch n := len(holds); n {
	case 0, 1:
		return strings.Join(holds, "")
	default:
		return strings.Join(holds[:n-1], ", ") + " and " + holds[n-1]
	}
}

// readers is how many sessions are read side by side.
const readers = 16

// openSessions reads all sessions that wait or are with agents.
func openSessions(ctx context.Context, s Store, was File) ([]chat.Session, error) {
	var ids []string
	for _, q := range was.Queues {
		line, err := s.Waiting(ctx, q.ID, 0)
		if err != nil {
			return nil, fmt.Errorf("read line of %s: %w", q.ID, err)
		}
		for _, w := range line {
			ids = append(ids, w.Session)
		}
	}
	working, err := s.List(ctx, chat.ListAgents)
	if err != nil {
		return nil, fmt.Errorf("list agents at work: %w", err)
	}
	agents, err := s.Agents(ctx, working)
	if err != nil {
		return nil, fmt.Errorf("read agents at work: %w", err)
	}
	for _, a := range agents {
		ids = append(ids, a.Open...)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	sessions := make([]chat.Session, len(ids))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(readers)
	for i, id := range ids {
		g.Go(func() (err error) {
			if sessions[i], err = s.Session(ctx, id); errors.Is(err, chat.ErrNotFound) {
				return nil
			}
			return err
		})
	}
	err = g.Wait()
	return slices.DeleteFunc(sessions, func(s chat.Session) bool { return s.ID == "" || !s.Open() }), err
}

func countIf[T any](vs []T, fits func(T) bool) (n int) {
	for _, v := range vs {
		if fits(v) {
			n++
		}
	}
	return n
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Refused is a plan that cannot be applied. Nothing was changed.
type Refused struct{ Why []string }

func (r *Refused) Error() string { return strings.Join(r.Why, "\n") }

// Apply carries out a plan. done, if it is not nil, hears of every change that was made. A plan with refusals changes nothing
// (*Refused). Every change is complete in itself; after an error the rest is not made, and Diff shows what is missing.
func Apply(ctx context.Context, s Store, p Plan, done func(Change)) error {
	if len(p.Refusals) > 0 {
		return &Refused{p.Refusals}
	}
	for _, c := range p.Changes {
		if err := c.apply(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", c.Title(), err)
		}
		if done != nil {
			done(c)
		}
	}
	return nil
}

// Colours of a terminal, by operation.
const (
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	red    = "\x1b[31m"
	plain  = "\x1b[0m"
)

// Print shows a plan to people. colour is for terminals.
func (p Plan) Print(out io.Writer, colour bool) error {
	var b strings.Builder
	counts := map[Op]int{}
	for _, c := range p.Changes {
		counts[c.Op]++
		on, off := "", ""
		if colour {
			on, off = map[Op]string{Add: green, Edit: yellow, Remove: red}[c.Op], plain
		}
		fmt.Fprintf(&b, "%s%s %s%s\n", on, c.Op, c.Title(), off)
		for _, f := range c.Fields {
			if c.Op == Add {
				fmt.Fprintf(&b, "    %s: %s\n", f.Name, f.Now)
			} else {
				fmt.Fprintf(&b, "    %s: %s → %s\n", f.Name, cmp.Or(f.Was, "(none)"), cmp.Or(f.Now, "(none)"))
			}
		}
	}
	if len(p.Changes) == 0 {
		b.WriteString("Nothing to change: the stack is as the file says.\n")
	} else {
		fmt.Fprintf(&b, "%d to add, %d to change, %d to delete.\n", counts[Add], counts[Edit], counts[Remove])
	}
	_, err := io.WriteString(out, b.String())
	return err
}
