"""Running from a script, as the README shows it, without a main guard and from standard input."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = """
from pathlib import Path
from audiorouter import BatchOptions, ask
clip, options = Path("examples/clips/voicemail.flac"), BatchOptions(router="tools:{tool}")
row = ask(clip, "How long?", ["1 s", "9 s"], options)
print(row.results[0].error or row.results[0].finding.text)
"""


def run(*arguments: str, standard_input: str | None = None) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        input=standard_input,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_script_needs_no_main_guard(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT.format(tool="loudness"))
    assert "dBFS" in run(str(tmp_path / "script.py"))


def test_a_program_may_come_from_standard_input():
    assert "dBFS" in run("-", standard_input=SCRIPT.format(tool="loudness"))
