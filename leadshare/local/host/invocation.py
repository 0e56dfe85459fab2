"""Local host: call a function with its bindings, and write its outputs."""

import asyncio
import contextvars
import functools
import logging
import time
import typing
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import azure.functions as func

from .app import RETURN, Function
from .context import Context, Out
from .messages import encode, to_messages
from .storage import Queue
from .tracing import TRACING

log = logging.getLogger("leadshare.local.host")


class InvocationFailed(Exception):
    """A function, or the writing of its outputs, failed; the log says why."""


@dataclass(frozen=True)
class Runner:
    """One function, ready to be invoked."""

    function: Function
    outputs: Mapping[str, Queue]
    timeout: float | None
    threads: ThreadPoolExecutor

    async def run(self, argument: Callable[[], object]) -> Any:
        """Invoke the function; what it set is in the queues when this returns."""
        with TRACING.of(self.function.name) as trace_parent:
            return await self._run(argument, Context(self.function, trace_parent))

    async def _run(self, argument: Callable[[], object], context: Context) -> Any:
        started = time.monotonic()
        try:
            async with asyncio.timeout(self.timeout):
                result, messages = await self._call(argument(), context)
                for queue, body in messages:
                    await queue.send(body)
        except (Exception, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and _is_cancelled():
                raise
            log.exception("function.failed", extra=_facts(context, started))
            raise InvocationFailed(self.function.name) from error
        log.debug("function.executed", extra=_facts(context, started))
        return result

    async def _call(
        self, argument: object, context: Context
    ) -> tuple[Any, list[tuple[Queue, bytes]]]:
        function = self.function
        outs = {name: Out() for name in function.outputs if name != RETURN}
        arguments = {function.trigger["name"]: argument, **outs}
        if function.wants_context:
            arguments["context"] = context
        call = functools.partial(function.call, **arguments)
        if function.is_async:
            result = await context.call(call)
        else:
            in_context = functools.partial(contextvars.copy_context().run, context.call, call)
            loop = asyncio.get_running_loop()
            result = await loop.run_in_executor(self.threads, in_context)
        values = {name: out.get() for name, out in outs.items() if out.get() is not None}
        return result, self._messages(values | self._returned(result))

    def _returned(self, result: Any) -> dict[str, Any]:
        """Check what the function returned; give what goes to a queue."""
        if RETURN in self.outputs:
            return {RETURN: result}
        if RETURN in self.function.outputs:
            if not isinstance(result, func.HttpResponse | str):
                raise TypeError(f"{type(result).__name__} is no HTTP response")
        elif result is not None:
            raise RuntimeError("returned a value without having a $return binding")
        return {}

    def _messages(self, values: Mapping[str, Any]) -> list[tuple[Queue, bytes]]:
        return [
            (self.outputs[name], body)
            for name, value in values.items()
            for body in to_messages(encode(value, _declared(self.function.hints.get(name))))
        ]


def _declared(hint: Any) -> type | None:
    """Find T in Out[T]."""
    return next(iter(typing.get_args(hint)), None)


def _is_cancelled() -> bool:
    """Tell the host's own cancelling from an error that the function let out."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _facts(context: Context, started: float) -> dict[str, object]:
    return {
        "function": context.function_name,
        "invocation_id": context.invocation_id,
        "duration_ms": round(1000 * (time.monotonic() - started)),
    }
