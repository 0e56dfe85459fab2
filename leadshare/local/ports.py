"""Local: which ports `make run` serves on, told in a line where one cannot be had."""

from __future__ import annotations

import os
import socket

from leadshare.local.options import INBOX_PORT


def inbox_port(port: int, asked: int | None) -> int:
    """Return the inbox's port: *asked*, else the usual or the next that is free beside *port*.

    RuntimeError where *port* or what was asked for cannot be had.
    """
    _refuse(port, "PORT", asked)
    if asked is not None:
        _refuse(asked, "INBOX_PORT", port)
        return asked
    found = next_free(INBOX_PORT, port)
    if fault := _fault(INBOX_PORT):
        print(f"Port {INBOX_PORT} cannot be had ({fault}), so the inbox is at {found};", end=" ")
        print("INBOX_PORT= chooses another", flush=True)
    return found


def next_free(first: int, other: int | None) -> int:
    """Return the first port from *first* on that can be had and is not the *other* one."""
    ports = (port for port in range(first, 2**16) if port != other and not _fault(port))
    return next(ports, 0)  # which is any


def _refuse(port: int, name: str, other: int | None) -> None:
    if fault := _fault(port):
        free = next_free(port + 1, other)
        raise RuntimeError(
            f"Port {port} cannot be had ({fault}); choose another: make run {name}={free}"
        )


def _fault(port: int) -> str:
    """Return why nobody can listen on *port*; nothing if one can."""
    with socket.socket() as one:
        if os.name != "nt":  # where it would take what is another's
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
        except OSError as error:
            return str(error.strerror)
    return ""
