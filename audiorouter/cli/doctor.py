"""`audiorouter doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from audiorouter.cli.context import settings_of
from audiorouter.cli.ends import SOME_FAILED
from audiorouter.cli.output import print_json, print_report

if TYPE_CHECKING:
    from audiorouter.doctor import Check


def doctor(
    context: typer.Context,
    trial: Annotated[
        bool,
        typer.Option(
            "--try",
            help="Also ask one question from end to end, on a tone that is made for it, and import "
            "what all extras bring; takes half a minute.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what is installed, ready, missing or slow here, and what to do about it.

    Nothing is downloaded, the store stays as it is, and no key is shown. Exit code 0 where what a
    plain `audiorouter batch` needs is ready, 1 where it is not.

    Examples:

      audiorouter doctor

      audiorouter doctor --json
    """
    from audiorouter.doctor import examine

    settings = settings_of(context)
    examination = examine(
        store_path=settings.db,
        third_party=settings.plugins,
        plugin_files=settings.plugin_files,
        licence=settings.licence,
        settings_problem=settings.unusable,
        trial=trial,
        tell=_ignore if as_json else _Printer(),
    )
    if as_json:
        print_json(examination.as_json())
    else:
        print_report([examination.conclusion])
    if not examination.ready:
        raise typer.Exit(SOME_FAILED)


class _Printer:
    """Prints what is found as it is found, under the name of its kind."""

    def __init__(self) -> None:
        self._area = ""

    def __call__(self, area: str, check: Check) -> None:
        if area != self._area:
            self._area = area
            print_report([area])
        print_report([f"  {check.verdict:<7}  {check.found}"])
        if check.remedy is not None:
            print_report([f"           -> {check.remedy}"])


def _ignore(_area: str, _check: Check) -> None:
    return
