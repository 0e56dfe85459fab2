"""Listings: `listings audit`, `enable` and `verify`: ask, show, do, tell."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence

from leadshare.errors import LeadshareError
from leadshare.listings.api import Api
from leadshare.listings.audit import MISSING, Standing
from leadshare.listings.enable import Step, plan, publish, set_destination, wait
from leadshare.listings.ingestion import Job
from leadshare.listings.office import (
    Office,
    agreed,
    complain,
    opened,
    print_table,
    utc_now,
)
from leadshare.listings.setup import host_key_of, main_of


def audit(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Tell where every listing's leads go; 1 if anything is missing, or a key is overdue."""
    with opened(environment) as office:
        standings = list(office.standings(()))
    answers = [standing.to_json() for standing in standings]
    missing = [one for one in standings if one.missing]
    overdue = [f"{one.listing}: {text}" for one in standings for text in one.overdue(utc_now())]
    failed = 1 if missing or overdue else 0
    if options.json:
        print(json.dumps({"listings": answers, "overdue": overdue, "ok": not failed}, indent=2))
        return failed
    heads = ("listing", "type", "live", "draft", "here", "required", "missing")
    print_table([heads, *(_row(standing) for standing in standings)])
    for one in standings:
        if one.fault:
            complain(f"{one.listing}: {one.advice}")
        for key in one.keys[:-1]:
            print(
                f"{one.listing}: {key.name} has been replaced and lives on; `keys revoke` ends it"
            )
    for text in overdue:
        complain(text)
    print(f"\n{len(standings)} listings, {len(missing)} of them with something missing")
    return failed


def _row(standing: Standing) -> tuple[str, ...]:
    required = {True: "yes", False: "no", None: "if Contact me"}[standing.required]
    kind = standing.product.type + (", withdrawn" if standing.product.state == "deprecated" else "")
    here = "unknown" if standing.fault else "yes" if standing.is_here("live") else "no"
    places = (str(standing.place("live")), str(standing.place("draft")))
    return (standing.listing, kind, *places, here, required, MISSING.get(standing.missing, "-"))


def enable(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Point listings here and publish them if told; 1 if any could not be."""
    with opened(environment) as office:
        steps, unread = [], 0
        for standing in office.standings(options.listing):
            if standing.product.state == "deprecated":
                print(f"{standing.listing}: withdrawn, left alone")
            elif standing.fault:
                complain(f"{standing.listing}: {standing.advice}")
                unread = 1
            else:
                steps.append(plan(standing, options.publish))
        todo = [step for step in steps if step.told()]
        for step in steps:
            lines = step.told() or ["right already"]
            print("\n".join(f"{step.standing.listing}: {line}" for line in lines))
        if not todo:
            print("Nothing to change.")
            return unread
        if not agreed(yes=options.yes):
            print("Nothing was changed.")
            return 1
        return 1 if _carry_out(todo, options, office) else unread


def _carry_out(steps: Sequence[Step], options: argparse.Namespace, office: Office) -> set[str]:
    """Set and publish; return the listings that failed."""
    ingestion, now = office.ingestion, utc_now()
    sets = [step for step in steps if step.sets]
    set_now, failed = _jobs(
        sets, lambda step: set_destination(step, ingestion, office.keys, now), options, office
    )
    for name, job in set_now.items():
        _tell(name, "set", job)
        if not job.succeeded:
            failed.add(name)
    publishing = [s for s in steps if s.publish and s.standing.listing not in failed]
    published, held = _jobs(publishing, lambda step: publish(step, ingestion), options, office)
    for name, job in published.items():
        _tell(name, f"published to {options.publish}", job)
        # Certifying takes up to days: a job that still runs has not failed.
        if job.done and not job.succeeded:
            held.add(name)
    return failed | held


def _jobs(
    steps: Sequence[Step],
    start: Callable[[Step], Job],
    options: argparse.Namespace,
    office: Office,
) -> tuple[dict[str, Job], set[str]]:
    """Start a job for each step and wait for all; return them and the listings that have none."""
    jobs, failed = {}, set()
    for step in steps:
        name = step.standing.listing
        try:
            jobs[name] = start(step)
        except LeadshareError as error:
            complain(f"{name}: {error}")
            failed.add(name)
    if jobs:
        most = f"at most {options.patience:g} minutes"
        print(f"Waiting for {len(jobs)} jobs of Partner Center, {most}.", flush=True)
    return wait(jobs, office.ingestion, options.poll, options.patience * 60), failed


def _tell(name: str, what: str, job: Job) -> None:
    if job.succeeded:
        print(f"{name}: {what}")
    elif job.done:
        complain("\n".join(f"{name}: {line}" for line in job.errors))
    else:
        complain(f"{name}: job {job.id} still runs; see how it went with `listings audit`")


def verify(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Tell which listings' test lead has arrived; 1 if any has not."""
    with opened(environment) as office:
        key, main = host_key_of(environment), main_of(environment)
        office.veil.keys.add(key)
        desk = Api(main, {}, lambda: {"x-functions-key": key}, office.client, office.veil)
        names = [name.lower() for name in options.listing] or _withdrawn_left_out(office)
        seen = {name: _last_test(desk, name, options.since) for name in names}
    if options.json:
        print(json.dumps({"listings": seen, "ok": all(seen.values())}, indent=2))
    else:
        rows = [(name, time or "not arrived") for name, time in seen.items()]
        print_table([("listing", "last test lead"), *rows])
    return 0 if all(seen.values()) else 1


def _withdrawn_left_out(office: Office) -> list[str]:
    return [name for name, one in office.products(()).items() if one.state != "deprecated"]


def _last_test(desk: Api, listing: str, since: str) -> str:
    """Return when a listing's last test lead was seen, nothing if there is none."""
    query = {"stage": "test", "listing": listing, "limit": "1"}
    leads = desk.ask("GET", "api/manage/leads", query | ({"since": since} if since else {}))
    return str(leads["leads"][0]["last_seen"]) if leads.get("leads") else ""
