"""Local host: the worker calls a function with its bindings, and takes what it sets."""

import asyncio
import contextvars
import functools
import typing
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from leadshare.local.host.worker.app import RETURN, Code
from leadshare.local.host.worker.channel import Coded
from leadshare.local.host.worker.context import Context, Out
from leadshare.local.host.worker.values import encode, to_answer, to_argument


async def call(
    code: Code, data: Any, context: Context, threads: ThreadPoolExecutor
) -> tuple[Any, dict[str, Coded]]:
    """Give what an HTTP function answers, and by binding what goes to queues."""
    trigger, outputs = code.trigger, code.outputs
    outs = {name: Out() for name in outputs if name != RETURN}
    argument = to_argument(trigger["type"], data, code.hints.get(trigger["name"]))
    arguments = {trigger["name"]: argument, **outs}
    if code.wants_context:
        arguments["context"] = context
    run = functools.partial(code.call, **arguments)
    if code.is_async:
        result = await context.call(run)
    else:
        in_context = functools.partial(contextvars.copy_context().run, context.call, run)
        result = await asyncio.get_running_loop().run_in_executor(threads, in_context)
    values = {name: out.get() for name, out in outs.items() if out.get() is not None}
    answer = None
    if RETURN not in outputs:
        if result is not None:
            raise RuntimeError("returned a value without having a $return binding")
    elif outputs[RETURN]["type"] == "queue":
        values[RETURN] = result
    else:
        answer = to_answer(result)
    return answer, {name: _encode(code, name, value) for name, value in values.items()}


def _encode(code: Code, name: str, value: Any) -> Coded:
    """Encode a value as T of its Out[T]."""
    return encode(value, next(iter(typing.get_args(code.hints.get(name))), None))
