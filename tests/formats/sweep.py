"""Random XML documents and values, made from a seed: xmltodict and the language must give the same.

    sweep.py [HOW_MANY [SEED]]
"""

import json
import random
import sys

import convention
from engine import Engine

NAMES = ["a", "b", "c", "Order", "n:a", "n:b", "_x", "a-b.c", "é", "日本"]
TEXTS = ["", " ", "x", " x ", "\n  ", "1\r\n2", "\t", "&lt;", "&amp;amp;", "&#65;", "&#x20;", "&#13;", "${a}", "é", "\u3000", "\U0001f600", "]]", ">", "'", '"', "<![CDATA[ y ]]>", "<![CDATA[<&]]>", "<!-- c -->", "<?p i?>"]
BROKEN = ["<", ">", "&", "]]>", "\0", "<a>", "</a>", "<!DOCTYPE a>", "&b;", "&#0;", "--", "<?xml?>", "=", '"', "'", " ", "/", "<!--", "<![CDATA[", "\ufffe", "&#xD800;", "<b/>", ";", "#"]
VALUES = [None, True, False, 0, -7, 1.5, "", " ", "x", " x ", "<&>\"'", "]]>", "a\tb\nc", "${a}{{secret:b}}", "é\U0001f600"]


def element(chance, depth):
    name = chance.choice(NAMES)
    attributes = "".join(
        chance.choice([" ", "\n"]) + key + chance.choice(["=", " = "]) + quote + value.replace(quote, "") + quote
        for key in chance.sample(NAMES, chance.choice([0, 0, 0, 1, 2]))
        for quote in [chance.choice("'\"")]
        for value in [chance.choice([text for text in TEXTS if "<" not in text])]
    )
    if chance.random() < 0.15:
        return f"<{name}{attributes}{chance.choice(['', ' '])}/>"
    inside = "".join(
        chance.choice(TEXTS) if depth == 0 or chance.random() < 0.5 else element(chance, depth - 1)
        for _ in range(chance.choice([0, 1, 1, 2, 3, 5]))
    )
    return f"<{name}{attributes}>{inside}</{name}>"


def document(chance):
    before = chance.choice(["", "", "<?xml version='1.0'?>", '<?xml version="1.0" encoding="utf-8"?>\n', "<!-- x -->", "\n"])
    return before + element(chance, 4) + chance.choice(["", "\n", "<!-- y -->", "<?z?>"])


def broken(chance):
    """A document with something cut out, put in or said twice."""
    text = document(chance)
    for _ in range(chance.choice([1, 1, 2])):
        at, to = sorted(chance.randrange(len(text) + 1) for _ in range(2))
        to = min(to, at + 8)
        text = text[:at] + chance.choice([chance.choice(BROKEN), "", text[at:to] * 2]) + text[to:]
    return text


def path(chance):
    """The path of an element, perhaps with steps that stand for any."""
    steps = (chance.choice([*NAMES, "*", "*", "*"]) for _ in range(chance.randint(1, 4)))
    return "".join(f'["{step}"]' if "." in step else f".{step}" for step in steps).removeprefix(".")


def value(chance, depth):
    if depth == 0 or chance.random() < 0.4:
        return chance.choice(VALUES)
    if chance.random() < 0.3:
        items = (value(chance, depth - 1) for _ in range(chance.randint(0, 3)))
        # xmltodict writes an array inside an array as Python would show it.
        return [item for item in items if not isinstance(item, list)]
    keys = chance.sample(NAMES, chance.randint(0, 3)) + chance.sample(["@x", "@n:y", "#text"], chance.randint(0, 2))
    return {key: chance.choice(VALUES) if key[0] in "@#" else value(chance, depth - 1) for key in keys}


def compare_read(text, force, engine):
    wanted = convention.read(text.encode(), force)
    given = engine.read(text.encode(), force=force)
    given = {"error": True} if "error" in given else given
    # Deliberate differences: document types, what is empty, and which names of encodings are known.
    deliberate = "<!DOCTYPE" in text or not text.strip(" \t\r\n") or ("encoding=" in text and '"utf-8"' not in text)
    if json.dumps(wanted) != json.dumps(given) and not deliberate:
        sys.exit(f"read differently, with {force}:\n{text!r}\nxmltodict: {wanted}\nlanguage:  {given}")
    return "value" in given


def compare_write(given, engine):
    theirs = convention.write(given)
    _, ours = engine.write(given)
    if isinstance(ours, bytes) != (theirs is not None) or (theirs is not None and not convention.agree(theirs, ours)):
        sys.exit(f"written differently:\n{given}\nxmltodict: {theirs}\nlanguage:  {ours}")


def main():
    how_many, seed = map(int, [*sys.argv[1:], *["2000", "1"][len(sys.argv) - 1 :]])
    chance = random.Random(seed)
    read = 0
    with Engine() as engine:
        for _ in range(how_many):
            read += compare_read(document(chance), [path(chance) for _ in range(chance.randint(0, 3))], engine)
            read += compare_read(broken(chance), [], engine)
            compare_write({chance.choice(NAMES): value(chance, 4)}, engine)
    print(f"{2 * how_many} documents of seed {seed} read alike, {2 * how_many - read} of them refused; {how_many} values written alike")


if __name__ == "__main__":
    main()
