package fairness_test

import (
	"fmt"
	"math"
	"strings"
	"time"
)

const (
	chartTitle = "A day of a contact centre: who comes, who waits, for how long, and who gets the sessions"
	chartWidth = 960
	// The panels begin and end here.
	left, right = 56, chartWidth - 24
)

// The colours are those of the front ends; an image has no page to take them from.
const chartStyle = `
:root { --paper:#ffffff; --ink:#16201d; --soft:#626d68; --line:#e5e2d9;
  --q0:#b3261e; --q1:#d9772f; --q2:#0b6b5b; --q3:#1d5fb4; --q4:#7a4fa3; --q5:#8a7a1f; }
@media (prefers-color-scheme: dark) { :root { --paper:#131b19; --ink:#e9f0ed; --soft:#93a19b; --line:#26322e;
  --q0:#ff8a80; --q1:#ffab6b; --q2:#45c4a9; --q3:#7fb2f5; --q4:#c3a0e6; --q5:#d6c65a; } }
text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; fill: var(--ink) }
.h { font-weight: 600; font-size: 14px } .s { fill: var(--soft); font-size: 11px } .e { text-anchor: end } .m { text-anchor: middle }
.g { stroke: var(--line) } .a { stroke: var(--ink); stroke-width: 1.5; fill: none } .d { stroke-dasharray: 5 4 }
`

