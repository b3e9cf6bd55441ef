"""What xmltodict makes of a document, in the terms of the corpus."""

import re
from xml.parsers.expat import ExpatError

import xmltodict

STEP = re.compile(r'\["([^"]*)"\]|([^.\[\]]+)')


def steps(path):
    """The names of a path in the notation of the mapping language."""
    return [quoted or plain for quoted, plain in STEP.findall(path)]


def force_list(paths):
    """The elements of `paths`, and no others, as xmltodict's `force_list` has it."""
    wanted = [steps(path) for path in paths]

    def named(outer, key, _value):
        if key == "#text":
            return False
        names = [name for name, _ in outer] + [key]
        return any(len(names) == len(way) and all(want in (name, "*") for name, want in zip(names, way)) for way in wanted)

    return named


def read(document, force=(), **options):
    """`{"value": …}`, or `{"error": true}` where the document is refused."""
    try:
        return {"value": xmltodict.parse(document, force_list=force_list(force), **options)}
    except (ExpatError, ValueError, LookupError):
        return {"error": True}


def write(value):
    """The document that xmltodict writes; `None` where it refuses, or writes what is none."""
    try:
        document = xmltodict.unparse(value).encode()
    except (ValueError, TypeError):
        return None
    return None if "error" in read(document) else document


def agree(one, other):
    """Whether xmltodict reads the same from two documents, with and without the space around text."""
    if one is None:
        return False
    for strip in (True, False):
        wanted, given = read(one, strip_whitespace=strip), read(other, strip_whitespace=strip)
        if wanted != given:
            return False
    return True
