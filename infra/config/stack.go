package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/parley-chat/parley/functions/chat"
)

// Store is where a stack keeps its configuration, and what tells whether something is in use. dynamo.Store is one.
type Store interface {
	chat.Store
	// Staff names every agent who is configured.
	Staff(ctx context.Context) ([]string, error)
	DeleteWebsite(ctx context.Context, id string) error
	DeleteQueue(ctx context.Context, id string) error
	// DeleteAgent deletes an agent as they were read; ErrStale unless they are OFFLINE with nothing open.
	DeleteAgent(ctx context.Context, a chat.Agent) error
}

// Export reads what a stack is configured to be. Parse makes the same of what Marshal writes of it.
func Export(ctx context.Context, s Store) (File, error) {
	var f File
	settings, err := s.Settings(ctx)
	if err != nil {
		return f, fmt.Errorf("read settings: %w", err)
	}
	f.PauseReasons, f.Dispositions = settings.Reasons, settings.Dispositions
	shards, err := s.Shards(ctx)
	if err != nil {
		return f, fmt.Errorf("read licence: %w", err)
	}
	for _, shard := range shards {
		f.Licence += shard.Limit
	}
	websites, err := s.List(ctx, chat.ListWebsites)
	if err != nil {
		return f, fmt.Errorf("list websites: %w", err)
	}
	for _, id := range websites {
		w, err := s.Website(ctx, id)
		if errors.Is(err, chat.ErrNotFound) {
			continue // the index is a moment late
		}
		if err != nil {
			return f, fmt.Errorf("read website %s: %w", id, err)
		}
		site := Website{ID: w.ID, Name: w.Name, Origins: w.Origins, Brand: w.Brand, Greeting: w.Greeting, Queues: w.Queues,
			AskName: w.AskName, AskEmail: w.AskEmail, Hours: formatHours(w.Hours), Zone: w.Zone}
		for _, m := range w.Messages {
			site.Messages = append(site.Messages, string(m))
		}
		f.Websites = append(f.Websites, site)
	}
	queues, err := s.List(ctx, chat.ListQueues)
	if err != nil {
		return f, fmt.Errorf("list queues: %w", err)
	}
	for _, id := range queues {
		r, err := s.Roster(ctx, id)
		if errors.Is(err, chat.ErrNotFound) {
			continue
		}
		if err != nil {
			return f, fmt.Errorf("read queue %s: %w", id, err)
		}
		q := Queue{r.ID, r.Name, r.Strategy, r.Timeout, r.Weight, r.LostAfter, r.MaxWait, r.Then, r.Overflow, r.WrapUp, r.Idle, r.Previous}
		q.fill()
		f.Queues = append(f.Queues, q)
	}
	staff, err := s.Staff(ctx)
	if err != nil {
		return f, fmt.Errorf("list agents: %w", err)
	}
	agents, err := s.Agents(ctx, staff)
	if err != nil {
		return f, fmt.Errorf("read agents: %w", err)
	}
	for _, a := range agents {
		agent := Agent{a.ID, a.Name, a.Email, a.Capacity, a.Queues, a.Supervisor}
		agent.fill()
		f.Agents = append(f.Agents, agent)
	}
	return f, nil
}

// header tells editors what the file may contain.
const header = "# yaml-language-server: $schema=https://raw.githubusercontent.com/parley-chat/parley/main/infra/config/schema.json\n" +
	"# A whole Parley stack: `parley apply FILE` makes it so, and deletes what is not here. Times are seconds.\n"

// Marshal writes a file for people to read and edit.
func (f File) Marshal() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(header)
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(f); err != nil {
		return nil, err
	}
	return b.Bytes(), encoder.Close()
}

// Put writes a file into a stack and deletes nothing. What is live there (who is available, open sessions, counts) stays as it is.
func Put(ctx context.Context, s Store, f File) error {
	for _, q := range f.Queues {
		if err := q.put(ctx, s); err != nil {
			return fmt.Errorf("queue %s: %w", q.ID, err)
		}
	}
	for _, w := range f.Websites {
		if err := w.put(ctx, s); err != nil {
			return fmt.Errorf("website %s: %w", w.ID, err)
		}
	}
	for _, a := range f.Agents {
		if err := a.put(ctx, s); err != nil {
			return fmt.Errorf("agent %s: %w", a.ID, err)
		}
	}
	return f.putSettings(ctx, s)
}

func (q Queue) put(ctx context.Context, s Store) error {
	return s.PutQueue(ctx, chat.Queue{ID: q.ID, Name: q.Name, Strategy: q.Strategy, Timeout: q.Timeout, Weight: q.Weight,
		LostAfter: q.LostAfter, MaxWait: q.MaxWait, Then: q.Then, Overflow: q.Overflow, WrapUp: q.WrapUp, Idle: q.Idle, Previous: q.Previous})
}

func (w Website) put(ctx context.Context, s Store) error {
	site := chat.Website{ID: w.ID, Name: w.Name, Origins: w.Origins, Brand: w.Brand, Greeting: w.Greeting, Queues: w.Queues,
		AskName: w.AskName, AskEmail: w.AskEmail, Hours: parseHours(w.Hours), Zone: w.Zone}
	for _, m := range w.Messages {
		site.Messages = append(site.Messages, chat.Openness(m))
	}
	return s.PutWebsite(ctx, site)
}

func (a Agent) put(ctx context.Context, s Store) error {
	return s.PutAgent(ctx, chat.Agent{ID: a.ID, Name: a.Name, Email: a.Email, Capacity: a.Capacity, Queues: a.Queues, Supervisor: a.Supervisor})
}

func (f File) putSettings(ctx context.Context, s Store) error {
	if err := s.PutSettings(ctx, chat.Settings{Reasons: f.PauseReasons, Dispositions: f.Dispositions}); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	if err := s.PutLicence(ctx, f.Licence); err != nil {
		return fmt.Errorf("licence: %w", err)
	}
	return nil
}
