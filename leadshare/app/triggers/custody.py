"""App: triggers of what is asked about acts and what is kept: translate in, call, translate out."""

from __future__ import annotations

import azure.functions as func

from leadshare.app.triggers.answering import answer_operator

blueprint = func.Blueprint()  # type: ignore[no-untyped-call]  # it has no types


@blueprint.route(route="manage/acts", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def list_acts(req: func.HttpRequest) -> func.HttpResponse:
    """List what was ordered, newest first: beginnings and ends."""
    return await answer_operator(lambda requests: requests.custody.list_acts(req.params))


@blueprint.route(route="manage/retention", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def tell_retention(req: func.HttpRequest) -> func.HttpResponse:
    """Tell what goes next because it is of age."""
    return await answer_operator(lambda requests: requests.custody.tell_retention(req.params))


@blueprint.route(route="manage/chain", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def list_links(req: func.HttpRequest) -> func.HttpResponse:
    """List the links of the chain as they are kept, newest first."""
    return await answer_operator(lambda requests: requests.custody.list_links(req.params))
