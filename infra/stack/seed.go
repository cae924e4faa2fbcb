package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
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
	f, err := os.Open(file)
	if err != nil {
		return directory{}, err
	}
	defer f.Close()
	d, err := decodeDirectory(f)
	if err != nil {
		return d, fmt.Errorf("%s: %w", file, err)
	}
	return d, nil
}

func decodeDirectory(from io.Reader) (directory, error) {
	var d directory
	decoder := yaml.NewDecoder(from)
	decoder.KnownFields(true)
	err := decoder.Decode(&d)
	return d, err
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

// tables are the stack's, for whom they were deployed to.
type tables struct {
	dynamo.Tables
	client *dynamodb.Client
}

func newTables(endpoint string, names dynamo.Tables) tables {
	config := aws.Config{Region: region, Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: accessKey, SecretAccessKey: accessKey}, nil
	})}
	if endpoint == "" {
		config = aws.Config{Region: os.Getenv("AWS_REGION"), Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
				SessionToken: os.Getenv("AWS_SESSION_TOKEN")}, nil
		})}
	}
	return tables{names, dynamo.NewClient(config, endpoint)}
}

// seed writes directories, the licence of the last one last.
func (t tables) seed(ctx context.Context, origin string, all ...directory) error {
	store := dynamo.New(t.client, t.Tables)
	for _, d := range all {
		if err := d.put(ctx, store, origin); err != nil {
			return err
		}
	}
	return nil
}

// empty removes everything from all tables.
func (t tables) empty(ctx context.Context) error {
	for _, name := range []string{t.Sessions, t.Directory, t.Connections} {
		pages := dynamodb.NewScanPaginator(t.client, &dynamodb.ScanInput{TableName: &name, ProjectionExpression: aws.String("PK, SK")})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			const most = 25 // items of one BatchWriteItem
			for some := range slices.Chunk(page.Items, most) {
				var writes []types.WriteRequest
				for _, key := range some {
					writes = append(writes, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: key}})
				}
				if _, err := t.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{name: writes}}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// setUp begins anew with the directory in a request's body: empty tables, its websites, queues and agents, who can sign in. The
// browser tests want a house of their own each; what they would start a local runner for, they ask for here.
func (s *stack) setUp(w http.ResponseWriter, r *http.Request) {
	d, err := decodeDirectory(r.Body)
	if err == nil {
		err = s.tables.empty(r.Context())
	}
	if err == nil {
		err = s.tables.seed(r.Context(), s.Origin, d)
	}
	if err == nil {
		err = s.signIn(d)
	}
	if err == nil {
		err = s.forget(r.Context())
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.setUps.Add(1)
	w.WriteHeader(http.StatusNoContent)
}

// forget ends the functions' processes, which remember settings for a while.
func (s *stack) forget(ctx context.Context) error {
	all, err := s.functions(ctx)
	for _, f := range all {
		if err == nil {
			_, err = s.kill(ctx, f.Function, false)
		}
	}
	return err
}
