"""Odoo: a real Odoo 19 with its CRM and a PostgreSQL of its own, on loopback; nothing is mocked.

The program is Debian's package `odoo-19`, which only Debian's unstable suite has: apt downloads and
verifies it with lists of its own, and it is unpacked, not installed. All of it lies in
`.leadshare/odoo`; what the first run made there, later ones use.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from leadshare.local.azurite import free_ports

HERE: Final = Path(__file__).parent
FOLDER: Final = HERE.parents[1] / ".leadshare" / "odoo"
PACKAGE: Final = "odoo-19"
KEYRING: Final = "/usr/share/keyrings/debian-archive-keyring.gpg"
TEMPLATE: Final = "pristine"
"""The database with the CRM in it that each run copies."""

LEFT_OUT: Final = ("*/i18n/*", "*/addons/l10n_*", "*/tests/*", "*/static/description/*")
"""Most of the package: translations, charts of accounts, Odoo's own tests and pictures."""

SLOWEST: Final = 120
"""Seconds that the server may take to answer for the first time."""

_ROOT: Final = os.geteuid() == 0
_AS: Final = {"user": "postgres", "group": "postgres", "extra_groups": []} if _ROOT else {}
"""PostgreSQL refuses to be root."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running Odoo."""

    url: str
    database: str
    keys: Mapping[str, str] = field(repr=False)
    """API keys by user; see `ACCOUNTS`."""


@contextmanager
def running() -> Iterator[Server]:
    """Run Odoo over a database that holds nothing but the CRM; both end with the block."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    _unpack(_download())
    _install()
    database_port, port, other = free_ports(3)
    with ExitStack() as stack:
        stack.enter_context(_postgres(database_port))
        odoo = Odoo(database_port, port, other)
        if not _exists(TEMPLATE, database_port):
            _say("making a database with the CRM, about a minute")
            odoo.run("half_made", "--init=crm", "--stop-after-init")
            _sql(f"alter database half_made rename to {TEMPLATE}", database_port)
        database = f"run_{int(time.time())}"
        _sql(f"create database {database} template {TEMPLATE}", database_port)
        stack.callback(_sql, f"drop database {database} with (force)", database_port)
        stack.callback(shutil.rmtree, FOLDER / "data" / "filestore" / database, ignore_errors=True)
        said = odoo.run(database, command="shell", told=ACCOUNTS)
        keys = json.loads(said.rpartition("KEYS ")[2].partition("\n")[0])
        stack.enter_context(odoo.serving(database))
        yield Server(f"http://127.0.0.1:{port}", database, keys)


ACCOUNTS: Final = """
import json
from datetime import datetime, timedelta

GROUPS = {
    "leadshare": "sales_team.group_sale_salesman_all_leads",
    "manager": "sales_team.group_sale_manager",
    "stranger": "base.group_user",
    "administrator": "base.group_system",
}
keys = {}
for login, group in GROUPS.items():
    groups = [(4, env.ref("base.group_user").id), (4, env.ref(group).id)]
    user = env["res.users"].create({"name": login, "login": login, "group_ids": groups})
    ends = datetime.now() + timedelta(days=20)
    keys[login] = env["res.users.apikeys"].with_user(user)._generate("rpc", "leadshare", ends)
env.cr.commit()
print("KEYS " + json.dumps(keys))
"""
"""What a publisher's administrator does, run in Odoo's shell: users and their API keys.

`leadshare` has the rights that the documentation asks for, `manager` may delete leads, too,
`stranger` knows nothing of the CRM, and `administrator` keeps the list of blocked addresses.
"""


def _say(text: str) -> None:
    sys.stdout.write(f"odoo: {text}\n")
    sys.stdout.flush()


def _download() -> Path:
    """Return Debian's package, downloading it if it is not there."""
    for package in FOLDER.glob(f"{PACKAGE}_*.deb"):
        return package
    apt = FOLDER / "apt"
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (apt / folder).mkdir(parents=True, exist_ok=True)
    (apt / "status").touch()
    (apt / "sources.list").write_text(f"deb [signed-by={KEYRING}] {_mirror()} sid main\n")
    (apt / "apt.conf").write_text(
        f'Dir::Etc::sourcelist "{apt}/sources.list";\n'
        'Dir::Etc::sourceparts "/dev/null";\n'
        f'Dir::State "{apt}/state";\nDir::State::status "{apt}/status";\n'
        f'Dir::Cache "{apt}/cache";\n'
        'APT::Sandbox::User "";\nAcquire::Languages "none";\n'
    )
    _say(f"downloading {PACKAGE} with apt, some 120 MB")
    environment = os.environ | {"APT_CONFIG": str(apt / "apt.conf")}
    _call("apt-get", "-qq", "update", env=environment)
    _call("apt-get", "-qq", "download", PACKAGE, env=environment)
    return next(FOLDER.glob(f"{PACKAGE}_*.deb"))


def _mirror() -> str:
    """Return where this machine's own apt gets Debian from."""
    labels = ("Created-By: Packages", "Origin: Debian", "Label: Debian")
    known = _call("apt-get", "indextargets", "--format", "$(REPO_URI)", *labels).split()
    if not known:
        raise RuntimeError("needs a Debian whose package lists are there: apt-get update")
    return known[0]