// chart draws the day.
func (d *day) chart() string {
	c := &drawing{from: d.opens, till: d.plan.at(1)}
	c.y = 30
	c.waiting(d)
	c.busy(d)
	top := c.y
	c.waits(d, left, 440)
	c.y = top
	c.shares(d, 520, right)
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-labelledby="t"><title id="t">%s</title><style>%s</style>`+
		`<rect width="%d" height="%d" rx="12" fill="var(--paper)"/>%s</svg>`+"\n", chartWidth, c.y, chartTitle, chartStyle, chartWidth, c.y, c.b.String())
}

// drawing is a chart that grows downwards.
type drawing struct {
	b          strings.Builder
	y          int // where the next panel begins
	from, till time.Time
}

func (c *drawing) put(format string, args ...any) { fmt.Fprintf(&c.b, format+"\n", args...) }

func (c *drawing) text(x, y float64, class, text string) {
	c.put(`<text x="%.1f" y="%.1f" class="%s">%s</text>`, x, y, class, text)
}

// x is where a time of the day is.
func (c *drawing) x(t time.Time) float64 {
	return left + (right-left)*t.Sub(c.from).Seconds()/c.till.Sub(c.from).Seconds()
}

// panel draws the frame of a curve over the day, up to a round number above most, and returns where a number of it is.
func (c *drawing) panel(title string, height int, most float64) func(float64) float64 {
	c.text(left, float64(c.y), "h", title)
	top, step := float64(c.y+14), nice(most/4)
	bottom := top + float64(height)
	scale := math.Ceil(most/step) * step
	at := func(n float64) float64 { return bottom - (bottom-top)*n/scale }
	for n := 0.0; n <= scale; n += step {
		c.put(`<path class="g" d="M%d %.1fH%d"/>`, left, at(n), right)
		c.text(left-8, at(n)+4, "s e", fmt.Sprint(n))
	}
	every := time.Hour
	if c.till.Sub(c.from) < 3*time.Hour {
		every = 10 * time.Minute
	}
	for t := c.from; !t.After(c.till); t = t.Add(every) {
		c.text(c.x(t), bottom+16, "s m", t.Format("15:04"))
	}
	c.y = int(bottom) + 48
	return at
}

// nice is the next of 1, 2, 5, 10, 20 ...
func nice(n float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(max(n, 1))))
	for _, f := range []float64{1, 2, 5} {
		if n <= f*unit {
			return f * unit
		}
	}
	return 10 * unit
}

// waiting draws the lines of the queues, one upon the other.
func (c *drawing) waiting(d *day) {
	most := 1.0
	for _, s := range d.curve {
		sum := 0
		for _, n := range s.waiting {
			sum += n
		}
		most = max(most, float64(sum))
	}
	const entry = 70 // of the legend
	for i, l := range d.lines {
		x := right - entry*(len(d.lines)-i)
		c.put(`<rect x="%d" y="%d" width="10" height="10" rx="2" fill="var(--q%d)"/>`, x, c.y-9, i)
		c.text(float64(x+15), float64(c.y), "s", l.Name)
	}
	at := c.panel("Customers in the lines", 200, most)
	below := make([]float64, len(d.curve))
	for i, l := range d.lines {
		var up, down []string
		for k, s := range d.curve {
			down = append(down, fmt.Sprintf("%.1f %.1f", c.x(s.at), at(below[k])))
			below[k] += float64(s.waiting[l.ID])
			up = append(up, fmt.Sprintf("%.1f %.1f", c.x(s.at), at(below[k])))
		}
		for k := range len(down) / 2 {
			down[k], down[len(down)-1-k] = down[len(down)-1-k], down[k]
		}
		c.put(`<path fill="var(--q%d)" d="M%sL%sZ"/>`, i, strings.Join(up, "L"), strings.Join(down, "L"))
	}
}

// busy draws the sessions that have an agent, and the licence.
func (c *drawing) busy(d *day) {
	at := c.panel("Sessions with an agent, and the licence (dashed)", 90, float64(d.licence))
	var points []string
	for _, s := range d.curve {
		points = append(points, fmt.Sprintf("%.1f %.1f", c.x(s.at), at(float64(s.active))))
	}
	c.put(`<path class="a" d="M%s"/><path class="a d" d="M%d %.1fH%d"/>`, strings.Join(points, "L"), left, at(float64(d.licence)), right)
}

// waits draws how long customers waited in each queue: from nothing to the 99th percentile thin, to the 95th thick, and the median.
func (c *drawing) waits(d *day, from, till float64) {
	c.text(from, float64(c.y), "h", "Wait until somebody took it")
	c.text(till, float64(c.y), "s e", "median, 95 %, 99 %")
	most := time.Duration(1)
	for _, l := range d.lines {
		most = max(most, part(d.watch.queue[l.ID].waits, 0.99))
	}
	minutes := nice(most.Minutes() / 4)
	scale := math.Ceil(most.Minutes()/minutes) * minutes
	x := func(t time.Duration) float64 { return from + 64 + (till-from-64)*t.Minutes()/scale }
	top := float64(c.y + 14)
	bottom := top + 28*float64(len(d.lines))
	for n := 0.0; n <= scale; n += minutes {
		at := x(time.Duration(n * float64(time.Minute)))
		c.put(`<path class="g" d="M%.1f %.1fV%.1f"/>`, at, top, bottom)
		c.text(at, bottom+16, "s m", fmt.Sprintf("%.0f min", n))
	}
	for i, l := range d.lines {
		y := top + 28*float64(i) + 14
		w := d.watch.queue[l.ID].waits
		c.text(from+56, y+4, "e", l.Name)
		for _, p := range []struct {
			part, width float64
		}{{0.99, 3}, {0.95, 10}} {
			c.put(`<path stroke="var(--q%d)" stroke-width="%.0f" d="M%.1f %.1fH%.1f"/>`, i, p.width, x(0), y, max(x(part(w, p.part)), x(0)+1))
		}
		c.put(`<circle cx="%.1f" cy="%.1f" r="4" fill="var(--paper)" stroke="var(--ink)" stroke-width="1.5"/>`, x(part(w, 0.5)), y)
	}
	c.y = int(bottom) + 36
}

// shares draws the sessions of each agent of the queues with their own, and how far they may be apart.
func (c *drawing) shares(d *day, from, till float64) {
	c.text(from, float64(c.y), "h", "Sessions of equally available agents, within 5 % (dashed)")
	top := float64(c.y + 14)
	n := 0
	for _, l := range d.lines {
		if l.own > 0 {
			n++
		}
	}
	width := (till - from) / float64(n)
	bottom := top + 28*float64(len(d.lines)) - 18
	k := 0
	for i, l := range d.lines {
		if l.own == 0 {
			continue
		}
		s := d.spread(l)
		scale := 1.2 * float64(max(s.most, 1))
		at := func(n float64) float64 { return bottom - (bottom-top)*n/scale }
		x := from + float64(k)*width
		bar := (width - 24) / float64(l.own)
		for j, id := range d.watch.members[l.ID] {
			taken := d.watch.agents[id].taken[l.ID]
			bx := x + float64(j)*bar
			c.put(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="2" fill="var(--q%d)"/>`, bx+2, at(float64(taken)), bar-4, bottom-at(float64(taken)), i)
			c.text(bx+bar/2, at(float64(taken))-10, "s m", fmt.Sprint(taken))
		}
		for _, edge := range []float64{1 - evenly/2, 1 + evenly/2} {
			c.put(`<path class="a d" d="M%.1f %.1fh%.1f"/>`, x, at(s.mean*edge), width-24)
		}
		c.text(x+(width-24)/2, bottom+16, "m", l.Name)
		c.text(x+(width-24)/2, bottom+32, "s m", fmt.Sprintf("%s, %.1f %% apart", l.Strategy, 100*s.apart()))
		k++
	}
	c.y = int(bottom) + 54
}
