"""`audiorouter doctor` says what is there and what to do, whatever is broken."""

import json
import os
import re
import sys
import tomllib
from pathlib import Path

import pytest
from commands import run, run_apart
from doctor_looks import look, said, worst
from environments import ROOT

import audiorouter
from audiorouter.doctor import Check, Verdict, examination, examine
from audiorouter.doctor.audio_formats import audio_formats
from audiorouter.doctor.children import Children, Told
from audiorouter.doctor.device import device
from audiorouter.doctor.environment import VARIABLES, environment
from audiorouter.doctor.installation import EXTRAS, extras, python
from audiorouter.doctor.network import network
from audiorouter.doctor.plugins import plugins
from audiorouter.doctor.providers import providers
from audiorouter.doctor.router import router
from audiorouter.doctor.sandbox import sandbox
from audiorouter.doctor.tools import tools
from audiorouter.doctor.weights import weights


@pytest.mark.weights
@pytest.mark.slow
def test_where_all_is_there_a_batch_is_ready(tmp_path):
    done = run_apart("--db", tmp_path / "new" / "store.db", "doctor", "--json")
    report = json.loads(done.stdout)
    assert report["ready"]
    assert {check["verdict"] for check in report["checks"]} <= {"ok", "warning"}
    assert {check["area"] for check in report["checks"]} == set(examination.LOOKS)
    assert not (tmp_path / "new").exists(), "it made the store"


@pytest.mark.slow
def test_without_weights_it_says_which_command_fetches_them_and_fails(tmp_path):
    done = run("doctor", code=1, AUDIOROUTER_CACHE=tmp_path / "cache", OPENAI_API_KEY="sk-hidden")
    assert "problem  smollm2-135m is missing: needed by the reasoner cascade" in done.stdout
    assert "audiorouter models pull smollm2-135m" in done.stdout
    assert "warning  musicnn is missing: needed by music_tags" in done.stdout
    assert re.search(r"ok +qwen2.5-coder-1.5b is missing", done.stdout), "nobody asked for it"
    assert "rules route, in place of learned" in done.stdout
    assert "openai ($OPENAI_API_KEY)" in done.stdout
    assert "sk-hidden" not in done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith("not ready:")


@pytest.mark.slow
def test_plugins_and_packages_that_are_broken_cost_their_own_line(tmp_path, monkeypatch):
    plugin_dir, path = tmp_path / "plugins", tmp_path / "path"
    for folder in (plugin_dir, path):
        folder.mkdir()
    (plugin_dir / "crashes.py").write_text("import ctypes\nctypes.string_at(0)\n")
    (plugin_dir / "raises.py").write_text("1 / 0\n")
    (path / "faster_whisper.py").write_text("import os\nos._exit(3)\n")
    (path / "av.py").write_text("raise SystemExit('libav is gone')\n")
    monkeypatch.setenv("AUDIOROUTER_PLUGIN_DIR", str(plugin_dir))
    monkeypatch.setenv("AUDIOROUTER_PLUGINS", "crashes,raises")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(path), *sys.path]))
    found = examine(store_path=tmp_path / "store.db").found
    assert "crashes file is left out: importing it ended the process (SIGSEGV)" in said(
        found["plugins"]
    )
    assert "ZeroDivisionError" in said(found["plugins"])
    assert worst(found["plugins"]) is Verdict.WARNING, "a batch runs without them"
    if "faster-whisper is installed" in said(found["extras"]):
        assert "cannot be imported: it ended the process (exit code 3)" in said(found["extras"])
    assert "libav is gone" in said(found["audio files"])
    assert worst(found["audio files"]) is Verdict.PROBLEM


def test_a_look_that_fails_in_whatever_way_is_a_line_of_its_own(tmp_path, monkeypatch):
    def leaves(_subject):
        yield Check(Verdict.OK, "seen before")
        raise SystemExit(7)

    monkeypatch.setattr(examination, "LOOKS", {"store": leaves, "network": network})
    monkeypatch.setattr(examination, "_questions", list)
    report = examine(store_path=tmp_path / "store.db")
    before, failed = report.found["store"]
    assert before.found == "seen before"
    assert failed.found.startswith("this could not be looked at: SystemExit: 7")
    assert not report.ready
    assert len(report.found["network"]) > 1


def test_children_that_hang_or_print_are_said(monkeypatch):
    monkeypatch.setattr("audiorouter.doctor.children.SECONDS", 0.01)
    with Children() as children:
        assert "longer than" in (children.told("imported", "json").error or "")


@pytest.mark.slow
def test_what_a_package_prints_does_not_hide_what_is_said_of_it(tmp_path, monkeypatch):
    (tmp_path / "noisy.py").write_text("print('[1, 2')\nimport os\nos.write(1, b'more')\n")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    with Children() as children:
        assert children.told("imported", "noisy") == Told({})
        assert "ModuleNotFoundError" in (children.told("imported", "there_is_no_such").error or "")


