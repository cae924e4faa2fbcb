package fairness_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/functions/chat"
)

// evenly is how far the sessions of equally available agents may be apart, as a part of their mean.
const evenly = 0.05

// broken says what was not fair, or not as it was meant to be.
func (d *day) broken() (complaints []string) {
	complain := func(format string, args ...any) { complaints = append(complaints, fmt.Sprintf(format, args...)) }
	w := d.watch
	for _, b := range w.overlong {
		complain("%v", b)
	}
	for _, j := range w.jumps {
		complain("%v", j)
	}
	for _, n := range w.narrowed {
		complain("%s", n)
	}
	came := 0
	for _, l := range d.lines {
		f := w.queue[l.ID]
		came += f.came
		ended := 0
		for _, n := range f.outcomes {
			ended += n
		}
		if ended != f.came {
			complain("%d sessions of %s have an outcome, %d came", ended, l.ID, f.came)
		}
		if s := d.spread(l); l.own > 0 && s.most-s.least > s.allowed() {
			complain("%s: between %d and %d sessions of %s went to each agent, %.1f %% apart", l.ID, s.least, s.most, l.Strategy, 100*s.apart())
		}
	}
	if came != len(d.callers) {
		complain("%d sessions of %d customers", came, len(d.callers))
	}
	if w.blamed > 0 {
		complain("%d times an offer that ran out was held against an agent who was full", w.blamed)
	}
	for _, drift := range d.swept.Drift {
		complain("the reaper counts: %s", drift)
	}
	if d.swept.Restarted > 0 {
		complain("the reaper restarted %d executions, and none was lost", d.swept.Restarted)
	}
	for id, a := range w.agents {
		if len(a.Open) > 0 || a.Offer != "" {
			complain("%s still has %v, offer %q", id, a.Open, a.Offer)
		}
	}
	return complaints
}

// spread is how evenly a queue's own agents have been asked.
type spread struct {
	least, most int
	mean        float64
}

func (d *day) spread(l line) spread {
	s := spread{least: math.MaxInt}
	for _, id := range d.watch.members[l.ID] {
		n := d.watch.agents[id].taken[l.ID]
		s.least, s.most = min(s.least, n), max(s.most, n)
		s.mean += float64(n) / float64(len(d.watch.members[l.ID]))
	}
	return s
}

func (s spread) apart() float64 { return float64(s.most-s.least) / max(s.mean, 1) }

// allowed is how many sessions they may be apart; there are no parts of one.
func (s spread) allowed() int { return max(int(evenly*s.mean), 1) }

