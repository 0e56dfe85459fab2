"""Local host: what keeps the host, or one function, from running."""


class HostError(Exception):
    """The host cannot start, whatever the app is: it answers *status* to everything."""

    def __init__(self, message: str, status: int = 503) -> None:
        super().__init__(message)
        self.status = status


class FunctionError(ValueError):
    """One function is in error; the others run."""
