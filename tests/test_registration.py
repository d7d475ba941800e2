"""What plugins register is checked: what is wrong with one thing costs that one, and is said."""

import json

import pytest
from commands import run_in
from plugin_snippets import GOOD, SNIPPETS

from audiorouter.plugins.checks import CHECKS
from audiorouter.plugins.manager import load_registry

PROVIDER, ROUTER, SOURCE = (
    SNIPPETS[name] for name in ("register_providers", "register_routers", "register_audio_sources")
)


def tool(old: str, new: str) -> str:
    """The working tool with one line changed, and a second one that works."""
    assert old in GOOD
    return GOOD.replace(old, new) + (
        "class Second(Tool[NoArguments]):\n"
        "    name, description, version, licence = 'second', 'Says it.', '1', 'MIT'\n"
        "    domain, Arguments = Domain.SOUND, NoArguments\n"
        "    def run(self, clip, arguments): return Finding({}, 'It.')\n"
        "@hookimpl(specname='register_tools')\n"
        "def more(register): register(Second())\n"
    )


LICENCE = '    licence = "MIT"\n'
BAD_TOOLS = {
    "no licence": (tool(LICENCE, ""), '`licence` is missing: write `licence = "MIT"`'),
    "domain in words": (
        tool("domain = Domain.SOUND", "domain = 'sound'"),
        "(Input should be an instance of Domain): write `domain = Domain.SOUND`",
    ),
    "no description": (tool('    description = "Says hello."\n', ""), "`description` is missing"),
    "empty description": (tool('"Says hello."', '""'), "`description` is ''"),
    "a bare example": (tool(LICENCE, f"{LICENCE}    examples = 'Is it?'\n"), "`examples` is 'Is"),
    "no Arguments": (tool("    Arguments = NoArguments\n", ""), "`Arguments` is missing"),
    "other Arguments": (
        tool("Arguments = NoArguments", "Arguments = dict"),
        "`Arguments` is <class 'dict'> (Input should be a subclass of NoArguments)",
    ),
    "unknown weights": (
        tool(LICENCE, f"{LICENCE}    weights = ('mine',)\n"),
        "`weights`: there is no set of weights 'mine'",
    ),
    "a name with spaces": (tool('"hello"', '"say hello"'), "`name` is 'say hello'"),
    "a number for a name": (tool('"hello"', "5"), "`name` is 5"),
    "a number for a version": (tool('version = "1"', "version = 1"), "`version` is 1"),
    "a surrogate": (tool('"Says hello."', "'a\\ud800'"), "`description` is 'a"),
    "missing() raises": (
        tool(LICENCE, f"{LICENCE}    def missing(self): 1 / 0\n"),
        "`missing()` fails: ZeroDivisionError: division by zero",
    ),
    "missing() is no text": (
        tool(LICENCE, f"{LICENCE}    def missing(self): return 3\n"),
        "`missing()` gives 3",
    ),
    "licences() exits": (
        tool(LICENCE, f"{LICENCE}    def licences(self): raise SystemExit(3)\n"),
        "`licences()` fails: SystemExit: 3",
    ),
    "identity ends a generator": (
        tool(LICENCE, f"{LICENCE}    @property\n    def identity(self): raise GeneratorExit\n"),
        "`identity` fails: GeneratorExit",
    ),
    "a class": (tool("register(Hello())", "register(Hello)"), "register an instance, Hello()"),
    "nothing": (tool("register(Hello())", "register(None)"), "None is no Tool: derive its class"),
    "no run": (tool("def run(", "def walk("), "Can't instantiate abstract class Hello"),
    "what cannot be sent": (
        tool(LICENCE, f"{LICENCE}    def __init__(self): self.handle = open('/dev/null')\n"),
        "cannot be sent to a worker process (TypeError: cannot pickle",
    ),
    "a class in a function": (
        tool("    register(Hello())", "    class Inner(Hello): pass\n    register(Inner())"),
        "define its class at the top of a module",
    ),
    "a hook ends a generator": (
        tool("register(Hello())", "raise GeneratorExit"),
        "register_tools failed: GeneratorExit",
    ),
    "a wrapper": (
        tool(
            "@hookimpl\ndef register_tools", "@hookimpl(wrapper=True)\ndef register_tools"
        ).replace("register(Hello())", "register(Hello())\n    yield"),
        "register_tools is a wrapper: write a plain function in its place",
    ),
    "an error without text": (
        tool(
            "    register(Hello())",
            "    class E(Exception):\n        def __str__(self): raise SystemExit\n    raise E",
        ),
        "register_tools failed: E: (its text raises SystemExit)",
    ),
    "no text at all": (
        tool("register(Hello())", "raise ValueError('\\ud800')"),
        r"ValueError: \ud800",
    ),
}
OTHERS = {
    "a provider without a name": (PROVIDER.replace('    name = "echo"\n', ""), "`name` is missing"),
    "a provider without Options": (
        PROVIDER.replace("    Options = NoOptions\n", ""),
        "`Options` is missing: write `Options = NoOptions`",
    ),
    "a provider without a description": (
        PROVIDER.replace('    description = "takes the first choice"\n', ""),
        "`description` is missing",
    ),
    "a router that opens nothing": (
        ROUTER.replace("def open(", "def close("),
        "Can't instantiate abstract class ByLengthFactory",
    ),
    "something else that opens": (
        ROUTER.replace("ByLengthFactory(RouterFactory)", "ByLengthFactory"),
        "is no RouterFactory: derive its class from audiorouter.RouterFactory",
    ),
    "a bare suffix": (
        SOURCE.replace('(".pcm16",)', '".pcm16"'),
        "`suffixes` is '.pcm16' (Input should be a valid tuple): write `suffixes = (\".raw\",)",
    ),
    "a suffix without a dot": (SOURCE.replace('(".pcm16",)', '("raw",)'), "`suffixes` is 'raw'"),
    "a suffix in capitals": (SOURCE.replace('(".pcm16",)', '(".RAW",)'), "in lower case"),
    "no suffix": (SOURCE.replace('(".pcm16",)', "()"), "`suffixes` is ()"),
}


