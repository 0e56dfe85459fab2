"""Intake: its two triggers, which the intake app has alone and the main app has as well."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

import azure.functions as func

from leadshare import intake
from leadshare.intake.build import read_build

ROOT: Final = Path(__file__).resolve().parents[2]
"""Where host.json is, in either package."""

log = logging.getLogger("leadshare.functions")
blueprint = func.Blueprint()  # type: ignore[no-untyped-call]  # it has no types


@blueprint.route(route="leads/{listing?}", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
@blueprint.queue_output(arg_name="queue", queue_name="touches", connection="LEADSHARE_STORAGE")
async def take_touch(
    req: func.HttpRequest, queue: func.Out[bytes], context: func.Context
) -> func.HttpResponse:
    """Take one touch from the marketplace; the answer waits until the queue has it."""
    listing, touch, trace = req.route_params.get("listing"), uuid4().hex, trace_of(context)
    body, framed, now = req.get_body(), intake.framing(req.headers), datetime.now(UTC)
    key = intake.key_print(req.headers, req.params)
    taken = intake.take(body, listing, touch=touch, now=now, trace=trace, framed=framed, key=key)
    facts = {"status": taken.status, "bytes": len(body), "framed": framed, "trace": ""}
    facts |= {"reason": taken.body.get("reason", ""), **intake.traced(trace)}
    if taken.message is None:
        log.warning("touch.refused", extra=facts | {"listing": intake.listing_code(listing)})
    else:
        # Bytes, for the host rewrites text that looks like JSON (azure-functions-host#9581).
        queue.set(taken.message)
        log.info("touch.taken", extra=facts | {"touch": touch})
    return answer(taken.status, taken.text, taken.mimetype)


@blueprint.route(route="health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def health(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001 - the host passes it
    """Say that the app answers, and as which build; anybody may ask, so nothing more is said."""
    return answer(200, json.dumps({"status": "ok", "build": read_build(ROOT)}))


def trace_of(context: func.Context) -> str:
    """Return the traceparent that the host gave the invocation; nothing hangs on there being one.

    Read without the OpenTelemetry API, which takes longer to load than all of intake.
    """
    return getattr(getattr(context, "trace_context", None), "trace_parent", None) or ""


def answer(status: int, text: str, mimetype: str = "application/json") -> func.HttpResponse:
    """Return an answer with *text*, JSON if nothing else is said."""
    return func.HttpResponse(text, status_code=status, mimetype=mimetype)
