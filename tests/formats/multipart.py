"""Random multipart bodies, made from a seed, read back with the parser of Python's `email`.

    multipart.py [HOW_MANY [SEED]]
"""

import base64
import json
import random
import sys
from email import message_from_bytes, policy

from engine import Engine

TEXTS = ["", "x", " ", "é\U0001f600", "\r\n", "\n", "\r", "--", "\r\n--outgate-", "--\r\n", '"', "'", "%22", "; filename=y", "name=", "${a}", "{{secret:b}}", "\u202e", "\u0301", "a=b", "/", "..", "\t"]
TYPES = ["application/pdf", "text/plain", "text/plain; charset=utf-8", "image/png", "application/x-odd+json"]


def text(chance):
    return "".join(chance.choice(TEXTS) for _ in range(chance.randint(0, 4)))


def name(chance):
    return text(chance).replace("\t", "")


def part(chance):
    """A value, and what of it must arrive: file name, content type, bytes."""
    filename, kind = chance.choice([None, name(chance)]), chance.choice([None, *TYPES])
    described = {key: value for key, value in (("filename", filename), ("contentType", kind)) if value is not None}
    match chance.randrange(4):
        case 0:
            content = text(chance)
            return content, (None, None, content.encode())
        case 1:
            content = {"k": text(chance), "n": [1, None, True]}
            written = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
            return content, (None, "application/json", written)
        case 2:
            content = text(chance)
            return {"content": content, **described}, (filename, kind, content.encode())
        case _:
            content = chance.randbytes(chance.randint(0, 40))
            sent = base64.b64encode(content).decode()
            return {"base64": sent, **described}, (filename, kind or "application/octet-stream", content)


def escaped(text):
    """As browsers write names."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def receive(content_type, body):
    """The parts: name, file name, content type, bytes."""
    message = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body, policy=policy.HTTP)
    if message.defects or not message.is_multipart():
        sys.exit(f"not a sound multipart body: {message.defects}\n{body!r}")
    for part in message.get_payload():
        # Header bytes that are no ASCII come as surrogates.
        raw = {key.lower(): str(value).encode("ascii", "surrogateescape").decode() for key, value in part.raw_items()}
        disposition = raw.get("content-disposition")
        # What is read of the header must be what stands there; the parser gives up on what is no ASCII.
        if disposition.isascii():
            read = part["content-disposition"].params
            again = "form-data" + "".join(f'; {key}="{read[key]}"' for key in ("name", "filename") if key in read)
            if again != disposition:
                sys.exit(f"read otherwise than written: {again}\n{disposition}")
        yield disposition, raw.get("content-type"), part.get_payload(decode=True)


def expected(name, filename, kind, content):
    disposition = f'form-data; name="{escaped(name)}"'
    if filename is not None:
        disposition += f'; filename="{escaped(filename)}"'
    return disposition, kind, content


def compare(chance, engine):
    made = {name(chance): part(chance) for _ in range(chance.randint(1, 5))}
    content_type, body = engine.write({name: value for name, (value, _) in made.items()}, "multipart/form-data")
    if content_type is None:
        sys.exit(f"refused: {body}\n{made}")
    wanted = [expected(name, *arrives) for name, (_, arrives) in made.items()]
    given = list(receive(content_type, body))
    if given != wanted:
        sys.exit(f"arrives otherwise:\n{wanted}\n{given}\n{body!r}")


def main():
    how_many, seed = map(int, [*sys.argv[1:], *["1000", "1"][len(sys.argv) - 1 :]])
    chance = random.Random(seed)
    with Engine() as engine:
        for _ in range(how_many):
            compare(chance, engine)
    print(f"{how_many} multipart bodies of seed {seed} arrive as they were meant")


if __name__ == "__main__":
    main()
