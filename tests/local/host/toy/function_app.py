"""A small app with one function for each thing that the host must do."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import time
from typing import Any

import azure.functions as func

log = logging.getLogger("toy")
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

to_out = app.queue_output(arg_name="out", queue_name="%OUT%", connection="ACCOUNT")


def describe(req: func.HttpRequest) -> func.HttpResponse:
    """Answer with all that the host passed."""
    seen = {
        "method": req.method,
        "url": req.url,
        "headers": dict(req.headers),
        "params": dict(req.params),
        "route": dict(req.route_params),
        "body": base64.b64encode(req.get_body()).decode(),
    }
    return func.HttpResponse(json.dumps(seen), mimetype="application/json")


@app.route("echo/{first}/{second?}")
async def echo(req: func.HttpRequest) -> func.HttpResponse:
    return describe(req)


@app.route("files/{*path}", methods=["GET"])
def files(req: func.HttpRequest) -> func.HttpResponse:
    return describe(req)


@app.route("numbers/{id:int}", methods=["GET"])
def numbers(req: func.HttpRequest) -> func.HttpResponse:
    return describe(req)


@app.route("keyed", auth_level=func.AuthLevel.FUNCTION)
def keyed(req: func.HttpRequest) -> func.HttpResponse:
    return describe(req)


@app.route("mastered", auth_level=func.AuthLevel.ADMIN)
def mastered(req: func.HttpRequest) -> func.HttpResponse:
    return describe(req)


@app.route("made", methods=["GET"])
def made(req: func.HttpRequest) -> func.HttpResponse:
    headers = {"X-Toy": req.params.get("toy", "none")}
    status = int(req.params.get("status", 418))
    return func.HttpResponse("é", status_code=status, headers=headers, charset="latin-1")


@app.route("text", methods=["POST"])
def text(req: func.HttpRequest) -> str:
    return req.get_body().decode()


@app.route("nothing")
def nothing(req: func.HttpRequest) -> None:
    """Return what the worker cannot take for an answer."""
    req.get_body()


@app.route("fails")
def fails(req: func.HttpRequest) -> func.HttpResponse:
    raise RuntimeError(f"the toy is broken for {req.method}")


@app.route("cancelled")
async def cancelled(req: func.HttpRequest) -> func.HttpResponse:
    raise asyncio.CancelledError(req.method)


@app.route("dies")
async def dies(req: func.HttpRequest) -> func.HttpResponse:
    os._exit(len(req.method))


@app.route("pid")
async def pid(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(f"{os.getpid()} {req.method}")


@app.route("stubborn")
async def stubborn(req: func.HttpRequest) -> func.HttpResponse:
    log.info("stubborn.begins")
    try:
        await asyncio.sleep(float(req.params["seconds"]))
    finally:
        log.info("stubborn.ends")
    return func.HttpResponse("slept")


@app.route("slow")
async def slow(req: func.HttpRequest) -> func.HttpResponse:
    await asyncio.sleep(float(req.params["seconds"]))
    return func.HttpResponse("slept")


@app.route("slow_sync")
def slow_sync(req: func.HttpRequest) -> func.HttpResponse:
    time.sleep(float(req.params["seconds"]))
    return func.HttpResponse("slept")


@app.route("context")
def context(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    seen = {
        "name": context.function_name,
        "id": context.invocation_id,
        "folder": context.function_directory,
        "thread_id": getattr(context.thread_local_storage, "invocation_id", None),
        "retry": context.retry_context,
        "trace": context.trace_context.trace_parent,
        "method": req.method,
    }
    return func.HttpResponse(json.dumps(seen))


@app.route("send_text", methods=["POST"])
@to_out
def send_text(req: func.HttpRequest, out: func.Out[str]) -> func.HttpResponse:
    out.set(req.get_body().decode())
    return func.HttpResponse(status_code=202)


@app.route("send_bytes", methods=["POST"])
@to_out
async def send_bytes(req: func.HttpRequest, out: func.Out[bytes]) -> func.HttpResponse:
    out.set(req.get_body())
    return func.HttpResponse(status_code=202)


@app.route("send_list", methods=["POST"])
@to_out
def send_list(req: func.HttpRequest, out: func.Out[list[str]]) -> func.HttpResponse:
    out.set(req.get_body().decode().split())
    return func.HttpResponse(status_code=202)


@app.route("send_and_fail", methods=["POST"])
@to_out
def send_and_fail(req: func.HttpRequest, out: func.Out[bytes]) -> func.HttpResponse:
    out.set(req.get_body())
    raise RuntimeError("after set()")


@app.route("send_nowhere", methods=["POST"])
@app.queue_output(arg_name="out", queue_name="nowhere", connection="NOWHERE")
def send_nowhere(req: func.HttpRequest, out: func.Out[bytes]) -> func.HttpResponse:
    out.set(req.get_body())
    return func.HttpResponse(status_code=202)


@app.queue_trigger(arg_name="msg", queue_name="%WORK%", connection="ACCOUNT")
@to_out
async def work(msg: func.QueueMessage, out: func.Out[bytes]) -> None:
    """Do what the message says, and tell what it was."""
    log.info("work.begins")
    told = msg.get_json()
    if msg.dequeue_count == 1:
        await asyncio.sleep(told.get("sleep", 0))
        if told.get("die"):
            os._exit(1)
    if told.get("fail", 0) >= msg.dequeue_count:
        raise RuntimeError("told to fail")
    times = [msg.insertion_time, msg.expiration_time, msg.time_next_visible]
    seen = {
        "body": msg.get_body().decode(),
        "id": msg.id,
        "count": msg.dequeue_count,
        "times": [time.isoformat() if time else None for time in times],
        "receipt": bool(msg.pop_receipt),
    }
    out.set(json.dumps(seen).encode())
    log.info("work.ends")


@app.queue_trigger(arg_name="msg", queue_name="%PLAIN%", connection="ACCOUNT")
@app.queue_output(arg_name="$return", queue_name="%OUT%", connection="ACCOUNT")
def plain(msg: str) -> str:
    return f"got {msg}"


@app.queue_trigger(arg_name="msg", queue_name="%VALUE%", connection="ACCOUNT")
def returns_value(msg: str) -> str:
    return msg


@app.timer_trigger(arg_name="timer", schedule="%SCHEDULE%", run_on_startup=False)
@to_out
def tick(timer: func.TimerRequest, out: func.Out[bytes]) -> None:
    told: Any = timer  # func.TimerRequest declares only past_due
    seen = [told.past_due, told.schedule_status, told.schedule]
    out.set(json.dumps(seen).encode())
