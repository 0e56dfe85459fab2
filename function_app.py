"""Triggers: translate in, call once, translate out; importing this builds nothing."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

import azure.functions as func

from leadshare.app.triggers.answering import answer_operator, opens, privacy_key, with_deployment
from leadshare.app.triggers.campaigns import blueprint as campaigns
from leadshare.app.triggers.custody import blueprint as custody
from leadshare.app.triggers.orders import blueprint as orders
from leadshare.app.triggers.outcomes import blueprint as outcomes
from leadshare.app.triggers.rights import blueprint as rights
from leadshare.app.triggers.tracking import blueprint as tracking
from leadshare.errors import LeadshareError
from leadshare.intake.functions import answer, blueprint
from leadshare.telemetry import logs

logs.install()
log = logging.getLogger("leadshare.functions")
app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
app.register_functions(blueprint)
app.register_functions(orders)
app.register_functions(custody)
app.register_functions(tracking)
app.register_functions(campaigns)
app.register_functions(outcomes)
app.register_functions(rights)


@app.queue_trigger(arg_name="msg", queue_name="touches", connection="LEADSHARE_STORAGE")
async def classify_touch(msg: func.QueueMessage) -> None:
    """Classify one touch; what is raised brings the message back."""
    await with_deployment(
        lambda parts: parts.configured().classifier.classify(msg.get_body(), _queued(msg))
    )


@app.queue_trigger(arg_name="msg", queue_name="lanes", connection="LEADSHARE_STORAGE")
async def work_lane(msg: func.QueueMessage) -> None:
    """Work off the lane that a nudge asks for; what fails is left to the next tick."""
    try:
        await with_deployment(lambda parts: parts.visit(msg.get_body()))
    except LeadshareError as error:
        log.warning("nudge.failed", extra={"destination": "", "fault": type(error).__name__})


@app.route(route="referrals/webhook", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@app.queue_output(arg_name="queue", queue_name="referrals", connection="LEADSHARE_STORAGE")
async def take_referral(req: func.HttpRequest, queue: func.Out[bytes]) -> func.HttpResponse:
    """Take one event of Partner Center, which can send no key: it signs what it sends."""
    try:
        taken = await with_deployment(
            lambda parts: parts.webhook().accept(req.headers, req.get_body())
        )
    except LeadshareError as error:
        # Anybody may ask, and Partner Center asks again; what is wrong is for operators.
        log.warning("event.failed", extra={"status": error.http_status, "fault": str(error)})
        problem = json.dumps({"status": error.http_status})
        return answer(error.http_status, problem, "application/problem+json")
    if taken.message is not None:
        queue.set(taken.message)
    reason = taken.body.get("detail", "")
    log.info("event.taken", extra={"status": taken.status, "reason": reason})
    return answer(taken.status, taken.text, taken.mimetype)


@app.queue_trigger(arg_name="msg", queue_name="referrals", connection="LEADSHARE_STORAGE")
async def classify_referral(msg: func.QueueMessage) -> None:
    """Fetch and keep one referral; what is raised brings the message back."""
    await with_deployment(lambda parts: parts.configured().referrals.classify(msg.get_body()))


@app.timer_trigger(arg_name="timer", schedule="%TICK_SCHEDULE%")
async def tick(timer: func.TimerRequest) -> None:
    """Carry out what is due."""
    await with_deployment(lambda parts: parts.tick())


# Off the round minutes, at which everybody's timers fire.
@app.timer_trigger(arg_name="timer", schedule="0 17 * * * *")
async def prove_intake(timer: func.TimerRequest) -> None:
    """Prove that a POST through the public URL is taken, and gets to classify."""
    await with_deployment(lambda parts: parts.prover.prove())


@app.route(route="manage/health", methods=["GET"])
async def tell_health(req: func.HttpRequest) -> func.HttpResponse:
    """Tell operators how everything stands."""
    return await answer_operator(lambda requests: requests.get_health(req.params))


@app.route(route="manage/destinations", methods=["GET"])
async def list_destinations(req: func.HttpRequest) -> func.HttpResponse:
    """List the destinations: budgets, breakers, backlogs, errors and preflights."""
    return await answer_operator(lambda requests: requests.list_destinations(req.params))


@app.route(route="manage/leads", methods=["GET"])
async def list_leads(req: func.HttpRequest) -> func.HttpResponse:
    """List leads, newest first."""
    return await answer_operator(lambda requests: requests.list_leads(req.params, privacy_key(req)))


@app.route(route="manage/leads/{lead}", methods=["GET"])
async def tell_lead(req: func.HttpRequest) -> func.HttpResponse:
    """Tell one lead's whole story."""
    return await answer_operator(
        lambda requests: requests.get_lead(
            req.route_params["lead"], req.params, privacy_key(req), opens(req)
        )
    )


@app.route(route="manage/deliveries", methods=["GET"])
async def list_deliveries(req: func.HttpRequest) -> func.HttpResponse:
    """List the deliveries in one state."""
    return await answer_operator(
        lambda requests: requests.list_deliveries(req.params, privacy_key(req))
    )


@app.route(route="manage/quarantine", methods=["GET"])
async def list_quarantine(req: func.HttpRequest) -> func.HttpResponse:
    """List the touches that could not be classified."""
    return await answer_operator(lambda requests: requests.list_quarantine(req.params))


@app.route(route="manage/quarantine/{touch}", methods=["GET"])
async def tell_quarantined(req: func.HttpRequest) -> func.HttpResponse:
    """Tell of one touch in quarantine, with what was posted to whom persons may be shown."""
    return await answer_operator(
        lambda requests: requests.orders.get_quarantined(
            req.route_params["touch"], req.params, privacy_key(req), opens(req)
        )
    )


@app.route(route="manage/referrals", methods=["GET"])
async def list_referrals(req: func.HttpRequest) -> func.HttpResponse:
    """List referrals, which are no leads."""
    return await answer_operator(lambda requests: requests.list_referrals(req.params))


@app.route(route="manage/report", methods=["GET"])
async def tell_report(req: func.HttpRequest) -> func.HttpResponse:
    """Tell what was counted of leads."""
    return await answer_operator(
        lambda requests: requests.reports.get_report(req.params, privacy_key(req))
    )


@app.route(route="manage/worklist", methods=["GET"])
async def list_work(req: func.HttpRequest) -> func.HttpResponse:
    """List what people are to do in Partner Center, as JSON or CSV."""
    return await answer_operator(lambda requests: requests.list_work(req.params, privacy_key(req)))


def _queued(msg: func.QueueMessage) -> datetime:
    time = msg.insertion_time or datetime.now(UTC)
    return time if time.tzinfo else time.replace(tzinfo=UTC)
