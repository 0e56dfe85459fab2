"""Which requests of storage are made again."""

import pytest
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError

from leadshare.local.host.storage.client import persist


def answered(status):
    """An answer of storage's that is no success."""
    error = HttpResponseError()
    error.status_code = status
    return error


class Call:
    """Fails so often, then succeeds."""

    def __init__(self, error, times):
        self.error = error
        self.left = times
        self.count = 0

    async def __call__(self):
        """Count, and fail or succeed."""
        self.count += 1
        self.left -= 1
        if self.left >= 0:
            raise self.error
        return "done"


PASSING = [
    ServiceRequestError("refused"),
    ServiceResponseError("cut short"),
    *map(answered, (408, 429, 500, 502, 503, 504)),
]


class TestPersist:
    @pytest.mark.parametrize("error", PASSING, ids=repr)
    async def test_again(self, error):
        """What may pass is tried six times."""
        call = Call(error, 5)

        assert "done" == await persist(call, 0)
        assert 6 == call.count

    @pytest.mark.parametrize("error", PASSING, ids=repr)
    async def test_gives_up(self, error):
        """Then what was wrong comes out."""
        call = Call(error, 6)

        with pytest.raises(type(error)):
            await persist(call, 0)
        assert 6 == call.count

    @pytest.mark.parametrize("status", [400, 403, 404, 409, 412, 501])
    async def test_not_again(self, status):
        """What does not pass comes out at once."""
        call = Call(answered(status), 1)

        with pytest.raises(HttpResponseError):
            await persist(call, 0)
        assert 1 == call.count
