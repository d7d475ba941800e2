"""Which of several named sounds it is: YAMNet's classes, read by the names that a question offers.

A question that offers "cow, dog or sheep" asks less than "what is it": of 521 classes only those
count that the names stand for. A name stands for the classes of its family, where it has one, else
for those that have it in their own name, else for those whose names mean most nearly the same, by
their sentence embeddings.
"""

from __future__ import annotations

import csv
import re
import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from audiorouter.toolbox.frontends.sound_families import BY_NAME
from audiorouter.weights import locate

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

    from audiorouter.sentence_encoder import SentenceEncoder

CLASS_MAP = "yamnet_class_map.csv"
_ENCODES = threading.Lock()
GENERIC = frozenset(
    {
        "Sound effect", "Inside, small room", "Inside, large room or hall", "Inside, public space",
        "Outside, urban or manmade", "Outside, rural or natural", "Noise", "Environmental noise",
        "Single-instrument sound", "Music", "Musical instrument", "Animal",
        "Domestic animals, pets", "Livestock, farm animals, working animals", "Wild animals",
        "Vehicle", "Silence", "Sine wave", "Mains hum", "Echo", "Reverberation",
    }
)  # fmt: skip
"""Classes that say little: named only where nothing more specific is heard."""
_ALIKE = 3
_MEANS_THE_SAME = 0.5
"""Classes taken for a name that no class has, and the cosine that they should reach."""
GENERIC_WEIGHT = 0.3
"""What a class that says little counts, beside those that say what it is."""
_UNLIKE = 0.003
"""Likeness below which one name is as bad as another."""
_LONGEST = 3
"""Words of a name; longer choices are statements."""
_SEVERAL = re.compile(
    r"\d|[^\w\s'’()-]|\b(?:and|or|then|before|after|with|to|vs|precedes|follows)\b", re.IGNORECASE
)
"""What stands in no name of one sound."""
_NO_SOUND = re.compile(
    r"\b(?:both|neither|none|no|nothing|all|equal(?:ly)?|same|unsure|not)\b", re.IGNORECASE
)
"""What stands in choices that name no sound beside others that do."""
_ARTICLE = re.compile(r"^(?:The|An?)\b")
_A_THING = re.compile(r"(?:\b(?:the|an?)\s+|['\"“‘])([a-z]+)", re.IGNORECASE)
_PEOPLE = frozenset({"person", "speaker", "man", "woman"})
"""Who may be asked about rather than listened for."""
_ARTICLES = frozenset({"a", "an", "the"})


@lru_cache(maxsize=1)
def class_names() -> tuple[str, ...]:
    """The names of the 521 classes, in the network's order."""
    with (locate("yamnet") / CLASS_MAP).open(encoding="utf-8", newline="") as stream:
        return tuple(row["display_name"] for row in csv.DictReader(stream))


def sounds_among(choices: Sequence[str]) -> tuple[str, ...]:
    """What the choices name, where that is sounds: short, and half of them, but at least two,
    names of classes.

    What all are put in, such as "it ends with a", is left out, unless it is a sound itself, as the
    horn of cars and trains is.

    >>> sounds_among(["once", "twice"])                                    # doctest: +SKIP
    ()
    >>> sounds_among(["it is a cow", "it is a dog"])                       # doctest: +SKIP
    ('a cow', 'a dog')
    """
    whole = tuple(c.strip().rstrip(".!?") for c in choices if not _NO_SOUND.search(c))
    apart, frame = _apart(whole)
    orders = (whole, apart) if any(map(_named, frame)) else (apart, whole)
    names = next((names for names in orders if _are_sounds(names)), ())
    return tuple(_ARTICLE.sub(lambda article: article[0].lower(), name) for name in names)


def _are_sounds(names: Sequence[str]) -> bool:
    known = [frozenset(_named(name)) - _moods() for name in names]
    # "One dog" and "two dogs" are of the same classes, and so is a man as a woman.
    told_apart = len(set(filter(None, known))) >= max(2, len(names) / 2)
    return told_apart and all(name in class_names() or _may_be_one(name) for name in names)


def _may_be_one(name: str) -> bool:
    """Whether it may be the name of one sound, in a few words."""
    return len(stems(name)) <= _LONGEST and not _SEVERAL.search(name)


def sounds_in(question: str, names: Sequence[str]) -> tuple[str, ...]:
    """What a question names that sounds like none of the `names`: "what follows the goose"."""
    known = {index for name in names for index in classes_of(name)}
    found = dict[str, None]()
    for word in map(str.lower, _A_THING.findall(question)):
        family = _families().get(_stem(word))
        if family and word not in _PEOPLE and known.isdisjoint(classes_of(family)):
            found[word] = None
    return tuple(found)


class _Apart(NamedTuple):
    """Choices without the words that all begin and end with, and those words."""

    names: tuple[str, ...]
    frame: tuple[str, ...]


def _apart(choices: Sequence[str]) -> _Apart:
    """What tells choices apart, with the article before it.

    >>> _apart(["The dog is louder", "The cat is louder"])
    _Apart(names=('The dog', 'The cat'), frame=('is', 'louder'))
    """
    words = [choice.split() for choice in choices]
    shortest = min((len(each) for each in words), default=0)
    first = sum(len({tuple(w[:n]) for w in words}) == 1 for n in range(1, shortest))
    ends = range(1, shortest - first)
    last = sum(len({tuple(w[len(w) - n :]) for w in words}) == 1 for n in ends)
    if first and words[0][first - 1].lower() in _ARTICLES:
        first -= 1
    names = tuple(" ".join(each[first : len(each) - last]) for each in words)
    one = words[0] if words else []
    return _Apart(names, (*one[:first], *one[len(one) - last :]))