def test_a_kernel_without_filters_is_a_warning_and_no_refusal_a_problem(tmp_path):
    assert worst(look(sandbox, tmp_path)) is Verdict.OK
    by_python = Told({"by_kernel": False, "refused": True})
    assert worst(look(sandbox, tmp_path, sandbox=by_python)) is Verdict.WARNING
    not_at_all = Told({"by_kernel": False, "refused": False})
    assert worst(look(sandbox, tmp_path, sandbox=not_at_all)) is Verdict.PROBLEM


def test_decoders_that_lack_a_format_are_a_warning(tmp_path):
    assert worst(look(audio_formats, tmp_path)) is Verdict.OK
    lacking = Told({"version": "62", "lacks": ["aac"]})
    assert "does not read aac" in said(look(audio_formats, tmp_path, av=lacking))


def test_a_gpu_that_torch_does_not_find_is_a_warning(tmp_path, monkeypatch):
    driver = tmp_path / "version"
    driver.write_text("NVRM version")
    monkeypatch.setattr("audiorouter.doctor.device._DRIVER", driver)
    assert "was built without CUDA" in said(look(device, tmp_path))
    gpu = {
        "built_for": "12.8",
        "capability": "AVX2",
        "devices": [{"name": "H100", "bytes": 1 << 33}],
    }
    assert "GPU: H100, 8.0 GiB" in said(look(device, tmp_path, torch=Told(gpu)))
    assert worst(look(device, tmp_path, torch=Told({}, "OSError: libcuda"))) is Verdict.PROBLEM


def test_every_extra_says_what_it_gives():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    of_developers = {"all", "benchmarks", "dev", "docs"}
    assert set(EXTRAS) == set(project["optional-dependencies"]) - of_developers


def test_an_extra_that_tools_need_is_missed_and_others_are_offered(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "audiorouter.doctor.installation.lacking",
        lambda _name, extra=None: [] if extra is None else [f"what {extra} brings"],
    )
    checks = {check.found.partition(":")[0]: check for check in look(extras, tmp_path)}
    assert checks["speech"].verdict is Verdict.WARNING
    assert checks["wer"].verdict is Verdict.OK
    assert checks["wer"].remedy == "pip install 'audiorouter[wer]'"


def test_a_requirement_in_another_version_is_a_problem(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "audiorouter.doctor.installation.lacking", lambda _name, _extra=None: ["torch>=2.9"]
    )
    assert "torch>=2.9" in said(look(python, tmp_path))
    assert worst(look(python, tmp_path)) is Verdict.PROBLEM


@pytest.mark.weights
def test_tools_that_lack_packages_say_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("audiorouter.toolbox.interface.absent", lambda names: list(names))
    checks = look(tools, tmp_path)
    assert "pip install 'audiorouter[speech]'" in said(checks)
    assert worst(checks) is Verdict.WARNING


