package template_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/parley-chat/parley/infra/local/template"
)

const functions = `
Globals:
  Function:
    Timeout: 10
    Environment: {Variables: {STAGE: !Ref Stage, TABLE: !Ref Things}}
Parameters:
  Stage: {Type: String, Default: prod}
  Days: {Type: Number, Default: 30}
  Issuer: {Type: String}
  Host: {Type: String, Default: ""}
Mappings:
  Times: {prod: {Short: 15}}
Conditions:
  HasHost: !Not [!Equals [!Ref Host, ""]]
  IsProd: !Equals [!Ref Stage, prod]
  IsPlain: !And [!Condition IsProd, !Not [!Condition HasHost]]
  IsOdd: !Or [!Condition HasHost, !Not [!Condition IsProd]]
Resources:
  Things:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: Retain
    Properties:
      BillingMode: PAY_PER_REQUEST
      DeletionProtectionEnabled: true
      SSESpecification: !If [HasHost, {SSEEnabled: true}, !Ref AWS::NoValue]
      AttributeDefinitions: [{AttributeName: PK, AttributeType: S}, {AttributeName: at, AttributeType: N}]
      KeySchema: [{AttributeName: PK, KeyType: HASH}]
      GlobalSecondaryIndexes:
        - IndexName: due
          KeySchema: [{AttributeName: PK, KeyType: HASH}, {AttributeName: at, KeyType: RANGE}]
          Projection: {ProjectionType: INCLUDE, NonKeyAttributes: [a, b]}
      TimeToLiveSpecification: {AttributeName: ttl, Enabled: true}
  RouterFunction:
    Type: AWS::Serverless::Function
    Metadata: {BuildMethod: makefile}
    Properties:
      CodeUri: .
      Policies:
        - Statement:
            # Reason: one is
            # not enough.
            - Sid: Read
              Effect: Allow
              Action: [db:Get, db:Query]
              Resource: [!GetAtt Things.Arn, !Sub "${Things.Arn}/index/*"]
            - {Sid: Tell, Effect: Allow, Action: log:Put, Resource: !Sub "arn:${AWS::Partition}:log"}
      Timeout: !FindInMap [Times, !Ref Stage, Short]
      Environment:
        Variables:
          STAGE: here
          ISSUER: !Ref Issuer
          DAYS: {Ref: Days}
          ARN: !GetAtt Things.Arn
          LONG: {"Fn::GetAtt": [Things, Arn]}
          URL: !Sub "https://${Api}.${AWS::Region}/${Stage}/${!literal}"
          OWN: {"Fn::Sub": ["${A}-${Stage}", {A: !Ref Days}]}
          NUMBER: 10000000
          PLAIN: !If [IsPlain, !Ref Stage, !GetAtt Nobody.Arn]
          HOST: !If [IsOdd, !Ref Host, none]
          NEVER: !If [HasHost, !Ref Host, !Ref AWS::NoValue]
      Events:
        Minute: {Type: ScheduleV2, Properties: {Name: sweep, ScheduleExpression: rate(1 minute), RetryPolicy: {MaximumRetryAttempts: 0}}}
        Hours: {Type: Schedule, Properties: {ScheduleExpression: rate(2 hours)}}
  PlainFunction:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: code/plain/}
  Loop:
    Type: AWS::Serverless::StateMachine
    Properties:
      Name: !Sub "${AWS::StackName}-loop"
      DefinitionUri: loop.asl.json
      DefinitionSubstitutions: {Router: !GetAtt RouterFunction.Arn}
      Policies: [{Statement: [{Sid: Call, Effect: Allow, Action: run:It, Resource: !GetAtt RouterFunction.Arn}]}]
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      ProtocolType: HTTP
      CorsConfiguration: {AllowOrigins: ["*"], AllowMethods: [GET], AllowHeaders: [authorization], MaxAge: 600}
  ApiStage: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Api, StageName: $default, AutoDeploy: true}}
  ApiCall: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Api, IntegrationType: AWS_PROXY, PayloadFormatVersion: "2.0", IntegrationUri: !Sub "arn:aws:apigateway:r:lambda:path/2015-03-31/functions/${RouterFunction.Arn}/invocations"}}
  ApiRest: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: $default, Target: !Sub "integrations/${ApiCall}"}}
  ApiSome: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: "ANY /v1/{proxy+}", Target: !Sub "integrations/${ApiCall}"}}
  Extra: {Type: AWS::DynamoDB::Table, Condition: HasHost, Properties: {BillingMode: PROVISIONED}}
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Condition: HasMail
    Properties: {AlarmActions: !If [HasMail, [x], !Ref AWS::NoValue]}
`

