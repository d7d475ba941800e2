"""Plugins as they are installed: a distribution on the path with an entry point."""

import json
import os
import textwrap

import pytest
from commands import run_in
from plugin_snippets import GOOD

pytestmark = pytest.mark.slow


@pytest.fixture
def plugin(tmp_path):
    """Installs a module as a plugin and gives the environment in which it is seen."""

    def install(name: str, source: str) -> dict[str, str]:
        site = tmp_path / "site"
        info = site / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (site / f"{name}.py").write_text(textwrap.dedent(source))
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[audiorouter]\n{name} = {name}\n")
        path = os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])])
        return os.environ | {"PYTHONPATH": path, "AUDIOROUTER_PLUGINS": name}

    return install


def test_a_plugins_tool_is_listed_and_runs(plugin, tone):
    environment = plugin("hello_plugin", GOOD)
    listed = json.loads(run_in(environment, "plugins", "list", "--json").stdout)
    assert {
        "name": "hello_plugin",
        "version": "1.0",
        "registers": ["tool hello"],
        "licence": "not stated",
        "state": "ok",
    } in listed
    assert "Hello." in run_in(environment, "tools", "run", "hello", tone()).stdout
    assert "no tool" in run_in(environment, "--no-plugins", "tools", "show", "hello", code=2).stderr


@pytest.mark.parametrize(
    "source",
    [
        "raise RuntimeError('broken at import')",
        "import sys; sys.exit(1)",
        "from audiorouter import hookimpl\n@hookimpl\ndef register_tools(register): 1 / 0",
        GOOD.replace('name = "hello"', 'name = "transcribe"'),
        "from audiorouter import hookimpl\n@hookimpl\ndef no_such_hook(): pass",
        "import no_such_package",
    ],
)
def test_a_broken_plugin_is_named_and_breaks_nothing(plugin, source):
    environment = plugin("broken_plugin", source)
    done = run_in(environment, "tools", "list")
    assert "transcribe" in done.stdout
    assert "broken_plugin 1.0" in done.stderr and "--no-plugins" in done.stderr
    assert run_in(environment, "--no-plugins", "tools", "list").stderr == ""
    assert run_in(environment | {"AUDIOROUTER_PLUGINS": ""}, "tools", "list").stderr == ""
