"""Local host: connect each function to its trigger and its outputs."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from leadshare.local.host.http.routes import compile_route
from leadshare.local.host.http.web import Endpoint
from leadshare.local.host.queues import Listener
from leadshare.local.host.refusals import indexing_error, log_line, refusals, route_of
from leadshare.local.host.settings.bundles import BUNDLED
from leadshare.local.host.settings.config import Config, is_disabled
from leadshare.local.host.settings.connections import is_queue_name, queue_name, resolve
from leadshare.local.host.storage.client import POISON, Storage
from leadshare.local.host.timers.lock import Locks
from leadshare.local.host.timers.ncrontab import Schedule, parse_schedule
from leadshare.local.host.timers.singleton import Job, Singleton
from leadshare.local.host.timers.timers import Clock, Timer
from leadshare.local.host.worker.app import Binding, Function
from leadshare.local.host.worker.dispatcher import Dispatcher
from leadshare.local.host.worker.invocation import Runner
from leadshare.local.host.worker.outputs import Output

from .errors import FunctionError
from .times import Times

HTTP = "http"
"""The group of all functions with HTTP triggers; each other function is a group of its own."""

log = logging.getLogger("leadshare.local.host")

Line = tuple[str, str]  # what the console says of a function, and its URL's path


@dataclass
class Wiring:
    """Collects what serves the functions, and a line about each for the console."""

    config: Config
    storage: Storage
    locks: Locks
    dispatcher: Dispatcher
    times: Times
    state: Path | None
    clock: Clock
    end_host: Callable[[str], None]
    endpoints: list[Endpoint] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    lines: dict[str, Line] = field(default_factory=dict)

    def connect_all(self, functions: Sequence[Function]) -> None:
        """Connect every function; one that cannot be connected does not stop the others."""
        if listed := self.config.functions:
            functions = [function for function in functions if function.name.lower() in listed]
        if self.config.bundle and any(map(_uses_queues, functions)):
            _ = self.config.queues  # a value that cannot be read keeps the host from starting
        refused = refusals(functions, self.config.bundle)
        for function in functions:
            if fault := refused.get(function.name) or self._fault_of(function):
                line = log_line(function.name, fault)
                log.error(line, extra={"function": function.name})
                self.lines[function.name] = ("in error", "")

    def _fault_of(self, function: Function) -> str:
        """Connect a function, and say what is wrong with it if that cannot be."""
        try:
            self._connect(function)
        except FunctionError as error:
            return str(error)
        return ""

    def _connect(self, function: Function) -> None:
        outputs = {
            name: Output(binding, self.storage, self.config.settings)
            for name, binding in function.outputs.items()
            if binding["type"].lower() == "queue"
        }
        runner = Runner(function, outputs, self.config.function_timeout, self.dispatcher)
        disabled = is_disabled(function.name, self.config.settings)
        if function.trigger["type"].lower() == "httptrigger":
            line = self._connect_http(runner, disabled=disabled)
        else:
            line = self._connect_job(runner, disabled=disabled)
        self.lines[function.name] = ("disabled", "") if disabled else line

    def _connect_http(self, runner: Runner, *, disabled: bool) -> Line:
        trigger, prefix = runner.function.trigger, self.config.http.route_prefix
        template, methods = route_of(runner.function)
        route = compile_route(template, prefix, methods)
        self.endpoints.append(Endpoint(runner, route, trigger["authLevel"], disabled))
        path = f"{prefix}/{template}".strip("/")
        return f"[{','.join(trigger.get('methods') or ()) or 'ANY'}] ", f"/{path}"

    def _connect_job(self, runner: Runner, *, disabled: bool) -> Line:
        function = runner.function
        connect: dict[str, Callable[[Runner, Binding], tuple[Job, str]]] = {
            "queuetrigger": self._listener,
            "timertrigger": self._timer,
        }
        try:
            job, line = connect[function.trigger["type"].lower()](runner, function.trigger)
        except ValueError as error:  # ours, or the SDK's about a connection string
            raise FunctionError(indexing_error(function.name, error)) from error
        if not disabled:
            self.jobs.append(job)
        return line, ""

    def _listener(self, runner: Runner, trigger: Binding) -> tuple[Job, str]:
        name = queue_name(resolve(trigger["queueName"], self.config.settings))
        connection, poison = trigger.get("connection") or "", None
        queue = self.storage.queue(connection, name)
        # What fails in a poison queue has nowhere to go, nor has what lies in a long-named one.
        if not name.endswith(POISON) and is_queue_name(name + POISON):
            poison = self.storage.queue(connection, name + POISON)
        listener = Listener(runner, queue, poison, self.config.queues, self.times, self.end_host)
        return listener, f"queueTrigger {name}"

    def _timer(self, runner: Runner, trigger: Binding) -> tuple[Job, str]:
        expression = resolve(trigger["schedule"], self.config.settings)
        timer = Timer(runner, _schedule(expression), self.clock, self.state)
        lock = self.locks.of(runner.function.name)
        job = Singleton(timer, lock, self.times, self.end_host) if lock else timer
        return job, f"timerTrigger {expression}"


def _schedule(expression: str) -> Schedule:
    try:
        return parse_schedule(expression)
    except ValueError as error:
        raise FunctionError(
            f"Microsoft.Azure.WebJobs.Extensions: The schedule expression '{expression}' was not"
            " recognized as a valid cron expression or timespan string."
        ) from error


def _uses_queues(function: Function) -> bool:
    return any(binding["type"].lower() in BUNDLED for binding in function.bindings)


def of_group(functions: Sequence[Function], group: str) -> list[Function]:
    """Give the functions of a *group*, to each of which Flex Consumption gives processes."""
    chosen = [function for function in functions if group_of(function) == group]
    if functions and not chosen:
        known = ", ".join(sorted({group_of(function) for function in functions}))
        raise ValueError(f"there is no group {group!r}; there are {known}")
    return chosen


def group_of(function: Function) -> str:
    """Name the group that a function is in."""
    return HTTP if function.trigger["type"].lower() == "httptrigger" else function.name
