"""`audiorouter store`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from audiorouter.bounds import DAYS
from audiorouter.cli.command import CommandGroup
from audiorouter.cli.context import settings_of
from audiorouter.cli.ends import SOME_FAILED
from audiorouter.cli.output import print_json, print_records, print_text
from audiorouter.cli.table import Column, Kind
from audiorouter.errors import UsageError
from audiorouter.machine.files import check_file
from audiorouter.text import counted

app = CommandGroup("The store of tool calls, answers and runs.")


@app.command("path")
def path(context: typer.Context) -> None:
    """Print where the store is.

    Example:

      audiorouter store path
    """
    print_text(settings_of(context).store_path())


@app.command("stats")
def stats(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say how much is in the store.

    Example:

      audiorouter store stats
    """
    with settings_of(context).store(read_only=True) as store:
        counts = store.stats()._asdict()
    if as_json:
        print_json(counts)
    else:
        print_records(
            [{"what": name, "count": count} for name, count in counts.items()],
            [Column("what", Kind.NAME), Column("count", Kind.NUMBER)],
            as_json=False,
        )


@app.command("prune")
def prune(
    context: typer.Context,
    days: Annotated[
        int, typer.Option(min=DAYS.least, max=DAYS.most, help="Delete results older than this.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say how much would be deleted.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete old results and runs, and give the space back; asks before it does.

    While a batch is running results are kept, since it may be about to read them.

    Examples:

      audiorouter store prune --days 90 --dry-run

      audiorouter store prune --days 90 --yes
    """
    settings = settings_of(context)
    with settings.store_to_look_at() if dry_run else settings.store() as store:
        old = counted(store.count_old(days=days), "row")
        if dry_run:
            print_text(f"{old} would be deleted")
            return
        if not yes and not _agrees(f"Delete {old} of {store.path}?"):
            raise UsageError(f"nothing was deleted; --yes deletes {old} without asking")
        print_text(f"{counted(store.prune(days=days), 'row')} deleted")


def _agrees(question: str) -> bool:
    """What a person says to it; where there is nobody to ask it is no."""
    return sys.stdin.isatty() and typer.confirm(question, err=True)


@app.command("export")
def export(
    context: typer.Context,
    table: Annotated[
        str,
        typer.Argument(
            help="clips, clip_files, tool_calls, tool_costs, answers, routes, outcomes, runs, "
            "run_rows, explanations"
        ),
    ],
) -> None:
    """Print a table as JSONL.

    Example:

      audiorouter store export tool_calls > tool_calls.jsonl
    """
    with settings_of(context).store(read_only=True) as store:
        for row in store.export(table):
            print_json(row, indent=None)


@app.command("backup")
def backup(
    context: typer.Context,
    target: Path,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Also where a store is there already.")
    ] = False,
) -> None:
    """Copy the store to TARGET, even while it is in use.

    Example:

      audiorouter store backup backup.db
    """
    settings = settings_of(context)
    check_file(target, unlike=[settings.store_path()])
    with settings.store(read_only=True) as store:
        store.backup(target, overwrite=overwrite)
    print_text(target)


@app.command("merge")
def merge(
    context: typer.Context,
    shards: Annotated[list[Path], typer.Argument(metavar="SHARD…", show_default=False)],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be added.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Add to the store what other stores hold: their calls, answers, routes, outcomes and runs.

    What has the same key is there once, however often it is merged; a failed call gives way to one
    that did not fail. A merge that was killed is run again.

    Examples:

      audiorouter store merge shards/*.db

      audiorouter --db all.db store merge --dry-run shards/*.db
    """
    from audiorouter.store.merge_all import merge_all

    done = []
    path = settings_of(context).store_path()
    for shard in merge_all(path, shards, dry_run=dry_run):
        done.append(shard)
        said = shard.error or f"{shard.path}: {counted(shard.merged.added, 'row')} added"
        print(f"audiorouter: {len(done)}/{len(shards)} {said}", file=sys.stderr)
    print_records(
        [{"shard": str(each.path), **each.merged._asdict(), "error": each.error} for each in done],
        [
            Column("shard", Kind.NAME),
            *(Column(name, Kind.NUMBER) for name in ("tool_calls", "answers", "routes")),
            *(Column(name, Kind.NUMBER) for name in ("outcomes", "runs", "running", "unreadable")),
        ],
        as_json=as_json,
    )
    if any(each.error for each in done):
        raise typer.Exit(SOME_FAILED)
