"""Listings: set lead destinations at Partner Center, wait for its jobs, publish if told."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadshare.errors import LeadshareError, Unreachable
from leadshare.listings.api import Refused
from leadshare.listings.audit import HTTPS, Standing, endpoint
from leadshare.listings.ingestion import CUSTOMER_LEADS, SUBMISSION, Ingestion, Job
from leadshare.listings.keys import FunctionKeys, Key


class Held(LeadshareError):
    """A listing cannot be set or published now; the text says why."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done for one listing."""

    standing: Standing
    sets: bool
    publish: str
    """`preview`, `live` or nothing."""

    def told(self) -> list[str]:
        """Return the change in words; no key is in it."""
        standing, lines = self.standing, []
        if self.sets:
            key = f"its key {standing.keys[-1].name}" if standing.keys else "a key made for it"
            before = standing.place("draft")
            lines.append(f"draft: {before} -> {standing.base}/api/leads/{standing.listing}, {key}")
            if contacts := _contacts(standing):
                lines.append(f"draft: its {len(contacts)} contact addresses stay")
        if self.publish == "preview":
            lines.append("publish to preview: EVERY change in the draft of this offer")
        if self.publish == "live":
            lines.append("publish to live: what is in preview now")
        return lines


def plan(standing: Standing, publish: str) -> Step:
    """Return what is still to be done for a listing; nothing where it stands right."""
    return Step(
        standing,
        sets=bool(standing.wrong("draft")),
        # What is live was in preview, whether or not the API still tells of a preview.
        publish=publish if publish and standing.wrong("live") and standing.wrong(publish) else "",
    )


def set_destination(step: Step, ingestion: Ingestion, keys: FunctionKeys, now: datetime) -> Job:
    """Point a listing's draft here, under its newest key; make one if it has none."""
    standing = step.standing
    key = standing.keys[-1] if standing.keys else keys.make(standing.listing, now)
    return ingestion.configure(_resource(standing, key))


def publish(step: Step, ingestion: Ingestion) -> Job:
    """Publish a listing as its step says; `Held` where that cannot be now."""
    standing = step.standing
    product = f"product/{standing.product.id}"
    resource = {"$schema": SUBMISSION, "product": product, "target": {"targetType": step.publish}}
    submissions = ingestion.submissions(standing.product.id)
    if any(one.get("status") in ("notStarted", "running") for one in submissions):
        raise Held("it is being published already; wait until that is done")
    if step.publish == "live":
        if standing.wrong("preview"):
            raise Held("its preview does not point here; publish to preview first, and look at it")
        resource["id"] = _preview(submissions)
    return ingestion.configure(resource)


def wait(
    jobs: dict[str, Job],
    ingestion: Ingestion,
    poll: float,
    patience: float,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Job]:
    """Return the *jobs* of listings once they are done, or as they are after *patience* seconds."""
    ends = time.monotonic() + patience
    while time.monotonic() < ends and not all(job.done for job in jobs.values()):
        sleep(poll)
        jobs = {name: job if job.done else _look(job, ingestion) for name, job in jobs.items()}
    return jobs


def _look(job: Job, ingestion: Ingestion) -> Job:
    """Return how *job* stands now; what hinders one look must not hide how others went."""
    try:
        return ingestion.status(job.id)
    except Refused as error:
        if error.passes:
            return job
        return Job(job.id, done=True, succeeded=False, errors=(str(error),))
    except Unreachable:
        return job


def _resource(standing: Standing, key: Key) -> dict[str, Any]:
    before = standing.resource("draft")
    settings: dict[str, Any] = {"httpsEndpointUrl": endpoint(standing.base, standing.listing, key)}
    if contacts := _contacts(standing):
        settings["contactEmail"] = contacts
    return {
        "$schema": before.get("$schema") or CUSTOMER_LEADS,
        "id": before.get("id") or f"customer-leads/{standing.product.id}",
        "product": f"product/{standing.product.id}",
        "leadDestination": HTTPS,
        "httpsEndpointLeadConfiguration": settings,
    }


def _contacts(standing: Standing) -> list[str]:
    """Return who gets an e-mail per lead now, whatever the destination is."""
    resource = standing.resource("draft")
    settings = resource.get(f"{resource.get('leadDestination')}LeadConfiguration") or {}
    return list(settings.get("contactEmail") or ())


def _preview(submissions: Sequence[dict[str, Any]]) -> str:
    for one in submissions:
        target = (one.get("target") or {}).get("targetType")
        if target == "preview" and one.get("result") == "succeeded" and one.get("id"):
            return str(one["id"])
    raise Held("its preview has not succeeded; look at it in Partner Center")
