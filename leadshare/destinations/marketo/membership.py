"""Destinations: the program and the static list that Marketo's persons are put in.

Vendor pages are cited by their file names in AdobeDocs/marketo-developer.en, help/rest-api.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import Field, StrictInt

from leadshare.destinations.marketo.answers import joined, rows_in, verdict
from leadshare.destinations.marketo.api import API, Api
from leadshare.destinations.replies import Verdict, Verdicts
from leadshare.model import Model


class Program(Model):
    """A program that persons become members of."""

    id: StrictInt = Field(gt=0)
    """The number in its address: PG1234A1 is 1234."""
    status: str = Field(min_length=1, max_length=255)
    """One of the statuses of the program's channel."""


@dataclass(frozen=True, slots=True)
class Memberships:
    """What every person becomes a member of, if anything."""

    api: Api
    program: Program | None
    static_list: int | None

    async def join(self, verdicts: Verdicts, now: datetime) -> dict[str, Verdict]:
        """Put those accepted in the program and the list; return who could not be.

        Those are written again later, which changes nothing.
        """
        people = {lead: int(v.record_id) for lead, v in verdicts.items() if v.record_id}
        failed: dict[str, Verdict] = {}
        for path, body in self._calls([*people.values()]) if people else ():
            rows = rows_in(await self.api.ask("POST", path, now, json=body), len(people))
            reasons = {lead: joined(row) for lead, row in zip(people, rows, strict=True)}
            failed |= {lead: verdict(reason) for lead, reason in reasons.items() if reason}
        return failed

    def _calls(self, people: Sequence[int]) -> list[tuple[str, dict[str, object]]]:
        """Return the path and the body of each call that *people* need."""
        calls: list[tuple[str, dict[str, Any]]] = []
        if program := self.program:
            members = [{"leadId": person} for person in people]
            body = {"statusName": program.status, "input": members}
            calls.append((f"{API}/programs/{program.id}/members/status.json", body))
        if self.static_list:
            body = {"input": [{"id": person} for person in people]}
            calls.append((f"{API}/lists/{self.static_list}/leads.json", body))
        return calls
