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
	agents  []person
}

// person is an agent as the demo file has them.
type person struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Capacity int      `json:"capacity,omitempty"`
	Queues   []string `json:"queues"`
}

// demo is the file that a runner starts with. The runner reads YAML, of which JSON is a part.
type demo struct {
	Licence  int       `json:"licence"`
	Websites []website `json:"websites"`
	Queues   []queue   `json:"queues"`
	Agents   []person  `json:"agents"`
}

type website struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Queues  []string `json:"queues"`
	Origins []string `json:"origins,omitempty"`
}

type queue struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Strategy  string `json:"strategy"`
	Timeout   int    `json:"timeout,omitempty"`
	LostAfter int    `json:"lostAfter,omitempty"`
}

// names are agents' names, in the order of their ids.
var names = [...]string{"Amara", "Bruno", "Chiara", "Dario", "Elif", "Farid", "Greta", "Henrik", "Ines", "Jonas"}

// castOf makes the cast of the n-th story in a queue of a strategy.
func castOf(n int, it story, strategy string) cast {
	c := cast{website: fmt.Sprintf("story%02d-%s", n, strategy)}
	for i := range it.agents {
		name := names[i%len(names)]
		if i >= len(names) {
			name += fmt.Sprintf(" %d", i/len(names)+1)
		}
		c.agents = append(c.agents, person{ID: fmt.Sprintf("%s-%02d", c.website, i), Name: name, Capacity: it.capacity, Queues: []string{c.website}})
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
	d.Websites = append(d.Websites, website{ID: c.website, Name: it.name, Queues: []string{c.website}})
	d.Queues = append(d.Queues, queue{ID: c.website, Name: it.name, Strategy: strategy, Timeout: cmp.Or(it.timeout, unhurried), LostAfter: it.lostAfter})
	d.Agents = append(d.Agents, c.agents...)
}

func writeDemo(file string, d demo) error {
	b, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, b, 0o600)
}
