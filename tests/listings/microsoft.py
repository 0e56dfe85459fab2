"""Product Ingestion API, function keys of Azure Resource Manager and our desk, on loopback.

Microsoft Learn: "Product Ingestion API for the commercial marketplace"; "Web Apps" of the App
Service REST reference: List Function Keys, Create Or Update and Delete Function Secret, Get.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

APP: Final = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/leads"
    "/providers/Microsoft.Web/sites/contoso-leads"
)
HOST: Final = "https://contoso-leads.azurewebsites.net"
HOST_KEY: Final = "host-key-of-the-operators"
VERSIONS: Final = re.compile(r"20\d\d-\d\d-\d\d(-preview\d)?")
SCHEMA: Final = "https://schema.mp.microsoft.com/schema"
PAGE: Final = 2
DESTINATIONS: Final = {
    *("none", "blob", "dynamics", "email", "httpsEndpoint", "marketo", "salesforce", "table"),
}

Answer = tuple[int, dict[str, Any]]


class No(Exception):
    """What is refused, in the shape of both APIs."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.answer = status, {"error": {"code": code, "message": message, "details": []}}


@dataclass
class Fault:
    """What befalls the next calls of a method to paths with *part* in them."""

    method: str
    part: str
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    message: str = "no"
    times: int = 1


