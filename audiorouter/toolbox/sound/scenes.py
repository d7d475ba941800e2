"""Scenes and activities, and which of AudioSet's classes are heard in them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ALIKE = 0.45
"""Cosine of two names from which they are taken for the same scene."""
SCENES: dict[str, tuple[str, ...]] = {
    "busy street with traffic": (
        "Traffic noise, roadway noise", "Car", "Car passing by", "Bus", "Truck", "Motorcycle",
        "Vehicle horn, car horn, honking", "Motor vehicle (road)", "Outside, urban or manmade",
    ),
    "inside a car": (
        "Car", "Engine starting", "Idling", "Accelerating, revving, vroom", "Car alarm",
    ),
    "train or railway station": (
        "Rail transport", "Train", "Train whistle", "Train horn", "Railroad car, train wagon",
        "Train wheels squealing", "Subway, metro, underground", "Clickety-clack",
    ),
    "airport or aeroplane": (
        "Aircraft", "Aircraft engine", "Jet engine", "Fixed-wing aircraft, airplane",
        "Propeller, airscrew", "Helicopter",
    ),
    "harbour or boat": (
        "Boat, Water vehicle", "Ship", "Motorboat, speedboat", "Sailboat, sailing ship", "Foghorn",
        "Rowboat, canoe, kayak",
    ),
    "emergency vehicles": (
        "Siren", "Emergency vehicle", "Police car (siren)", "Ambulance (siren)",
        "Fire engine, fire truck (siren)", "Civil defense siren",
    ),
    "farm": (
        "Livestock, farm animals, working animals", "Cattle, bovinae", "Moo", "Cowbell", "Sheep",
        "Goat", "Bleat", "Pig", "Oink", "Chicken, rooster", "Cluck", "Crowing, cock-a-doodle-doo",
        "Turkey", "Gobble", "Fowl", "Horse", "Neigh, whinny",
    ),
    "woods or park with birds": (
        "Bird", "Bird vocalization, bird call, bird song", "Chirp, tweet", "Owl", "Hoot", "Crow",
        "Pigeon, dove", "Rustling leaves", "Outside, rural or natural",
    ),
    "pond or summer night": (
        "Frog", "Croak", "Cricket", "Insect", "Duck", "Quack", "Owl", "Mosquito",
    ),
    "beach or sea": ("Ocean", "Waves, surf", "Wind noise (microphone)", "Wind"),
    "river or waterfall": ("Stream", "Waterfall", "Water", "Gurgling", "Trickle, dribble"),
    "rain or thunderstorm": (
        "Rain", "Raindrop", "Rain on surface", "Thunderstorm", "Thunder", "Wind",
    ),
    "fire": ("Fire", "Crackle", "Sizzle"),
    "kitchen, cooking": (
        "Frying (food)", "Chopping (food)", "Dishes, pots, and pans", "Cutlery, silverware",
        "Boiling", "Microwave oven", "Blender", "Sizzle", "Stir", "Water tap, faucet",
        "Sink (filling or washing)", "Cupboard open or close",
    ),
    "eating and drinking": (
        "Chewing, mastication", "Biting", "Burping, eructation", "Crunch", "Pour",
    ),
    "restaurant or café": (
        "Dishes, pots, and pans", "Cutlery, silverware", "Chatter", "Chink, clink",
        "Hubbub, speech noise, speech babble", "Inside, public space", "Speech",
    ),
    "bathroom": (
        "Toilet flush", "Bathtub (filling or washing)", "Water tap, faucet", "Toothbrush",
        "Electric toothbrush", "Hair dryer", "Electric shaver, electric razor",
    ),
    "housework": ("Vacuum cleaner", "Sewing machine", "Mechanical fan", "Spray", "Rub"),
    "at home": (
        "Inside, small room", "Door", "Doorbell", "Television", "Clock", "Tick-tock", "Cat",
    ),
    "office": (
        "Typing", "Computer keyboard", "Telephone", "Telephone bell ringing", "Printer", "Ringtone",
        "Writing", "Typewriter",
    ),
    "telephone call": (
        "Telephone dialing, DTMF", "Dial tone", "Busy signal", "Telephone",
        "Telephone bell ringing",
    ),
    "school or playground": (
        "Children playing", "Children shouting", "Child speech, kid speaking", "Child singing",
        "Speech",
    ),
    "nursery, care of a baby": ("Baby cry, infant cry", "Baby laughter", "Lullaby", "Whimper"),
    "hospital or doctor": (
        "Cough", "Heart sounds, heartbeat", "Wheeze", "Breathing", "Heart murmur",
        "Throat clearing",
        "Sneeze", "Beep, bleep",
    ),
    "sports event or stadium": (
        "Cheering", "Crowd", "Applause", "Whistle", "Basketball bounce", "Run", "Shout",
        "Air horn, truck horn", "Speech",
    ),
    "audience, show": ("Applause", "Clapping", "Laughter", "Cheering", "Crowd"),
    "market or crowd": (
        "Crowd", "Hubbub, speech noise, speech babble", "Chatter", "Cash register",
        "Coin (dropping)",
        "Inside, public space", "Speech",
    ),
    "conversation": ("Conversation", "Speech"),
    "speech or lecture": ("Narration, monologue", "Speech", "Inside, large room or hall"),
    "church": (
        "Church bell", "Choir", "Organ", "Chant", "Change ringing (campanology)", "Gospel music",
    ),
    "concert, music": ("Music", "Musical instrument", "Singing", "Rock music", "Orchestra", "Song"),
    "workshop or smithy": (
        "Hammer", "Sawing", "Filing (rasp)", "Sanding", "Tools", "Clang", "Wood", "Chop",
    ),
    "construction site": (
        "Jackhammer", "Drill", "Power tool", "Heavy engine (low frequency)", "Reversing beeps",
        "Hammer", "Chainsaw", "Truck",
    ),
    "factory, machines": (
        "Mechanisms", "Engine", "Medium engine (mid frequency)", "Gears", "Ratchet, pawl", "Steam",
        "Pump (liquid)", "Vibration", "Whir", "Hum",
    ),
    "garden": ("Lawn mower", "Chainsaw", "Light engine (high frequency)", "Bee, wasp, etc."),
    "battle, shooting": (
        "Gunshot, gunfire", "Machine gun", "Explosion", "Artillery fire", "Fusillade", "Boom",
    ),
    "fireworks": ("Fireworks", "Firecracker", "Burst, pop"),
    "walking": ("Walk, footsteps", "Run", "Shuffle", "Crunch", "Rustle"),
    "sleeping": ("Snoring", "Breathing", "Sigh"),
    "with a dog": ("Dog", "Bark", "Yip", "Growling", "Whimper (dog)", "Bow-wow", "Howl"),
    "riding a horse": ("Horse", "Clip-clop", "Neigh, whinny"),
}  # fmt: skip
"""By the words in which a reader would say it."""


_NO_PLACE = frozenset(
    (
        "and",
        "at",
        "busy",
        "care",
        "event",
        "inside",
        "music",
        "of",
        "or",
        "show",
        "site",
        "summer",
        "with",
    )
)
"""Stems of words in them that say nothing of a place."""


class Likeness(NamedTuple):
    """How well a scene fits what is heard, and the classes that speak for it, the surest first."""

    name: str
    score: float
    """Sum of the probabilities of its classes, each weighed by how surely the name means it."""
    evidence: tuple[tuple[str, float], ...]
    """Class and probability."""


def ranked(heard: NDArray[np.float64], names: tuple[str, ...]) -> list[Likeness]:
    """The scenes of these names, or of the list above where there are none, the likeliest first.

    `heard` has the probability of each of the 521 classes.
    """
    return sorted((_likeness(heard, name) for name in names or SCENES), key=lambda one: -one.score)


def known(names: tuple[str, ...]) -> bool:
    """Whether at least half of the names have a word in common with a scene of the list above.

    By words, not by what they mean: this is asked of every question, also where nothing is left to
    be computed and no network is loaded.
    """
    from audiorouter.toolbox.frontends.sound_names import stems

    return sum(not _place_words().isdisjoint(stems(name)) for name in names) * 2 >= len(names)


@lru_cache(maxsize=1)
def _place_words() -> frozenset[str]:
    """Stems of the scenes' names, but for those that name a sound by themselves."""
    from audiorouter.toolbox.frontends.sound_names import sound_words, stems

    return frozenset(stem for name in SCENES for stem in stems(name)) - sound_words() - _NO_PLACE