@pytest.mark.parametrize("name", BAD_TOOLS)
def test_a_bad_tool_is_refused_by_name_and_the_next_one_is_there(add_plugin, name):
    source, complaint = BAD_TOOLS[name]
    state, registry = add_plugin(source)
    assert state.error is not None and complaint in state.error
    state.error.encode("utf-8")
    assert list(registry.tools) == ["second"] and state.registered == ["tool second"]


@pytest.mark.parametrize("name", OTHERS)
def test_bad_providers_routers_and_sources_are_refused(add_plugin, name):
    source, complaint = OTHERS[name]
    state, registry = add_plugin(source)
    assert state.error is not None and complaint in state.error
    assert not (registry.providers or registry.routers or registry.sources)


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        (GOOD.replace("@hookimpl\n", ""), "register_tools is no hook: write @hookimpl above it"),
        (GOOD[: GOOD.index("@hookimpl")], "has to call register(Hello())"),
        (GOOD.replace("def register_tools", "async def register_tools"), "gives back, coroutine"),
        (GOOD.replace("    register(Hello())", "    return [Hello()]"), "gives back, list"),
        (GOOD.replace("    register(Hello())", "    yield Hello()"), "gives back, generator"),
        ("def answered(row): pass", "answered is no hook: write @hookimpl above it"),
        (
            GOOD.replace("@hookimpl\n", "@hookimpl\ndef answered(row): pass\n\n\n"),
            "register_tools is no hook",
        ),
    ],
)
def test_what_was_forgotten_is_said(add_plugin, source, complaint):
    state, registry = add_plugin(source)
    assert state.error is not None and complaint in state.error
    assert not registry.tools


@pytest.mark.parametrize(
    "source",
    [
        "x = 1\nfrom audiorouter import Tool, Finding",
        GOOD[: GOOD.index("@hookimpl")].replace('    name = "hello"\n', ""),
        GOOD.replace("    register(Hello())", "    if False: register(Hello())"),
    ],
    ids=["nothing of its own", "a tool to derive others from", "under a condition"],
)
def test_a_module_need_not_register_anything(add_plugin, source):
    assert add_plugin(source)[0].error is None


def test_what_is_refused_is_not_called_forgotten_as_well(add_plugin):
    state, _ = add_plugin(GOOD.replace(LICENCE, ""))
    assert "`licence` is missing" in state.error and "register(" not in state.error


def test_what_the_document_shows_is_right(add_plugin):
    for name in SNIPPETS:
        assert add_plugin(SNIPPETS[name])[0].error is None


def test_our_own_parts_are_right():
    registry = load_registry(third_party=False)
    for hook, table in (
        ("register_tools", registry.tools | registry.stand_ins),
        ("register_providers", registry.providers),
        ("register_routers", registry.routers),
    ):
        assert table
        for one in table.values():
            CHECKS[hook](one)


@pytest.mark.slow
def test_no_plugin_kills_the_process_that_looks_at_it(with_plugins):
    stops = {
        "interrupts": "raise KeyboardInterrupt",
        "ends": "raise GeneratorExit",
        "licence_less": BAD_TOOLS["no licence"][0],
        "exits_late": BAD_TOOLS["licences() exits"][0].replace("'second'", "'third'"),
        "commands": "from audiorouter import hookimpl\n@hookimpl\n"
        "def register_commands(app): raise GeneratorExit",
    }
    environment = with_plugins(**stops, fine=GOOD)
    for _ in range(2):  # the second time from what is remembered
        listed = json.loads(run_in(environment, "plugins", "list", "--json").stdout)
        found = {plugin["name"]: plugin for plugin in listed}
        assert found["interrupts"]["state"].endswith(
            "importing it raised KeyboardInterrupt (interrupts.py, line 1)"
        )
        assert found["ends"]["state"].startswith("cannot be loaded: GeneratorExit")
        assert "`licence` is missing" in found["licence_less"]["state"]
        assert found["licence_less"]["registers"] == ["tool second"]
        assert "`licences()` fails: SystemExit: 3" in found["exits_late"]["state"]
        assert found["exits_late"]["registers"] == ["tool third"]
        assert found["commands"]["state"] == (
            "register_commands failed: GeneratorExit (commands.py, line 3)"
        )
        assert found["fine"]["registers"] == ["tool hello"]
