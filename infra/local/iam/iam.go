// Package iam is as much of AWS's access control as least privilege needs. It knows which action on which resource a call asks for,
// keeps a record of what roles may do and of what they did, and says where the two differ. It refuses nothing.
package iam

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// Need is one thing that a role has to be allowed for a call.
type Need struct {
	Action   string // dynamodb:Query
	Resource string // an ARN, or Unknown
}

// Unknown is the resource of a call that Needs does not understand.
const Unknown = "unknown"

// Stack is what calls leave out of the ARNs of what they are about.
type Stack struct {
	Account string
	API     string // id of the API whose connections are managed
	Machine string // ARN of the state machine that gives out task tokens: no token names it
}

// scope is in the signature of every call to AWS: whose key, the day, and then the Region and the service.
var scope = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request`)

// Needs are what a request asks for, each once. One without a signature asks nothing of IAM.
func (s Stack) Needs(r *http.Request, body []byte) []Need {
	m := scope.FindStringSubmatch(r.Header.Get("Authorization"))
	if m == nil {
		return nil
	}
	region, service := m[1], m[2]
	arn := func(resource string) string {
		return strings.Join([]string{"arn:aws", service, region, s.Account, resource}, ":")
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	var needs []Need
	switch service {
	case "dynamodb":
		for _, n := range tableNeeds(operation, body) {
			needs = append(needs, Need{n.Action, arn(n.Resource)})
		}
	case "execute-api":
		// The id of a connection is left out: it says nothing, and nobody could count by it.
		if before, _, ok := strings.Cut(r.URL.Path, "/@connections/"); ok {
			needs = []Need{{"ManageConnections", arn(s.API + before + "/" + r.Method + "/@connections/id")}}
		}
	case "secretsmanager":
		var q struct{ SecretId string }
		if json.Unmarshal(body, &q) == nil && q.SecretId != "" {
			needs = []Need{{operation, q.SecretId}}
		}
	case "states":
		var q struct{ StateMachineArn, TaskToken string }
		switch _ = json.Unmarshal(body, &q); { // a call about something else: Unknown
		case q.StateMachineArn != "":
			needs = []Need{{operation, q.StateMachineArn}}
		case q.TaskToken != "":
			// IAM's reference knows no resource for these calls; Step Functions asks for the machine's all the same.
			needs = []Need{{operation, s.Machine}}
		}
	}
	if len(needs) == 0 {
		needs = []Need{{operation, Unknown}}
	}
	for i := range needs {
		needs[i].Action = service + ":" + needs[i].Action
	}
	slices.SortFunc(needs, compare)
	return slices.Compact(needs)
}

func compare(a, b Need) int {
	return strings.Compare(a.Action+" "+a.Resource, b.Action+" "+b.Resource)
}

// partAction is what a part of a transaction needs: there is no right to transactions as such.
var partAction = map[string]string{"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem", "Get": "GetItem"}

// tableNeeds are those of a call to DynamoDB, without service and account.
func tableNeeds(operation string, body []byte) (needs []Need) {
	var q struct {
		TableName, IndexName string
		RequestItems         map[string]json.RawMessage
		TransactItems        []map[string]struct{ TableName string }
	}
	_ = json.Unmarshal(body, &q) // a call about something else: nothing
	switch {
	case q.IndexName != "":
		needs = append(needs, Need{operation, "table/" + q.TableName + "/index/" + q.IndexName})
	case q.TableName != "":
		needs = append(needs, Need{operation, "table/" + q.TableName})
	}
	for table := range q.RequestItems {
		needs = append(needs, Need{operation, "table/" + table})
	}
	for _, item := range q.TransactItems {
		for part, of := range item {
			needs = append(needs, Need{partAction[part], "table/" + of.TableName})
		}
	}
	return needs
}

// transport records the calls of one role.
type transport struct {
	base   http.RoundTripper
	role   string
	record *Record
}

// RoundTrip sends a request.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	own := *r // a RoundTripper must not change the request
	var body []byte
	if r.Body != nil {
		var err error
		body, err = io.ReadAll(r.Body)
		_ = r.Body.Close()
		if err != nil {
			return nil, err
		}
		own.Body = io.NopCloser(bytes.NewReader(body))
	}
	t.record.Did(t.role, t.record.stack.Needs(r, body)...)
	return t.base.RoundTrip(&own)
}