func values() template.Values {
	return template.Values{
		Parameters: map[string]string{"Issuer": "https://issuer"},
		Pseudo:     map[string]string{"AWS::Region": "local", "AWS::StackName": "parley", "AWS::Partition": "aws"},
		Resource: func(id, attribute string) string {
			return strings.ToLower(id) + attribute
		},
	}
}

func TestFunctionsTablesMachinesSchedules(t *testing.T) {
	t.Parallel()
	got, err := template.Parse([]byte(functions), values())
	if err != nil {
		t.Fatal(err)
	}
	want := &template.Template{
		Functions: []template.Function{
			{ID: "PlainFunction", Folder: "code/plain", Timeout: 10 * time.Second, Environment: map[string]string{"STAGE": "prod", "TABLE": "things"}},
			{ID: "RouterFunction", Folder: "functions/router", Timeout: 15 * time.Second, Environment: map[string]string{
				"STAGE": "here", "TABLE": "things", "ISSUER": "https://issuer", "DAYS": "30", "ARN": "thingsArn", "LONG": "thingsArn",
				"URL": "https://api.local/prod/${literal}", "OWN": "30-prod", "NUMBER": "10000000", "PLAIN": "prod", "HOST": "none",
			}, Policies: []template.Statement{
				{Sid: "Read", Actions: []string{"db:Get", "db:Query"}, Resources: []string{"thingsArn", "thingsArn/index/*"},
					Comment: "# Reason: one is\n# not enough.", Line: 42},
				{Sid: "Tell", Actions: []string{"log:Put"}, Resources: []string{"arn:aws:log"}, Line: 46},
			}},
		},
		HTTP: template.HTTP{
			ID:     "Api",
			CORS:   &template.CORS{AllowOrigins: []string{"*"}, AllowMethods: []string{"GET"}, AllowHeaders: []string{"authorization"}, MaxAge: 600},
			Routes: []template.HTTPRoute{{Key: "$default", Function: "RouterFunction"}, {Key: "ANY /v1/{proxy+}", Function: "RouterFunction"}},
		},
		Tables: []template.Table{{ID: "Things", TTL: "ttl", Create: dynamodb.CreateTableInput{
			TableName:            aws.String("things"),
			BillingMode:          types.BillingModePayPerRequest,
			AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("PK"), AttributeType: "S"}, {AttributeName: aws.String("at"), AttributeType: "N"}},
			KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("PK"), KeyType: "HASH"}},
			GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
				IndexName:  aws.String("due"),
				KeySchema:  []types.KeySchemaElement{{AttributeName: aws.String("PK"), KeyType: "HASH"}, {AttributeName: aws.String("at"), KeyType: "RANGE"}},
				Projection: &types.Projection{ProjectionType: "INCLUDE", NonKeyAttributes: []string{"a", "b"}},
			}},
		}}},
		Machines: []template.Machine{{ID: "Loop", Name: "parley-loop", Definition: "loop.asl.json", Substitutions: map[string]string{"Router": "routerfunctionArn"},
			Policies: []template.Statement{{Sid: "Call", Actions: []string{"run:It"}, Resources: []string{"routerfunctionArn"}, Line: 73}}}},
		Schedules: []template.Schedule{{Function: "RouterFunction", Every: 2 * time.Hour}, {Function: "RouterFunction", Every: time.Minute}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

const socket = `
Resources:
  AskFunction: {Type: AWS::Serverless::Function, Properties: {}}
  ChatFunction: {Type: AWS::Serverless::Function, Properties: {}}
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: x, ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action}}
  Stage: {Type: AWS::ApiGatewayV2::Stage, DependsOn: [Connect], Properties: {ApiId: !Ref Api, StageName: prod, AutoDeploy: true}}
  Authorizer:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      Name: token
      AuthorizerType: REQUEST
      AuthorizerUri: !Sub "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${AskFunction.Arn}/invocations"
      IdentitySource: [route.request.header.Sec-WebSocket-Protocol]
  Chat:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      TimeoutInMillis: 5000
      IntegrationUri: !Sub ["arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${F}/invocations", {F: !Ref ChatFunction.Alias}]
  Pong: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Api, IntegrationType: MOCK, TemplateSelectionExpression: "200", RequestTemplates: {"200": "{}"}}}
  PongResponse:
    Type: AWS::ApiGatewayV2::IntegrationResponse
    Properties: {ApiId: !Ref Api, IntegrationId: !Ref Pong, IntegrationResponseKey: $default, TemplateSelectionExpression: "200", ResponseTemplates: {"200": '{"type":"pong"}'}}
  Connect: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: $connect, AuthorizationType: CUSTOM, AuthorizerId: !Ref Authorizer, Target: !Sub "integrations/${Chat}"}}
  Default: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: $default, Target: !Sub "integrations/${Chat}"}}
  Ping: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: ping, RouteResponseSelectionExpression: $default, Target: !Sub "integrations/${Pong}"}}
  PingResponse: {Type: AWS::ApiGatewayV2::RouteResponse, Properties: {ApiId: !Ref Api, RouteId: !Ref Ping, RouteResponseKey: $default}}
  Permission: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref ChatFunction}}
`

func TestSocket(t *testing.T) {
	t.Parallel()
	got, err := template.Parse([]byte(socket), values())
	if err != nil {
		t.Fatal(err)
	}
	want := template.Socket{
		ID: "Api", Stage: "prod", Selection: "$request.body.action",
		Authorizer: &template.Authorizer{Function: "AskFunction", IdentitySources: []string{"route.request.header.Sec-WebSocket-Protocol"}},
		Routes: []template.Route{
			{Key: "$connect", Function: "ChatFunction", Timeout: 5 * time.Second},
			{Key: "$default", Function: "ChatFunction", Timeout: 5 * time.Second},
			{Key: "ping", Mock: `{"type":"pong"}`, Responds: true},
		},
	}
	if !reflect.DeepEqual(got.Socket, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got.Socket, want)
	}
	if got.Functions[0].Timeout != 3*time.Second || got.Functions[0].Folder != "functions/ask" {
		t.Errorf("defaults of a function: %+v", got.Functions[0])
	}
}

