"""Local host: the locks by which one host of many runs a timer: leases on blobs."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob.aio import BlobClient, BlobLeaseClient, BlobServiceClient, ContainerClient

from leadshare.local.host.errors import FunctionError
from leadshare.local.host.settings.configuration import Configuration
from leadshare.local.host.settings.connections import connection_string
from leadshare.local.host.storage.client import OPTIONS, persist, status_of
from leadshare.local.host.times import Times

ACCOUNT = "Storage"  # AzureWebJobsStorage
CONTAINER = "azure-webjobs-hosts"
PATH = "locks/local/Host.Functions.{function}.Listener"
TAKEN = ("leased", "breaking")
MISSING, CONFLICT = 404, 409

T = TypeVar("T")


class Lock:
    """The lease on a blob of one function, as BlobLeaseDistributedLockManager has it."""

    def __init__(self, container: ContainerClient, function: str, times: Times) -> None:
        self._container = container
        self._blob: BlobClient = container.get_blob_client(PATH.format(function=function))
        self._lease: BlobLeaseClient | None = None
        self._seconds = times.lock_lease
        self._scale = times.retry_scale

    async def acquire(self) -> bool:
        """Take the lock; False if another host has it."""
        try:
            properties = await self._call(self._blob.get_blob_properties)
        except ResourceNotFoundError:
            await self._make()
        else:
            if properties.lease.state in TAKEN:
                return False
        try:
            self._lease = await self._call(lambda: self._blob.acquire_lease(self._seconds))
        except HttpResponseError as error:
            if status_of(error) != CONFLICT:
                raise
        return self._lease is not None

    async def renew(self) -> None:
        """Keep the lock."""
        if self._lease is not None:
            await self._call(self._lease.renew)

    async def release(self) -> None:
        """Give the lock back; if another host has it by now, it is theirs."""
        if self._lease is None:
            return
        try:
            await self._call(self._lease.release)
        except HttpResponseError as error:
            if status_of(error) not in {MISSING, CONFLICT}:
                raise
        self._lease = None

    async def _make(self) -> None:
        """Make the blob, and its container if need be; others may do so at the same time."""
        with suppress(ResourceExistsError):
            try:
                await self._call(lambda: self._blob.upload_blob(b""))
            except ResourceNotFoundError:
                with suppress(ResourceExistsError):
                    await self._call(self._container.create_container)
                await self._call(lambda: self._blob.upload_blob(b""))

    async def _call(self, call: Callable[[], Awaitable[T]]) -> T:
        return await persist(call, self._scale)


class Locks:
    """The locks in the account of AzureWebJobsStorage; without it every host runs every timer."""

    def __init__(self, settings: Configuration, times: Times) -> None:
        self._times = times
        self._service: BlobServiceClient | None = None
        with suppress(FunctionError):
            text = connection_string(ACCOUNT, settings)
            self._service = BlobServiceClient.from_connection_string(text, **OPTIONS)

    def of(self, function: str) -> Lock | None:
        """Give the lock of a function."""
        if self._service is None:
            return None
        return Lock(self._service.get_container_client(CONTAINER), function, self._times)

    async def close(self) -> None:
        """Close the connections."""
        if self._service is not None:
            await self._service.close()
