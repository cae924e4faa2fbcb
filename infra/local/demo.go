package main

import (
	"bytes"
	"context"
	"fmt"
	"os"

	"go.yaml.in/yaml/v3"

	"github.com/parley-chat/parley/functions/chat"
)

// demo is what a runner starts with.
type demo struct {
	Licence  int `yaml:"licence"`
	Websites []struct {
		ID       string   `yaml:"id"`
		Name     string   `yaml:"name"`
		Brand    string   `yaml:"brand"`
		Greeting string   `yaml:"greeting"`
		Queues   []string `yaml:"queues"`
		Origins  []string `yaml:"origins"` // besides the runner's own
		AskName  bool     `yaml:"askName"`
		AskEmail bool     `yaml:"askEmail"`
	} `yaml:"websites"`
	Queues []struct {
		ID        string        `yaml:"id"`
		Name      string        `yaml:"name"`
		Strategy  chat.Strategy `yaml:"strategy"`
		Timeout   int           `yaml:"timeout"`
		Weight    int           `yaml:"weight"`
		LostAfter int           `yaml:"lostAfter"`
		MaxWait   int           `yaml:"maxWait"`
	} `yaml:"queues"`
	Agents []demoAgent `yaml:"agents"`
}

type demoAgent struct {
	ID       string   `yaml:"id"`
	Name     string   `yaml:"name"`
	Email    string   `yaml:"email"`
	Capacity int      `yaml:"capacity"`
	Queues   []string `yaml:"queues"`
}

func readDemo(file string) (demo, error) {
	var d demo
	b, err := os.ReadFile(file)
	if err != nil {
		return d, err
	}
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	if err := dec.Decode(&d); err != nil {
		return d, fmt.Errorf("%s: %w", file, err)
	}
	return d, nil
}

// put writes the demo into the directory. What is live there (who is available, open sessions, counts) stays as it is.
func (d demo) put(ctx context.Context, s chat.Store, origins []string) error {
	for _, q := range d.Queues {
		queue := chat.Queue{ID: q.ID, Name: q.Name, Strategy: q.Strategy, Timeout: q.Timeout, Weight: q.Weight, LostAfter: q.LostAfter, MaxWait: q.MaxWait}
		if queue.Timeout == 0 {
			queue.Timeout = chat.DefaultTimeout
		}
		if queue.LostAfter == 0 {
			queue.LostAfter = chat.DefaultLostAfter
		}
		if queue.Strategy == "" {
			queue.Strategy = chat.BeepAll
		}
		if err := s.PutQueue(ctx, queue); err != nil {
			return fmt.Errorf("queue %s: %w", q.ID, err)
		}
	}
	for _, w := range d.Websites {
		if err := s.PutWebsite(ctx, chat.Website{ID: w.ID, Name: w.Name, Origins: append(origins, w.Origins...), Brand: w.Brand,
			Greeting: w.Greeting, Queues: w.Queues, AskName: w.AskName, AskEmail: w.AskEmail}); err != nil {
			return fmt.Errorf("website %s: %w", w.ID, err)
		}
	}
	for _, a := range d.Agents {
		capacity := a.Capacity
		if capacity == 0 {
			capacity = chat.DefaultCapacity
		}
		if err := s.PutAgent(ctx, chat.Agent{ID: a.ID, Name: a.Name, Capacity: capacity, Queues: a.Queues}); err != nil {
			return fmt.Errorf("agent %s: %w", a.ID, err)
		}
	}
	if err := s.PutLicence(ctx, d.Licence); err != nil {
		return fmt.Errorf("licence: %w", err)
	}
	return nil
}
