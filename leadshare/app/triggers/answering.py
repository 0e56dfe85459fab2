"""App: call what this process runs, and answer operators with what that comes to."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote

import azure.functions as func

from leadshare.errors import LeadshareError, Unexpected
from leadshare.intake.functions import answer

if TYPE_CHECKING:
    # Imported for its types alone: a trigger that asks for what is not there is found by mypy.
    from leadshare.app.deployment import Deployment
    from leadshare.operators.requests import OperatorRequests
    from leadshare.operators.worklist import Csv

T = TypeVar("T")

Order = Callable[[bytes], Awaitable[dict[str, object]]]
"""What carries out the order in a body."""

log = logging.getLogger("leadshare.functions")


async def answer_operator(
    request: Callable[[OperatorRequests], Awaitable[dict[str, object] | Csv]],
) -> func.HttpResponse:
    """Answer an operator with what *request* comes to, or with what is wrong.

    That is an object, or a page of CSV and the token of the next page.
    """
    try:
        result = await with_deployment(lambda parts: request(parts.requests))
    except LeadshareError as error:
        fault, status = type(error).__name__, error.http_status
        log.warning("operator.refused", extra={"status": status, "fault": fault})
        problem = json.dumps({"title": fault, "status": status, "detail": str(error)})
        return answer(status, problem, "application/problem+json")
    if isinstance(result, dict):
        return answer(200, json.dumps(result))
    headers = {"x-leadshare-next": result.next} if result.next else None
    return func.HttpResponse(result.text, headers=headers, mimetype="text/csv")


async def answer_order(
    req: func.HttpRequest, order: Callable[[OperatorRequests], Order]
) -> func.HttpResponse:
    """Answer what an operator orders in a body, which is all that may be said."""

    async def ordered(requests: OperatorRequests) -> dict[str, object]:
        requests.refuse_query(req.params)
        return await order(requests)(req.get_body())

    return await answer_operator(ordered)


async def with_deployment(call: Callable[[Deployment], Awaitable[T]]) -> T:
    """Return what *call* gets from the deployment's parts; only errors of ours get out.

    Others may quote a lead, and the host logs what it gets.
    """
    # Imported here, for intake must not wait for what it does not need.
    from leadshare.app import build as wiring  # noqa: PLC0415 - see above

    try:
        return await call(await wiring.deployment())
    except LeadshareError:
        raise
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - see above
        # The worker never answers for a cancellation that leaves a function.
        raise Unexpected.of(error) from None


def privacy_key(req: func.HttpRequest) -> str:
    """Return what a request has that opens persons."""
    return str(req.headers.get("x-leadshare-privacy-key", ""))


def opens(req: func.HttpRequest) -> str:
    """Return who opens something, as a request says."""
    return unquote(str(req.headers.get("x-leadshare-by", "")))
