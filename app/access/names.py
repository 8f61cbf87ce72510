"""What visitors are called: a colour and an animal, so that the presenter can tell their copies apart. Nobody is asked
for a name.
"""

from hashlib import sha256

from rnn_core.text import Text

COLOURS = (
    *(Text("Amber"), Text("Blue"), Text("Brown"), Text("Crimson"), Text("Golden"), Text("Green"), Text("Grey")),
    *(Text("Orange"), Text("Pink"), Text("Purple"), Text("Red"), Text("Silver"), Text("Turquoise"), Text("White")),
)

ANIMALS = (
    *(Text("badger"), Text("bear"), Text("beaver"), Text("camel"), Text("cat"), Text("crane"), Text("deer")),
    *(Text("dolphin"), Text("duck"), Text("fox"), Text("frog"), Text("hare"), Text("horse"), Text("koala")),
    *(Text("lion"), Text("otter"), Text("owl"), Text("panda"), Text("penguin"), Text("seal"), Text("tiger")),
    *(Text("turtle"), Text("whale"), Text("wolf")),
)


def called(visitor: str) -> Text:
    """What a visitor is called: always the same, and hardly ever as another one of a class."""
    number = int.from_bytes(sha256(visitor.encode()).digest()[:4], "big")
    colour, animal = COLOURS[number % len(COLOURS)], ANIMALS[number // len(COLOURS) % len(ANIMALS)]
    return Text("{colour} {animal}", colour=colour, animal=animal)
