"""A batch on many machines from end to end: plan, have nodes compute, and answer from the store."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from audiorouter.batch.activity import Activity
from audiorouter.batch.answers_file.part_file import part_file
from audiorouter.batch.cluster.chunks import ClipPlaces, chunks_of, clips_of
from audiorouter.batch.cluster.driver import Done, Driver
from audiorouter.batch.cluster.exchange import clear_away
from audiorouter.batch.cluster.kept import (
    PlacedQuestions,
    ending,
    engine_options,
    lacking,
    only_decoding,
)
from audiorouter.batch.cluster.options import ClusterOptions
from audiorouter.batch.engine import RunningEngine
from audiorouter.batch.given import Given
from audiorouter.batch.options import BatchOptions
from audiorouter.batch.progress import Shown, silent
from audiorouter.batch.result import BatchResult
from audiorouter.batch.run import answer_questions, read_batch
from audiorouter.errors import UnreachableError, UsageError
from audiorouter.machine.files import LockedError, check_folder, locked, make_folder
from audiorouter.machine.garbage import looked_for_rarely
from audiorouter.machine.paths import StrPath
from audiorouter.machine.signals import StopSignals
from audiorouter.plugins import Registry
from audiorouter.questions import QuestionSet
from audiorouter.text import counted

_READING = "looking for what the store has"


def run_batch_on_ray(
    clips: StrPath,
    questions: StrPath | None = None,
    options: BatchOptions | None = None,
    cluster: ClusterOptions | None = None,
    *,
    registry: Registry | None = None,
    progress: Shown = silent,
    say: Callable[[str], None] = lambda _line: None,
) -> BatchResult:
    """`run_batch` by all machines of a Ray cluster; the answers are the same.

    Clips, the folder for exchange, the package, its plugins and weights have to be on every
    machine, at the same paths. A batch that was killed, here or there, goes on when it is run
    again.

    Raises:
        UsageError: the files or options make no sense, among them ceilings (`max_cost` …), Ray is
            not installed, or there is no cluster at that address.
        StoreError: the store cannot be used.
    """
    options = options or BatchOptions()
    given = Given(registry or options.load_registry(), progress=progress, say=say)
    return run_given_batch_on_ray(clips, questions, options, given, cluster or ClusterOptions())


@looked_for_rarely()
def run_given_batch_on_ray(
    clips: StrPath,
    questions: StrPath | None,
    options: BatchOptions,
    given: Given,
    cluster: ClusterOptions,
) -> BatchResult:
    """See `run_batch_on_ray`."""
    if options.fresh:
        raise UsageError("--fresh computes here what is computed there: use another store (--db)")
    if ceilings := options.ceilings.names:
        raise UsageError(
            f"{ceilings[0]} with --engine ray: no node knows what the others have taken; leave "
            "one of the two out, or ask fewer questions by --limit or --shard"
        )
    ray = import_ray()
    stop = given.stop or StopSignals()
    given = replace(given, stop=stop)
    exchange = cluster.exchange(options.store_path)
    check_folder(exchange)
    question_set, folder, options = read_batch(clips, questions, options, given)
    make_folder(exchange, private=True)
    with alone_in(exchange), part_file(options.output) as part:
        done, why = _compute(ray, question_set, folder, options, cluster, given, stop)
        if (said := done.said()) is not None:
            given.say(said)
        kept = replace(options, retry_failed=False)
        computing = only_decoding if why is None else ending(why)
        running = RunningEngine(given.registry, engine_options(kept), computing=computing)
        try:
            given = replace(given, engine=running, errors=done.errors, part=part)
            return answer_questions(question_set, folder, kept, given)
        finally:
            running.close()


def _compute(
    ray: Any,
    questions: QuestionSet,
    folder: Path,
    options: BatchOptions,
    cluster: ClusterOptions,
    given: Given,
    stop: StopSignals,
) -> tuple[Done, str | None]:
    """Have computed what the store lacks; why not all of it, where the batch was ended."""
    asked = PlacedQuestions(questions.questions)
    activity = Activity(len(asked.questions), doing="working", preparing=_READING)
    stop.noticed = activity.stop
    exchange = cluster.exchange(options.store_path)
    with given.progress(activity), stop, options.open_store() as store:
        template = replace(questions, questions=())
        driver = Driver(
            ray, store, exchange, template, folder, options, stop=stop, say=given.say
        )  # fmt: skip
        stop.hold()
        try:
            driver.merge_waiting()
            wanted = lacking_of(asked, given.registry, options, stop=stop, activity=activity)
            if wanted:
                with connected(ray, cluster.address), driver:
                    driver.run(chunks_of(wanted, nodes=alive(ray)), asked, activity)
        except KeyboardInterrupt:
            pass  # answering ends at once, and says so of each row
        except UnreachableError as error:
            return driver.done, str(error)
    return driver.done, None


def lacking_of(
    asked: PlacedQuestions,
    registry: Registry,
    options: BatchOptions,
    *,
    stop: StopSignals,
    activity: Activity,
) -> list[ClipPlaces]:
    """The clips that lack something of what is asked; the activity says how far it got.

    Raises:
        KeyboardInterrupt: a signal came.
    """
    count = len(asked.questions)

    def seen(questions: int) -> None:
        activity.routed += questions
        activity.preparing = f"{_READING}, {activity.routed:,} of {counted(count, 'question')}"

    wanted = lacking(clips_of(asked.questions), asked, registry, options, stop=stop, seen=seen)
    activity.done = count - sum(len(clip.places) for clip in wanted)
    return wanted


def alive(ray: Any) -> int:
    """How many nodes there are."""
    return sum(bool(node["Alive"]) for node in ray.nodes())


@contextmanager
def connected(ray: Any, address: str | None) -> Iterator[None]:
    """While it lasts, Ray is connected to the cluster at that address.

    Raises:
        UsageError: there is none.
    """
    handler = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(
            address=address or "local",
            include_dashboard=None if address else False,
            log_to_driver=False,
            configure_logging=True,
            logging_level=logging.ERROR,
        )
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise UsageError(f"--ray-address {address or 'local'}: {error}") from None
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, handler)  # in the place of which Ray puts one that exits
    try:
        yield
    finally:
        ray.shutdown()


def import_ray() -> Any:
    """The package `ray`.

    Raises:
        UsageError: it is not installed.
    """
    # Read when it is imported; what is run here is nobody else's business.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError:
        raise UsageError(
            "--engine ray: Ray is not installed (pip install 'audiorouter[ray]')"
        ) from None
    return ray


@contextmanager
def alone_in(exchange: Path) -> Iterator[None]:
    """While it lasts, nobody else exchanges stores there; afterwards what is unfinished goes.

    Raises:
        UsageError: somebody does.
    """
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(locked(exchange, seconds=0))
        except LockedError:
            raise UsageError(f"{exchange}: another batch exchanges its stores there") from None
        held.callback(clear_away, exchange)
        yield
