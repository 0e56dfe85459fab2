"""App: triggers of what became of leads: translate in, call once, translate out."""

from __future__ import annotations

import json
import logging

import azure.functions as func

from leadshare.app.triggers.answering import answer_operator, answer_order, with_deployment
from leadshare.errors import LeadshareError
from leadshare.intake.functions import answer

log = logging.getLogger("leadshare.functions")
blueprint = func.Blueprint()  # type: ignore[no-untyped-call]  # it has no types


@blueprint.route(route="outcomes", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@blueprint.queue_output(arg_name="queue", queue_name="outcomes", connection="LEADSHARE_STORAGE")
async def take_outcome(req: func.HttpRequest, queue: func.Out[bytes]) -> func.HttpResponse:
    """Take one outcome from a system that signs it; the answer waits until the queue has it."""
    try:
        taken = await with_deployment(
            lambda parts: parts.outcomes.accept(req.headers, req.get_body())
        )
    except LeadshareError as error:
        # Anybody may ask; what is wrong is for operators, and whoever signs asks again.
        status = error.http_status
        log.warning("outcome.refused", extra={"status": status, "fault": str(error)})
        return answer(status, json.dumps({"status": status}), "application/problem+json")
    if taken.message is not None:
        # Bytes, for the host rewrites text that looks like JSON (azure-functions-host#9581).
        queue.set(taken.message)
    facts = {"status": taken.status, "reason": taken.body.get("reason", "")}
    log.info("outcome.taken", extra=facts)
    return answer(taken.status, taken.text, taken.mimetype)


@blueprint.queue_trigger(arg_name="msg", queue_name="outcomes", connection="LEADSHARE_STORAGE")
async def record_outcome(msg: func.QueueMessage) -> None:
    """Record one outcome, or let it wait; what is raised brings the message back."""
    await with_deployment(lambda parts: parts.configured().posted.record(msg.get_body()))


@blueprint.route(route="manage/outcomes", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def list_outcomes(req: func.HttpRequest) -> func.HttpResponse:
    """List the outcomes that wait, for there is no lead that they are of."""
    return await answer_operator(lambda requests: requests.outcomes.list_waiting(req.params))


@blueprint.route(route="manage/outcomes", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
async def tell_outcome(req: func.HttpRequest) -> func.HttpResponse:
    """Take down what a person says became of a lead."""
    return await answer_order(req, lambda requests: requests.outcomes.tell)
