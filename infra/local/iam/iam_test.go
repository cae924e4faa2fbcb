package iam_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/parley-chat/parley/infra/local/iam"
)

const (
	machine = "arn:aws:states:eu-west-1:42:stateMachine:loop"
	secret  = "arn:aws:secretsmanager:eu-west-1:42:secret:keys"
)

// Ensure that calls of the SDK itself are understood: which rights they need, and on what.
func TestNeeds(t *testing.T) {
	t.Parallel()
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) }))
	t.Cleanup(refusing.Close)
	table := func(name string) string { return "arn:aws:dynamodb:eu-west-1:42:table/" + name }
	name := aws.String
	key := map[string]types.AttributeValue{"PK": &types.AttributeValueMemberS{Value: "x"}}
	keys := types.KeysAndAttributes{Keys: []map[string]types.AttributeValue{key}}
	put := types.TransactWriteItem{Put: &types.Put{TableName: name("a"), Item: key}}

	for what, test := range map[string]struct {
		call func(ctx context.Context, c aws.Config) error
		want []iam.Need
	}{
		"an item": {func(ctx context.Context, c aws.Config) error {
			_, err := dynamodb.NewFromConfig(c).GetItem(ctx, &dynamodb.GetItemInput{TableName: name("a"), Key: key})
			return err
		}, []iam.Need{{"dynamodb:GetItem", table("a")}}},
		"an index": {func(ctx context.Context, c aws.Config) error {
			_, err := dynamodb.NewFromConfig(c).Query(ctx, &dynamodb.QueryInput{TableName: name("a"), IndexName: name("due")})
			return err
		}, []iam.Need{{"dynamodb:Query", table("a/index/due")}}},
		"a batch of two tables": {func(ctx context.Context, c aws.Config) error {
			_, err := dynamodb.NewFromConfig(c).BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{"b": keys, "a": keys}})
			return err
		}, []iam.Need{{"dynamodb:BatchGetItem", table("a")}, {"dynamodb:BatchGetItem", table("b")}}},
		"a transaction is its parts": {func(ctx context.Context, c aws.Config) error {
			_, err := dynamodb.NewFromConfig(c).TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{put, put,
				{Update: &types.Update{TableName: name("b"), Key: key, UpdateExpression: name("SET x = y")}},
				{Delete: &types.Delete{TableName: name("b"), Key: key}},
				{ConditionCheck: &types.ConditionCheck{TableName: name("c"), Key: key, ConditionExpression: name("x = y")}}}})
			return err
		}, []iam.Need{{"dynamodb:ConditionCheckItem", table("c")}, {"dynamodb:DeleteItem", table("b")}, {"dynamodb:PutItem", table("a")}, {"dynamodb:UpdateItem", table("b")}}},
		"a transaction that reads": {func(ctx context.Context, c aws.Config) error {
			_, err := dynamodb.NewFromConfig(c).TransactGetItems(ctx, &dynamodb.TransactGetItemsInput{TransactItems: []types.TransactGetItem{
				{Get: &types.Get{TableName: name("a"), Key: key}}}})
			return err
		}, []iam.Need{{"dynamodb:GetItem", table("a")}}},
		"an execution": {func(ctx context.Context, c aws.Config) error {
			_, err := sfn.NewFromConfig(c).StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: name(machine)})
			return err
		}, []iam.Need{{"states:StartExecution", machine}}},
		"a task": {func(ctx context.Context, c aws.Config) error {
			_, err := sfn.NewFromConfig(c).SendTaskFailure(ctx, &sfn.SendTaskFailureInput{TaskToken: name("token")})
			return err
		}, []iam.Need{{"states:SendTaskFailure", machine}}},
		"a secret": {func(ctx context.Context, c aws.Config) error {
			_, err := secretsmanager.NewFromConfig(c).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: name(secret)})
			return err
		}, []iam.Need{{"secretsmanager:GetSecretValue", secret}}},
		"a connection": {func(ctx context.Context, c aws.Config) error {
			c.BaseEndpoint = name(refusing.URL + "/prod")
			_, err := apigatewaymanagementapi.NewFromConfig(c).PostToConnection(ctx, &apigatewaymanagementapi.PostToConnectionInput{
				ConnectionId: name("L0SM9cOFvHcCIhw="), Data: []byte("{}")})
			return err
		}, []iam.Need{{"execute-api:ManageConnections", "arn:aws:execute-api:eu-west-1:42:api/prod/POST/@connections/id"}}},
		"what nobody has thought of": {func(ctx context.Context, c aws.Config) error {
			_, err := sfn.NewFromConfig(c).ListStateMachines(ctx, &sfn.ListStateMachinesInput{})
			return err
		}, []iam.Need{{"states:ListStateMachines", iam.Unknown}}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			record := iam.NewRecord(iam.Stack{Account: "42", API: "api", Machine: machine})
			err := test.call(t.Context(), aws.Config{Region: "eu-west-1", BaseEndpoint: &refusing.URL,
				HTTPClient: &http.Client{Transport: record.Transport("role", http.DefaultTransport)},
				Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
					return aws.Credentials{AccessKeyID: "key", SecretAccessKey: "secret"}, nil
				})})
			if err == nil {
				t.Error("the call was not sent: nobody refused it")
			}
			var got []iam.Need
			for _, use := range record.Roles()[0].Did {
				got = append(got, use.Need)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// Ensure that a request which nobody signed, such as that for an issuer's keys, is none of IAM's business, and arrives.
func TestUnsignedRequests(t *testing.T) {
	t.Parallel()
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }))
	t.Cleanup(echo.Close)
	record := iam.NewRecord(iam.Stack{})
	client := &http.Client{Transport: record.Transport("role", http.DefaultTransport)}
	resp, err := client.Post(echo.URL, "text/plain", strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, err := io.ReadAll(resp.Body); err != nil || string(text) != "hello" {
		t.Errorf("the server got %q, %v", text, err)
	}
	for _, role := range record.Roles() {
		if len(role.Did) > 0 {
			t.Errorf("it needed %v", role.Did)
		}
	}
}