// TestRefusals changes one thing in a template that is understood. Every refusal names the resource, and the property where
// there is one.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		in, old, new string
		want         string
	}{
		"no YAML":                     {functions, "Globals:", "{", "yaml: "},
		"globals":                     {functions, "Globals:\n  Function:", "Globals:\n  Api: {Name: x}\n  Function:", "section Api of Globals"},
		"a global property":           {functions, "    Timeout: 10\n", "    VpcConfig: {}\n", `Globals: property "VpcConfig" is not understood`},
		"a property of a function":    {functions, "Timeout: !FindInMap [Times, !Ref Stage, Short]", "VpcConfig: {}", `RouterFunction: property "VpcConfig" is not understood`},
		"a wrong value":               {functions, "Timeout: !FindInMap [Times, !Ref Stage, Short]", "Timeout: soon", "RouterFunction: json: cannot unmarshal string"},
		"an unknown intrinsic":        {functions, "ISSUER: !Ref Issuer", "ISSUER: !ImportValue x", "RouterFunction: Environment: line "},
		"a parameter without value":   {strings.Replace(functions, "Days: {Type: Number, Default: 30}", "Days: {Type: Number}", 1), "", "", "RouterFunction: Environment: Days is neither"},
		"a pseudo parameter":          {functions, "${AWS::StackName}", "${AWS::AccountId}", "Loop: Name: AWS::AccountId is neither"},
		"a missing resource":          {functions, "ARN: !GetAtt Things.Arn", "ARN: !GetAtt Thing.Arn", "RouterFunction: Environment: Thing.Arn is neither"},
		"a ready-made policy":         {functions, "        - Statement:\n", "        - AWSLambdaExecute\n        - Statement:\n", "RouterFunction: Policies: line 39: only documents"},
		"a Deny":                      {functions, "Sid: Tell, Effect: Allow", "Sid: Tell, Effect: Deny", `RouterFunction: Policies: line 46: property Effect is "Deny"`},
		"a right under a condition":   {functions, "Sid: Call, Effect: Allow", "Sid: Call, Effect: Allow, Condition: {}", `Loop: Policies: line 73: property "Condition" is not`},
		"a right to what is missing":  {functions, "${Things.Arn}/index", "${Thing.Arn}/index", "RouterFunction: Policies: line 42: Thing.Arn is neither"},
		"an event":                    {functions, "Type: ScheduleV2", "Type: SQS", `RouterFunction: event Minute: property Type is "SQS"`},
		"a property of an event":      {functions, "rate(1 minute), ", "rate(1 minute), Input: x, ", `RouterFunction: event Minute: property "Input" is not`},
		"cron":                        {functions, "rate(1 minute)", "'cron(0 0 * * ? *)'", `RouterFunction: event Minute: property ScheduleExpression is "cron`},
		"seconds":                     {functions, "rate(1 minute)", "rate(30 seconds)", "RouterFunction: event Minute: property ScheduleExpression"},
		"a stage of the HTTP API":     {functions, "StageName: $default", "StageName: prod", `ApiStage: property StageName is "prod"`},
		"a mock of the HTTP API":      {functions, "IntegrationType: AWS_PROXY", "IntegrationType: MOCK", "ApiCall: property IntegrationType of an HTTP API"},
		"another payload":             {functions, `PayloadFormatVersion: "2.0"`, `PayloadFormatVersion: "1.0"`, "ApiCall: property IntegrationType of an HTTP API"},
		"a JWT on the HTTP API":       {functions, "RouteKey: $default,", "RouteKey: $default, AuthorizationType: JWT,", `ApiRest: property AuthorizationType is "JWT"`},
		"two HTTP APIs":               {functions, "  Alarm:", "  Second: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP}}\n  Alarm:", "Second: one Api"},
		"a whole HTTP API":            {functions, "AWS::CloudWatch::Alarm", "AWS::Serverless::HttpApi", "Alarm: type AWS::Serverless::HttpApi"},
		"provisioned capacity":        {functions, "BillingMode: PAY_PER_REQUEST", "BillingMode: PROVISIONED", "Things: property BillingMode"},
		"a stream":                    {functions, "DeletionProtectionEnabled: true", "StreamSpecification: {StreamViewType: KEYS_ONLY}", `Things: property "StreamSpecification"`},
		"a property in the depth":     {functions, "ProjectionType: INCLUDE,", "ProjectionKind: INCLUDE,", `Things: property "ProjectionKind"`},
		"an express machine":          {functions, "DefinitionUri: loop", "Type: EXPRESS\n      DefinitionUri: loop", `Loop: property Type is "EXPRESS"`},
		"a machine without a file":    {functions, "      DefinitionUri: loop.asl.json\n", "", "Loop: property DefinitionUri"},
		"a missing condition":         {functions, "    DeletionPolicy: Retain", "    Condition: HasMail", "Things: there is no condition HasMail"},
		"a strange condition":         {functions, "IsProd: !Equals [!Ref Stage, prod]", "IsProd: !Contains [!Ref Stage, prod]", "RouterFunction: Environment: line 15: this condition"},
		"a missing mapping":           {functions, "Stage, Short]", "Stage, Long]", "RouterFunction: Timeout: line "},
		"a type":                      {functions, "AWS::CloudWatch::Alarm", "AWS::Serverless::SimpleTable", "Alarm: type AWS::Serverless::SimpleTable"},
		"a rule":                      {functions, "AWS::CloudWatch::Alarm", "AWS::Events::Rule", "Alarm: type AWS::Events::Rule"},
		"another protocol":            {socket, "ProtocolType: WEBSOCKET", "ProtocolType: HTTP", "Api: one Api of ProtocolType WEBSOCKET"},
		"two stages":                  {socket, "  Permission:", "  Another: {Type: AWS::ApiGatewayV2::Stage, Properties: {StageName: x}}\n  Permission:", "Stage: a second Stage"},
		"a JWT authorizer":            {socket, "AuthorizerType: REQUEST", "AuthorizerType: JWT", `Authorizer: property AuthorizerType is "JWT"`},
		"an address of no function":   {socket, "functions/${AskFunction.Arn}/", "functions/${Api}/", "Authorizer: property AuthorizerUri"},
		"an HTTP integration":         {socket, "IntegrationType: AWS_PROXY", "IntegrationType: HTTP_PROXY", `Chat: property IntegrationType is "HTTP_PROXY"`},
		"a mock without a response":   {socket, "IntegrationId: !Ref Pong", "IntegrationId: !Ref Chat", `Pong: property IntegrationType is "MOCK"`},
		"a response without a text":   {socket, `ResponseTemplates: {"200"`, `ResponseTemplates: {"400"`, "PongResponse: property IntegrationResponseKey"},
		"a route to nowhere":          {socket, `Ping: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: ping, RouteResponseSelectionExpression: $default, Target: !Sub "integrations/${Pong}"`, `Ping: {Type: AWS::ApiGatewayV2::Route, Properties: {RouteKey: ping, Target: nowhere`, `Ping: property Target is "nowhere"`},
		"half a route response":       {socket, "RouteKey: ping, RouteResponseSelectionExpression: $default,", "RouteKey: ping,", "Ping: property RouteResponseSelectionExpression"},
		"a named route response":      {socket, "RouteResponseKey: $default", "RouteResponseKey: x", `PingResponse: property RouteResponseKey is "x"`},
		"IAM on a route":              {socket, "AuthorizationType: CUSTOM", "AuthorizationType: AWS_IAM", `Connect: property AuthorizationType is "AWS_IAM"`},
		"an API key":                  {socket, "RouteKey: $default,", "RouteKey: $default, ApiKeyRequired: true,", `Default: property "ApiKeyRequired"`},
		"a model":                     {socket, "AWS::Lambda::Permission", "AWS::ApiGatewayV2::Model", "Permission: type AWS::ApiGatewayV2::Model"},
		"Sub with a strange argument": {socket, "{F: !Ref ChatFunction.Alias}", "x", "Chat: IntegrationUri: line "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(test.in, test.old) {
				t.Fatalf("the template has no %q", test.old)
			}
			_, err := template.Parse([]byte(strings.Replace(test.in, test.old, test.new, 1)), values())
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestReadNamesTheFile(t *testing.T) {
	t.Parallel()
	if _, err := template.Read(filepath.Join(t.TempDir(), "no.yaml"), template.Values{}); !os.IsNotExist(err) {
		t.Errorf("got %v", err)
	}
	file := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(file, []byte("Globals: {Api: {Name: x}}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := template.Read(file, template.Values{}); err == nil || !strings.HasPrefix(err.Error(), file+": ") {
		t.Errorf("got %v", err)
	}
}

// TestParley reads the template that is deployed.
func TestParley(t *testing.T) {
	t.Parallel()
	v := values()
	v.Resource = nil
	v.Pseudo["AWS::AccountId"] = "000000000000"
	v.Pseudo["AWS::URLSuffix"] = "amazonaws.com"
	v.Parameters = map[string]string{"Stage": "local", "AgentIssuer": "https://issuer", "AgentAudience": "desktop", "AgentJwksUrl": "https://issuer/jwks"}
	const root = "../../.."
	got, err := template.Read(filepath.Join(root, "template.yaml"), v)
	if err != nil {
		t.Fatal(err)
	}
	leftover := regexp.MustCompile(`\$\{|^$`)
	for _, f := range got.Functions {
		for name, value := range f.Environment {
			if leftover.MatchString(value) {
				t.Errorf("%s: %s is %q", f.ID, name, value)
			}
		}
		if f.Environment["SESSIONS_TABLE"] != "SessionsTable" {
			t.Errorf("%s: environment %v", f.ID, f.Environment)
		}
	}
	wantRoutes := []template.Route{
		{Key: "$connect", Function: "ConnectFunction"},
		{Key: "$default", Function: "CustomerFunction", Responds: true},
		{Key: "$disconnect", Function: "ConnectFunction"},
		{Key: "agent", Function: "AgentFunction", Responds: true},
		{Key: "customer", Function: "CustomerFunction", Responds: true},
		{Key: "ping", Mock: `{"type":"pong"}`, Responds: true},
	}
	routes := slices.SortedFunc(slices.Values(got.Socket.Routes), func(a, b template.Route) int { return strings.Compare(a.Key, b.Key) })
	if !reflect.DeepEqual(routes, wantRoutes) {
		t.Errorf("routes %+v", routes)
	}
	if s := got.Socket; s.Selection != "$request.body.action" || s.Stage != "local" || s.Authorizer == nil || s.Authorizer.Function != "AuthorizerFunction" {
		t.Errorf("socket %+v", s)
	}
	if len(got.HTTP.Routes) != 2 || got.HTTP.CORS == nil {
		t.Errorf("HTTP API %+v", got.HTTP)
	}
	var tables []string
	for _, table := range got.Tables {
		tables = append(tables, table.ID)
		if table.TTL == "" || len(table.Create.KeySchema) != 2 {
			t.Errorf("table %+v", table)
		}
	}
	if want := []string{"ConnectionsTable", "DirectoryTable", "SessionsTable"}; !slices.Equal(tables, want) {
		t.Errorf("tables %v", tables)
	}
	if len(got.Machines) != 1 || got.Machines[0].Substitutions["RouterFunctionArn"] != "RouterFunction" {
		t.Fatalf("machines %+v", got.Machines)
	}
	if _, err := os.Stat(filepath.Join(root, got.Machines[0].Definition)); err != nil {
		t.Error(err)
	}
	if want := []template.Schedule{{Function: "ReaperFunction", Every: time.Minute}}; !slices.Equal(got.Schedules, want) {
		t.Errorf("schedules %v", got.Schedules)
	}
}
