"""Seconds of commands that run nothing, alone and with plugins that misbehave.

    python benchmarks/startup.py [PATH_OF_LLM]

Beside `llm --help`, where llm is named. The plugins raise, exit, segfault, print, fail to register,
or take five seconds to import; they were seen once before, as `plugins install` sees to.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 9
PLUGINS = {
    "raises": "1 / 0",
    "exits": "import os\nos._exit(1)",
    "segfaults": "import ctypes\nctypes.string_at(0)",
    "prints": "print('noise')",
    "slow": "import time\ntime.sleep(5)",
    "fails_to_register": """
from audiorouter import hookimpl

@hookimpl
def register_tools(register):
    raise RuntimeError("no")
""",
}
COMMANDS = (["--help"], ["tools", "list"], ["providers", "list"], ["plugins", "list"])


def main() -> None:
    """Time each command and print the medians as JSON."""
    own = str(Path(sys.executable).with_name("audiorouter"))
    with tempfile.TemporaryDirectory() as folder:
        for name, source in PLUGINS.items():
            (Path(folder) / f"{name}.py").write_text(source)
        hostile = os.environ | {"AUDIOROUTER_PLUGIN_DIR": folder}
        subprocess.run([own, "plugins", "list"], env=hostile, capture_output=True, check=True)
        plain = dict(os.environ)
        timed = {
            f"audiorouter {' '.join(words)}{label}": ([own, *words], environment)
            for label, environment in (("", plain), (", with hostile plugins", hostile))
            for words in COMMANDS
        }
        asked = {"COMP_WORDS": "audiorouter tools show t", "COMP_CWORD": "3"}
        completing = plain | asked | {"_AUDIOROUTER_COMPLETE": "complete_bash"}
        timed["completion of a tool"] = ([own], completing)
        if len(sys.argv) > 1:
            timed["llm --help"] = ([sys.argv[1], "--help"], plain)
        times: dict[str, list[float]] = {name: [] for name in timed}
        for _ in range(RUNS):
            for name, (command, environment) in timed.items():
                started = time.perf_counter()
                subprocess.run(command, env=environment, check=True, capture_output=True)
                times[name].append(time.perf_counter() - started)
    print(json.dumps({name: round(statistics.median(t), 3) for name, t in times.items()}, indent=1))


if __name__ == "__main__":
    main()
