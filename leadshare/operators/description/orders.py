"""Operators: all that `/api/manage` can be ordered of leads and persons, as a table."""

from __future__ import annotations

from typing import Final

from leadshare.errors import Conflict, Unknown
from leadshare.operators.description import ordered, rights
from leadshare.operators.description.operation import Operation
from leadshare.operators.models import orders, queries
from leadshare.operators.models import rights as models
from leadshare.operators.orders.requests import OrderRequests
from leadshare.operators.rights import RightsRequests

ORDERS: Final = (
    Operation(
        "replay",
        "replay",
        OrderRequests.replay,
        ordered.Replayed,
        order=orders.Replay,
        refuses=(Unknown, Conflict),
    ),
    Operation(
        "erase",
        "erase",
        RightsRequests.erase,
        rights.Erased,
        query=queries.Persons,
        order=models.Erase,
        refuses=(Unknown, Conflict),
    ),
    Operation("list_erasures", "erasures", RightsRequests.list_erasures, rights.Certificates),
    Operation(
        "tell_erasure",
        "erasures/{order}",
        RightsRequests.show,
        rights.Certificate,
        named=queries.Erasure,
        refuses=(Unknown,),
    ),
    Operation(
        "take_objection",
        "object",
        RightsRequests.object,
        rights.Objected,
        order=models.Object,
        refuses=(Unknown,),
    ),
    Operation(
        "export",
        "export",
        RightsRequests.export,
        rights.Exported,
        query=queries.Persons,
        order=models.Export,
        refuses=(Unknown,),
    ),
    Operation(
        "park",
        "park",
        OrderRequests.park,
        ordered.Parked,
        order=orders.OfLead,
        refuses=(Unknown,),
    ),
    Operation(
        "resend",
        "resend",
        OrderRequests.resend,
        ordered.Resent,
        order=orders.OfLead,
        refuses=(Unknown,),
    ),
    Operation(
        "drop",
        "drop",
        OrderRequests.drop,
        ordered.Dropped,
        order=orders.OfTouch,
        refuses=(Unknown, Conflict),
    ),
    Operation(
        "pause",
        "pause",
        OrderRequests.pause,
        ordered.Paused,
        order=orders.OfDestination,
        refuses=(Unknown,),
    ),
    Operation(
        "resume",
        "resume",
        OrderRequests.resume,
        ordered.Paused,
        order=orders.OfDestination,
        refuses=(Unknown,),
    ),
    Operation(
        "enable",
        "enable",
        OrderRequests.enable,
        ordered.Enabled,
        order=orders.OfDestination,
        refuses=(Unknown,),
    ),
)
