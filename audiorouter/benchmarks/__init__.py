"""Benchmarks by name: where they are had, how they lie on a disk, how their authors score them.

`description` says what is known of one, `catalogue` has them all, `layouts` makes rows of what
`batch` cannot read, `finding` looks for their files and `preparing` checks and converts them.
"""

from audiorouter.benchmarks.catalogue import BENCHMARKS
from audiorouter.benchmarks.description import Benchmark, Source
from audiorouter.benchmarks.finding import find_benchmark, named_benchmark, questions_file
from audiorouter.benchmarks.preparing import Prepared, prepare

__all__ = [
    "BENCHMARKS",
    "Benchmark",
    "Prepared",
    "Source",
    "find_benchmark",
    "named_benchmark",
    "prepare",
    "questions_file",
]
