"""Triggers: translate in, call once, translate out; importing this builds nothing."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import azure.functions as func

from leadshare import intake, logs
from leadshare.errors import (
    BadRequest,
    ConfigurationError,
    Conflict,
    LeadshareError,
    StorageError,
    Unexpected,
    Unknown,
)

logs.install()
log = logging.getLogger("leadshare.functions")
app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)


@app.route(route="leads/{listing?}", methods=["POST"])
@app.queue_output(arg_name="queue", queue_name="touches", connection="LEADSHARE_STORAGE")
async def take_touch(
    req: func.HttpRequest, queue: func.Out[bytes], context: func.Context
) -> func.HttpResponse:
    """Take one touch from the marketplace; the answer waits until the queue has it."""
    listing, touch, trace = req.route_params.get("listing"), uuid4().hex, _trace(context)
    now = datetime.now(UTC)
    answer = intake.take(req.get_body(), listing, touch=touch, now=now, trace=trace)
    if answer.message is not None:
        # Bytes, for the host rewrites text that looks like JSON (azure-functions-host#9581).
        queue.set(answer.message)
    facts = {"touch": touch, "status": answer.status, "bytes": len(req.get_body())}
    reason = answer.body.get("reason", "")
    log.info("touch.taken", extra=facts | {"reason": reason, "trace": "", **intake.traced(trace)})
    return _answer(answer.status, answer.text, answer.mimetype)


@app.queue_trigger(arg_name="msg", queue_name="touches", connection="LEADSHARE_STORAGE")
async def classify_touch(msg: func.QueueMessage) -> None:
    """Classify one touch; what is raised brings the message back."""
    await _ask(lambda parts: parts.running().classifier.classify(msg.get_body(), _queued(msg)))


@app.queue_trigger(arg_name="msg", queue_name="touches-poison", connection="LEADSHARE_STORAGE")
async def keep_poison(msg: func.QueueMessage) -> None:
    """Keep a touch that was given up on; it must not expire in the poison queue."""
    await _ask(lambda parts: parts.quarantine.keep(msg.get_body(), _queued(msg), "poison"))


@app.route(route="referrals/webhook", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@app.queue_output(arg_name="queue", queue_name="referrals", connection="LEADSHARE_STORAGE")
async def take_referral(req: func.HttpRequest, queue: func.Out[bytes]) -> func.HttpResponse:
    """Take one event of Partner Center, which can send no key: it signs what it sends."""
    try:
        answer = await _ask(lambda parts: parts.webhook().take(req.headers, req.get_body()))
    except LeadshareError as error:
        # Anybody may ask, and Partner Center asks again; what is wrong is for operators.
        status = _STATUS.get(type(error), 500)
        log.warning("event.failed", extra={"status": status, "fault": str(error)})
        return _answer(status, json.dumps({"status": status}), "application/problem+json")
    if answer.message is not None:
        queue.set(answer.message)
    reason = answer.body.get("detail", "")
    log.info("event.taken", extra={"status": answer.status, "reason": reason})
    return _answer(answer.status, answer.text, answer.mimetype)


@app.queue_trigger(arg_name="msg", queue_name="referrals", connection="LEADSHARE_STORAGE")
@app.queue_output(arg_name="queue", queue_name="touches", connection="LEADSHARE_STORAGE")
async def classify_referral(
    msg: func.QueueMessage, queue: func.Out[bytes], context: func.Context
) -> None:
    """Fetch and keep one referral; only a marketplace lead goes on, to the queue of touches."""
    body, trace = msg.get_body(), _trace(context)
    touch = await _ask(lambda parts: parts.running().referrals.classify(body, trace))
    if touch is not None:
        queue.set(touch)


@app.queue_trigger(arg_name="msg", queue_name="referrals-poison", connection="LEADSHARE_STORAGE")
@app.queue_output(arg_name="queue", queue_name="referrals", connection="LEADSHARE_STORAGE")
async def keep_referral(msg: func.QueueMessage, queue: func.Out[bytes]) -> None:
    """Note that a referral could not be had for long, and go on trying."""
    again = await _ask(lambda parts: parts.shelf.give_up(msg.get_body()))
    if again is not None:
        queue.set(again)


@app.timer_trigger(arg_name="timer", schedule="%TICK_SCHEDULE%")
async def tick(timer: func.TimerRequest) -> None:
    """Carry out what is due."""
    await _ask(lambda parts: parts.running().ticker.tick(parts.settings.tick_budget))


@app.route(route="health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def health(req: func.HttpRequest) -> func.HttpResponse:
    """Say that the app answers; anybody may ask, so nothing more is said."""
    return _answer(200, '{"status":"ok"}')


@app.route(route="manage/health", methods=["GET"])
async def tell_health(req: func.HttpRequest) -> func.HttpResponse:
    """Tell operators how everything stands."""
    return await _told(lambda desk: desk.health())


@app.route(route="manage/destinations", methods=["GET"])
async def list_destinations(req: func.HttpRequest) -> func.HttpResponse:
    """List the destinations: budgets, breakers, backlogs, errors and preflights."""
    return await _told(lambda desk: desk.destinations())


@app.route(route="manage/leads", methods=["GET"])
async def list_leads(req: func.HttpRequest) -> func.HttpResponse:
    """List leads, newest first."""
    return await _told(lambda desk: desk.leads(req.params))


@app.route(route="manage/leads/{lead}", methods=["GET"])
async def tell_lead(req: func.HttpRequest) -> func.HttpResponse:
    """Tell one lead's whole story."""
    return await _told(lambda desk: desk.lead(req.route_params["lead"]))


