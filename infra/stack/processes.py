"""What the emulator answers beside AWS, for measurements and faults: the functions' processes.

    GET  /_parley/functions               each function: bytes of its package, processes, times of its starts and invocations
    POST /_parley/start?function=F&times=N  starts N fresh processes of a function, without invoking it, and ends them
    POST /_parley/kill?function=F[&busy=1]  kills the processes of a function, with busy only those that are at work

F is a function's name or its logical id. Times are milliseconds.
"""

import asyncio
import json
import signal
import threading
import time
import urllib.parse

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

PREFIX = "/_parley/"
times = {}  # function -> {"init": [...], "cold": [...], "warm": [...]}
lock = threading.Lock()
Worker = lambda_runtime.ProvidedWorker


def note(worker, kind, began):
    took = round((time.perf_counter() - began) * 1000, 3)
    with lock:
        times.setdefault(worker.func_name, {"init": [], "cold": [], "warm": []})[kind].append(took)


def watch(log):
    """Times every start and invocation from now on, and keeps what functions write in the file log."""
    spawn, invoke, first_poll = Worker._spawn, Worker.invoke, Worker._mark_first_poll
    lines = open(log, "w", buffering=1)

    def timed_spawn(self, *args, **named):
        self.began = time.perf_counter()
        spawn(self, *args, **named)

    def timed_first_poll(self, *args):
        began, self.began = getattr(self, "began", None), None
        if began is not None:  # later polls of the process are no starts
            note(self, "init", began)
        return first_poll(self, *args)

    def timed_invoke(self, *args, **named):
        began = time.perf_counter()
        result = invoke(self, *args, **named)
        note(self, "cold" if result.get("cold_start") else "warm", began)
        for line in filter(None, (result.get("log") or "").splitlines()):
            lines.write(f"{self.func_name} {line}\n")
        return result

    Worker._spawn, Worker._mark_first_poll, Worker.invoke = timed_spawn, timed_first_poll, timed_invoke


def workers():
    with lambda_runtime._lock:
        return [w for pool in lambda_runtime._workers.values() for w in pool if isinstance(w, Worker)]


def functions(name=""):
    """The records of all functions, or of one by its name or logical id."""
    records = [record for _, record in lambda_svc._functions.all_items()]
    return [f for f in records if not name or f["config"]["FunctionName"] == name or f"-{name}-" in f["config"]["FunctionName"]]


def describe():
    pids = {}
    for worker in workers():
        if worker._proc is not None and worker._proc.poll() is None:
            pids.setdefault(worker.func_name, []).append(worker._proc.pid)
    with lock:
        return [{"function": f["config"]["FunctionName"], "zipped": len(f["code_zip"]), "pids": pids.get(f["config"]["FunctionName"], []),
                 **times.get(f["config"]["FunctionName"], {})} for f in functions()]


def start(name, count):
    for f in functions(name):
        for _ in range(count):
            worker = Worker(f["config"]["FunctionName"], f["config"], f["code_zip"])
            try:
                lambda_svc._run_with_function_config_scope(f["config"], lambda: lambda_runtime.ensure_spawned(worker))
            finally:
                worker.kill()


def kill(name, busy):
    names, killed = [f["config"]["FunctionName"] for f in functions(name)], []
    for worker in workers():
        proc = worker._proc
        if worker.func_name in names and proc is not None and proc.poll() is None and (worker.in_use or not busy):
            proc.send_signal(signal.SIGKILL)
            killed.append(proc)
    for proc in killed:  # until then an invocation would still be given to it
        proc.wait()
    return [proc.pid for proc in killed]


async def answer(scope, send):
    query = {k: v[0] for k, v in urllib.parse.parse_qs(scope["query_string"].decode()).items()}
    status, body = 200, {}
    match scope["method"], scope["path"].removeprefix(PREFIX):
        case "GET", "functions":
            body = describe()
        case "POST", "start":
            await asyncio.to_thread(start, query["function"], int(query.get("times", 1)))
        case "POST", "kill":
            body = {"killed": await asyncio.to_thread(kill, query["function"], query.get("busy") == "1")}
        case _:
            status, body = 404, {"message": "There is nothing at this address."}
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})
