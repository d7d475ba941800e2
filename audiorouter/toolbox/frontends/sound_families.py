"""Everyday names of sounds, and the AudioSet classes in which their sounds are found.

Classes below one another in AudioSet's ontology (Gemmeke et al., "Audio Set: An ontology and
human-labeled dataset for audio events", ICASSP 2017) belong together: who asks for a dog wants its
barking as well. Names that AudioSet has no class for stand with what sounds like them.
"""

from __future__ import annotations

FAMILIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "dog puppy hound",
        ("Dog", "Bark", "Yip", "Howl", "Bow-wow", "Growling", "Whimper (dog)",
         "Canidae, dogs, wolves"),
    ),
    ("wolf fox coyote", ("Canidae, dogs, wolves", "Howl", "Growling", "Dog")),
    ("cat kitten", ("Cat", "Purr", "Meow", "Hiss", "Caterwaul")),
    ("lion tiger leopard panther bear", ("Roaring cats (lions, tigers)", "Roar", "Growling")),
    ("horse pony foal", ("Horse", "Clip-clop", "Neigh, whinny")),
    ("donkey mule zebra", ("Horse", "Neigh, whinny", "Wail, moan")),
    ("cow bull calf ox bison buffalo", ("Cattle, bovinae", "Moo")),
    ("pig hog boar piglet", ("Pig", "Oink", "Snort", "Grunt")),
    ("goat", ("Goat", "Bleat")),
    ("sheep lamb ram", ("Sheep", "Bleat")),
    ("hen chicken chick", ("Chicken, rooster", "Cluck")),
    ("rooster cock cockerel", ("Chicken, rooster", "Crowing, cock-a-doodle-doo")),
    ("turkey", ("Turkey", "Gobble")),
    ("duck duckling", ("Duck", "Quack")),
    ("goose geese gander swan", ("Goose", "Honk")),
    ("pigeon dove", ("Pigeon, dove", "Coo")),
    ("crow raven rook magpie", ("Crow", "Caw")),
    ("owl", ("Owl", "Hoot")),
    (
        "gull seagull eagle hawk falcon parrot peacock heron",
        ("Squawk", "Bird", "Bird vocalization, bird call, bird song"),
    ),
    (
        "bird songbird blackbird sparrow robin finch canary nightingale thrush lark swallow cuckoo "
        "woodpecker",
        ("Bird", "Bird vocalization, bird call, bird song", "Chirp, tweet"),
    ),
    ("mouse rat hamster squirrel rodent", ("Rodents, rats, mice", "Mouse", "Patter", "Squeak")),
    ("bee wasp bumblebee hornet", ("Bee, wasp, etc.", "Buzz", "Insect", "Fly, housefly")),
    ("fly mosquito gnat", ("Mosquito", "Fly, housefly", "Buzz", "Insect")),
    ("cricket grasshopper cicada", ("Cricket", "Insect", "Chirp, tweet")),
    ("frog toad", ("Frog", "Croak")),
    ("snake", ("Snake", "Hiss", "Rattle")),
    ("whale dolphin", ("Whale vocalization",)),
    (
        "elephant monkey ape gorilla chimpanzee chimp",
        ("Wild animals", "Roar", "Screaming", "Animal"),
    ),
    ("baby infant", ("Baby cry, infant cry", "Baby laughter", "Babbling")),
    (
        "laugh laughter laughing",
        ("Laughter", "Giggle", "Snicker", "Belly laugh", "Chuckle, chortle"),
    ),
    ("cry crying weeping sobbing", ("Crying, sobbing", "Baby cry, infant cry", "Whimper")),
    ("scream shout yell", ("Screaming", "Shout", "Yell", "Bellow", "Whoop")),
    ("voice speech speaker talking speaking man woman person",
     ("Speech", "Conversation", "Narration, monologue")),
    ("applause clap clapping", ("Applause", "Clapping", "Hands")),
    ("crowd audience", ("Crowd", "Cheering", "Chatter", "Hubbub, speech noise, speech babble")),
    ("footstep footsteps step steps", ("Walk, footsteps", "Run", "Shuffle")),
    (
        "bell",
        ("Bell", "Church bell", "Jingle bell", "Bicycle bell", "Doorbell", "Ding-dong", "Ding",
         "Chime"),
    ),
    (
        "phone telephone mobile",
        ("Telephone", "Telephone bell ringing", "Ringtone", "Telephone dialing, DTMF", "Dial tone",
         "Busy signal"),
    ),
    (
        "horn honk",
        ("Vehicle horn, car horn, honking", "Toot", "Air horn, truck horn", "Train horn"),
    ),
    (
        "siren ambulance",
        ("Siren", "Emergency vehicle", "Police car (siren)", "Ambulance (siren)",
         "Fire engine, fire truck (siren)", "Civil defense siren"),
    ),
    (
        "alarm",
        ("Alarm", "Alarm clock", "Smoke detector, smoke alarm", "Fire alarm", "Car alarm",
         "Beep, bleep", "Buzzer"),
    ),
    ("train", ("Train", "Rail transport", "Train whistle", "Train horn", "Clickety-clack")),
    ("car", ("Car", "Motor vehicle (road)", "Car passing by", "Race car, auto racing")),
    (
        "airplane aeroplane plane jet",
        ("Aircraft", "Fixed-wing aircraft, airplane", "Jet engine", "Aircraft engine",
         "Propeller, airscrew"),
    ),
    ("motorcycle motorbike scooter", ("Motorcycle", "Accelerating, revving, vroom")),
    ("door", ("Door", "Slam", "Sliding door", "Creak", "Knock", "Squeak")),
    ("knock knocking", ("Knock", "Tap", "Thump, thud")),
    ("hammer hammering", ("Hammer", "Bang", "Thump, thud", "Tap", "Knock")),
    ("saw sawing", ("Sawing", "Filing (rasp)", "Sanding", "Scrape", "Chainsaw")),
    ("drill", ("Drill", "Power tool", "Dental drill, dentist's drill", "Jackhammer")),
    ("dishwasher dryer fan", ("Mechanisms", "Mechanical fan", "Engine", "Hum")),
    ("washing machine", ("Mechanisms", "Engine", "Light engine (high frequency)", "Rumble")),
    ("kettle", ("Boiling", "Steam", "Steam whistle", "Whistle")),
    ("toilet", ("Toilet flush", "Water", "Gush", "Fill (with liquid)")),
    ("tap faucet", ("Water tap, faucet", "Sink (filling or washing)", "Water", "Pour")),
    ("thunder lightning thunderstorm", ("Thunder", "Thunderstorm", "Rumble")),
    ("rain", ("Rain", "Raindrop", "Rain on surface")),
    ("sea ocean wave surf", ("Ocean", "Waves, surf", "Water")),
    ("river brook stream", ("Stream", "Waterfall", "Water")),
    ("fire campfire", ("Fire", "Crackle")),
    (
        "fireworks firework firecracker",
        ("Fireworks", "Firecracker", "Burst, pop", "Explosion", "Boom"),
    ),
    (
        "gun gunshot shot rifle pistol",
        ("Gunshot, gunfire", "Machine gun", "Fusillade", "Cap gun", "Explosion"),
    ),
    ("camera shutter", ("Camera", "Single-lens reflex camera", "Clicking")),
    ("clock", ("Clock", "Tick", "Tick-tock", "Alarm clock")),
    ("keyboard typing", ("Typing", "Computer keyboard", "Typewriter", "Clicking")),
    ("glass", ("Glass", "Chink, clink", "Shatter", "Breaking")),
    (
        "drum drums drumming",
        ("Drum", "Drum kit", "Snare drum", "Bass drum", "Hi-hat", "Percussion"),
    ),
    ("cymbal", ("Cymbal", "Gong", "Smash, crash", "Hi-hat")),
    ("violin fiddle", ("Violin, fiddle", "Bowed string instrument")),
    ("cello", ("Cello", "Bowed string instrument")),
    ("guitar", ("Guitar", "Acoustic guitar", "Electric guitar", "Bass guitar")),
    ("wind breeze", ("Wind", "Wind noise (microphone)", "Rustling leaves")),
)  # fmt: skip
"""Names, and classes from the one that says most to those that may also be meant."""

WHOLE = ("washing machine",)
"""Names of several words; in the table above each word is a name of its own otherwise."""


def _by_name() -> dict[str, tuple[str, ...]]:
    found = {}
    for names, classes in FAMILIES:
        for name in (names,) if names in WHOLE else names.split():
            found[name] = classes
    return found


BY_NAME = _by_name()
