"""Examples in help: commands longer than a line go on in the next, as a shell reads them."""

from __future__ import annotations

import re
from inspect import cleandoc

_WORD = re.compile(r"""(?:-[\w-]+\s+(?!-))?(?:"[^"]*"|'[^']*'|\S)+""")
"""A word as a shell reads it, with the option before it."""
_AS_IT_IS = "\b\n"
"""Before a paragraph that is not to be filled anew."""


def with_examples(text: str, width: int) -> str:
    """A command's help with its examples in lines of at most `width`; these are indented in it."""
    return "\n\n".join(
        _AS_IT_IS + _lines(paragraph, width) if paragraph.startswith("  ") else paragraph
        for paragraph in cleandoc(text).split("\n\n")
    )


def _lines(paragraph: str, width: int) -> str:
    """Its commands, one a line, broken between their words."""
    commands = paragraph.replace("\\\n", "").splitlines()
    return "\n".join(_broken(command, width) for command in commands)


def _broken(command: str, width: int) -> str:
    lines = ["  "]
    for word in _WORD.findall(command):
        if lines[-1].strip() and len(f"{lines[-1]} {word} \\") > width:
            lines.append("    ")
        lines[-1] += f" {word}" if lines[-1].strip() else word
    return " \\\n".join(lines)