@dataclass
class Microsoft:
    """One account with its products, and one function app with its keys."""

    port: int = 0
    products: list[dict[str, Any]] = field(default_factory=list)
    trees: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)
    """The resources by product and environment."""
    submissions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    issued: set[str] = field(default_factory=set)
    """The values of all keys that were ever made."""
    tests: dict[str, str] = field(default_factory=dict)
    """When a listing's last test lead was seen."""
    looks: int = 1
    """How often a job is seen running before it is done."""
    job_errors: list[dict[str, Any]] = field(default_factory=list)
    """What jobs fail with, if anything."""
    job_result: str = "failed"
    faults: list[Fault] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """Methods and paths of all calls."""

    def add(self, offer: str, kind: str = "softwareAsAService", **more: Any) -> str:
        """Add a product that has a draft with no lead destination; return its id."""
        product = f"00000000-aaaa-bbbb-cccc-{len(self.products):012d}"
        self.products.append(
            {
                "$schema": f"{SCHEMA}/product/2022-03-01-preview3",
                "id": f"product/{product}",
                # The pages write it either way.
                "identity": {("externalId", "externalID")[len(self.products) % 2]: offer},
                "type": kind,
                "alias": offer.title(),
                **more,
            }
        )
        self.trees[product, "draft"] = [self.leads(product)]
        self.submissions[product] = [self.submission(product, "draft", "0")]
        return product

    def leads(self, product: str, destination: str = "none", **more: Any) -> dict[str, Any]:
        """A customer-leads resource."""
        return {
            "$schema": f"{SCHEMA}/customer-leads/2022-03-01-preview3",
            "id": f"customer-leads/{product}",
            "product": f"product/{product}",
            "leadDestination": destination,
            **more,
        }

    def submission(self, product: str, target: str, number: str) -> dict[str, Any]:
        """A submission that has succeeded."""
        return {
            "$schema": f"{SCHEMA}/submission/2022-03-01-preview2",
            "id": f"submission/{product}/{number}",
            "product": f"product/{product}",
            "target": {"targetType": target},
            **({"status": "completed", "result": "succeeded"} if target != "draft" else {}),
        }

    def point(self, product: str, url: str, *targets: str) -> None:
        """Have leads of a product go to *url*."""
        settings = {"httpsEndpointUrl": url}
        for target in targets:
            self.trees[product, target] = [
                self.leads(product, "httpsEndpoint", httpsEndpointLeadConfiguration=settings)
            ]

    def url(self, product: str, target: str = "draft") -> str:
        """Where leads of a product go."""
        [leads] = self.trees[product, target]
        return str(leads["httpsEndpointLeadConfiguration"]["httpsEndpointUrl"])

    def answer(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], dict[str, Any]]:
        """Answer one request."""
        parts = urlsplit(target)
        self.asked.append(f"{method} {parts.path}")
        for fault in self.faults:
            if fault.times and fault.method == method and fault.part in parts.path:
                fault.times -= 1
                return fault.status, fault.headers, No(0, "fault", fault.message).answer[1]
        query = dict(parse_qsl(parts.query))
        try:
            told = json.loads(body) if body else None
            status, answer = self._route(method, parts.path, query, headers, told)
        except No as no:
            status, answer = no.answer
        return status, {}, deepcopy(answer)

    def _route(
        self, method: str, path: str, query: dict[str, str], headers: dict[str, str], body: Any
    ) -> Answer:
        if path == "/api/manage/leads":
            return self._desk(query, headers)
        if not headers.get("authorization", "").startswith("Bearer "):
            raise No(401, "InvalidAuthenticationToken", "no token")
        if path.startswith(APP):
            return self._arm(method, path.removeprefix(APP), query, body)
        return self._ingestion(method, path.removeprefix("/rp/product-ingestion/"), query, body)

    def _desk(self, query: dict[str, str], headers: dict[str, str]) -> Answer:
        if headers.get("x-functions-key") != HOST_KEY:
            return 401, {}
        seen = self.tests.get(query["listing"]) if query["stage"] == "test" else None
        late = seen and seen >= query.get("since", "")
        return 200, {"leads": [{"listing": query["listing"], "last_seen": seen}] if late else []}

    def _arm(self, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        if "api-version" not in query:
            raise No(400, "MissingApiVersionParameter", "api-version is missing")
        if (method, path) == ("GET", ""):
            return 200, {"properties": {"defaultHostName": urlsplit(HOST).hostname}}
        if (method, path) == ("POST", "/functions/take_touch/listkeys"):
            return 200, dict(self.keys)
        name = path.removeprefix("/functions/take_touch/keys/")
        if name == path or "/" in name:
            raise No(404, "NotFound", "no such resource")
        if method == "PUT":
            is_new = name not in self.keys
            self.keys[name] = body["properties"].get("value") or secrets.token_urlsafe(40)
            self.issued.add(self.keys[name])
            return (201 if is_new else 200), {"name": name}
        if self.keys.pop(name, None) is None:
            raise No(404, "NotFound", "no such key")
        return 204, {}

    def _ingestion(self, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        if not VERSIONS.fullmatch(query.get("$version", "")):
            raise No(400, "badRequest", "$version is required")
        if (method, path) == ("GET", "product"):
            return self._page(int(query.get("continuationToken", "0")))
        if (method, path) == ("POST", "configure"):
            return 202, self._configure(body)
        kind, _, rest = path.partition("/")
        if kind == "configure" and rest.endswith("/status"):
            return 200, self._status(rest.removesuffix("/status"))
        if kind == "resource-tree":
            key = rest.removeprefix("product/"), query.get("targetType", "draft")
            if key not in self.trees:
                raise No(404, "notFound", "no such target")
            return 200, {"root": rest, "resources": self.trees[key]}
        if kind == "submission" and rest in self.submissions:
            return 200, {"value": self.submissions[rest]}
        raise No(404, "notFound", "no such resource")

    def _page(self, start: int) -> Answer:
        page: dict[str, Any] = {"value": self.products[start : start + PAGE]}
        if len(self.products) > start + PAGE:
            # What is told is an address of another host, as with resourceUri.
            page["@nextLink"] = (
                "https://product-ingestion.mp.microsoft.com/product"
                f"?continuationToken={start + PAGE}&$version=2022-07-01"
            )
        return 200, page

    def _configure(self, body: dict[str, Any]) -> dict[str, Any]:
        if not re.fullmatch(f"{SCHEMA}/configure/{VERSIONS.pattern}", body.get("$schema", "")):
            raise No(400, "schemaValidation", "$schema of configure")
        for resource in body["resources"]:
            self._check(resource)
        job = f"job-{len(self.jobs)}"
        self.jobs[job] = {"looks": self.looks, "resources": body["resources"]}
        return self._told(job, "notStarted", "pending")

    def _check(self, resource: dict[str, Any]) -> None:
        match = re.fullmatch(rf"{SCHEMA}/([a-z-]+)/{VERSIONS.pattern}", resource["$schema"])
        product = resource["product"].removeprefix("product/")
        if not match or product not in self.submissions:
            raise No(400, "schemaValidation", "$schema or product of a resource")
        if match[1] == "customer-leads":
            url = resource.get("httpsEndpointLeadConfiguration", {}).get("httpsEndpointUrl", "")
            if resource["id"] != f"customer-leads/{product}":
                raise No(404, "notFound", resource["id"])
            if resource["leadDestination"] not in DESTINATIONS or not url.startswith("https://"):
                raise No(400, "schemaValidation", f"leadDestination or {url}")
        elif resource["target"]["targetType"] == "live":
            ids = [one["id"] for one in self.submissions[product] if _of(one) == "preview"]
            if resource.get("id") not in ids:
                raise No(400, "badRequest", "live needs the id of the preview's submission")

    def _status(self, job: str) -> dict[str, Any]:
        if job not in self.jobs:
            raise No(404, "notFound", "no such job")
        if self.jobs[job]["looks"] > 0:
            self.jobs[job]["looks"] -= 1
            return self._told(job, "running", "pending")
        if self.job_errors or self.job_result != "failed":
            return self._told(job, "completed", self.job_result) | {"errors": self.job_errors}
        for resource in self.jobs[job]["resources"]:
            self._apply(resource)
        return self._told(job, "completed", "succeeded")

    def _apply(self, resource: dict[str, Any]) -> None:
        product = resource["product"].removeprefix("product/")
        if "/customer-leads/" in resource["$schema"]:
            others = [r for r in self.trees[product, "draft"] if "leadDestination" not in r]
            self.trees[product, "draft"] = [*others, resource]
            return
        target = resource["target"]["targetType"]
        source = {"preview": "draft", "live": "preview"}[target]
        self.trees[product, target] = deepcopy(self.trees[product, source])
        kept = [one for one in self.submissions[product] if _of(one) != target]
        self.submissions[product] = [*kept, self.submission(product, target, f"1{len(kept)}")]

    def _told(self, job: str, status: str, result: str) -> dict[str, Any]:
        # The pages write jobId and jobID.
        name = "jobId" if status == "notStarted" else "jobID"
        return {name: job, "jobStatus": status, "jobResult": result, "errors": []}


def _of(submission: dict[str, Any]) -> str:
    return str(submission["target"]["targetType"])


@contextmanager
def served(microsoft: Microsoft) -> Iterator[str]:
    """Serve *microsoft* on loopback; give its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(microsoft.answer))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(answer: Callable[..., Any]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, extra, told = answer(self.command, self.path, headers, body)
            text = b"" if status == 204 else json.dumps(told).encode()
            self.send_response(status)
            for name, value in {"content-length": str(len(text)), **extra}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = do_DELETE = _do  # noqa: N815 - names of the base class

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler
