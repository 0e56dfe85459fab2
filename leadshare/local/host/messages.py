"""Local host: turn what a function sets into queue messages, and one into what it gets."""

import json
from collections.abc import Mapping
from typing import Any

from azure.functions.meta import Datum
from azure.functions.queue import QueueMessageInConverter, QueueMessageOutConverter
from azure.storage.queue import QueueMessage

from . import newtonsoft


def encode(value: object, declared: type | None) -> Datum:
    """Encode a value as the worker does: str and bytes outputs go by the value's own type."""
    if declared not in (str, bytes):
        try:
            return QueueMessageOutConverter.encode(value, expected_type=None)
        except NotImplementedError as error:
            raise TypeError(f"{type(value).__name__} cannot become a queue message") from error
    match value:
        case str():
            return Datum(value, "string")
        case bytes() | bytearray():
            return Datum(bytes(value), "bytes")
        case dict() | list():
            return Datum(json.dumps(value), "json")
        case int() | float():
            return Datum(value + 0, "number")  # a bool goes as an int
        case _:
            raise TypeError(f"{type(value).__name__} cannot become a queue message")


def to_messages(datum: Datum) -> list[bytes]:
    """Split and rewrite as the host does: JSON text is parsed and written anew, bytes are kept."""
    if datum.type == "bytes":
        return [datum.value]
    if datum.type == "json":
        value = json.loads(datum.value)
    elif datum.type == "string" and newtonsoft.looks_like_json(datum.value):
        value = newtonsoft.parse(datum.value)
    else:
        value = str(datum.value)
    values = value if isinstance(value, list) else [value]
    return [newtonsoft.to_text(item).encode() for item in values]


def to_argument(message: QueueMessage, body: bytes, trigger: Mapping[str, Any], hint: Any) -> Any:
    """Make the trigger's argument; raises, as the worker would, if metadata cannot be read."""
    value = body if trigger.get("dataType") == "BINARY" else body.decode()
    if hint in (str, bytes):
        return value  # the worker passes on what the host sent, whichever of the two is declared
    metadata = _metadata(message)
    if isinstance(value, str):
        _override(metadata, value)
    kind = "string" if isinstance(value, str) else "bytes"
    return QueueMessageInConverter.decode(Datum(value, kind), trigger_metadata=metadata)


def _metadata(message: QueueMessage) -> dict[str, Datum]:
    dates = {
        "ExpirationTime": message.expires_on,
        "InsertionTime": message.inserted_on,
        "NextVisibleTime": message.next_visible_on,
    }
    return {
        "Id": Datum(message.id, "string"),
        "PopReceipt": Datum(message.pop_receipt, "string"),
        "DequeueCount": Datum(json.dumps(message.dequeue_count), "json"),
        **{name: Datum(json.dumps(d.isoformat()), "json") for name, d in dates.items() if d},
    }


def _override(metadata: dict[str, Datum], text: str) -> None:
    """Let the message's own top-level properties win over the metadata, in any case."""
    if not newtonsoft.looks_like_json(text):
        return
    try:
        properties = json.loads(text)
    except ValueError:  # the host ignores it too: a message need not be JSON
        return
    if not isinstance(properties, dict):
        return
    names = {name.lower(): name for name in metadata}
    for name, value in properties.items():
        if name.lower() in names and value is not None and not isinstance(value, list):
            metadata[names[name.lower()]] = _property(value)


def _property(value: Any) -> Datum:
    if isinstance(value, dict):
        return Datum(json.dumps(value), "json")
    if isinstance(value, str) and (moment := newtonsoft.to_date(value)):
        return Datum(f"{moment:%m/%d/%Y %H:%M:%S}", "string")  # which the worker cannot read
    return Datum(newtonsoft.to_text(value), "string")