@lru_cache(maxsize=1024)
def classes_of(name: str) -> Sequence[int]:
    """Indices of the classes that a name stands for; at least one."""
    if classes := _named(name):
        return classes
    near = _vectors(_specific()) @ _vectors([name])[0]
    best = near.topk(_ALIKE)
    alike = [int(i) for v, i in zip(best.values, best.indices, strict=True) if v >= _MEANS_THE_SAME]
    names = class_names()
    return [names.index(_specific()[i]) for i in alike or [int(best.indices[0])]]


def classes_within(text: str) -> list[int]:
    """Indices of the classes that a text names among other words: "a dog barks in the rain".

    Of a class with several names, such as "Whoosh, swoosh, swish", one has to stand in the text.
    """
    words = stems(text)
    return [i for i, names in enumerate(_single_names()) if any(name <= words for name in names)]


def nearness(names: Sequence[str], texts: Sequence[str]) -> NDArray[np.float64]:
    """Cosines `(names, texts)` of sentence embeddings."""
    import numpy as np

    cosines = _vectors(names) @ _vectors(texts).T
    return np.asarray(cosines.numpy(), dtype=np.float64)


def likeness(mean: NDArray[np.float64], name: str) -> float:
    """How much a sound is one of that name, 0…1: what its classes have together.

    `mean` are class probabilities `(521,)`.
    """
    names = class_names()
    return min(
        1.0,
        sum(
            float(mean[index]) * (GENERIC_WEIGHT if names[index] in GENERIC else 1.0)
            for index in classes_of(name)
        ),
    )


def most_like(mean: NDArray[np.float64], names: Sequence[str]) -> str:
    """The name whose classes are most probable together; `mean` is `(521,)`."""
    return max(names, key=lambda name: likeness(mean, name))


def names_of(kinds: Sequence[NDArray[np.float64]], names: Sequence[str]) -> list[str]:
    """The names of different kinds of sound, `(521,)` each, that are likeliest together.

    Each kind gets a name of its own, where there are enough; what sounds is not called silence.
    """
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    if not kinds:
        return []
    silence = class_names().index("Silence")
    names = [name for name in names if list(classes_of(name)) != [silence]] or names
    if len(kinds) > len(names):
        return [most_like(kind, names) for kind in kinds]
    fits = np.array([[likeness(kind, name) for name in names] for kind in kinds])
    _, chosen = linear_sum_assignment(np.log(fits + _UNLIKE), maximize=True)
    return [names[index] for index in chosen]


@lru_cache(maxsize=2048)
def _named(name: str) -> list[int]:
    """Classes of the name's family, or in whose names all its words stand, in any number, or else
    that it names among other words: "a guitar playing"."""
    wanted, names = stems(name), class_names()
    families = [known for known in BY_NAME if stems(known) <= wanted]
    own = [i for i, known in enumerate(map(stems, names)) if wanted and wanted <= known]
    if families and (not own or len(wanted) == 1):
        longest = max(families, key=lambda known: (len(stems(known)), _place(known, name)))
        return [names.index(one) for one in BY_NAME[longest]]
    return own or classes_within(name)


def _place(known: str, name: str) -> int:
    """Where a name stands in a longer one, whose last word says what it is."""
    return name.lower().rfind(known)


@lru_cache(maxsize=1)
def _single_names() -> tuple[tuple[frozenset[str], ...], ...]:
    """Of each class the stems of each of its names; generic classes have none."""
    return tuple(
        ()
        if name in GENERIC
        else tuple(filter(None, map(stems, re.sub(r"\(.*?\)", "", name).split(","))))
        for name in class_names()
    )


@lru_cache(maxsize=1)
def sound_words() -> frozenset[str]:
    """Stems that name a sound by themselves: dog, rain, speech."""
    return frozenset(
        stem for names in _single_names() for name in names for stem in name if len(name) == 1
    )


@lru_cache(maxsize=2048)
def stems(name: str) -> frozenset[str]:
    """The words of a name without their endings, articles left out."""
    words = set(re.findall(r"[a-z]+", name.lower())) - _ARTICLES
    return frozenset(map(_stem, words))


def _stem(word: str) -> str:
    for ending in ("ing", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word


@lru_cache(maxsize=1)
def _moods() -> frozenset[int]:
    """Classes of how music feels, which are no sounds."""
    moods = {"Happy", "Sad", "Tender", "Exciting", "Angry", "Scary", "Funny"}
    ends = (name.removesuffix(" music") for name in class_names())
    return frozenset(index for index, name in enumerate(ends) if name in moods)


@lru_cache(maxsize=1)
def _families() -> dict[str, str]:
    """The names of families by their stems."""
    return {_stem(name): name for name in BY_NAME}


@lru_cache(maxsize=1)
def _specific() -> tuple[str, ...]:
    return tuple(name for name in class_names() if name not in GENERIC)


def _vectors(names: Sequence[str]) -> torch.Tensor:
    """Their embeddings: routers and calls read questions at the same time, in several threads."""
    with _ENCODES:
        return _encoder().encode(names)


@lru_cache(maxsize=1)
def _encoder() -> SentenceEncoder:
    from audiorouter.sentence_encoder import SentenceEncoder

    return SentenceEncoder(keep=True)  # names of classes are the same in every process
