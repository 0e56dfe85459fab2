"""Listings: Partner Center's Product Ingestion API, as far as lead destinations need it.

Microsoft Learn, "Product Ingestion API for the commercial marketplace" (preview). Written here
because cloudpub, which models it, is GPL, untyped, brings boto3, polls for days and logs the
resources that it sends, the URL with its key among them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import httpx

from leadshare.errors import Unreachable
from leadshare.listings.api import Api, Refused, tell

PATH: Final = "rp/product-ingestion"
API_VERSION: Final = "2022-07-01"
"""The newest schemas that are wanted; an older one is answered where there is none so new."""

_SCHEMAS: Final = "https://schema.mp.microsoft.com/schema"
CONFIGURE: Final = f"{_SCHEMAS}/configure/{API_VERSION}"
CUSTOMER_LEADS: Final = f"{_SCHEMAS}/customer-leads/2022-03-01-preview3"
SUBMISSION: Final = f"{_SCHEMAS}/submission/2022-03-01-preview2"

TARGETS: Final = ("draft", "preview", "live")
MOST_PAGES: Final = 1000

_ID: Final = re.compile(r"product/([0-9A-Za-z-]+)")


@dataclass(frozen=True, slots=True)
class Product:
    """One product of the account."""

    id: str
    """The second half of its durable id."""
    offer: str
    type: str
    title: str
    state: str


@dataclass(frozen=True, slots=True)
class Job:
    """How a configure request stands."""

    id: str
    done: bool
    succeeded: bool
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ingestion:
    """Reads and configures the account's products."""

    api: Api

    def products(self) -> Iterator[Product]:
        """Return all products that are not deleted, page by page."""
        query: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            page = self.api.ask("GET", f"{PATH}/product", query)
            for value in page.get("value") or ():
                product = _product(value)
                if product and product.state != "deleted":
                    yield product
            link = page.get("@nextLink")
            if not link:
                return
            # Only its query is followed: the token goes to nobody but Graph.
            query = dict(parse_qsl(urlsplit(str(link)).query))
        raise Unreachable(f"the list of products does not end within {MOST_PAGES} pages")

    def tree(self, product: str, target: str) -> list[dict[str, Any]]:
        """Return a product's resources as they are in *target*, none where it is not there."""
        try:
            answer = self.api.ask(
                "GET", f"{PATH}/resource-tree/product/{product}", {"targetType": target}
            )
        except Refused as error:
            if error.status == httpx.codes.NOT_FOUND and target != "draft":
                return []
            raise
        return [one for one in answer.get("resources") or () if isinstance(one, dict)]

    def configure(self, resource: dict[str, Any]) -> Job:
        """Ask for *resource* to be as it is here; return the job that sees to it."""
        body = {"$schema": CONFIGURE, "resources": [resource]}
        return self._job(self.api.ask("POST", f"{PATH}/configure", body=body))

    def status(self, job: str) -> Job:
        """Return how a job stands."""
        return self._job(self.api.ask("GET", f"{PATH}/configure/{job}/status"))

    def submissions(self, product: str) -> list[dict[str, Any]]:
        """Return a product's active submissions."""
        answer = self.api.ask("GET", f"{PATH}/submission/{product}")
        return [one for one in answer.get("value") or () if isinstance(one, dict)]

    def _job(self, answer: dict[str, Any]) -> Job:
        # Microsoft's pages write jobId and jobID.
        values = {name.lower(): value for name, value in answer.items()}
        job = str(values.get("jobid") or "")
        if not re.fullmatch("[0-9A-Za-z-]+", job):
            raise Unreachable("Partner Center told no job; look with `listings audit`")
        done = values.get("jobstatus") == "completed"
        result = str(values.get("jobresult"))
        errors = [line for error in values.get("errors") or () for line in tell(error)]
        veiled = tuple(self.api.veil.over(line) for line in errors or [f"{result}, no reason told"])
        return Job(job, done, done and result == "succeeded", veiled)


def _product(value: dict[str, Any]) -> Product | None:
    match = _ID.fullmatch(str(value.get("id")))
    # Microsoft's pages write externalId and externalID.
    identity = {name.lower(): one for name, one in (value.get("identity") or {}).items()}
    offer = str(identity.get("externalid") or "")
    if not match or not offer:
        return None
    state = str(value.get("lifecycleState") or "generallyAvailable")
    return Product(match[1], offer, str(value.get("type")), str(value.get("alias") or ""), state)
