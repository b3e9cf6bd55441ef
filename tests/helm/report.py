"""One line a check, a closing line, and the exit code."""

from collections.abc import Callable


class Report:
    """Runs checks, none of which stops the next, and counts them."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0

    def check(self, name: str, run: Callable[[], None]) -> None:
        """Runs one check; it fails by raising, and what it raises is the reason printed."""
        try:
            run()
        except Exception as reason:  # a broken check is a failed one, whatever it raises
            self.failed += 1
            text = str(reason) or type(reason).__name__
            print(f"FAIL {name}: " + text.strip().replace("\n", "\n     "))
        else:
            self.passed += 1
            print(f"ok   {name}")

    def close(self) -> int:
        """Prints the totals and returns the process's exit code."""
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed or not self.passed else 0


def expect(condition: object, reason: str) -> None:
    """Fails the running check with `reason` unless `condition` holds; unlike `assert`, also under python -O."""
    if not condition:
        raise AssertionError(reason)
