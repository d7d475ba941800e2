"""Words that a question and its choices name: what to look for in what is said."""

from __future__ import annotations

import re

MOST = 12
"""Words that are looked for at once."""
_LONGEST = 4
"""Words of a choice that names something said; longer choices are statements."""
_QUOTED = re.compile(r"[\"“”«»„]([^\"“”«»„]{1,60})[\"“”«»„]|(?<!\w)['‘]([^'‘’]{1,60})['’](?!\w)")
_NAMED = re.compile(
    r"\b(?:word|name|phrase|number|term) ([A-Za-z]+)|\bwhen (?:is|was) (\w+) (?:said|mentioned)",
    re.I,
)
_COMMON = frozenset(
    {
        "is", "was", "were", "are", "said", "mentioned", "spoken", "that", "the", "of", "in",
        "does", "do", "comes", "come", "occurs", "appears", "which", "what", "has", "have",
        "with", "rhymes", "begins", "starts", "ends",
    }
)  # fmt: skip
_ABOUT_WORDS = re.compile(
    r"\b(?:words?|names?|numbers?|digits?|letters?|phrases?|terms?|colou?rs?|cit(?:y|ies)|sa(?:y|ys|id)"
    r"|mention\w*|spoken|utter\w*|rhym\w*|syllab\w*|stress\w*|phonemes?|alliterat\w*)\b",
    re.I,
)
_NO_WORD_ASKED = re.compile(
    r"\bhow (?:many|often|much|long)\b|\bnumber of\b|\bcount\b|\bwhen\b|\bwhere\b|\bwhich part\b"
    r"|\bat what\b",
    re.I,
)
"""Questions whose choices are numbers, times or places."""
_NO_WORDS = re.compile(
    r"\d|\b(?:yes|no|true|false|none|neither|both|all|never|once|twice|times?|seconds?|beginning"
    r"|start|middle|end|half|before|after|same|equal\w*|cannot|unclear|not|speakers?)\b",
    re.I,
)
_CALLED = re.compile(r"^\s*(?:the )?(?:words?|names?|terms?|phrases?) (?=\S)", re.I)
"""What a choice may call what it offers."""
_BETWEEN = re.compile(r"\s*(?:,|;|/|->|→|\bthen\b|\band\b|\bwith\b|&|\s[-–—]\s)\s*", re.I)


def word_in(question: str) -> str | None:
    """The word or phrase that a question asks for: the quoted one, or the one called a word.

    >>> word_in('When is "hello there" said?'), word_in("When is the word stop spoken?")
    ('hello there', 'stop')
    """
    if quoted := quoted_in(question):
        return quoted[0]
    for named in _NAMED.finditer(question):
        word = named[1] or named[2]
        if word.lower() not in _COMMON:
            return word
    return None


def quoted_in(question: str) -> list[str]:
    """The words and phrases in quotes, each once.

    >>> quoted_in('Does "yes" come before “no”?')
    ['yes', 'no']
    """
    found = [(match[1] or match[2]).strip() for match in _QUOTED.finditer(question)]
    return list(dict.fromkeys(word for word in found if word))


def words_in(question: str, choices: tuple[str, ...]) -> tuple[str, ...]:
    """Words that a question asks about: those that it names, and those that its choices are.

    >>> words_in("Which word comes first?", ("dial", "press"))
    ('dial', 'press')
    >>> words_in('How many times is "no" said?', ("once", "twice"))
    ('no',)
    >>> words_in("In which order are the words said?", ("red, blue", "blue, red"))
    ('red', 'blue')
    """
    named = quoted_in(question) or [word for word in [word_in(question)] if word]
    offered = [word for group in groups_in(question, choices) for word in group]
    return tuple(dict.fromkeys([*named, *offered]))[:MOST]


def groups_in(question: str, choices: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Of each choice the words that it offers together; nothing where choices are no words.

    >>> groups_in("Which words rhyme?", ("cat and hat", "dog, horse"))
    [('cat', 'hat'), ('dog', 'horse')]
    """
    if _NO_WORD_ASKED.search(question) or not _ABOUT_WORDS.search(question):
        return []
    groups = [parts_of(choice) for choice in choices]
    return groups if all(group and all(map(_is_word, group)) for group in groups) else []


def parts_of(text: str) -> tuple[str, ...]:
    """The words or phrases that a text puts side by side.

    >>> parts_of("cat, hat and 'black bat'"), parts_of("the word “hat”")
    (('cat', 'hat', 'black bat'), ('hat',))
    """
    text = _CALLED.sub("", text)
    parts = [part.strip("\"'“”‘’ .()[]") for part in _BETWEEN.split(text)]
    return tuple(part for part in parts if part)


def _is_word(text: str) -> bool:
    short = len(text.split()) <= _LONGEST and len(text) <= 60
    return short and (text.isdigit() or not _NO_WORDS.search(text))
