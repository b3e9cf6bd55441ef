"""The formats of the mapping language, as its example program `formats` reads and writes them."""

import base64
import json
import os
import subprocess
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


class Engine:
    """The running program: a JSON object in, one out."""

    def __init__(self):
        target = Path(os.environ.get("CARGO_TARGET_DIR", PROJECT / "target"))
        program = target / "debug" / "examples" / "formats"
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def ask(self, **asked):
        self.process.stdin.write(json.dumps(asked).encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def read(self, body, content_type="application/xml", force=()):
        """The value of a body, as `{"value": …}`, or `{"error": …}`."""
        encoded = base64.b64encode(body).decode()
        return self.ask(read=encoded, contentType=content_type, forceArray=list(force))

    def write(self, value, content_type="application/xml"):
        """The content type and the body a value leaves as, or `None` and why it does not."""
        answer = self.ask(write=value, contentType=content_type)
        if "error" in answer:
            return None, answer["error"]
        return answer["contentType"], base64.b64decode(answer["body"])
