"""Local host: connect each function to its trigger and its outputs."""

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from .app import Binding, Function
from .config import Config, is_disabled, resolve
from .invocation import Runner
from .ncrontab import parse_schedule
from .queues import Listener
from .routes import compile_route
from .storage import POISON, Queue, Storage
from .timers import Clock, Timer
from .web import Endpoint

log = logging.getLogger("leadshare.local.host")


@dataclass
class Wiring:
    """Collects what serves the functions, and a line about each for the console."""

    settings: Mapping[str, str]
    config: Config
    storage: Storage
    threads: ThreadPoolExecutor
    lease: int
    state: Path | None
    clock: Clock
    endpoints: list[Endpoint] = field(default_factory=list)
    jobs: list[Listener | Timer] = field(default_factory=list)
    lines: dict[str, tuple[str, str]] = field(default_factory=dict)  # the second is an URL's path

    def connect_all(self, functions: Sequence[Function]) -> None:
        """Connect every function; one that cannot be connected does not stop the others."""
        for function in functions:
            if is_disabled(function.name, self.settings):
                self.lines[function.name] = ("disabled", "")
                continue
            try:
                self._connect(function)
            except ValueError:
                log.exception("function.in_error", extra={"function": function.name})
                self.lines[function.name] = ("in error", "")

    def _connect(self, function: Function) -> None:
        outputs = {
            name: self._queue(binding)
            for name, binding in function.outputs.items()
            if binding["type"] == "queue"
        }
        runner = Runner(function, outputs, self.config.function_timeout, self.threads)
        connect = {
            "httpTrigger": self._connect_http,
            "queueTrigger": self._connect_queue,
            "timerTrigger": self._connect_timer,
        }[function.trigger["type"]]
        self.lines[function.name] = connect(runner, function.trigger)

    def _connect_http(self, runner: Runner, trigger: Binding) -> tuple[str, str]:
        methods, prefix = trigger.get("methods", []), self.config.route_prefix
        route = compile_route(trigger["route"], prefix, frozenset(methods))
        self.endpoints.append(Endpoint(runner, route, trigger["authLevel"]))
        path = f"{prefix}/{trigger['route']}".strip("/")
        return f"[{','.join(methods) or 'ANY'}] ", f"/{path}"

    def _connect_queue(self, runner: Runner, trigger: Binding) -> tuple[str, str]:
        queue = self._queue(trigger)
        poison = None
        if not queue.name.endswith(POISON):  # what fails in a poison queue has nowhere to go
            poison = self.storage.queue(trigger["connection"], queue.name + POISON)
        self.jobs.append(Listener(runner, queue, poison, self.config.queues, self.lease))
        return f"queueTrigger {queue.name}", ""

    def _connect_timer(self, runner: Runner, trigger: Binding) -> tuple[str, str]:
        expression = resolve(trigger["schedule"], self.settings)
        self.jobs.append(Timer(runner, parse_schedule(expression), self.clock, self.state))
        return f"timerTrigger {expression}", ""

    def _queue(self, binding: Binding) -> Queue:
        name = resolve(binding["queueName"], self.settings)
        return self.storage.queue(binding["connection"], name)
