"""The corpus of XML documents, held against the real xmltodict.

    corpus.py             fails where an expectation is not what xmltodict gives, or nobody reads a document
    corpus.py --rewrite   writes the expectations anew; read the difference before keeping it

`shared/mapping/testdata/xml/read.jsonl` has documents whose value is the one that xmltodict gives; `differences.jsonl` has
those that are read otherwise, and why. `write.jsonl` has values and the documents they leave as: xmltodict must read the
same from them as from its own. The tests of the crate prove that the language gives what the files expect.
"""

import base64
import json
import sys

import convention
from engine import PROJECT, Engine

FOLDER = PROJECT / "shared" / "mapping" / "testdata" / "xml"


def document(case):
    return case["xml"].encode() if "xml" in case else base64.b64decode(case["base64"])


def same(one, other):
    """Equal with the order of members."""
    return json.dumps(one) == json.dumps(other)


def outcome(answer):
    return {"error": True} if "error" in answer else answer


def check_read(case, _engine):
    return {"expect": convention.read(document(case), case.get("forceArray", []))}


def check_differences(case, engine):
    theirs = convention.read(document(case))
    ours = outcome(engine.read(document(case)))
    if same(theirs, ours):
        sys.exit(f"differences.jsonl: {case['name']}: there is no difference any more: it belongs into read.jsonl")
    return {"xmltodict": theirs, "ours": ours}


def check_write(case, engine):
    value = case["value"]
    theirs = convention.write(value)
    _, ours = engine.write(value)
    if not isinstance(ours, bytes):
        if theirs is not None:
            sys.exit(f"write.jsonl: {case['name']}: refused, and xmltodict writes it: {ours}")
        return {"expect": {"error": True}}
    if not convention.agree(theirs, ours):
        sys.exit(f"write.jsonl: {case['name']}: {ours} is not what xmltodict writes: {theirs}")
    return {"expect": {"xml": ours.decode()}}


def check(name, given, engine, rewrite):
    path = FOLDER / name
    lines, wrong = [], []
    for line in path.read_text().rstrip("\n").split("\n"):
        case = json.loads(line)
        made = {**case, **given(case, engine)}
        if not same(made, case):
            wrong.append(case["name"])
        lines.append(json.dumps(made, ensure_ascii=False))
    if rewrite:
        path.write_text("\n".join(lines) + "\n")
    elif wrong:
        sys.exit(f"{name}: not what is given now: {', '.join(wrong)} (corpus.py --rewrite, and read the difference)")
    print(f"{name}: {len(lines)} documents")


def main():
    rewrite = sys.argv[1:] == ["--rewrite"]
    with Engine() as engine:
        check("read.jsonl", check_read, engine, rewrite)
        check("differences.jsonl", check_differences, engine, rewrite)
        check("write.jsonl", check_write, engine, rewrite)


if __name__ == "__main__":
    main()
