"""How an app is imported and read."""

import sys
from types import ModuleType

import pytest

from leadshare.local.host.worker.app import imported, read_functions

HEAD = """
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ADMIN)
"""
ROUTE = """
@app.route("{name}")
def {name}(req: func.HttpRequest) -> func.HttpResponse:
    ...
"""


@pytest.fixture(name="read")
def _read(tmp_path):
    def read(source):
        """Read the functions of an app with this source."""
        (tmp_path / "some_app.py").write_text(HEAD + source)
        with imported(tmp_path, "some_app") as module:
            return read_functions(module)

    return read


class TestReadFunctions:
    def test_by_name(self, read):
        """Functions come in the order of their names, in which the host matches routes."""
        functions = read("".join(ROUTE.format(name=name) for name in ("b_c", "C", "ba", "a")))

        assert ["a", "ba", "b_c", "C"] == [function.name for function in functions]

    def test_bindings(self, read):
        """A function's bindings read as function.json would say them."""
        [function] = read(ROUTE.format(name="x"))

        assert "httpTrigger" == function.trigger["type"]
        assert "ADMIN" == function.trigger["authLevel"]
        assert "http" == function.outputs["$return"]["type"]

    def test_context(self, read):
        """A parameter named context is no binding."""
        [plain] = read(ROUTE.format(name="x"))
        [with_context] = read(ROUTE.format(name="x").replace("Request)", "Request, context)"))

        assert not plain.wants_context
        assert with_context.wants_context

    @pytest.mark.parametrize(
        ("source", "message"),
        [
            pytest.param("other = func.FunctionApp()", "2 function apps", id="two-apps"),
            pytest.param("del app", "0 function apps", id="no-app"),
            pytest.param(
                ROUTE.format(name="x").replace("(req:", "(more, req:"),
                "do not match",
                id="parameter-without-binding",
            ),
            pytest.param(
                ROUTE.format(name="x") + ROUTE.format(name="x"), "unique", id="same-name-twice"
            ),
        ],
    )
    def test_refuses(self, read, source, message):
        """What the worker would not index is an error."""
        with pytest.raises(ValueError, match=message):
            read(source)


class TestImported:
    def test_leaves_no_trace(self, tmp_path):
        """Two apps with the same module name can run one after the other in one process."""
        before = list(sys.path)
        seen = []
        for name in ("one", "two"):
            folder = tmp_path / name
            folder.mkdir()
            (folder / "some_app.py").write_text(HEAD + f"WHO = {name!r}")
            with imported(folder, "some_app") as module:
                seen.append(module.WHO)

        assert ["one", "two"] == seen
        assert before == sys.path
        assert "some_app" not in sys.modules

    def test_gives_back(self, tmp_path, monkeypatch):
        """A module of that name that was there before is there again."""
        before = ModuleType("some_app")
        monkeypatch.setitem(sys.modules, "some_app", before)
        (tmp_path / "some_app.py").write_text(HEAD)
        with imported(tmp_path, "some_app") as module:
            assert module is not before

        assert sys.modules["some_app"] is before

    def test_errors(self, tmp_path):
        """An error of the app's own comes out as it is, and leaves no trace either."""
        (tmp_path / "some_app.py").write_text("1 / 0")

        with pytest.raises(ZeroDivisionError), imported(tmp_path, "some_app"):
            pass

        assert str(tmp_path) not in sys.path
