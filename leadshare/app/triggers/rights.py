"""App: triggers of what is ordered in a person's stead: translate in, call once, translate out."""

from __future__ import annotations

import azure.functions as func

from leadshare.app.triggers.answering import answer_operator, answer_order, privacy_key

blueprint = func.Blueprint()  # type: ignore[no-untyped-call]  # it has no types


@blueprint.route(route="manage/erase", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
async def erase(req: func.HttpRequest) -> func.HttpResponse:
    """Erase a person, who is named in the body: URLs are logged."""
    return await answer_operator(
        lambda requests: requests.rights.erase(req.params, req.get_body(), privacy_key(req))
    )


@blueprint.route(route="manage/erasures", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def list_erasures(req: func.HttpRequest) -> func.HttpResponse:
    """List what was done of all orders to erase."""
    return await answer_operator(lambda requests: requests.rights.list_erasures(req.params))


@blueprint.route(
    route="manage/erasures/{order}", methods=["GET"], auth_level=func.AuthLevel.FUNCTION
)
async def tell_erasure(req: func.HttpRequest) -> func.HttpResponse:
    """Tell what was done of one order."""
    return await answer_operator(
        lambda requests: requests.rights.show(req.route_params["order"], req.params)
    )


@blueprint.route(route="manage/object", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
async def take_objection(req: func.HttpRequest) -> func.HttpResponse:
    """Take down that a person wants to hear no more."""
    return await answer_order(req, lambda requests: requests.rights.object)


@blueprint.route(route="manage/export", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
async def export(req: func.HttpRequest) -> func.HttpResponse:
    """Tell what is held about a person, who is named in the body."""
    return await answer_operator(
        lambda requests: requests.rights.export(req.params, req.get_body(), privacy_key(req))
    )
