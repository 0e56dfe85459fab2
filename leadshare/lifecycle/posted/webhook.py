"""Lifecycle: take outcomes from who signs them: Standard Webhooks, told apart by their secrets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from leadshare import intake
from leadshare.client.standard_webhooks import signer
from leadshare.errors import BadRequest, Unsigned
from leadshare.lifecycle.posted import body as bodies
from leadshare.lifecycle.posted.message import message_of

Keys = Mapping[str, Sequence[bytes]]


@dataclass(frozen=True, slots=True)
class OutcomeWebhook:
    """Takes what is posted; what is not signed by a source is not even read."""

    keys: Callable[[], Keys]
    """The keys of each source, by its name; `ConfigurationError` while nobody can say."""
    clock: Callable[[], datetime]

    async def accept(self, headers: Mapping[str, str], body: bytes) -> intake.Answer:
        """Answer what was posted; *headers* by their names in lower case.

        202 says that it is kept, and not whether there is such a lead. Raises
        `ConfigurationError`; whoever posts tries again.
        """
        if len(body) > intake.LARGEST:
            detail = f"Send at most {intake.LARGEST} bytes."
            return _refusal(413, "too_large", "Body too large", detail)
        if not body and intake.framing(headers) == intake.CHUNKED:
            # The host hands a body over only if its length was told (azure-functions-host#7930).
            detail = "Send the body whole, with its length."
            return _refusal(411, intake.CHUNKED, "Length required", detail)
        now = self.clock()
        try:
            source = signer(headers, body, now, self.keys())
        except Unsigned as error:
            return _refusal(401, error.reason, "Not signed", "Sign it as Standard Webhooks say.")
        try:
            outcome = bodies.read(body, source, now)
        except BadRequest as error:
            return _refusal(400, "not_understood", "Not understood", str(error))
        return intake.Answer(202, {"status": "accepted"}, message_of(outcome, now))


def _refusal(status: int, reason: str, title: str, detail: str) -> intake.Answer:
    told = {"title": title, "status": status, "reason": reason, "detail": detail}
    return intake.Answer(status, told)
