package e2e_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
)

// cast is who plays a story in a queue: the id of its website, which is its queue's too, and its agents.
type cast struct {
	website string
	second  string // another queue of the website, if the story has one
	agents  []person
}

// person is an agent as the demo file has them.
type person struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Capacity   int      `json:"capacity,omitempty"`
	Queues     []string `json:"queues"`
	Supervisor bool     `json:"supervisor,omitempty"`
}

// demo is the file that a runner starts with. The runner reads YAML, of which JSON is a part.
type demo struct {
	Licence  int       `json:"licence"`
	Websites []website `json:"websites"`
	Queues   []queue   `json:"queues"`
	Agents   []person  `json:"agents"`
}

type website struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Queues   []string `json:"queues"`
	Origins  []string `json:"origins,omitempty"`
	Messages []string `json:"messages,omitempty"`
	Hours    []string `json:"hours,omitempty"`
}

// queue is a line of sessions. Times are seconds.
type queue struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Strategy  string `json:"strategy"`
	Timeout   int    `json:"timeout,omitempty"`
	LostAfter int    `json:"lostAfter,omitempty"`
	MaxWait   int    `json:"maxWait,omitempty"`
	Then      string `json:"then,omitempty"`
	Overflow  string `json:"overflow,omitempty"`
	WrapUp    int    `json:"wrapUp,omitempty"`
	Idle      int    `json:"idle,omitempty"`
	Previous  bool   `json:"previous,omitempty"`
}

// names are agents' names, in the order of their ids.
var names = [...]string{"Amara", "Bruno", "Chiara", "Dario", "Elif", "Farid", "Greta", "Henrik", "Ines", "Jonas"}

// castOf makes the cast of the n-th story in a queue of a strategy: first the agents of its queue, then those of the second.
func castOf(n int, it story, strategy string) cast {
	c := cast{website: fmt.Sprintf("story%02d-%s", n, strategy)}
	if it.second > 0 {
		c.second = c.website + "-second"
	}
	for i := range it.agents + it.second {
		p := person{ID: fmt.Sprintf("%s-%02d", c.website, i), Name: names[i%len(names)], Capacity: it.capacity, Queues: []string{c.website}}
		if i >= len(names) {
			p.Name += fmt.Sprintf(" %d", i/len(names)+1)
		}
		if i >= it.agents {
			p.Queues = []string{c.second}
		}
		p.Supervisor = it.supervised && i == it.agents-1
		c.agents = append(c.agents, p)
	}
	return c
}

// licence is above what all stories hold at once: accepts take a seat, and none has to wait for one.
const licence = 1000

// demoOf is the world in which all stories can be played.
func demoOf(all []story) demo {
	d := demo{Licence: licence}
	for i, it := range all {
		for _, strategy := range it.in {
			d.add(castOf(i, it, strategy), strategy, it)
		}
	}
	return d
}

func (d *demo) add(c cast, strategy string, it story) {
	w, q := it.front, it.line
	w.ID, w.Name, w.Queues = c.website, it.name, []string{c.website}
	if c.second != "" {
		w.Queues = append(w.Queues, c.second)
	}
	q.ID, q.Name, q.Strategy, q.Timeout, q.LostAfter = c.website, it.name, strategy, cmp.Or(it.timeout, unhurried), it.lostAfter
	second := queue{ID: c.second, Name: secondLine, Strategy: strategy, Timeout: q.Timeout}
	if q.Then == thenOverflow {
		q.Overflow, second.Timeout = c.second, unhurried
	}
	d.Queues = append(d.Queues, q)
	if c.second != "" {
		d.Queues = append(d.Queues, second)
	}
	d.Websites, d.Agents = append(d.Websites, w), append(d.Agents, c.agents...)
}

const (
	// secondLine is how every second queue is called.
	secondLine = "Second line"
	// What becomes of a session that has waited for too long.
	thenOverflow = "overflow"
	thenMessage  = "message"
)

func writeDemo(file string, d demo) error {
	b, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, b, 0o600)
}
