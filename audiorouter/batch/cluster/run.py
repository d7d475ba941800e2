"""A batch on many machines from end to end: plan, have nodes compute, and answer from the store."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from audiorouter.batch.activity import Activity
from audiorouter.batch.cluster.chunks import chunks_of, clips_of
from audiorouter.batch.cluster.driver import Done, Driver
from audiorouter.batch.cluster.kept import ending, engine_options, lacking, only_decoding
from audiorouter.batch.cluster.options import ClusterOptions
from audiorouter.batch.engine import RunningEngine
from audiorouter.batch.given import Given
from audiorouter.batch.options import BatchOptions
from audiorouter.batch.progress import Shown, silent
from audiorouter.batch.result import BatchResult
from audiorouter.batch.run import answer_questions, read_batch
from audiorouter.errors import UnreachableError, UsageError
from audiorouter.machine.files import LockedError, check_folder, locked, make_folder
from audiorouter.machine.paths import StrPath
from audiorouter.machine.signals import StopSignals
from audiorouter.plugins import Registry
from audiorouter.questions import QuestionSet
from audiorouter.text import counted


def run_batch_on_ray(
    clips: StrPath,
    questions: StrPath,
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
        UsageError: the files or options make no sense, Ray is not installed, or there is no
            cluster at that address.
        StoreError: the store cannot be used.
    """
    options = options or BatchOptions()
    given = Given(registry or options.load_registry(), progress=progress, say=say)
    return run_given_batch_on_ray(clips, questions, options, given, cluster or ClusterOptions())


def run_given_batch_on_ray(
    clips: StrPath,
    questions: StrPath,
    options: BatchOptions,
    given: Given,
    cluster: ClusterOptions,
) -> BatchResult:
    """See `run_batch_on_ray`."""
    if options.fresh:
        raise UsageError("--fresh computes here what is computed there: use another store (--db)")
    ray = _ray()
    stop = given.stop or StopSignals()
    given = replace(given, stop=stop)
    exchange = cluster.exchange(options.store_path)
    check_folder(exchange)
    question_set, folder, options = read_batch(clips, questions, options, given)
    make_folder(exchange, private=True)
    with _alone_in(exchange):
        done, why = _compute(ray, question_set, folder, options, cluster, given, stop)
        if done.nodes:
            given.say(
                f"ray: {counted(done.calls, 'tool call')} and {counted(done.answers, 'answer')} "
                f"by {counted(len(done.nodes), 'node')}"
            )
        kept = replace(options, retry_failed=False)
        computing = only_decoding if why is None else ending(why)
        running = RunningEngine(given.registry, engine_options(kept), computing=computing)
        try:
            given = replace(given, engine=running, errors=done.errors)
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
    activity = Activity(len(questions.questions), doing="working", preparing="reading the store")
    stop.noticed = activity.stop
    exchange = cluster.exchange(options.store_path)
    with given.progress(activity), stop, options.open_store() as store:
        driver = Driver(
            ray, store, exchange, questions, folder, options,
            activity=activity, stop=stop, say=given.say,
        )  # fmt: skip
        stop.hold()
        try:
            driver.merge_waiting()
            clips = clips_of(questions)

            def seen(count: int) -> None:
                activity.routed += count

            wanted = lacking(clips, questions, given.registry, options, stop=stop, seen=seen)
            if wanted:
                asked = sum(len(clip.places) for clip in wanted)
                activity.done = len(questions.questions) - asked
                with _connected(ray, cluster.address):
                    nodes = sum(bool(node["Alive"]) for node in ray.nodes())
                    driver.run(chunks_of(wanted, nodes=nodes))
        except KeyboardInterrupt:
            pass  # answering ends at once, and says so of each row
        except UnreachableError as error:
            return driver.done, str(error)
    return driver.done, None


@contextmanager
def _connected(ray: Any, address: str | None) -> Iterator[None]:
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
    try:
        yield
    finally:
        ray.shutdown()


def _ray() -> Any:
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
def _alone_in(exchange: Path) -> Iterator[None]:
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(locked(exchange, seconds=0))
        except LockedError:
            raise UsageError(f"{exchange}: another batch exchanges its stores there") from None
        yield
