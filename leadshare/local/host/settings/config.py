"""Local host: read host.json and the app settings the way the Functions host does."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from leadshare.local.host.errors import HostError
from leadshare.local.host.settings import options
from leadshare.local.host.settings.bundles import Bundle, read_bundle
from leadshare.local.host.settings.configuration import (
    JOB_HOST,
    Configuration,
    of_json,
    of_settings,
    parse,
    to_text,
)

FILE = "host.json"
VERSION = "2.0"
NO_TIMEOUT = timedelta(days=-1)  # functionTimeout "-1"
DYNAMIC = "Dynamic"  # the Consumption plan, whose functions cannot run for longer than this:
LONGEST = timedelta(minutes=10)
SIZE, BODY_LIMIT = "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", 100 * 1024**2

log = logging.getLogger("leadshare.local.host")


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
class HttpOptions:
    """host.json, extensions.http, and the settings about requests; sizes in bytes."""

    route_prefix: str
    max_outstanding_requests: int
    max_concurrent_requests: int
    body_limit: int
    homepage: bool


@dataclass(frozen=True)
class Config:
    """What the host takes from host.json and the app settings."""

    settings: Configuration
    http: HttpOptions
    function_timeout: float | None
    bundle: Bundle | None
    functions: frozenset[str]

    @cached_property
    def queues(self) -> QueueOptions:
        """How queues are read; the host looks only when it loads the bundle's extension."""
        found = options.bind(self.settings, "extensions:queues", options.QUEUES)
        batch_size = found.get("batchSize", 16)
        return QueueOptions(
            batch_size=batch_size,
            new_batch_threshold=found.get("newBatchThreshold", batch_size // 2),
            max_polling_interval=found.get(
                "maxPollingInterval", timedelta(minutes=1)
            ).total_seconds(),
            visibility_timeout=int(found.get("visibilityTimeout", timedelta()).total_seconds()),
            max_dequeue_count=found.get("maxDequeueCount", 5),
            base64=found.get("messageEncoding") != "None",
        )


def read_config(folder: Path, settings: Mapping[str, str]) -> Config:
    """Read host.json; settings such as AzureFunctionsJobHost__extensions__... override it."""
    tree = read_file(folder / FILE)
    configuration = Configuration(of_json(tree), of_settings(settings))
    bundle = read_bundle(configuration)
    found = options.bind(configuration, "", options.HOST)
    options.bind(configuration, "logging:applicationInsights", options.APPLICATION_INSIGHTS)
    options.bind_levels(configuration)
    if configuration.under(f"{JOB_HOST}:retry"):
        _check_retry(options.bind(configuration, "retry", options.RETRY))
    _check_concurrency(found)
    _check_handler(configuration)
    http = _http_options(configuration)
    functions = configuration.under(f"{JOB_HOST}:functions").values()
    return Config(
        settings=configuration,
        http=http,
        function_timeout=_timeout(found.get("functionTimeout"), configuration),
        bundle=bundle,
        functions=frozenset(name.lower() for name in functions),
    )


def read_file(path: Path) -> Any:
    """Read host.json; where there is none, or nothing in it, the host makes do without."""
    try:
        tree = parse(path.read_text("utf-8-sig", "replace"))
    except FileNotFoundError:
        log.warning("No host configuration file found. Using default.")
        tree = {}
    except ValueError as error:
        raise HostError(f"Unable to parse host configuration file '{path}'. {error}") from error
    if not isinstance(tree, dict):
        raise HostError(f"Unable to parse host configuration file '{path}'. It is no JSON object")
    if not tree:
        return {"version": VERSION}
    version = to_text(tree.get("version"))  # by this very name, unlike all others
    if not version:
        raise HostError("The host.json file is missing the required 'version' property.")
    if version != VERSION:
        raise HostError(
            f"'{version}' is an invalid value for host.json 'version' property."
            f" We recommend you set the 'version' property to '{VERSION}'."
        )
    return tree


def _timeout(span: timedelta | None, configuration: Configuration) -> float | None:
    """Find the functionTimeout in seconds; what is allowed depends on the plan."""
    dynamic = (configuration.get("WEBSITE_SKU") or "").lower() == DYNAMIC.lower()
    if span is None:
        return 300 if dynamic else 1800
    if span == NO_TIMEOUT and not dynamic:
        return None
    if span < options.SECOND or (dynamic and span > LONGEST):
        most = f" and less than {LONGEST}" if dynamic else ""
        raise HostError(f"FunctionTimeout must be greater than {options.SECOND}{most}: {span}")
    return span.total_seconds()


def _check_retry(retry: Mapping[str, Any]) -> None:
    """Refuse a policy of retries that is not complete."""
    fixed = retry.get("strategy") == "FixedDelay"
    needed = ["delayInterval"] if fixed else ["minimumInterval", "maximumInterval"]
    for name in ("maxRetryCount", *needed):
        if retry.get(name) is None:
            raise HostError(f"{JOB_HOST}:retry:{name}: Value cannot be null")
    if not fixed and not timedelta() <= retry["minimumInterval"] <= retry["maximumInterval"]:
        raise HostError(
            f"{JOB_HOST}:retry: the minimumInterval must be neither negative"
            " nor greater than the maximumInterval"
        )


def _check_concurrency(found: Mapping[str, Any]) -> None:
    most = found.get("concurrency:maximumFunctionConcurrency", 1)
    if most <= 0 and most != options.UNBOUNDED:
        raise HostError(
            f"{JOB_HOST}:concurrency:maximumFunctionConcurrency: {most} is neither"
            f" over 0 nor {options.UNBOUNDED}"
        )


def _check_handler(configuration: Configuration) -> None:
    """Refuse a custom handler: this host runs Python."""
    for section in ("customHandler", "httpWorker"):
        if configuration.exists(f"{JOB_HOST}:{section}"):
            described = configuration.exists(f"{JOB_HOST}:{section}:description")
            why = "the local host runs Python only" if described else "Missing worker Description"
            raise HostError(f"{JOB_HOST}:{section}: {why}.")


def _http_options(configuration: Configuration) -> HttpOptions:
    """Read the options of HTTP; some are looked at only when a request comes, and fail it."""
    found = options.bind(configuration, "extensions:http", options.HTTP)
    options.bind(configuration, "extensions:http:hsts", options.HSTS, status=500)
    outstanding, concurrent = limits = [
        found.get(name, options.UNBOUNDED)
        for name in ("maxOutstandingRequests", "maxConcurrentRequests")
    ]
    if any(limit < 1 and limit != options.UNBOUNDED for limit in limits):
        raise HostError(
            f"{JOB_HOST}:extensions:http: {limits} are limits of requests"
            f" neither over 0 nor {options.UNBOUNDED}",
            status=500,
        )
    disabled = configuration.get("AzureWebJobsDisableHomepage") or ""
    return HttpOptions(
        route_prefix=found.get("routePrefix", "api"),
        max_outstanding_requests=outstanding,
        max_concurrent_requests=concurrent,
        body_limit=_body_limit(configuration.get(SIZE) or ""),
        homepage=disabled.lower() != "true",
    )


def _body_limit(text: str) -> int:
    """Read the largest body that a request may have; what is no number is passed over."""
    if re.fullmatch(r"\s*[+-]?\d+\s*", text, re.ASCII) is None:
        return BODY_LIMIT
    if int(text) < 0:
        raise HostError(f"{SIZE}: {text!r} is less than 0", status=500)
    return int(text)


def is_disabled(function: str, configuration: Configuration) -> bool:
    """Tell whether AzureWebJobs.<function>.Disabled is set, or the same with underscores."""
    texts = (
        configuration.get(name)
        for name in (f"AzureWebJobs.{function}.Disabled", f"AzureWebJobs_{function}_Disabled")
    )
    return any((text or "").lower() in {"1", "true"} for text in texts)
