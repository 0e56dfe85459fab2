"""Leads: classify one queued touch and keep it, in its lead or in quarantine."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from leadshare.configuration.models import Catalogue
from leadshare.deliveries.lanes.visit import Nudger, nudges
from leadshare.errors import Conflict, RowRefused, StorageError, Unexpected, Unread, Unreadable
from leadshare.identity import Identity
from leadshare.intake.message import open_envelope
from leadshare.leads import tombstone, unrouted
from leadshare.leads import touch as touches
from leadshare.leads.held import Held, outcome, read_held
from leadshare.leads.planning.touches import moving, plan
from leadshare.leads.quarantine import Quarantine
from leadshare.leads.routing import Routes
from leadshare.leads.touch import Touch
from leadshare.leads.tracks.telling import log_tracks
from leadshare.playbook import Category
from leadshare.scoring.settings import Scoring
from leadshare.store.keys import partition_of
from leadshare.store.retrying import Turns, until_written
from leadshare.store.table import Change, Table
from leadshare.telemetry.signals import among
from leadshare.watch.prover import Proofs

log = logging.getLogger("leadshare.leads.classify")


@dataclass(frozen=True, slots=True)
class Classifier:
    """Classifies touches under one configuration."""

    table: Table
    quarantine: Quarantine
    catalogue: Catalogue
    routes: Routes
    scoring: Scoring
    identity: Identity
    clock: Callable[[], datetime]
    nudger: Nudger
    proofs: Proofs
    turns: Turns = field(default_factory=Turns)

    async def classify(self, message: bytes, queued: datetime) -> None:
        """Keep the touch in *message*, queued at that time; a repeat changes nothing.

        Of a proof nothing is kept but that it has arrived.

        Raises `StorageError` where the table fails, so that the message comes back; every
        fault that coming back would not cure ends in quarantine.
        """
        try:
            envelope = open_envelope(message)
        except Unreadable as error:
            await self.quarantine.keep(message, queued, error.reason)
            return
        try:
            if await self.proofs.accept(envelope):
                return
            touch = touches.read(envelope, self.catalogue, self.identity)
            comes_to = await self._keep(touch, envelope.body)
        except Unreadable as error:
            await self.quarantine.keep(message, queued, error.reason)
        except Exception as error:
            # The same row would be refused again; what else a table fails with may pass.
            if isinstance(error, StorageError) and not isinstance(error, RowRefused):
                raise
            # A lead outlives a bug of ours, in quarantine.
            fault = str(error if isinstance(error, RowRefused) else Unexpected.of(error))
            log.error("touch.crashed", extra={"touch": envelope.id, "fault": fault})  # noqa: TRY400 - the text of the error may quote the lead
            await self.quarantine.keep(message, queued, Unread.CRASHED)
        else:
            if comes_to is None:
                log.info("touch.erased")
            else:
                self._log(touch, comes_to)

    async def _keep(self, touch: Touch, raw: bytes) -> dict[str, object] | None:
        """Write *touch* and all that follows from it; return what its lead comes to.

        None where it is of the time that was erased of its contact: then nothing is kept of it.
        """
        partition, changed = partition_of(touch.contact), False
        is_normal = touch.category is Category.NORMAL
        moves = moving(self.routes, self.scoring) if is_normal else 0

        async def write() -> tuple[Held, list[list[Change]]] | None:
            nonlocal changed
            held = await read_held(self.table, touch.lead, touch=touch.id, moving=moves)
            if tombstone.keeps_out(held.contact, touch.received):
                return None
            await tombstone.begin_anew(self.table, touch.contact, held, self.clock())
            if held.is_leaving:
                raise Conflict("its rows are leaving by their age")
            if held.is_full(touch):
                self.turns.end(touch.contact)
                raise Unreadable(Unread.CONTACT_FULL)
            transactions = plan(held, touch, raw, self.routes, self.scoring, self.clock())
            for changes in transactions:
                await self.table.write(partition, changes)
                changed = True
                unrouted.log_unrouted(changes, self.catalogue)
                log_tracks(changes)
            return held, transactions

        async with self.turns.at(touch.contact):
            written = await until_written("a contact", write)
        if written is None:
            return None
        held, transactions = written
        await self._nudge(partition, held, transactions)
        return {"changed": changed, **outcome(held, touch.lead, transactions)}

    async def _nudge(
        self, partition: str, held: Held, transactions: Sequence[Sequence[Change]]
    ) -> None:
        """Have all looked at that is due of the contact, changed by this run or not.

        A run that died before it nudged left it so.
        """
        changes = [change for changes in transactions for change in changes]
        gone = {change.key for change in changes if change.kind == "delete"}
        keys = {row.values["index"] for row in held.deliveries.values()} - gone
        keys |= {change.key for change in changes} - gone
        await self.nudger.nudge(nudges(partition, keys, self.clock()))

    def _log(self, touch: Touch, comes_to: dict[str, object]) -> None:
        """Log one wide line; of listing and campaign only what the publisher has named."""
        log.info(
            "touch.classified",
            extra={
                "touch": touch.id,
                "lead": touch.lead,
                "storefront": touch.storefront.value,
                "intent": touch.intent.value,
                "category": touch.category.value,
                "via": touch.via,
                "listing": among(touch.listing, self.catalogue.ids),
                "flags": list(touch.flags),
                **comes_to,
                "campaign": among(str(comes_to["campaign"]), self.catalogue.campaigns.ids),
                "waited_ms": round((self.clock() - touch.received).total_seconds() * 1000),
                "trace": touch.trace,
            },
        )
