"""How long the host waits before it asks again."""

from itertools import islice

import pytest

from leadshare.local.host.storage.backoff import polls, retries


@pytest.fixture(name="jitter", params=[0.8, 1.0, 1.2])
def _jitter(request, monkeypatch):
    """The least, the middle and the most that chance does."""
    monkeypatch.setattr("random.uniform", lambda *_: request.param)
    return request.param


class TestPolls:
    def test_grow(self, jitter):
        """The first wait is fixed; what is added doubles; the longest stays."""
        grown = [0.1 + 0.1 * jitter * 2**number for number in range(4)]

        assert pytest.approx([0.1, *grown, 1.3, 1.3]) == list(islice(polls(1.3), 7))

    def test_shortest(self, jitter):
        """The longest wait is never passed."""
        assert jitter
        assert [0.1, 0.1] == list(islice(polls(0.1), 2))


class TestRetries:
    def test_grow(self, jitter):
        """Between six tries there are five waits, each twice the last."""
        assert pytest.approx([jitter * one for one in (0.8, 1.6, 3.2, 6.4, 12.8)]) == list(
            retries()
        )

    def test_scale(self, jitter):
        """Tests have less time."""
        assert pytest.approx(jitter * 0.248) == sum(retries(0.01))
