"""App: triggers of what operators order: translate in, call once, translate out."""

from __future__ import annotations

import azure.functions as func

from leadshare.app.triggers.answering import answer_operator, answer_order, privacy_key

blueprint = func.Blueprint()  # type: ignore[no-untyped-call]  # it has no types


@blueprint.route(route="manage/worklist", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
async def do_work(req: func.HttpRequest) -> func.HttpResponse:
    """Take down what people have done of the worklist."""
    return await answer_order(req, lambda requests: requests.do_work)


@blueprint.route(route="manage/replay", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
async def replay(req: func.HttpRequest) -> func.HttpResponse:
    """Make parked deliveries due again, or classify quarantined touches again."""
    return await answer_order(req, lambda requests: requests.orders.replay)


@blueprint.route(route="manage/park", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
async def park(req: func.HttpRequest) -> func.HttpResponse:
    """Park what is due for one lead."""
    return await answer_order(req, lambda requests: requests.orders.park)


@blueprint.route(route="manage/resend", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
async def resend(req: func.HttpRequest) -> func.HttpResponse:
    """Send one lead again to who has it already."""
    return await answer_order(req, lambda requests: requests.orders.resend)


@blueprint.route(route="manage/drop", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
async def drop(req: func.HttpRequest) -> func.HttpResponse:
    """Delete one touch in quarantine."""
    return await answer_order(req, lambda requests: requests.orders.drop)


@blueprint.route(route="manage/enable", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
async def enable(req: func.HttpRequest) -> func.HttpResponse:
    """Enable a destination that asked never to be called again."""
    return await answer_order(req, lambda requests: requests.orders.enable)


@blueprint.route(route="manage/pause", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
async def pause(req: func.HttpRequest) -> func.HttpResponse:
    """Let nothing leave for a destination until a person resumes it."""
    return await answer_order(req, lambda requests: requests.orders.pause)


@blueprint.route(route="manage/resume", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
async def resume(req: func.HttpRequest) -> func.HttpResponse:
    """Let what waits for a destination leave again."""
    return await answer_order(req, lambda requests: requests.orders.resume)


@blueprint.route(route="manage/counts", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
async def rebuild_counts(req: func.HttpRequest) -> func.HttpResponse:
    """Count all leads anew."""
    return await answer_order(req, lambda requests: requests.reports.rebuild)


@blueprint.route(route="manage/find", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
async def find_leads(req: func.HttpRequest) -> func.HttpResponse:
    """Find leads by what a person knows, which is in the body: URLs are logged."""
    return await answer_operator(
        lambda requests: requests.find(req.params, req.get_body(), privacy_key(req))
    )
