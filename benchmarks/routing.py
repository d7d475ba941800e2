"""The proof: routers on the benchmark's test, by several reasoners, with every baseline.

    python benchmarks/audioqa/build.py FOLDER
    python benchmarks/routing.py FOLDER --look "figures of version 0.3"

Measures, for each reasoner, the parts of routebench/measures.py: the default router as it is
(`shipped` beside oracles, which need a table of every single call, `strategies` without them),
routers that are trained as it is, by five seeds, on fewer questions, by cost weights and without
tools, and one beside what learns of a table of every call (`baselines`). Writes
results/routing/REASONER.json, from which docs/generate.py makes the tables.
Nothing is chosen here: that is done on the validation part. Each part is a look at the test and is
written down in results/test_looks.csv with what --look says. Of a part of the facts (--questions N)
the file is REASONER-N.json, of the others (--after N) REASONER-after-N.json.

Goes on where it was: outcomes are kept in work/routing.db, and parts that are in a result file are
not measured anew without --again. On 600 questions, by `cascade` and from nothing, `strategies`
took 22 minutes on two cores, `shipped` 23 and more, and `seeds` half an hour where the answers to
training questions were kept; `baselines` needs every call of 2,284 questions: hours.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from audioqa.build import kept
from audioqa.looks import commit
from routebench.ground import MAIN, Ground
from routebench.measures import PARTS
from routebench.reasoners import REASONERS, Judged, behind_server

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results" / "routing"


def main() -> None:
    """Measure what is asked for, and write it down part by part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--look", required=True, metavar="WHY", help="what the test is looked at for"
    )
    parser.add_argument("--reasoner", action="append", choices=REASONERS, help="only these")
    parser.add_argument("--part", action="append", choices=PARTS, help="only these")
    parser.add_argument("--server", metavar="MODEL", help="also a text model behind a server")
    parser.add_argument("--base-url", help="where the server is")
    parser.add_argument("--questions", type=int, help="only so many facts, drawn by a hash")
    parser.add_argument("--after", type=int, default=0, help="none of the first N that it draws")
    parser.add_argument("--again", action="store_true", help="measure anew what is there")
    parser.add_argument("--store", type=Path, default=HERE / "work" / "routing.db")
    arguments = parser.parse_args()
    judged = {name: REASONERS[name] for name in arguments.reasoner or REASONERS}
    if arguments.server is not None:
        name = f"server-{arguments.server.replace('/', '-')}"
        judged[name] = behind_server(arguments.server, arguments.base_url)
    for name, one in judged.items():
        one = replace(one, after=arguments.after)
        if arguments.after:
            name = f"{name}-after-{arguments.after}"
        if arguments.questions is not None:
            name = f"{name}-{arguments.questions}"
            one = replace(one, questions=arguments.questions)
        with tempfile.TemporaryDirectory() as scratch:
            measure(name, one, arguments, Path(scratch))


def measure(name: str, judged: Judged, arguments: argparse.Namespace, scratch: Path) -> None:
    """The parts of one reasoner that are not there, each written as soon as it is."""
    file = RESULTS / f"{name}.json"
    found: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    ground = Ground.open(arguments.folder, arguments.store, scratch, judged, arguments.look)
    for part in arguments.part or judged.parts or PARTS:
        if part in found and not arguments.again:
            continue
        print(f"{name}: {part}", file=sys.stderr)
        measured = PARTS[part](ground) | {"commit": commit(), "hash": kept()[f"{MAIN}.csv"]}
        found |= {"reasoner": judged.provider, part: measured}
        RESULTS.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
