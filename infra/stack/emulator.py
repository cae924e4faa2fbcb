"""An emulator of AWS for `make stack`: MiniStack on a loopback port, and around it the little that template.yaml needs and that
it lacks. Nothing of MiniStack is changed on disk: each part below replaces one of its functions, and says what for.

    emulator.py --port 4650 --temp DIR --log functions.log

It keeps everything in memory and in DIR, which it makes and removes. It ends on SIGTERM, and when its standard input closes, so
that it never outlives who started it; the functions' processes end with it. processes.py says what else it answers.
"""

import argparse
import asyncio
import contextvars
import functools
import importlib.metadata
import json
import os
import re
import shutil
import signal
import socketserver
import sys
import tempfile
import threading
import uuid

# The replaced functions are private, and another version has others.
WANTED = "1.5.33"
if (found := importlib.metadata.version("ministack")) != WANTED:
    sys.exit(f"emulator.py mends MiniStack {WANTED}, and this is {found}: read its changes, mend anew, then raise WANTED.")

arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
arguments.add_argument("--port", type=int, required=True, help="port to listen on, on 127.0.0.1")
arguments.add_argument("--temp", required=True, help="folder for the functions' code")
arguments.add_argument("--log", required=True, help="file that takes what the functions write")
arguments = arguments.parse_args()

# MiniStack reads these when it is imported. AUTH makes it check signatures and every policy, the functions' own roles included.
ENDPOINT = f"http://127.0.0.1:{arguments.port}"
os.environ.update(GATEWAY_PORT=str(arguments.port), AWS_ENDPOINT_URL=ENDPOINT, AUTH="true", IOT_MTLS_ENABLED="0", SFTP_ENABLED="0")
os.makedirs(arguments.temp, 0o700)
os.environ["TMPDIR"] = tempfile.tempdir = os.path.abspath(arguments.temp)

import hypercorn.asyncio  # noqa: E402
import hypercorn.config  # noqa: E402
from ministack import app  # noqa: E402
from ministack.core import iam_actions, lambda_runtime  # noqa: E402
from ministack.services import apigateway, dynamodb, lambda_svc  # noqa: E402
from ministack.services import stepfunctions as states  # noqa: E402
from ministack.services.cloudformation import provisioners  # noqa: E402

import processes  # noqa: E402

# ---- CloudFormation: types that it refuses, and properties that it reads past

HANDLERS = provisioners._RESOURCE_HANDLERS


def made(answer):
    """The record in the answer of one of its API calls."""
    status, _, body = answer
    if status >= 400:
        raise ValueError(body.decode())
    return json.loads(body) if body else {}


def camel(properties):
    return {name[0].lower() + name[1:]: value for name, value in properties.items()}


def create_route_response(logical_id, properties, stack):
    route = properties["RouteId"].rpartition("/")[2]  # its Ref of a route is "api/route"
    record = made(apigateway._create_route_response(properties["ApiId"], route, camel(properties)))
    return record["routeResponseId"], {}


def delete_route_response(physical_id, properties):
    apigateway._delete_route_response(properties["ApiId"], properties["RouteId"].rpartition("/")[2], physical_id)


def create_integration_response(logical_id, properties, stack):
    record = made(apigateway._create_integration_response(properties["ApiId"], properties["IntegrationId"], camel(properties)))
    return record["integrationResponseId"], {}


def delete_integration_response(physical_id, properties):
    apigateway._delete_integration_response(properties["ApiId"], properties["IntegrationId"], physical_id)


HANDLERS["AWS::ApiGatewayV2::RouteResponse"] = {"create": create_route_response, "delete": delete_route_response}
HANDLERS["AWS::ApiGatewayV2::IntegrationResponse"] = {"create": create_integration_response, "delete": delete_integration_response}


def after(kind, step, key=lambda physical_id: physical_id):
    """Has step(properties, physical_id, attributes) follow each create and update of a type. What it returns is what Ref gives; key
    finds the emulator's own key in that."""
    handler = HANDLERS[kind]

    def create(logical_id, properties, *args, **named):
        physical_id, attributes = handler["create"](logical_id, properties, *args, **named)
        return step(properties, physical_id, attributes), attributes

    def update(physical_id, before, properties, *args, **named):
        physical_id, attributes = handler["update"](key(physical_id), before, properties, *args, **named)
        return step(properties, physical_id, attributes), attributes

    def delete(physical_id, properties):
        handler["delete"](key(physical_id), properties)

    HANDLERS[kind] = {**handler, "create": create, "update": update, "delete": delete}


def allow_origins(properties, api, attributes):
    """It stores CORS as the template spells it, and reads it as its API does."""
    if cors := properties.get("CorsConfiguration"):
        made(apigateway._update_api(api, {"corsConfiguration": camel(cors)}))
    return api