@app.route(route="manage/deliveries", methods=["GET"])
async def list_deliveries(req: func.HttpRequest) -> func.HttpResponse:
    """List the deliveries in one state."""
    return await _told(lambda desk: desk.deliveries(req.params))


@app.route(route="manage/quarantine", methods=["GET"])
async def list_quarantine(req: func.HttpRequest) -> func.HttpResponse:
    """List the touches that could not be classified."""
    return await _told(lambda desk: desk.quarantine(req.params))


@app.route(route="manage/referrals", methods=["GET"])
async def list_referrals(req: func.HttpRequest) -> func.HttpResponse:
    """List referrals, which are no leads."""
    return await _told(lambda desk: desk.referrals(req.params))


@app.route(route="manage/worklist", methods=["GET"])
async def list_work(req: func.HttpRequest) -> func.HttpResponse:
    """List what people are to do in Partner Center, as JSON or CSV."""
    return await _told(lambda desk: desk.list_work(req.params))


@app.route(route="manage/worklist", methods=["POST"])
async def do_work(req: func.HttpRequest) -> func.HttpResponse:
    """Take down what people have done of it."""
    return await _told(lambda desk: desk.do_work(req.get_body()))


@app.route(route="manage/replay", methods=["POST"])
async def replay(req: func.HttpRequest) -> func.HttpResponse:
    """Make parked deliveries due again, or classify quarantined touches again."""
    return await _told(lambda desk: desk.replay(req.get_body()))


@app.route(route="manage/enable", methods=["POST"])
async def enable(req: func.HttpRequest) -> func.HttpResponse:
    """Enable a destination that asked never to be called again."""
    return await _told(lambda desk: desk.enable(req.get_body()))


async def _told(ask: Callable[[Any], Awaitable[Any]]) -> func.HttpResponse:
    """Answer an operator with what *ask* gets from the desk, or with what is wrong.

    The desk answers with an object, or with a page of CSV and the token of the next page.
    """
    try:
        told = await _ask(lambda parts: ask(parts.desk))
    except LeadshareError as error:
        status = _STATUS.get(type(error), 500)
        log.warning("desk.refused", extra={"status": status, "fault": type(error).__name__})
        problem = json.dumps(
            {"title": type(error).__name__, "status": status, "detail": str(error)}
        )
        return _answer(status, problem, "application/problem+json")
    if isinstance(told, dict):
        return _answer(200, json.dumps(told))
    headers = {"x-leadshare-next": told.next} if told.next else None
    return func.HttpResponse(told.text, headers=headers, mimetype="text/csv")


_STATUS = {BadRequest: 400, Unknown: 404, Conflict: 409, ConfigurationError: 503, StorageError: 503}


async def _ask(ask: Callable[[Any], Awaitable[Any]]) -> Any:
    """Return what *ask* gets from the deployment's parts; only errors of ours get out.

    Others may quote a lead, and the host logs what it gets.
    """
    # Imported here, for intake must not wait for what it does not need.
    from leadshare import wiring  # noqa: PLC0415 - see above

    try:
        return await ask(await wiring.deployment())
    except LeadshareError:
        raise
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - see above
        # The worker never answers for a cancellation that leaves a function.
        raise Unexpected.of(error) from None


def _trace(context: func.Context) -> str:
    """Return the traceparent that the host gave the invocation; nothing hangs on there being one.

    Read without the OpenTelemetry API, which takes longer to load than all of intake.
    """
    return getattr(getattr(context, "trace_context", None), "trace_parent", None) or ""


def _queued(msg: func.QueueMessage) -> datetime:
    time = msg.insertion_time or datetime.now(UTC)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _answer(status: int, text: str, mimetype: str = "application/json") -> func.HttpResponse:
    return func.HttpResponse(text, status_code=status, mimetype=mimetype)
