"""Local host: read host.json and the app settings the way the Functions host does."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

OVERRIDE = "AzureFunctionsJobHost"
NO_TIMEOUT = "-1"
TIMESPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2}(?:\.\d+)?))?")


class InvalidSetting(ValueError):
    """An app setting or an entry of host.json is missing or cannot be used."""


@dataclass(frozen=True)
class QueueOptions:
    """host.json, extensions.queues; times in seconds."""

    batch_size: int
    new_batch_threshold: int
    max_polling_interval: float
    visibility_timeout: int
    max_dequeue_count: int
    base64: bool


@dataclass(frozen=True)
class Config:
    """What the host takes from host.json."""

    route_prefix: str
    function_timeout: float | None
    queues: QueueOptions


def read_config(folder: Path, settings: Mapping[str, str]) -> Config:
    """Read host.json; settings such as AzureFunctionsJobHost__extensions__... override it."""
    tree = json.loads((folder / "host.json").read_text("utf-8-sig"))
    for name, value in settings.items():
        first, *path = name.split("__")
        if first == OVERRIDE and path:
            _put(tree, path, value)
    extensions = tree.get("extensions", {})
    timeout = str(tree.get("functionTimeout", "00:30:00"))
    return Config(
        route_prefix=extensions.get("http", {}).get("routePrefix", "api"),
        function_timeout=None if timeout == NO_TIMEOUT else parse_timespan(timeout).total_seconds(),
        queues=_queue_options(extensions.get("queues", {})),
    )


def _queue_options(tree: Mapping[str, Any]) -> QueueOptions:
    batch_size = int(tree.get("batchSize", 16))
    return QueueOptions(
        batch_size=batch_size,
        new_batch_threshold=int(tree.get("newBatchThreshold", batch_size // 2)),
        max_polling_interval=parse_timespan(
            tree.get("maxPollingInterval", "00:01:00"),
        ).total_seconds(),
        visibility_timeout=int(
            parse_timespan(tree.get("visibilityTimeout", "00:00:00")).total_seconds(),
        ),
        max_dequeue_count=int(tree.get("maxDequeueCount", 5)),
        base64=str(tree.get("messageEncoding", "base64")).lower() != "none",
    )


def _put(tree: dict[str, Any], path: list[str], value: str) -> None:
    for name in path[:-1]:
        tree = tree.setdefault(name, {})
    tree[path[-1]] = value


def parse_timespan(text: str) -> timedelta:
    """Read a .NET TimeSpan: [days.]hours:minutes[:seconds]."""
    match = TIMESPAN.fullmatch(text.strip())
    if match is None:
        raise InvalidSetting(f"{text!r} is neither a TimeSpan nor a schedule")
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def resolve(text: str, settings: Mapping[str, str]) -> str:
    """Replace every %NAME% by the app setting NAME."""

    def setting(match: re.Match[str]) -> str:
        if match[1] not in settings:
            raise InvalidSetting(f"{match[0]!r} does not resolve to an app setting")
        return settings[match[1]]

    return re.sub("%([^%]+)%", setting, text)


def connection_string(name: str, settings: Mapping[str, str]) -> str:
    """Find the connection string that a binding's `connection` names."""
    for candidate in (f"AzureWebJobs{name}", name):  # the host looks in this order
        if settings.get(candidate):
            return settings[candidate]
    raise InvalidSetting(f"the app setting {name!r} holds no connection string")


def is_disabled(function: str, settings: Mapping[str, str]) -> bool:
    """Tell whether AzureWebJobs.<function>.Disabled is set."""
    return settings.get(f"AzureWebJobs.{function}.Disabled", "").lower() in {"1", "true"}
