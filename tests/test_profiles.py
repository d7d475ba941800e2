"""Settings of a project: which file, what of it holds, what is refused, what has to be trusted."""

import json
import re
from pathlib import Path

import pytest
import typer
from commands import run, run_in

from audiorouter.cli.app import app
from audiorouter.cli.project_settings import INPUTS, commands_with_settings, known_settings
from audiorouter.scoring import Measure
from audiorouter.toolbox.availability import Licence

ROOT = typer.main.get_command(app)
pytest_plugins = ["profile_projects"]


BOTH = """
workers = 1
router = "rules"
timeout = 20
cost_weight = 0.5

[profile.quick]
timeout = 5

[profile.all]
router = "all"
"""


def test_a_file_above_is_found_and_an_option_goes_before_a_profile_before_the_project(
    project, options
):
    project(BOTH)
    plain, quick = options("batch"), options("--profile", "quick", "batch")
    typed = options("--profile", "quick", "batch", "--timeout", "7", "--workers", "3")
    assert (plain.workers, plain.router, plain.timeout) == (1, "rules", 20)
    assert (quick.workers, quick.router, quick.timeout) == (1, "rules", 5)
    assert (typed.workers, typed.router, typed.timeout) == (3, "rules", 7)


def test_the_environment_goes_before_the_file_and_behind_the_command_line(
    project, options, tmp_path
):
    project('db = "own.db"\nlicence = "any"\n')
    run("profiles", "trust")
    named = {"AUDIOROUTER_DB": tmp_path / "env.db", "AUDIOROUTER_LICENCE": "commercial"}
    assert options("batch", AUDIOROUTER_DB="").store == tmp_path / "project" / "own.db"
    assert options("batch", **named).store is None
    assert options("batch", **named).licence is None
    assert options("--db", "typed.db", "batch", **named).store == Path("typed.db")


def test_the_profile_and_the_file_may_stand_behind_the_command(project, options, tmp_path):
    project(BOTH)
    other = tmp_path / "other.toml"
    other.write_text('db = "other.db"\nworkers = 4\n')
    assert options("batch", "--profile", "quick").timeout == 5
    assert options("--profile", "all", "batch", "--profile", "quick").timeout == 5
    named = options("batch", "--settings", other, AUDIOROUTER_DB="")
    assert (named.workers, named.store) == (4, tmp_path / "other.db")
    assert options("batch", "--settings", "none").workers is None


def test_the_profile_may_come_from_the_environment(project, options):
    project(BOTH)
    assert options("batch", AUDIOROUTER_PROFILE="quick").timeout == 5
    assert options("--profile", "all", "batch", AUDIOROUTER_PROFILE="quick").timeout == 20


def test_what_belongs_to_a_router_or_provider_goes_with_it(project, options):
    path = project(
        BOTH + '[profile.server]\nprovider = "openai:a"\nbase_url = "http://127.0.0.1:1/v1"\n'
        "provider_option = { temperature = 0.5, max_tokens = 9 }\n"
    )
    assert options("batch").cost_weight == 0.5
    assert options("--profile", "all", "batch").cost_weight is None
    assert options("batch", "--router", "none").cost_weight is None

    server = ("--settings", path, "--profile", "server", "batch")
    same = options(*server, "--provider", "openai:b", "-P", "temperature=1")
    assert same.provider == "openai:b"
    assert same.provider_options == {
        "base_url": "http://127.0.0.1:1/v1", "max_tokens": "9", "temperature": "1",
    }  # fmt: skip
    assert options(*server, "--provider", "cascade").provider_options == {}
    moved = options(*server, "-P", "base_url=http://127.0.0.1:2/v1")
    assert moved.provider_options["base_url"] == "http://127.0.0.1:2/v1"


def test_options_of_providers_may_be_any_value_of_json(project, options):
    path = project('provider = "openai:a"\n[provider_option]\nextra_body = {a = [1, true, "x"]}\n')
    found = options("--settings", path, "batch").provider_options["extra_body"]
    assert json.loads(found) == {"a": [1, True, "x"]}


def test_a_flag_of_the_file_is_taken_back_by_its_opposite(project, options):
    project("every_clip = true")
    assert options("batch").every_clip
    assert not options("batch", "--no-every-clip").every_clip


def test_paths_are_relative_to_the_file(project, options, tmp_path):
    project('router = "./mine"\ndb = "../own.db"\nprovider = "transformers:./model"')
    run("profiles", "trust")
    found = options("batch", AUDIOROUTER_DB="")
    assert found.router == str(tmp_path / "project" / "mine")
    assert found.store == tmp_path / "own.db"
    assert found.provider == f"transformers:{tmp_path / 'project' / 'model'}"


