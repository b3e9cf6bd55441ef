"""What the fuzz targets start from: the test data of the project, and what earlier runs found, a base64 text a line.

    corpora.py unpack FOLDER         writes FOLDER/TARGET/…, a file for each input
    corpora.py keep TARGET FOLDER    keeps the inputs of a folder, the shortest first, beside the test data
"""

import base64
import gzip
import hashlib
import json
import re
import sys
import zlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
MAPPING = PROJECT / "shared" / "mapping" / "testdata"
FIXTURES = PROJECT / "tests" / "fixtures"
TARGETS = ["parser", "checker", "json", "xml", "guard", "answer", "token"]
LONGEST = 4096
MOST = 100_000


def language_tests():
    """The sections of each language test: pairs of a title and a text."""
    for path in sorted(MAPPING.glob("*.test")):
        head = path.read_text().split("--- expect\n")[0]
        yield [tuple(section.split("\n", 1)) for section in head.split("--- ")[1:]]


def printed():
    return [path.read_text() for path in sorted((FIXTURES / "seeds").glob("*.*")) if path.suffix in (".txt", ".json")]


def parser():
    for sections in language_tests():
        for title, text in sections:
            if title in ("adapter", "document") or title.startswith("register"):
                yield text
                yield from re.findall(r"\$\{[^\"]*\}", text)
    yield from printed()


def checker():
    for sections in language_tests():
        texts = [text for title, text in sections if title == "adapter"]
        registers = [(title.split(" ", 1)[1], text) for title, text in sections if title.startswith("register ")]
        given = [text for title, text in sections if title == "input"]
        if not texts:
            continue
        whole = "\n--- register\n".join(texts + [text for _, text in registers] + given)
        for index, (key, _) in enumerate(registers):
            whole = whole.replace(key, f"R-{index}")
        yield whole
    yield from printed()


def json_texts():
    for line in (FIXTURES / "jsontestsuite" / "test_parsing.jsonl").read_text().split("\n"):
        if line:
            yield base64.b64decode(json.loads(line)["b64"])


def xml():
    for name in ("read.jsonl", "differences.jsonl"):
        for line in (MAPPING / "xml" / name).read_text().rstrip("\n").split("\n"):
            case = json.loads(line)
            yield case["xml"] if "xml" in case else base64.b64decode(case["base64"])


def guard():
    """Each URL vector with what an entry of its list comes to as an endpoint; each address alone."""
    vectors = FIXTURES / "vectors"
    for line in (vectors / "ssrf_vectors.jsonl").read_text().split("\n"):
        if line:
            vector = json.loads(line)
            entry = vector["allowlist"][0]
            yield f"{entry}**\n{vector['url']}" if entry.endswith("/") else f"{entry}/**\n{vector['url']}"
    for line in (vectors / "ip_vectors.jsonl").read_text().split("\n"):
        if line:
            yield f"https://{json.loads(line)['ip']}/"


def answer():
    """Bodies with the secret of the target, whole and cut, in what the encodings of its first byte give."""
    secret = b'aab"aab"<aab>/+&-secret-4f9d'
    forms = [secret, json.dumps(secret.decode()).encode(), base64.b64encode(b"u:" + secret), secret.hex().encode()]
    forms += [secret.decode().encode("utf-16-le"), secret[:20], secret[:9] + secret]
    for body in [b"", *forms, b" and ".join(forms), b"x" * 500 + secret]:
        yield b"\0\x05" + body
        yield b"\1\x03" + gzip.compress(body, mtime=0)
        yield b"\2\x00" + zlib.compress(body)
        yield b"\6\x07" + zlib.compress(gzip.compress(gzip.compress(body, mtime=0), mtime=0))
        # A frame of zstd with the body in one raw block (RFC 8878, 3.1.1).
        yield b"\4\x02\x28\xb5\x2f\xfd\x00\x58" + (len(body) << 3 | 1).to_bytes(3, "little") + body
    yield b"\1\x10" + gzip.compress(bytes(1 << 21), mtime=0)


def token():
    """Good headers and claims, each signed by each key, and one thing about them changed at a time."""
    headers = [{"alg": "EdDSA", "kid": "ed"}, {"alg": "ES256", "kid": "p256", "typ": "JWT"}]
    claims = {"iss": "https://login.example.com", "aud": ["outgate"], "sub": "ada", "exp": 4102444800, "iat": 1000000000}
    of_header = [("alg", "none"), ("alg", "HS256"), ("alg", "RS256"), ("alg", "Ed25519"), ("kid", "other"), ("kid", None)]
    of_header += [("crit", ["exp"]), ("typ", "at+jwt"), ("jwk", {"kty": "oct", "k": "AA"})]
    of_claims = [("iss", "https://evil.example"), ("aud", "outgate"), ("aud", ["other"]), ("aud", None), ("sub", "")]
    of_claims += [("sub", "a\nb"), ("sub", "x" * 256), ("exp", 1000000000), ("exp", None), ("exp", "4102444800")]
    of_claims += [("nbf", 4102444799), ("iat", 4102444799.5), ("exp", -1), ("exp", 1e300), ("more", {"a": [1, {}]})]
    for header in headers:
        yield from signed(header, claims)
        for name, value in of_header:
            yield from signed({**header, name: value}, claims)
        for name, value in of_claims:
            yield from signed(header, {**claims, name: value})
            twice = json.dumps({**claims})[:-1] + "," + json.dumps({name: value})[1:]
            yield f"e{json.dumps(header)}\n{twice}"
    yield "r.."
    # RFC 7515, A.3: good, and of another issuer.
    yield (
        "reyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0"
        "cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    )


def signed(header, claims):
    """What is null is left out."""
    for kind in "epx":
        yield kind + "\n".join(
            json.dumps({name: value for name, value in members.items() if value is not None}) for members in (header, claims)
        )


SEEDS = {
    "parser": parser,
    "checker": checker,
    "json": json_texts,
    "xml": xml,
    "guard": guard,
    "answer": answer,
    "token": token,
}


def seeds(target):
    texts = (text if isinstance(text, bytes) else text.encode("utf-8", "replace") for text in SEEDS[target]())
    return {text for text in texts if len(text) <= LONGEST}


def kept(target):
    path = HERE / "corpora" / target
    return {base64.b64decode(line) for line in path.read_text().split()} if path.exists() else set()


def unpack(folder):
    for target in TARGETS:
        inputs = seeds(target) | kept(target)
        place = Path(folder) / target
        place.mkdir(parents=True, exist_ok=True)
        for found in inputs:
            (place / hashlib.sha1(found).hexdigest()).write_bytes(found)
        print(f"{target}: {len(inputs)} inputs to start from")


def keep(target, folder):
    found = {path.read_bytes() for path in Path(folder).iterdir()} - seeds(target)
    lines, size = [], 0
    for text in sorted(found, key=lambda text: (len(text), text)):
        line = base64.b64encode(text).decode()
        size += len(line) + 1
        if len(text) > LONGEST or size > MOST:
            break
        lines.append(line)
    (HERE / "corpora" / target).write_text("".join(line + "\n" for line in lines))
    print(f"{target}: {len(lines)} inputs kept")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["unpack", folder]:
            unpack(folder)
        case ["keep", target, folder] if target in TARGETS:
            keep(target, folder)
        case _:
            sys.exit(__doc__)
