"""Local host: invoke a function, and write its outputs."""

import logging
import time
import traceback
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from leadshare.local.host.storage.messages import to_messages
from leadshare.local.host.tracing import TRACING
from leadshare.local.host.worker.app import Function
from leadshare.local.host.worker.dispatcher import Dispatcher
from leadshare.local.host.worker.outputs import Output

log = logging.getLogger("leadshare.local.host")


class InvocationFailed(Exception):
    """A function, or the writing of its outputs, failed; the log says why."""


@dataclass(frozen=True)
class Runner:
    """One function, ready to be invoked."""

    function: Function
    outputs: Mapping[str, Output]
    timeout: float | None
    dispatcher: Dispatcher

    async def run(self, data: Callable[[], object]) -> Any:
        """Invoke the function with what *data* gives, and return what it answers.

        What it set is in the queues when this returns.
        """
        with TRACING.of(self.function.name) as trace:
            return await self._run(data, trace)

    async def _run(self, data: Callable[[], object], trace: str) -> Any:
        name, invocation, started = self.function.name, str(uuid.uuid4()), time.monotonic()
        facts: dict[str, object] = {"function": name, "invocation_id": invocation}
        try:
            reply = await self.dispatcher.run(invocation, name, data(), trace, self.timeout)
            error = reply.error
            if not error:
                for output, coded in reply.values.items():
                    for body in to_messages(*coded):
                        await self.outputs[output].send(body)
        except Exception as fault:  # noqa: BLE001  # whatever it is, the invocation has failed
            error = "".join(traceback.format_exception(fault))
        facts["duration_ms"] = round(1000 * (time.monotonic() - started))
        if error:
            log.error("function.failed", extra=facts | {"error": error})
            raise InvocationFailed(name)
        log.debug("function.executed", extra=facts)
        return reply.answer