def _likeness(heard: NDArray[np.float64], name: str) -> Likeness:
    from audiorouter.toolbox.frontends.sound_names import class_names

    weights = _weights(name)
    shares = sorted(((heard[i] * weight, i) for i, weight in weights.items()), reverse=True)
    evidence = tuple((class_names()[i], round(float(heard[i]), 2)) for _, i in shares)
    return Likeness(name, float(sum(share for share, _ in shares)), evidence)


@lru_cache(maxsize=1024)
def _weights(name: str) -> dict[int, float]:
    """Classes that a name stands for, by index, and how surely (0…1).

    Those that it names, and those of the scene whose name means nearly the same; where there are
    neither, the classes whose names come nearest.
    """
    from audiorouter.toolbox.frontends import sound_names

    if name in SCENES:
        return dict.fromkeys(_indices(name), 1.0)
    weights = dict.fromkeys(sound_names.classes_within(name), 1.0)
    cosines = sound_names.nearness([name], list(SCENES))[0]
    nearest = int(cosines.argmax())
    if cosines[nearest] >= ALIKE:
        for index in _indices(list(SCENES)[nearest]):
            weights.setdefault(index, float(cosines[nearest]))
    return weights or dict.fromkeys(sound_names.classes_of(name), 1.0)


def _indices(scene: str) -> list[int]:
    from audiorouter.toolbox.frontends.sound_names import class_names

    names = class_names()
    return [names.index(one) for one in SCENES[scene]]
