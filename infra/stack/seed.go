package main

import (
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

	"github.com/parley-chat/parley/infra/config"
	"github.com/parley-chat/parley/infra/dynamo"
)

// directory is what an operator sets up, as infra/local/demo.yaml has it. Tests may be hasty, and pages of the stack's own are added.
type directory = config.File

func readDirectory(file string) (directory, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return directory{}, err
	}
	d, err := decodeDirectory(content)
	if err != nil {
		return d, fmt.Errorf("%s:\n%w", file, err)
	}
	return d, nil
}

func decodeDirectory(content []byte) (directory, error) {
	return config.Parse(content, config.Options{Hosted: true, Testing: true})
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

// tables are the stack's, for whom they were deployed to.
type tables struct {
	dynamo.Tables
	client *dynamodb.Client
}

func newTables(endpoint string, names dynamo.Tables) tables {
	cfg := aws.Config{Region: region, Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: accessKey, SecretAccessKey: accessKey}, nil
	})}
	if endpoint == "" {
		cfg = aws.Config{Region: os.Getenv("AWS_REGION"), Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
				SessionToken: os.Getenv("AWS_SESSION_TOKEN")}, nil
		})}
	}
	return tables{names, dynamo.NewClient(cfg, endpoint)}
}

// seed writes directories whose websites open on pages of origin, the licence of the last one last.
func (t tables) seed(ctx context.Context, origin string, all ...directory) error {
	store := dynamo.New(t.client, t.Tables)
	for _, d := range all {
		if err := config.Put(ctx, store, d.With(origin)); err != nil {
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
	var d directory
	content, err := io.ReadAll(r.Body)
	if err == nil {
		d, err = decodeDirectory(content)
	}
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
