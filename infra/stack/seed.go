package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"
	"go.yaml.in/yaml/v3"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/infra/dynamo"
)

// directory is what an operator sets up, as infra/local/demo.yaml has it.
type directory struct {
	Licence  int
	Websites []struct {
		ID, Name, Brand, Greeting string
		Queues, Origins           []string
		AskName                   bool `yaml:"askName"`
		AskEmail                  bool `yaml:"askEmail"`
	}
	Queues []struct {
		ID, Name        string
		Strategy        chat.Strategy
		Timeout, Weight int
		LostAfter       int `yaml:"lostAfter"`
		MaxWait         int `yaml:"maxWait"`
	}
	Agents []struct {
		ID, Name, Email string
		Capacity        int
		Queues          []string
	}
}

func readDirectory(file string) (directory, error) {
	var d directory
	content, err := os.ReadFile(file)
	if err != nil {
		return d, err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	if err := decoder.Decode(&d); err != nil {
		return d, fmt.Errorf("%s: %w", file, err)
	}
	return d, nil
}

// readCast asks the end-to-end tests who plays in them.
func readCast(ctx context.Context, out io.Writer) (directory, error) {
	file, err := filepath.Abs(filepath.Join(home, "cast.yaml"))
	if err != nil {
		return directory{}, err
	}
	if err := step(ctx, out, os.Environ(), "Compiling the end-to-end tests", "go", "test", "./infra/e2e", "-args", "-cast", file); err != nil {
		return directory{}, err
	}
	return readDirectory(file)
}

// put writes the directory; pages of origin may open chats of all its websites.
func (d directory) put(ctx context.Context, s chat.Store, origin string) error {
	for _, q := range d.Queues {
		if err := s.PutQueue(ctx, chat.Queue{ID: q.ID, Name: q.Name, Strategy: cmp.Or(q.Strategy, chat.BeepAll), Weight: q.Weight, MaxWait: q.MaxWait,
			Timeout: cmp.Or(q.Timeout, chat.DefaultTimeout), LostAfter: cmp.Or(q.LostAfter, chat.DefaultLostAfter)}); err != nil {
			return fmt.Errorf("queue %s: %w", q.ID, err)
		}
	}
	for _, w := range d.Websites {
		if err := s.PutWebsite(ctx, chat.Website{ID: w.ID, Name: w.Name, Brand: w.Brand, Greeting: w.Greeting, Queues: w.Queues,
			Origins: append([]string{origin}, w.Origins...), AskName: w.AskName, AskEmail: w.AskEmail}); err != nil {
			return fmt.Errorf("website %s: %w", w.ID, err)
		}
	}
	for _, a := range d.Agents {
		if err := s.PutAgent(ctx, chat.Agent{ID: a.ID, Name: a.Name, Capacity: cmp.Or(a.Capacity, chat.DefaultCapacity), Queues: a.Queues}); err != nil {
			return fmt.Errorf("agent %s: %w", a.ID, err)
		}
	}
	return s.PutLicence(ctx, d.Licence)
}

// seed writes both directories into the stack's tables.
func (s *stack) seed(ctx context.Context, tables dynamo.Tables) error {
	config := aws.Config{Region: region, Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: accessKey, SecretAccessKey: accessKey}, nil
	})}
	store := dynamo.New(dynamo.NewClient(config, s.Endpoint), tables)
	// The cast's licence is the one that stays: their stories are played side by side.
	return errors.Join(s.demo.put(ctx, store, s.Origin), s.cast.put(ctx, store, s.Origin))
}