def expire_items(properties, table, attributes):
    """It forgets TimeToLiveSpecification."""
    if ttl := properties.get("TimeToLiveSpecification"):
        made(dynamodb._update_ttl({"TableName": table, "TimeToLiveSpecification": {**ttl, "Enabled": str(ttl["Enabled"]).lower() == "true"}}))
    return table


after("AWS::ApiGatewayV2::Api", allow_origins)
after("AWS::DynamoDB::Table", expire_items)
# Ref of a secret is its ARN, and policies name it so; its own is the name, which the ARN ends with, and six digits.
after("AWS::SecretsManager::Secret", lambda properties, name, attributes: attributes["Arn"],
      key=lambda arn: arn.rpartition(":")[2].rpartition("-")[0])



def noted(kind, when=lambda properties: True):
    """Takes note of resources that it refuses and that do nothing here."""
    handler = HANDLERS.get(kind, {})

    def create(logical_id, properties, stack):
        if not when(properties):
            return handler["create"](logical_id, properties, stack)
        return f"{stack}-{logical_id}-{uuid.uuid4().hex[:8]}", {"Arn": f"arn:aws:noted:::{logical_id}"}

    HANDLERS[kind] = {**handler, "create": create, "delete": lambda physical_id, properties: None}


noted("AWS::CloudWatch::Alarm", lambda properties: "Metrics" in properties)
noted("AWS::CodeDeploy::Application")
noted("AWS::CodeDeploy::DeploymentGroup")

# ---- Lambda

# Its Runtime API writes head and body of an answer apart, and Nagle's algorithm holds the second back: 44 ms each way.
socketserver.StreamRequestHandler.disable_nagle_algorithm = True
# After each invocation it waits up to 50 ms for a log line. A line that comes late is logged with the next one.
lambda_runtime.ProvidedWorker._drain_stderr_bounded = functools.partialmethod(
    lambda_runtime.Worker._drain_stderr_bounded, first_line_wait=0, idle_confirm=0)

# Addresses that only resolve on AWS, and HTTPS on this machine, which nobody serves: rewritten when a function's process starts,
# so that neither the template nor the functions know where they run.
ADDRESSES = (
    (re.compile(r"\b(http|ws)s://(\w+)\.execute-api\.[\w.-]+"), rf"\1://127.0.0.1:{arguments.port}/_aws/execute-api/\2"),
    (re.compile(r"\bhttps://127\.0\.0\.1\b"), "http://127.0.0.1"),
)
worker_env = lambda_svc._provided_worker_env


def local_env(config, *args):
    env = worker_env(config, *args)
    for name in (config.get("Environment") or {}).get("Variables") or {}:
        for pattern, replacement in ADDRESSES:
            env[name] = pattern.sub(replacement, env[name])
    return env


lambda_svc._provided_worker_env = local_env

# ---- WebSocket APIs, as API Gateway runs them

MESSAGE_LIMIT = 128 * 1024
upgrade = contextvars.ContextVar("upgrade")  # what $connect answered
refusing = contextvars.ContextVar("refusing", default=None)  # what an authorizer failed with
answering = set()  # keeps running tasks from being collected
ws_invoke, ws_handle, ws_post, ws_authorize, ws_select = (
    apigateway._invoke_ws_lambda, apigateway.handle_websocket, apigateway.handle_connections_api, apigateway._authorize_ws_connect,
    apigateway._evaluate_route_selection)
execute = lambda_svc._execute_function_with_config_scope


async def answer(connection, route, invocation):
    """Sends a frame's caller what its function answered."""
    reply = await invocation or {}
    record = apigateway._ws_connections.get(connection)
    body = reply.get("body")
    if int(reply.get("statusCode", 500)) >= 500:  # it sends the function's own error text
        body = {"message": "Internal server error", "connectionId": connection, "requestId": str(uuid.uuid4())}
    elif not route.get("routeResponseSelectionExpression"):
        return  # without a route response a route is one-way; it answers on all
    if record and body:
        await record["outbox"].put(body if isinstance(body, str) else json.dumps(body))


async def invoke(api, account, region, route, stage, connection, event, *args, **named):
    invocation = ws_invoke(api, account, region, route, stage, connection, event, *args, **named)
    if event == "MESSAGE":  # it runs the frames of one socket one after the other; on AWS they run side by side
        task = asyncio.create_task(answer(connection, route, invocation))
        answering.add(task)
        task.add_done_callback(answering.discard)
        return None
    reply = await invocation
    if event == "CONNECT" and isinstance(reply, dict):
        upgrade.get().update(reply)
    return reply


