"""How values become messages and messages become arguments."""

from datetime import UTC, datetime

import azure.functions as func
import pytest
from azure.storage.queue import QueueMessage

from leadshare.local.host.storage.messages import to_data, to_messages
from leadshare.local.host.worker.values import encode, to_argument

TRIGGER = {"name": "msg", "type": "queueTrigger"}


def sent(value, declared):
    """Give the messages that a value makes."""
    return to_messages(*encode(value, declared))


def received(body, trigger=TRIGGER, hint=func.QueueMessage):
    """Give the argument that a message makes."""
    message = QueueMessage(
        id="real",
        dequeue_count=3,
        pop_receipt="receipt",
        inserted_on=datetime(2026, 11, 22, 10, tzinfo=UTC),
        expires_on=datetime(2026, 11, 29, 10, tzinfo=UTC),
        next_visible_on=datetime(2026, 11, 22, 10, 10, tzinfo=UTC),
    )
    return to_argument("queueTrigger", to_data(message, body, trigger), hint)


class TestSent:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            pytest.param("plain", [b"plain"], id="text"),
            pytest.param("", [b""], id="empty"),
            pytest.param('{"a":1}', [b'{\n  "a": 1\n}'], id="object-is-indented"),
            pytest.param('["a",{"b":1},2]', [b"a", b'{\n  "b": 1\n}', b"2"], id="array-is-split"),
            pytest.param("[]", [], id="empty-array-is-nothing"),
            pytest.param('"quoted"', [b'"quoted"'], id="other-json-is-kept"),
            pytest.param(b'{"a":1}', [b'{"a":1}'], id="bytes-are-left-alone"),
            pytest.param({"a": 1}, [b'{\n  "a": 1\n}'], id="dict"),
            pytest.param(["a", "b"], [b"a", b"b"], id="list"),
            pytest.param(7, [b"7"], id="int"),
            pytest.param(True, [b"1"], id="bool-is-an-int"),
        ],
    )
    def test_str_or_bytes(self, value, expected):
        """An Out[str] or Out[bytes] goes by what was set: JSON text is rewritten, bytes are not."""
        assert expected == sent(value, str)
        assert expected == sent(value, bytes)

    def test_list(self):
        """An Out[List[str]] makes one message of each, and JSON inside stays as it is."""
        assert [b"a", b'{"b":1}'] == sent(["a", '{"b":1}'], list[str])

    @pytest.mark.parametrize("declared", [str, list[str]])
    def test_refuses_objects(self, declared):
        """What is no message is a TypeError."""
        with pytest.raises(TypeError, match="queue message"):
            sent(object(), declared)

    def test_not_json(self):
        """Text in braces that is not JSON cannot be sent."""
        with pytest.raises(ValueError, match="Expecting"):
            sent("{not json}", str)


class TestReceived:
    def test_metadata(self):
        """A QueueMessage tells all about the message."""
        message = received(b'{"v": 1}')

        assert ("real", 3, "receipt") == (message.id, message.dequeue_count, message.pop_receipt)
        assert datetime(2026, 11, 22, 10, tzinfo=UTC) == message.insertion_time
        assert datetime(2026, 11, 29, 10, tzinfo=UTC) == message.expiration_time
        assert datetime(2026, 11, 22, 10, 10, tzinfo=UTC) == message.time_next_visible
        assert {"v": 1} == message.get_json()

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            pytest.param(b'{"id": "mine"}', ("mine", 3), id="same-name"),
            pytest.param(b'{"ID": 7, "dequeuecount": "9"}', ("7", 9), id="any-case"),
            pytest.param(b'{"id": null, "dequeueCount": [1]}', ("real", 3), id="null-and-array"),
            pytest.param(b'{"v": {"id": "mine"}}', ("real", 3), id="envelope"),
            pytest.param(b"{not json}", ("real", 3), id="not-json"),
            pytest.param(b'[{"id": "mine"}]', ("real", 3), id="list"),
        ],
    )
    def test_own_properties_win(self, body, expected):
        """A top-level property of the message takes the place of the metadata."""
        message = received(body)

        assert expected == (message.id, message.dequeue_count)

    @pytest.mark.parametrize(
        "body",
        [
            b'{"dequeueCount": "x"}',
            b'{"insertionTime": "yesterday"}',
            b'{"expirationTime": "2026-11-22T10:00:00Z"}',
        ],
    )
    def test_bad_properties(self, body):
        """A property that cannot be such metadata, even a real date, makes the worker fail."""
        with pytest.raises(ValueError, match=r".+"):
            received(body)

    @pytest.mark.parametrize("hint", [str, bytes])
    def test_body_only(self, hint):
        """A str or bytes parameter gets text, because text is what the host sends."""
        assert received("é".encode(), hint=hint) == "é"

    def test_binary(self):
        """With data type BINARY the host sends bytes, and reads no properties in them."""
        binary = {**TRIGGER, "dataType": "BINARY"}

        assert b"\xff" == received(b"\xff", binary, bytes)
        assert received(b'{"id": "mine"}', binary).id == "real"

    def test_not_utf8(self):
        """Text that is not UTF-8 fails before the function is called."""
        with pytest.raises(UnicodeDecodeError):
            received(b"\xff")