@pytest.mark.parametrize(
    ("text", "complaints"),
    [
        ("\nworker = 2", ["line 2", "no setting 'worker'", "did you mean 'workers'", "timeout"]),
        ('workers = "two"', ["line 1", "workers has to be a whole number from 1 to 1000"]),
        ("workers = 0", ["line 1", "from 1 to 1000"]),
        ("workers = true", ["a whole number"]),
        ("every_clip = 1", ["true or false"]),
        ("max_calls = 9", ["from 1 to 8"]),
        ('licence = "mit"', ["one of any, commercial"]),
        ('provider_option = "a=1"', ["a table of options"]),
        ('plugin = "x.py"', ["a list of text"]),
        ('[profile.a]\nrouter = ["all"]', ["line 2", "[profile.a]", "router has to be text"]),
        ('profile = "a"', ["profiles are tables: [profile.NAME]"]),
        ("[profile.a.train]\nseed = 1", ["line 1", "no setting 'train'"]),
        ("workers = \nseed = 1", ["is no TOML", "line 1"]),
        ("seed = " + "[" * 5000, ["nested too deeply"]),
        ("seed = " + "1" * 5000, ["is no TOML"]),
        ("provider_option = { base_url = 'x' }", ["base_url is a setting of its own"]),
    ],
)  # fmt: skip
def test_what_is_no_setting_is_named_with_its_line_and_what_is_allowed(project, text, complaints):
    path = project(text)
    said = run("store", "path", code=2).stderr
    assert str(path) in said
    for complaint in complaints:
        assert complaint in said


@pytest.mark.parametrize(
    "text",
    [
        'api_key = "sesame-open-now"',
        'provider_option = { api_key = "sesame-open-now" }',
        '[profile.a.provider_option.extra_headers]\nAuthorization = "sesame-open-now"',
        'provider_option = { key = "sk-sesame-open-now-0123456789" }',
        'judge_option = { note = "sk-sesame-open-now-0123456789" }',
        'base_url = "https://me:sesame-open-now@host/v1"',
    ],
)
def test_a_secret_is_refused_and_not_shown(project, text):
    project(text)
    said = run("store", "path", code=2).stderr
    assert "audiorouter keys set" in said and "line" in said
    assert "sesame" not in said


def test_what_only_begins_like_a_key_is_none(project, options):
    path = project(
        'router = "./sketches-of-a-router-of-mine"\nprovider = "hf-audio-language-model"\n'
    )
    assert options("--settings", path, "batch").provider == "hf-audio-language-model"


def test_values_are_what_the_option_itself_would_give(project, options, monkeypatch):
    import audiorouter.evaluation.evaluate

    asked = []
    monkeypatch.setattr(
        audiorouter.evaluation.evaluate, "evaluate", lambda request, **_: asked.append(request)
    )
    project('router = "rules"\nmeasure = "wer"\nlicence = "commercial"\ntools = "tempo,key"\n')
    assert options("batch").measure is Measure.WER
    assert options("batch").licence is Licence.COMMERCIAL
    with pytest.raises(AttributeError):  # nothing was evaluated
        run("evaluate", "q.csv", "--clips", "clips")
    assert [*asked[0].routers] == ["rules"]
    assert asked[0].tools == "tempo,key"


def test_a_profile_that_is_not_there_is_an_error(project):
    project(BOTH)
    assert "did you mean 'quick'" in run("--profile", "quik", "store", "path", code=2).stderr
    for arguments in (["--profile", "quick", "store", "path"], ["profiles", "list"]):
        said = run("--settings", "none", *arguments, code=2).stderr
        assert "--settings none: no file is used" in said
    run("--settings", "none", "store", "path", AUDIOROUTER_PROFILE="quick")


