"""Notes in a Dataverse of our own: the annotation table, as far as timelines need it.

annotation.md and web-api-client-errors.md in MicrosoftDocs/powerapps-docs; what no page says is
marked as seen.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

LENGTHS: Final = {"subject": 500, "notetext": 100_000}
"""MaxLength by column."""


APP: Final = "00000000-0000-4000-8000-00000000000a"
"""Our own user."""


class Refused(Exception):
    """One operation was not carried out."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status, code)
        self.status = status
        self.code = code
        self.message = message

    @property
    def answer(self) -> httpx.Response:
        """Errors have this form (compose-http-requests-handle-errors.md)."""
        headers = {"Content-Type": "application/json; odata.metadata=minimal"}
        body = json.dumps({"error": {"code": self.code, "message": self.message}})
        return httpx.Response(self.status, headers={"OData-Version": "4.0"} | headers, content=body)


@dataclass
class Notes:
    """The notes of one environment."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By GUID, in the order in which they were made."""
    opportunities: set[str] = field(default_factory=set)
    privileged: bool = True
    """Whether the user may create notes and append them."""

    def upsert(
        self,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        lead_at: Callable[[str], str],
    ) -> None:
        """Create a note, unless it is there; nobody has a reason to change one."""
        guid = re.fullmatch(r"annotations\(([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\)", path)
        if guid is None or headers.get("if-none-match") != "*":
            raise Refused(400, "0x80060888", "A note that is not created, or not by its key.")
        if not self.privileged:
            raise Refused(403, "0x80040220", "Principal user is missing prvCreateNote privilege.")
        if guid[1] in self.rows:
            raise Refused(412, "0x80040237", "A record with matching key values already exists.")
        columns = json.loads(body)
        for name, length in LENGTHS.items():
            if len(columns.pop(name).encode("utf-16-le")) > 2 * length:
                raise Refused(400, "0x80044331", f"The length of the '{name}' attribute exceeded.")
        [(lookup, target)] = columns.items()
        about = self._of(lookup, target, lead_at)
        stamps = {"of": about, "objectid": about, "createdby": APP}
        self.rows[guid[1]] = {**stamps, **json.loads(body)}

    def _of(self, lookup: str, target: str, lead_at: Callable[[str], str]) -> str:
        """Return the GUID of what a note is about."""
        if lookup == "objectid_lead@odata.bind" and (lead := lead_at(target)):
            return lead
        opportunity = target.removeprefix("/opportunities(").removesuffix(")")
        if lookup == "objectid_opportunity@odata.bind" and opportunity in self.opportunities:
            return opportunity
        table = "lead" if "lead" in lookup else "opportunity"
        raise Refused(404, "0x80040217", f"Entity '{table}' With Id = {target} Does Not Exist")

    def about(self, guids: set[str]) -> list[str]:
        """What people read of the notes about any of *guids*: tags are rendered, not shown."""
        return [
            f"{row['subject']}\n{html.unescape(re.sub(r'<[^>]*>', chr(10), row['notetext']))}"
            for row in self.rows.values()
            if row["of"] in guids
        ]
