"""App: triggers of what is asked about campaigns: translate in, call, translate out."""

from __future__ import annotations

import azure.functions as func

from leadshare.app.triggers.answering import answer_order

blueprint = func.Blueprint()  # type: ignore[no-untyped-call]  # it has no types


@blueprint.route(
    route="manage/campaigns/preview", methods=["POST"], auth_level=func.AuthLevel.FUNCTION
)
async def preview_campaigns(req: func.HttpRequest) -> func.HttpResponse:
    """Tell which leads would be in another campaign under a file that is to be."""
    # Importing triggers loads nothing that needs pydantic.
    from leadshare.operators.campaigns.requests import CampaignRequests  # noqa: PLC0415 - see above

    return await answer_order(req, lambda requests: CampaignRequests(requests.lists.table).preview)