def test_a_profile_without_a_file_is_an_error(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for arguments, variables in (
        (["--profile", "a"], {}), ([], {"AUDIOROUTER_PROFILE": "a"}),
    ):  # fmt: skip
        said = run(*arguments, "store", "path", code=2, **variables).stderr
        assert "there is no audiorouter.toml here or above" in said


def test_the_run_says_and_keeps_which_file_and_profile_it_used(project, tone, tmp_path):
    clip = tone("a.wav")
    path = project('[profile.none]\nrouter = "none"\nworkers = 1\n')
    said = run("--profile", "none", "tools", "run", "loudness", clip).stderr
    assert said.count("settings of") == 1
    assert f"audiorouter: settings of {path}, profile none: workers\n" in said


@pytest.mark.weights
@pytest.mark.slow
def test_a_run_keeps_its_settings(project, tone, quick_cascade):
    clip = tone("a.wav")
    path = project('[profile.none]\nrouter = "none"\n')
    run("--profile", "none", "ask", clip, "What is heard?", "-c", "a tone", "-c", "a dog")
    kept = json.loads(run("runs", "show", "--json").stdout)["provenance"]
    assert kept["settings"] == f"{path}, profile none"
    assert kept["router"] == "none"
    assert ["settings", f"{path},", "profile", "none"] in [
        line.split() for line in run("runs", "show").stdout.splitlines()
    ]


def test_every_option_of_these_commands_is_a_setting_or_an_input():
    settings = known_settings(ROOT)
    options = set()
    commands = dict(commands_with_settings(ROOT))
    assert {*commands} == {"ask", "batch", "evaluate", "train", "tools run"}
    for command in commands.values():
        options |= {p.name for p in command.params if p.param_type_name == "option"}
    assert options <= settings.keys() | INPUTS
    assert not settings.keys() & INPUTS
    assert {"provider", "router", "workers", "timeout", "licence", "db", "plugin"} <= {*settings}


def test_the_table_of_settings_and_profiles_are_shown(project):
    project(BOTH)
    names = {one["setting"] for one in json.loads(run("profiles", "settings", "--json").stdout)}
    assert names == {*known_settings(ROOT)}
    listed = json.loads(run("profiles", "list", "--json").stdout)
    assert listed["profiles"] == {"quick": {"timeout": 5}, "all": {"router": "all"}}
    shown = json.loads(run("profiles", "show", "all", "--json").stdout)
    assert {one["setting"]: one["value"] for one in shown} == {
        "workers": 1, "router": "all", "timeout": 20,
    }  # fmt: skip


def test_a_folder_that_cannot_be_looked_at_has_no_file(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert re.search("store.db", run("store", "path").stdout)


@pytest.mark.slow
def test_commands_of_plugins_get_the_settings_of_every_command(project, with_plugins, tmp_path):
    source = """
from audiorouter import hookimpl

@hookimpl
def register_commands(app):
    @app.command("where")
    def where(context: __import__("typer").Context):
        "Say where the store is."
        print(context.find_root().obj.store_path())
"""
    path = project('db = "own.db"\n')
    environment = with_plugins(where=source) | {"AUDIOROUTER_DB": ""}
    run_in(environment, "--settings", "none", "plugins", "list")
    said = run_in(environment, "--settings", path, "where")
    assert said.stdout == f"{tmp_path / 'project' / 'own.db'}\n"
    assert f"settings of {path}: db" in said.stderr


SERVER = 'base_url = "http://127.0.0.1:1/v1"\nprovider_option = {seed = 1}\n'


def test_what_names_no_provider_holds_for_the_one_that_is_named_over_it(project, options):
    path = project(
        SERVER + "cost_weight = 0.5\njudge_option = {seed = 2}\n"
        '[profile.server]\nprovider = "openai:m"\nrouter = "learned"\n'
    )
    own = {"base_url": "http://127.0.0.1:1/v1", "seed": "1"}
    given = ("--settings", path, "batch")
    assert options(*given, "--provider", "openai:m").provider_options == own
    profile = options("--profile", "server", *given)
    assert (profile.provider_options, profile.cost_weight) == (own, 0.5)
    assert options(*given, "--judge", "openai:m").judge_options == {"seed": "2"}


def test_what_is_for_another_provider_or_judge_is_left_out_and_said(project):
    path = project(
        f'provider = "openai:x"\n{SERVER}measure = "wer"\n'
        '[profile.local]\nprovider = "cascade"\nanswer = "score"\n'
    )

    def said(*arguments):
        batch = ("batch", "clips", "q.csv", "--plan")  # which are not there
        told = run("--settings", path, *batch, *arguments, code=2).stderr
        return told.splitlines()[0].rpartition(f"{path}")[2]

    gone = "left out: base_url, provider_option (for openai:x)"
    assert said("--provider", "cascade", "--judge", "cascade") == (
        f": none; {gone}; measure (not used with judge)"
    )
    assert said("--profile", "local") == f", profile local: provider, measure, answer; {gone}"
    typed = said("--profile", "local", "--base-url", "http://b/v1")
    assert typed.endswith("left out: provider_option (for openai:x)")
    assert "left out" not in said("--provider", "openai:y")


EXCESSIVE = [
    ("a." * 3000 + "b = 1", "a is nested too deeply"),
    ("provider_option = {x = " + "[" * 300 + "]" * 300 + "}", "is nested too deeply"),
    ("seed = 0x" + "f" * 4000, "line 1: seed: a whole number has 64 bits at most"),
    ("provider_option = {n = [0x" + "f" * 4000 + "]}", "n: a whole number has 64 bits at most"),
    ("provider_option = {n = nan}", "n: a number has to be finite"),
    ("a." * 5000 + "b = 1", "line 1: has more than 8,000 characters"),
    ("#\n" * 40_000, "is larger than 64 KiB"),
]


@pytest.mark.parametrize(("text", "why"), EXCESSIVE)
def test_what_is_too_deep_or_too_large_is_an_error_that_names_the_file(project, text, why):
    path = project(text)
    for command in (["store", "path"], ["profiles", "list"], ["profiles", "trust"]):
        said = run(*command, code=2).stderr
        assert said.startswith(f"audiorouter: {path}") and why in said
        assert len(said) < 500


def test_no_name_in_a_file_adds_a_line_to_a_message(project):
    project('[profile."x\\naudiorouter: all is well"]\nworkers = 0')
    assert run("store", "path", code=2).stderr.count("\n") == 1
    project('[profile."x\\naudiorouter: all is well"]\nworkers = 1')
    assert run("--profile", "y", "store", "path", code=2).stderr.count("\n") == 1


def test_it_is_said_how_any_command_goes_without_the_file(project):
    project('plugin = ["evil.py"]')
    assert "`audiorouter --settings none …`" in run("tools", "list", code=2).stderr
    run("--settings", "none", "tools", "list")
