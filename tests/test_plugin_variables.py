"""Variables that name plugins which are not there say so, on the command line and from Python."""

import logging

import pytest
from commands import run, run_apart
from plugin_snippets import GOOD

from audiorouter import EngineOptions

HOOK = GOOD[GOOD.index("@hookimpl") :]


def test_a_plugin_folder_that_is_not_there_is_said(tmp_path):
    wrong = tmp_path / "plugin"
    done = run("tools", "list", AUDIOROUTER_PLUGIN_DIR=wrong)
    assert f"$AUDIOROUTER_PLUGIN_DIR: there is no folder {wrong}" in done.stderr
    assert "transcribe" in done.stdout
    assert run("--no-plugins", "tools", "list", AUDIOROUTER_PLUGIN_DIR=wrong).stderr == ""


def test_a_file_in_place_of_a_plugin_folder_is_said(tmp_path):
    file = tmp_path / "plugin.py"
    file.write_text("")
    assert f"no folder {file}" in run("tools", "list", AUDIOROUTER_PLUGIN_DIR=file).stderr


def test_a_mistyped_name_among_the_wanted_plugins_is_told_which_is_meant(tmp_path):
    (tmp_path / "beeps.py").write_text("")
    done = run("tools", "list", AUDIOROUTER_PLUGIN_DIR=tmp_path, AUDIOROUTER_PLUGINS="beps")
    assert "$AUDIOROUTER_PLUGINS: there is no plugin 'beps': did you mean 'beeps'?" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "names"), [("chirps", ""), ("clicks", "clicks"), ("hums", " hums, ")]
)
def test_what_is_there_is_not_complained_of(tmp_path, name, names):
    (tmp_path / f"{name}.py").write_text("")
    done = run("tools", "list", AUDIOROUTER_PLUGIN_DIR=tmp_path, AUDIOROUTER_PLUGINS=names)
    assert done.stderr == ""


@pytest.mark.slow
def test_a_file_without_a_hook_is_said_to_register_nothing(tmp_path):
    (tmp_path / "empty.py").write_text("")
    done = run("--plugin", tmp_path / "empty.py", "tools", "list")
    assert "plugin empty file registers nothing: no function with @hookimpl" in done.stderr


@pytest.mark.slow
def test_modules_of_a_folder_need_not_register_anything(tmp_path):
    (tmp_path / "a_helper.py").write_text("x = 1")
    (tmp_path / "b_tools.py").write_text(GOOD[: GOOD.index("@hookimpl")])
    (tmp_path / "c_plugin.py").write_text(
        "from audiorouter import hookimpl\nfrom b_tools import Hello\n" + HOOK
    )
    done = run_apart("--plugin", tmp_path, "tools", "list")
    assert done.stderr == "" and "hello" in done.stdout
    assert run_apart("tools", "list", AUDIOROUTER_PLUGIN_DIR=tmp_path).stderr == ""
    alone = run_apart("--plugin", tmp_path / "a_helper.py", "tools", "list").stderr
    assert "plugin a_helper file registers nothing" in alone
    (tmp_path / "c_plugin.py").unlink()
    forgotten = run_apart("--plugin", tmp_path, "tools", "list").stderr
    assert "plugin b_tools file registers nothing: below @hookimpl" in forgotten
    assert "a_helper" not in forgotten


@pytest.mark.slow
def test_a_folder_in_which_nothing_registers_says_so_once(tmp_path):
    for name in ("bells", "whistles"):
        (tmp_path / f"{name}.py").write_text("x = 1")
    done = run("--plugin", tmp_path, "tools", "list")
    assert done.stderr.count("registers") == 1
    assert f"--plugin {tmp_path}: nothing in this folder registers anything" in done.stderr


@pytest.mark.slow
def test_from_python_it_is_logged(tmp_path, monkeypatch, caplog):
    (tmp_path / "broken.py").write_text("1 / 0\n")
    monkeypatch.setenv("AUDIOROUTER_PLUGIN_DIR", str(tmp_path))
    monkeypatch.setenv("AUDIOROUTER_PLUGINS", "broken,gone")
    with caplog.at_level(logging.WARNING, "audiorouter"):
        EngineOptions().load_registry()
    assert "plugin broken file cannot be loaded: ZeroDivisionError" in caplog.text
    assert "there is no plugin 'gone'" in caplog.text
