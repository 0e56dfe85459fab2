"""Local host: the worker's half of bindings: what functions get, and what they set or return."""

import json
from typing import Any

import azure.functions as func
from azure.functions.http import HttpRequest
from azure.functions.meta import Datum
from azure.functions.queue import QueueMessageInConverter, QueueMessageOutConverter
from azure.functions.timer import TimerRequestConverter

from leadshare.local.host.worker.channel import Answer, Coded


def to_argument(kind: str, data: Any, hint: Any) -> Any:
    """Make the argument of a trigger of *kind*; raises if the host's *data* cannot be read."""
    if kind.lower() == "httptrigger":
        return HttpRequest(**data, body_type="bytes")
    if kind.lower() == "timertrigger":
        return TimerRequestConverter.decode(Datum(data, "json"), trigger_metadata=None)
    value, metadata = data
    if hint in (str, bytes):
        return value  # passed on as the host sent it, whichever of the two is declared
    facts = {name: Datum(one, type_) for name, (type_, one) in metadata.items()}
    coded = Datum(value, "string" if isinstance(value, str) else "bytes")
    return QueueMessageInConverter.decode(coded, trigger_metadata=facts)


def encode(value: object, declared: type | None) -> Coded:
    """Encode what goes to a queue: str and bytes outputs go by the value's own type."""
    if declared not in (str, bytes):
        try:
            datum = QueueMessageOutConverter.encode(value, expected_type=None)
        except NotImplementedError as error:
            raise TypeError(f"{type(value).__name__} cannot become a queue message") from error
        return datum.type, datum.value
    match value:
        case str():
            return "string", str.__str__(value)  # not a StrEnum, which no channel takes
        case bytes() | bytearray():
            return "bytes", bytes(value)
        case dict() | list():
            return "json", json.dumps(value)
        case int() | float():
            return "number", value + 0  # a bool goes as an int
        case _:
            raise TypeError(f"{type(value).__name__} cannot become a queue message")


def to_answer(result: object) -> Answer:
    """Give what an HTTP function returned, as the channel takes it."""
    if isinstance(result, str):
        return result
    if not isinstance(result, func.HttpResponse):
        raise TypeError(f"{type(result).__name__} is no HTTP response")
    headers = [(name, str.__str__(value)) for name, value in result.headers.items()]
    if "content-type" not in result.headers:
        charset = f"; charset={result.charset}" if result.mimetype.startswith("text/") else ""
        headers.append(("content-type", result.mimetype + charset))
    return int(result.status_code), headers, bytes(result.get_body() or b"")