async def handle(scope, receive, send, *args, **named):
    connect = {}
    upgrade.set(connect)

    async def out(message):
        if message["type"] == "websocket.accept":  # it does not echo the sub-protocol, and browsers refuse that
            headers = {name.lower(): value for name, value in (connect.get("headers") or {}).items()}
            message = {**message, "subprotocol": headers.get("sec-websocket-protocol")}
        status = int(connect.get("statusCode", 200))
        if message["type"] == "websocket.close" and status >= 300:  # it answers 403, whatever $connect answered
            await apigateway._refuse_ws_handshake(scope, send, status, connect.get("body", ""), "", str(uuid.uuid4()))
        else:
            await send(message)

    async def into():
        message = await receive()
        data = (message.get("text") or "").encode() + (message.get("bytes") or b"") if message["type"] == "websocket.receive" else b""
        if len(data) > MESSAGE_LIMIT:  # it knows no limits
            await send({"type": "websocket.close", "code": 1009})
            return {"type": "websocket.disconnect", "code": 1009}
        return message

    await ws_handle(scope, into, out, *args, **named)


def select(expression, text):
    key = ws_select(expression, text)
    return "$default" if key.startswith("$") else key  # it would run $connect for a frame


async def connections(method, api, stage, connection, body, headers):
    if method == "POST" and len(body or b"") > MESSAGE_LIMIT:
        return 413, {"Content-Type": "application/json", "x-amzn-ErrorType": "PayloadTooLargeException"}, b'{"message":"Message too long"}'
    return await ws_post(method, api, stage, connection, body, headers)


def execute_and_tell(record, event, *args, **named):
    result = execute(record, event, *args, **named)
    failed = refusing.get()
    if failed is not None and (result or {}).get("error") and isinstance(result.get("body"), dict):
        failed.append(result["body"].get("errorMessage"))
    return result


async def authorize(*args, **named):
    failed = []
    refusing.set(failed)
    refusal, context = await ws_authorize(*args, **named)
    refusing.set(None)
    if failed == ["Unauthorized"]:  # the one error text that means 401; it answers 500 to every failure
        refusal = (401, "Unauthorized")
    return refusal, context


apigateway._invoke_ws_lambda, apigateway.handle_websocket, apigateway.handle_connections_api, apigateway._authorize_ws_connect = (
    invoke, handle, connections, authorize)
apigateway._evaluate_route_selection = select
lambda_svc._execute_function_with_config_scope = execute_and_tell

# ---- Step Functions

machines = {}  # task token -> ARN of its state machine
routing = contextvars.ContextVar("routing")
execute_task, wait_for_token, resource_of = states._execute_task, states._invoke_with_callback, iam_actions.extract_resource_arn


def task(state, data, execution, context):
    if "HeartbeatSeconds" in state:  # it reads past it
        raise states._ExecutionError("States.Runtime", "HeartbeatSeconds is not emulated here")
    if isinstance(state.get("TimeoutSeconds"), str):  # it would wait for the text of the expression
        state = {**state, "TimeoutSeconds": states._jsonata_state_field(state, "TimeoutSeconds", "number", data, context)}
    routing.set(execution["stateMachineArn"])
    return execute_task(state, data, execution, context)


def with_token(resource, data, token, state):
    machines[token] = routing.get()  # kept: whoever answers too late must hear that, not that they may not
    return wait_for_token(resource, data, token, state)


def resource_arn(service, method, path, headers, body, *args, **named):
    if service == "states" and (token := iam_actions._safe_json_field(body, "taskToken")):
        return machines.get(token, "*")  # AWS checks SendTask* against the token's state machine, it against "*"
    return resource_of(service, method, path, headers, body, *args, **named)


states._execute_task, states._invoke_with_callback, iam_actions.extract_resource_arn = task, with_token, resource_arn

# ---- Start and end

processes.watch(arguments.log)


async def answer_request(scope, receive, send):
    if scope["type"] == "http" and scope["path"].startswith(processes.PREFIX):
        await processes.answer(scope, send)
    else:
        await app.app(scope, receive, send)


async def main():
    ended, loop = asyncio.Event(), asyncio.get_running_loop()

    def wait_for_parent():
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=wait_for_parent, daemon=True).start()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    config = hypercorn.config.Config()
    config.bind, config.keep_alive_timeout, config.graceful_timeout = [f"127.0.0.1:{arguments.port}"], 75, 0.2
    await hypercorn.asyncio.serve(answer_request, config, shutdown_trigger=ended.wait)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for who started it
    try:
        asyncio.run(main())
    finally:
        lambda_runtime.reset()
        shutil.rmtree(tempfile.tempdir, ignore_errors=True)
        os._exit(0)  # executions that wait for a token have threads, which would be waited for
