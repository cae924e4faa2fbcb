package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go"

	"github.com/parley-chat/parley/infra/dynamo"
)

// defaultStack is the name that the documentation deploys with.
const defaultStack = "parley"

// place says which stack.
type place struct{ stack, sessions, directory string }

// open finds the stack's tables. It says in words what is missing.
func (p place) open(ctx context.Context, env func(string) string) (*dynamo.Store, error) {
	client, err := connect(env)
	if err != nil {
		return nil, err
	}
	tables := dynamo.Tables{Sessions: p.sessions, Directory: p.directory}
	switch {
	case p.stack == "" && p.sessions != "" && p.directory != "":
	case p.stack == "" && p.sessions != p.directory:
		return nil, errors.New("-sessions and -directory go together: name both tables")
	default:
		if tables, err = lookUp(ctx, client, cmp.Or(p.stack, defaultStack)); err != nil {
			return nil, err
		}
	}
	return dynamo.New(client, tables), nil
}

// connect makes a client by hand, from the variables that every AWS tool knows and nothing else: no files are read.
func connect(env func(string) string) (*dynamodb.Client, error) {
	region := cmp.Or(env("AWS_REGION"), env("AWS_DEFAULT_REGION"))
	endpoint := cmp.Or(env("AWS_ENDPOINT_URL_DYNAMODB"), env("AWS_ENDPOINT_URL"))
	key := aws.Credentials{AccessKeyID: env("AWS_ACCESS_KEY_ID"), SecretAccessKey: env("AWS_SECRET_ACCESS_KEY"), SessionToken: env("AWS_SESSION_TOKEN"),
		Source: "environment"}
	var missing []string
	for name, value := range map[string]string{"AWS_REGION": region, "AWS_ACCESS_KEY_ID": key.AccessKeyID, "AWS_SECRET_ACCESS_KEY": key.SecretAccessKey} {
		if value == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return nil, fmt.Errorf("the environment does not say %s; for a profile, `eval \"$(aws configure export-credentials --format env)\"` sets the keys",
			strings.Join(missing, ", "))
	}
	cfg := aws.Config{Region: region, Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return key, nil })}
	return dynamo.NewClient(cfg, endpoint), nil
}

// lookUp finds a stack's tables by the names that CloudFormation gives them: <stack>-<resource of template.yaml>, usually with
// something random behind.
func lookUp(ctx context.Context, client *dynamodb.Client, stack string) (dynamo.Tables, error) {
	var tables dynamo.Tables
	for pages := dynamodb.NewListTablesPaginator(client, &dynamodb.ListTablesInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return tables, err
		}
		for _, name := range page.TableNames {
			for resource, table := range map[string]*string{"SessionsTable": &tables.Sessions, "DirectoryTable": &tables.Directory} {
				rest, ok := strings.CutPrefix(name, stack+"-"+resource)
				if !ok || rest != "" && rest[0] != '-' {
					continue
				}
				if *table != "" {
					return tables, fmt.Errorf("the stack %s could have the table %s or %s (tables are kept when a stack is deleted): name the right ones by -sessions and -directory", stack, *table, name)
				}
				*table = name
			}
		}
	}
	if tables.Sessions == "" || tables.Directory == "" {
		return tables, fmt.Errorf("there are no tables of a stack %q here: is it the right region, and the name it was deployed with (-stack)?", stack)
	}
	return tables, nil
}

// explain puts the errors that operators meet into words.
func explain(err error) error {
	var call *smithy.OperationError
	if !errors.As(err, &call) {
		return err
	}
	var refused smithy.APIError
	if !errors.As(err, &refused) {
		return fmt.Errorf("DynamoDB does not answer: %w", call.Err)
	}
	switch refused.ErrorCode() {
	case "AccessDeniedException":
		hint := ""
		if call.OperationName == "ListTables" {
			hint = "; without the right to list them, tables are named by -sessions and -directory"
		}
		return fmt.Errorf("these credentials are not allowed to do this: %s%s", refused.ErrorMessage(), hint)
	case "UnrecognizedClientException", "InvalidSignatureException", "ExpiredTokenException":
		return fmt.Errorf("AWS does not accept these credentials: %s", refused.ErrorMessage())
	case "ResourceNotFoundException":
		return fmt.Errorf("there is no such table in this region: %s", refused.ErrorMessage())
	}
	return err
}