def test_damaged_weights_are_said(tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIOROUTER_CACHE", str(tmp_path))
    folder = tmp_path / "weights" / "cmudict"
    folder.mkdir(parents=True)
    (folder / "cmudict.dict").write_text("not this")
    assert "cmudict is damaged: needed by phonemes" in said(look(weights, tmp_path))


@pytest.mark.slow
def test_a_part_of_a_plugin_that_cannot_say_what_it_needs_breaks_nothing(tmp_path, monkeypatch):
    (tmp_path / "odd.py").write_text(
        "from audiorouter import Finding, NoArguments, Tool, Domain, hookimpl\n"
        "class Odd(Tool):\n"
        "    name, description, version, licence = 'odd', 'Hears odd things.', '1', 'MIT'\n"
        "    domain, Arguments = Domain.SOUND, NoArguments\n"
        "    def run(self, clip, arguments):\n"
        "        return Finding({}, 'odd')\n"
        "    def missing(self):\n"
        "        raise KeyError('no idea')\n"
        "@hookimpl\n"
        "def register_tools(register):\n"
        "    register(Odd())\n"
    )
    monkeypatch.setenv("AUDIOROUTER_PLUGIN_DIR", str(tmp_path))
    monkeypatch.setenv("AUDIOROUTER_PLUGINS", "odd")
    checks = look(tools, tmp_path) + look(plugins, tmp_path)
    assert "KeyError" in said(checks)


def test_a_file_of_keys_that_others_can_read_is_said_without_a_key(tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIOROUTER_CONFIG", str(tmp_path))
    keys = tmp_path / "keys.json"
    keys.write_text('{"openai": "sk-secret"}')
    keys.chmod(0o600)
    assert f"openai ({keys})" in said(look(providers, tmp_path))
    keys.chmod(0o644)
    checks = look(providers, tmp_path)
    assert f"chmod 600 {keys}" in said(checks)
    assert "sk-secret" not in said(checks)


def test_every_variable_that_is_read_is_known():
    package = Path(audiorouter.__file__).parent
    read = {
        name
        for file in package.rglob("*.py")
        for name in re.findall(r"\bAUDIOROUTER_[A-Z_]*[A-Z]\b", file.read_text(encoding="utf-8"))
    }
    assert read == set(VARIABLES)


def test_variables_that_nothing_reads_are_said_without_their_value(tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIOROUTER_PLUGINS_DIR", "/somewhere/secret")
    monkeypatch.setenv("AUDIOROUTER_ALLOWED_WEIGHTS", "yamnett")
    monkeypatch.setenv("AUDIOROUTER_WEIGHTS", str(tmp_path / "nowhere"))
    text = said(look(environment, tmp_path))
    assert "did you mean 'AUDIOROUTER_PLUGIN_DIR'" in text
    assert "/somewhere/secret" not in text
    assert "did you mean 'yamnet'" in text
    assert "nowhere is no folder" in text


def test_telemetry_that_somebody_switched_on_is_a_warning(tmp_path, monkeypatch):
    assert worst(look(network, tmp_path)) is Verdict.OK
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "0")
    monkeypatch.setenv("https_proxy", "http://me:password@proxy:3128")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:8000/v1")
    checks = look(network, tmp_path)
    assert "HF_HUB_DISABLE_TELEMETRY was changed" in said(checks)
    assert "http://localhost:8000/v1 ($OPENAI_BASE_URL)" in said(checks)
    assert "HTTPS_PROXY" in said(checks)
    assert "password" not in said(checks)


def test_a_licence_that_there_is_none_of_is_said_and_the_rest_is_looked_at(monkeypatch, tmp_path):
    kinds = {"tools": tools, "plugins": plugins, "environment": environment}
    monkeypatch.setattr(examination, "LOOKS", kinds)
    monkeypatch.setattr(examination, "_questions", list)
    monkeypatch.setenv("AUDIOROUTER_LICENCE", "bla")
    report = examine(store_path=tmp_path / "store.db", plugin_files=[tmp_path / "none.py"])
    assert "AUDIOROUTER_LICENCE=bla: unknown" in said(report.found["environment"])
    assert "ready" in said(report.found["tools"])
    assert "there is no such file of Python" in said(report.found["plugins"])


def test_the_default_router_is_named_or_why_rules_route(tmp_path, monkeypatch):
    monkeypatch.setattr("audiorouter.routing.learned.encoder_missing", lambda: None)
    assert "learned, trained for cascade" in said(look(router, tmp_path))
    monkeypatch.setattr("audiorouter.routing.learned.encoder_missing", lambda: "no minilm")
    checks = look(router, tmp_path)
    assert "rules route, in place of learned: no minilm" in said(checks)
    assert worst(checks) is Verdict.WARNING
    monkeypatch.setattr("audiorouter.routing.shipped.TRAINED_ROUTERS", tmp_path)
    monkeypatch.setattr("audiorouter.routing.learned.encoder_missing", lambda: None)
    (tmp_path / "cascade").mkdir()
    (tmp_path / "cascade" / "router.json").write_text("{")
    assert worst(look(router, tmp_path)) is Verdict.PROBLEM


@pytest.mark.weights
@pytest.mark.slow
def test_a_trial_answers_a_question_from_end_to_end(tmp_path):
    from audiorouter.doctor.trial import trial

    checks = look(trial, tmp_path)
    assert worst(checks) is Verdict.OK
    assert "a question was answered in" in said(checks)
    assert not (tmp_path / "store.db").exists()


def test_it_tells_of_each_thing_as_it_is_found(tmp_path, monkeypatch):
    told = []

    def later(_subject):
        assert told, "it waited for the end"
        yield Check(Verdict.OK, "second")

    kinds = {"store": lambda _subject: [Check(Verdict.OK, "first")], "cache": later}
    monkeypatch.setattr(examination, "LOOKS", kinds)
    monkeypatch.setattr(examination, "_questions", list)
    store_path = tmp_path / "store.db"
    examine(store_path=store_path, tell=lambda area, check: told.append((area, check.found)))
    assert told == [("store", "first"), ("cache", "second")]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a." * 3000 + "b = 1", "nested too deeply"),
        ("seed = 0x" + "f" * 4000, "64 bits"),
        ("workers = ", "is no TOML"),
        ('db = "there.db"', "sets db"),
    ],
)
def test_settings_that_cannot_be_used_are_said_and_the_rest_is_looked_at(
    text, why, tmp_path, monkeypatch
):
    monkeypatch.setattr(examination, "LOOKS", {"environment": environment})
    monkeypatch.setattr(examination, "_questions", list)
    monkeypatch.setenv("AUDIOROUTER_CONFIG", str(tmp_path / "config"))
    monkeypatch.delenv("AUDIOROUTER_DB", raising=False)
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "audiorouter.toml"
    path.write_text(text)
    report = json.loads(run("doctor", "--json", code=1).stdout)
    first = report["checks"][0]
    assert (first["area"], first["verdict"]) == ("environment", "problem")
    assert str(path) in first["found"] and why in first["found"]
    assert json.loads(run("--settings", "none", "doctor", "--json").stdout)["ready"]