// report is the page's part that the run writes.
func (d *day) report() string {
	var b strings.Builder
	w := d.watch
	say := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	say("Seed %d: %s customers came from %s to %s, to %d queues with %d agents and a licence of %d sessions. They caused %s offers, %s visits of the routing and "+
		"%s writes.\n\n", d.seed, group(len(d.callers)), d.opens.Format("15:04"), d.plan.at(1).Format("15:04"), len(d.lines), len(d.workers), d.licence, group(w.offers),
		group(d.visits), group(w.writes))
	say("![%s](images/fairness.svg)\n\n", chartTitle)

	say("| Promise | Measured | Allowed |\n| --- | --- | --- |\n")
	var longest time.Duration
	var where line
	for _, l := range d.lines {
		if f := w.queue[l.ID]; f.beside >= longest {
			longest, where = f.beside, l
		}
	}
	say("| Nobody waits for longer than one park period while an agent is free for them | %s (%s, whose park period is %d s); longer than theirs: %d of %s waits | one park period, 0 |\n",
		span(longest), where.Name, where.Patience(), len(w.overlong), group(w.besides))
	for _, l := range d.lines {
		if l.own > 0 {
			s := d.spread(l)
			say("| `%s` gives everybody the same | %s: %d to %d sessions each, %.1f %% apart | %.0f %% |\n", l.Strategy, l.Name, s.least, s.most, 100*s.apart(), 100*evenly)
		}
	}
	heavier := 0
	for _, j := range w.jumps {
		if j.heavier {
			heavier++
		}
	}
	say("| Heavier queues first | %d of %s offers left nobody for a session of a heavier queue | 0 |\n", heavier, group(w.offers))
	say("| Who came first is first | %d of %s offers left nobody for one that had come before | 0 |\n", len(w.jumps)-heavier, group(w.offers))
	say("| Nobody is blamed for what they could not take | %d offers that ran out were held against an agent who was full | 0 |\n", w.blamed)
	say("| Every count is right | %d differences in %s recounts of the reaper | 0 |\n\n", len(d.swept.Drift), group(d.sweeps))

	say("| Queue | Strategy | Weight | Came | Taken | Left or given up | Message, unmanaged | Overflowed | Offers for one taken | Longest line |\n")
	say("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	for _, l := range d.lines {
		f := w.queue[l.ID]
		say("| %s | `%s` | %d | %s | %s | %d | %d | %d | %.2f | %d |\n", l.Name, l.Strategy, l.Weight, group(f.came), group(f.taken), f.outcomes[chat.Abandoned],
			f.outcomes[chat.Message]+f.outcomes[chat.Unmanaged], f.overflowed, float64(f.offers)/float64(max(f.ended[chat.OfferAccepted], 1)), f.longest)
	}
	say("\n| Queue | Wait, median | 95 %% | 99 %% | longest | First offer, median | 95 %% | Beside a free agent | of a park period of |\n")
	say("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	for _, l := range d.lines {
		f := w.queue[l.ID]
		say("| %s | %s | %s | %s | %s | %s | %s | %s | %d s |\n", l.Name, span(part(f.waits, 0.5)), span(part(f.waits, 0.95)), span(part(f.waits, 0.99)), span(part(f.waits, 1)),
			span(part(f.rings, 0.5)), span(part(f.rings, 0.95)), span(f.beside), l.Patience())
	}
	say("\n| Agents | Serve | Sessions each | Available | Busy |\n| ---: | --- | ---: | ---: | ---: |\n")
	for _, g := range d.teams() {
		say("| %d | %s | %d to %d | %.0f %% | %.0f %% |\n", g.size, strings.Join(g.names, ", "), g.least, g.most, 100*g.available, 100*g.busy)
	}
	var deaf time.Duration
	for _, f := range w.queue {
		deaf = max(deaf, f.deaf)
	}
	say("\n%d times an agent was set to not responding; %d times one was lost, and %d sessions came back to the line from them. An offer to several that could not be taken any more "+
		"by those asked, while somebody else was free, rang on for at most %s. Of the accepts %d came second, %d found the agent full, and %d no seat.\n", w.gaveUp, d.swept.Offline,
		d.swept.Returned, span(deaf), d.refused[chat.CodeTaken], d.refused[chat.CodeFull], d.refused[chat.CodeLicenceFull])
	return b.String()
}

// team are agents who serve the same.
type team struct {
	size            int
	names           []string
	least, most     int
	available, busy float64
}

// teams sums up what the agents did.
func (d *day) teams() (teams []team) {
	var g team
	var here, ready, room, held time.Duration
	for i, p := range d.workers {
		if g.size == 0 {
			g = team{least: math.MaxInt}
			here, ready, room, held = 0, 0, 0, 0
		}
		a := d.watch.agents[p.id]
		a.pass(d.clock.Now())
		n := 0
		for _, taken := range a.taken {
			n += taken
		}
		g.size++
		g.least, g.most = min(g.least, n), max(g.most, n)
		here, ready, room, held = here+a.here, ready+a.ready, room+a.room, held+a.held
		if i+1 == len(d.workers) || !slices.Equal(d.workers[i+1].queues, p.queues) {
			for _, q := range p.queues {
				g.names = append(g.names, d.watch.queues[q].Name)
			}
			g.available, g.busy = ready.Seconds()/here.Seconds(), held.Seconds()/room.Seconds()
			teams = append(teams, g)
			g = team{}
		}
	}
	return teams
}

// part is the duration that a part of all do not exceed.
func part(all []time.Duration, p float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[max(int(math.Ceil(p*float64(len(sorted)))), 1)-1]
}

// span is a duration for people.
func span(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	d = d.Round(time.Second)
	return fmt.Sprintf("%d min %02d s", d/time.Minute, d%time.Minute/time.Second)
}

// group is a number with its thousands apart.
func group(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", group(n/1000), n%1000)
}
