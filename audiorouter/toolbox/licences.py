"""What licences of tools and weights allow, as far as that is stated."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

ALLOWED_VARIABLE = "AUDIOROUTER_ALLOWED_WEIGHTS"
"""Names of weights, with commas between, whose owner has allowed the user more than is stated."""

_NOT_COMMERCIAL = re.compile(r"\bNC\b|non-?commercial", re.IGNORECASE)
_WHOSE = re.compile(r"\([^)]*\)\s*$")
"""Whose statement it is: "MIT (model card)"."""


def commercial_doubt(licence: str) -> str | None:
    """Why commercial use is not known to be allowed, in a few words; None where it is.

    It is where at least one licence is stated as an SPDX expression, and none forbids it. Several
    statements have semicolons between.

    >>> commercial_doubt("Apache-2.0 (model card); MIT (package)")
    >>> commercial_doubt("CC BY-NC-SA 4.0")
    'are CC BY-NC-SA 4.0'
    >>> commercial_doubt("not stated by the package")
    'state no licence that is known (not stated by the package)'
    """
    if _NOT_COMMERCIAL.search(licence):
        return f"are {licence}"
    if not any(_stated(licence)):
        return f"state no licence that is known ({licence})"
    return None


def allowed_weights() -> frozenset[str]:
    """The weights that the user vouches for."""
    named = os.environ.get(ALLOWED_VARIABLE, "").split(",")
    return frozenset(name.strip() for name in named if name.strip())


def _stated(licence: str) -> Iterator[str]:
    """The SPDX expressions in it, other than those that name a licence of somebody's own."""
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    for statement in licence.split(";"):
        try:
            expression = canonicalize_license_expression(_WHOSE.sub("", statement).strip())
        except InvalidLicenseExpression:
            continue
        if expression and "LicenseRef" not in expression:
            yield expression
