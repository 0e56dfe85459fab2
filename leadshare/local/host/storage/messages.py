"""Local host: the host's half of queue bindings: what it sends, and what it hands over."""

import json
from collections.abc import Mapping
from typing import Any

from azure.storage.queue import QueueMessage

from leadshare.local.host.settings import newtonsoft

Metadata = dict[str, tuple[str, str]]
"""By name the kind and the text of a value."""


def to_messages(kind: str | None, value: Any) -> list[bytes]:
    """Split and rewrite as the host does: JSON text is parsed and written anew, bytes are kept."""
    if kind == "bytes":
        return [value]
    if kind == "json":
        value = json.loads(value)
    elif kind == "string" and newtonsoft.looks_like_json(value):
        value = newtonsoft.parse(value)
    else:
        value = str(value)
    values = value if isinstance(value, list) else [value]
    return [newtonsoft.to_text(item).encode() for item in values]


def to_data(message: QueueMessage, body: bytes, trigger: Mapping[str, Any]) -> tuple[Any, Metadata]:
    """Make what the worker is sent of a message; UnicodeDecodeError if it must be text and is not.

    That is its body as text, or as bytes if the binding says so, and metadata by name.
    """
    value = body if trigger.get("dataType") == "BINARY" else body.decode()
    metadata = _metadata(message)
    if isinstance(value, str):
        _override(metadata, value)
    return value, metadata


def _metadata(message: QueueMessage) -> Metadata:
    dates = {
        "ExpirationTime": message.expires_on,
        "InsertionTime": message.inserted_on,
        "NextVisibleTime": message.next_visible_on,
    }
    return {
        "Id": ("string", message.id),
        "PopReceipt": ("string", message.pop_receipt or ""),
        "DequeueCount": ("json", json.dumps(message.dequeue_count)),
        **{name: ("json", json.dumps(d.isoformat())) for name, d in dates.items() if d},
    }


def _override(metadata: Metadata, text: str) -> None:
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


def _property(value: Any) -> tuple[str, str]:
    if isinstance(value, dict):
        return "json", json.dumps(value)
    if isinstance(value, str) and (moment := newtonsoft.to_date(value)):
        return "string", f"{moment:%m/%d/%Y %H:%M:%S}"  # which the worker cannot read
    return "string", newtonsoft.to_text(value)
