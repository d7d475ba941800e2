"""Which of YAMNet's classes count as right for a recording of animals and things."""

# "elephant", "donkey" and "whale" sing in other classes too.
CLASSES = {
    "hammer": "hammer|tap|knock|thump", "saw": "saw", "vacuum cleaner": "vacuum",
    "toilet flushing": "toilet|water", "washing machine": "washing|mechan|engine|machine",
    "boiling kettle": "whistle|steam|boil|kettle", "camera": "camera|click", "thunder": "thunder",
    "fireworks": "firework|explosion|firecracker|burst|boom", "fire engine siren": "siren|fire",
    "cymbal": "cymbal|gong|crash", "drum kit": "drum|percussion", "cello": "cello|bowed|string",
    "violin": "violin|bowed|string", "dog": "dog|bark|yip|bow-wow", "cow": "cattle|moo",
    "sheep": "sheep|bleat|goat", "goat": "goat|bleat|sheep", "pig": "pig|oink",
    "horse": "horse|neigh|clip-clop", "donkey": "horse|neigh|donkey", "lion": "roar|growl",
    "cat": "cat|meow|purr|hiss|caterwaul", "elephant": "elephant|roar|trumpet", "whale": "whale",
    "rooster": "rooster|crow|chicken|fowl", "hen": "chicken|cluck|fowl", "duck": "duck|quack",
    "turkey": "turkey|gobble", "owl": "owl|hoot", "crow": "crow|caw", "cuckoo": "cuckoo|owl|bird",
    "seagull": "gull|bird", "goose": "goose|honk", "frog": "frog|croak", "bee": "bee|insect|buzz",
    "mosquito": "mosquito|insect|buzz", "cricket": "cricket|insect", "mouse": "mouse|rodent|squeak",
    "chimpanzee": "monkey|chimp|animal|screech|howl", "tiger": "roar|growl", "bull": "cattle|moo",
    "blackbird": "bird|chirp|tweet|song",
}  # fmt: skip
