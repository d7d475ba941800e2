"""What a batch or its plan is about: a questions file, a data set, or a benchmark by its name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from audiorouter.batch.answers_file.answer_files import check_output
from audiorouter.batch.answers_file.part_file import check_unfinished
from audiorouter.batch.options import BatchOptions
from audiorouter.batch.question_shard import QuestionShard, check_store
from audiorouter.benchmarks import Benchmark, named_benchmark, questions_file
from audiorouter.clips import Sources
from audiorouter.errors import UsageError
from audiorouter.machine.paths import StrPath
from audiorouter.questions import QuestionSet, open_questions
from audiorouter.questions.files import is_dataset, shards_of
from audiorouter.questions.hub_datasets import HubDataset, fetch_dataset


@dataclass(frozen=True)
class QuestionSource:
    """Questions and the folder of their clips, whatever they were named by."""

    path: Path
    """The questions file, or a data set's folder, with `:SPLIT` behind where it has several."""
    clips: Path
    benchmark: Benchmark | None = None
    """The one that was named in their place."""
    fetched: str | None = None
    """What was fetched from the hub for it."""

    def check_output(self, options: BatchOptions) -> None:
        """Raise `UsageError` where answers cannot be written, or over what is read for them."""
        if options.output is not None:
            output = Path(options.output)
            taken = [*shards_of(self.path), options.store_path]
            check_output(output, unlike=taken, verbatim=options.verbatim)
            check_unfinished(output, unlike=taken)

    def read(self, options: BatchOptions, sources: Sources) -> QuestionSet:
        """The questions.

        Raises:
            QuestionFileError, UsageError: see `open_questions`; or a shard's store is shared.
        """
        if options.shard is not None:
            check_store(options.store_path)
        found = open_questions(
            self.path,
            self.clips,
            allow_outside=options.allow_outside,
            every_clip=options.every_clip,
            limit=options.limit,
            sources=sources,
            remote=options.remote_clips(sources),
        )
        if options.shard is not None:
            found = QuestionShard.read(options.shard).of(found, self.clips)
        if self.benchmark is None:
            return found
        return replace(found, benchmark=self.benchmark.name, authors_rule=self.benchmark.rule)

    def notes(self, found: QuestionSet) -> tuple[str, ...]:
        """What a user should know of where they are from before they are asked."""
        if self.fetched is not None:
            return (self.fetched,)
        if self.benchmark is None:
            return ()
        expected, given = self.benchmark.questions, len(found.questions)
        size = "" if expected in (None, given) else f", {given:,} of its {expected:,} questions"
        return (f"{self.benchmark.name} from {self.path}{size}",)


def asked_questions(
    questions: StrPath | None, clips: StrPath, others: Iterable[Benchmark] = ()
) -> QuestionSource:
    """What `questions` names about the folder `clips`; without any, `clips` is a data set itself.

    Whatever a plugin does to the working directory, the paths mean what they meant at first.

    Benchmarks are ours and `others`.

    Raises:
        UsageError: what is named is not there, cannot be fetched, or has to be prepared first.
        QuestionFileError: the data set has no such split, or none is named and it has several.
    """
    if questions is None:
        return _dataset(clips, None)
    folder, path = Path(clips).absolute(), Path(questions)
    if HubDataset.named(questions) is not None:
        return _dataset(questions, folder)
    try:
        benchmark = named_benchmark(path, others)
    except UsageError:
        if not is_dataset(path):
            raise
        benchmark = None
    if benchmark is not None:
        return QuestionSource(questions_file(benchmark, folder).absolute(), folder, benchmark)
    return _dataset(path, folder)


def _dataset(named: StrPath, clips: Path | None) -> QuestionSource:
    """A data set, or a file alone; its clips are where it is, unless a folder of them is given."""
    if (wanted := HubDataset.named(named)) is not None:
        fetched = fetch_dataset(wanted)
        return QuestionSource(fetched.path, clips or fetched.folder, fetched=fetched.said)
    path = Path(named).absolute()
    if not is_dataset(path):
        if clips is None and not path.exists():
            raise UsageError(f"{path}: there is no such file or folder")
        return QuestionSource(path, clips or path.parent)
    shards = shards_of(path)
    if len(shards) == 1:
        return QuestionSource(shards[0], clips or shards[0].parent)
    return QuestionSource(path, clips or (path if path.is_dir() else shards[0].parent))