def _unpack(package: Path) -> None:
    """Unpack what is needed of *package*."""
    if _root().exists():
        return
    _say("unpacking")
    half = FOLDER / "half"
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir()
    leaving = [f"--exclude={pattern}" for pattern in LEFT_OUT]
    command = ("dpkg-deb", "--fsys-tarfile", str(package))
    with subprocess.Popen(command, stdout=subprocess.PIPE) as archive:  # noqa: S603 - our own
        _call("tar", "-x", "-C", str(half), *leaving, stdin=archive.stdout)
    half.rename(_root())


def _root() -> Path:
    return FOLDER / "root"


def _python() -> Path:
    return FOLDER / "venv" / "bin" / "python"


def _install() -> None:
    """Install what Odoo needs into an environment of its own."""
    wanted = HERE / "requirements.txt"
    stamp = FOLDER / "installed"
    digest = hashlib.sha256(wanted.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    _say("installing what it needs from PyPI")
    venv.create(FOLDER / "venv", with_pip=True, clear=True)
    pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input")
    _call(str(_python()), *pip, "-r", str(wanted))
    stamp.write_text(digest)


@contextmanager
def _postgres(port: int) -> Iterator[None]:
    """Run a PostgreSQL with its data in the folder, durable or not: it is thrown away."""
    data, log = FOLDER / "postgres" / "data", FOLDER / "postgres" / "log"
    if not data.exists():
        data.parent.mkdir(exist_ok=True)
        if _ROOT:
            shutil.chown(data.parent, "postgres", "postgres")
        how = ("--auth=trust", "--username=odoo", "--encoding=UTF8", "--locale=C.UTF-8")
        _call(_program("initdb"), "--pgdata", str(data), *how, **_AS)
    options = (
        f"-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    )
    control = (_program("pg_ctl"), "--pgdata", str(data))
    _call(*control, "--log", str(log), "--options", options, "--wait", "start", **_AS)
    try:
        yield
    finally:
        _call(*control, "--mode=fast", "--wait", "stop", **_AS)


def _program(name: str) -> str:
    """Return PostgreSQL's program *name*: Debian keeps them off the path."""
    homes = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    newest = max(homes, key=lambda path: int(path.parts[4]), default=None)
    found = str(newest) if newest else shutil.which(name)
    if not found:
        raise RuntimeError("needs PostgreSQL: apt-get install postgresql")
    return found


def _sql(command: str, port: int) -> str:
    where = ("-h", "127.0.0.1", "-p", str(port), "-U", "odoo", "-d", "postgres")
    return _call("psql", "-qAt", "-v", "ON_ERROR_STOP=1", *where, "-c", command)


def _exists(database: str, port: int) -> bool:
    _sql("drop database if exists half_made", port)
    return database in _sql("select datname from pg_database", port).split()


class Odoo:
    """The program over a PostgreSQL."""

    def __init__(self, database_port: int, port: int, other: int) -> None:
        self.port = port
        self._configuration = FOLDER / "odoo.conf"
        settings = {
            "addons_path": _modules() / "odoo" / "addons",
            "data_dir": FOLDER / "data",
            "db_host": "127.0.0.1",
            "db_port": database_port,
            "db_user": "odoo",
            "db_password": "odoo",
            "http_interface": "127.0.0.1",
            "http_port": port,
            "gevent_port": other,
            "list_db": False,
            "max_cron_threads": 0,
            "without_demo": True,
        }
        lines = [f"{name} = {value}" for name, value in settings.items()]
        self._configuration.write_text("\n".join(["[options]", *lines, ""]))

    def _command(self, database: str, *words: str, command: str = "server") -> list[str]:
        program = str(_root() / "usr" / "bin" / "odoo")
        told = ("-c", str(self._configuration), "-d", database, *words)
        return [str(_python()), program, command, *told]

    def run(self, database: str, *words: str, command: str = "server", told: str = "") -> str:
        """Run *command* to its end; return what it said."""
        line = self._command(database, "--no-http", *words, command=command)
        log = FOLDER / f"{command}.log"
        with log.open("w") as out:
            done = subprocess.run(  # noqa: S603 - our own arguments
                line,
                input=told,
                stdout=subprocess.PIPE,
                stderr=out,
                env=_environment(),
                text=True,
                check=False,
            )
        if done.returncode:
            raise RuntimeError(f"odoo {command} ended with {done.returncode}; see {log}")
        return done.stdout

    @contextmanager
    def serving(self, database: str) -> Iterator[None]:
        """Serve *database* until the block ends."""
        with (FOLDER / "odoo.log").open("w") as log:
            process = subprocess.Popen(  # noqa: S603 - our own arguments
                self._command(database),
                stdout=log,
                stderr=log,
                env=_environment(),
                start_new_session=True,
            )
        try:
            self._wait(process)
            yield
        finally:
            process.terminate()
            process.wait(timeout=60)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + SLOWEST
        while time.monotonic() < end and process.poll() is None:
            try:
                if httpx.get(f"http://127.0.0.1:{self.port}/web/health").is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise RuntimeError(f"Odoo does not answer; see {FOLDER / 'odoo.log'}")


def _modules() -> Path:
    return _root() / "usr" / "lib" / "python3" / "dist-packages"


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(_modules())}


def _call(*command: str, **options: object) -> str:
    """Run *command* in the folder; return what it said, raise with its errors if it failed."""
    done = subprocess.run(  # type: ignore[call-overload]  # noqa: S603 - our own arguments
        command,
        cwd=FOLDER,
        check=False,
        text=True,
        capture_output=True,
        **options,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr.strip()}")
    return str(done.stdout)
