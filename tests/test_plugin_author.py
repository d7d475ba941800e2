"""What somebody meets who writes a plugin: edit, run, and see the change."""

from __future__ import annotations

import json

import pytest
from commands import run_in
from plugin_snippets import GOOD

pytestmark = pytest.mark.slow

HELPER = GOOD.replace("from audiorouter", "from words import GREETING\nfrom audiorouter", 1).replace(
    '"Hello."', "GREETING"
)
REFUSING = GOOD.replace(
    "        return", '        from audiorouter import ToolError\n        raise ToolError("not yet")\n#'
)


def heard(environment, tool, clip, *options, code=0):
    done = run_in(environment, "tools", "run", tool, clip, "--json", *options, code=code)
    (result,) = json.loads(done.stdout)
    return result


def test_an_edited_tool_gives_its_new_finding_without_another_version(with_plugins, tone):
    clip = tone()
    environment = with_plugins(hello=GOOD)
    assert heard(environment, "hello", clip)["text"] == "Hello."
    assert heard(environment, "hello", clip)["cached"]
    environment = with_plugins(hello=GOOD.replace('"Hello."', '"Good evening."'))
    edited = heard(environment, "hello", clip)
    assert (edited["text"], edited["cached"]) == ("Good evening.", False)
    # Put back as it was, what was found then is good again.
    again = heard(with_plugins(hello=GOOD), "hello", clip)
    assert (again["text"], again["cached"]) == ("Hello.", True)


def test_what_a_tool_imports_from_beside_it_counts_as_well(with_plugins, tone, tmp_path):
    clip, words = tone(), tmp_path / "plugins" / "words.py"
    environment = with_plugins(hello=HELPER) | {"AUDIOROUTER_PLUGINS": "hello"}
    for greeting in ("Hello.", "Hi."):
        words.write_text(f"GREETING = {greeting!r}\n")
        assert heard(environment, "hello", clip)["text"] == greeting
    (tmp_path / "plugins" / "other.py").write_text("x = 1\n")  # nobody imports it
    assert heard(environment, "hello", clip)["cached"]


def test_a_mended_refusal_is_no_longer_kept(with_plugins, tone):
    clip = tone()
    assert "not yet" in heard(with_plugins(hello=REFUSING), "hello", clip, code=1)["error"]
    assert heard(with_plugins(hello=GOOD), "hello", clip)["text"] == "Hello."
