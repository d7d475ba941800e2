"""Tools that are defined in the script that is run."""

import subprocess
import sys
import textwrap

import pytest

from audiorouter.toolbox.pickling import pickled

SCRIPT = """
    import sys
    from pydantic import Field
    from audiorouter import Domain, EngineOptions, Finding, Session, SpanArguments, Tool

    FACTOR = 2

    class LouderArguments(SpanArguments):
        than: float = Field(default=0.1, description="A level.")

    class Base(Tool[LouderArguments]):
        \"\"\"Compares a level.\"\"\"
        description, version, licence = "Tells whether it is loud.", "1", "MIT"
        domain, Arguments = Domain.SOUND, LouderArguments

    def made():
        class Louder(Base):
            name = "louder"
            def run(self, clip, arguments):
                level = loudest(clip)
                return Finding({"twice": level * FACTOR}, f"Louder: {level > arguments.than}.")
        return Louder()

    def loudest(clip):
        return float(abs(clip.mono(16_000)).max())

    class Handle(Base):
        name = "handle"
        lock = __import__("threading").Lock()
        def run(self, clip, arguments):
            return Finding({}, str(self.lock))

    with Session(EngineOptions(workers=1), tools=[made()]) as session:
        for than in (0.2, 0.5):
            (result,) = session.run_tool("louder", sys.argv[1], than=than)
            print(result.finding.text, round(result.finding.data["twice"], 1))
    try:
        Session(tools=[Handle()])
    except Exception as error:
        print(error)
"""


@pytest.mark.slow
def test_a_tool_of_a_script_runs_in_workers_with_all_that_it_uses(tone, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SCRIPT))
    done = subprocess.run(
        [sys.executable, script, tone()], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    first, second, refused = done.stdout.splitlines()
    assert (first, second) == ("Louder: True. 0.6", "Louder: False. 0.6")
    assert refused.startswith(
        "class __main__.Handle: cannot be sent to a worker process (TypeError"
    )


VALUES = """
    import sys
    from audiorouter import Domain, Finding, NoArguments, Session, Tool

    LIMIT = int(sys.argv[2])

    class Says(Tool[NoArguments]):
        name, description, version, licence = "says", "Says its values.", "1", "MIT"
        domain, examples, Arguments = Domain.SOUND, ("What?",), NoArguments

        def __init__(self, own):
            self.own = own

        def run(self, clip, arguments):
            return Finding({}, f"own {self.own}, limit {limit()}")

    def limit():
        return LIMIT

    for own in (1, 2):
        with Session(tools=[Says(own)]) as session:
            (result,) = session.run_tool("says", sys.argv[1])
            print(result.finding.text, result.cached)
"""


@pytest.mark.slow
def test_other_values_of_a_scripts_tool_are_another_finding(tone, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(VALUES))

    def said(limit):
        done = subprocess.run(
            [sys.executable, script, tone(), str(limit)], capture_output=True, text=True,
            timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    assert said(5) == ["own 1, limit 5 False", "own 2, limit 5 False"]
    assert said(6) == ["own 1, limit 6 False", "own 2, limit 6 False"]
    assert said(5) == ["own 1, limit 5 True", "own 2, limit 5 True"]


LOST = """\
class Lost:
    def run(self):
        return helper()
def helper():
    return 1 / 0
"""


@pytest.mark.parametrize(
    ("name", "said"),
    [("FILE", "FILE"), ("<stdin>", "<stdin>"), ("/tmp/ipykernel_7/8.py", "<cell>")],
)
def test_the_code_of_a_script_says_where_it_is(tmp_path, name, said):
    script = tmp_path / "script.py"
    script.write_text(LOST)
    names = {"__name__": "__main__"}
    exec(compile(LOST, name.replace("FILE", str(script)), "exec"), names)
    sent = tmp_path / "sent"
    sent.write_bytes(pickled(names["Lost"]()))
    # In this process the class would be the same one again.
    load = f"import pickle; pickle.loads(open({str(sent)!r}, 'rb').read()).run()"
    done = subprocess.run([sys.executable, "-c", load], capture_output=True, text=True)
    assert f'File "{said.replace("FILE", str(script))}", line 5, in helper' in done.stderr
