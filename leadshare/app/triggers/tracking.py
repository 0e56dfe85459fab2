"""App: triggers of what is asked about tracks: translate in, one call, translate out."""

from __future__ import annotations

import azure.functions as func

from leadshare.app.triggers.answering import answer_operator

blueprint = func.Blueprint()  # type: ignore[no-untyped-call]  # it has no types


@blueprint.route(route="manage/tracks", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def list_tracks(req: func.HttpRequest) -> func.HttpResponse:
    """List how many leads are at which step of which track."""
    return await answer_operator(lambda requests: requests.tracks.list_tracks(req.params))


@blueprint.route(route="manage/tracks/{lead}", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def tell_track(req: func.HttpRequest) -> func.HttpResponse:
    """Tell where one lead stands in its track."""
    lead = req.route_params["lead"]
    return await answer_operator(lambda requests: requests.tracks.get_track(lead, req.params))
