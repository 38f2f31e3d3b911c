"""The engine's side of `dataprep augment --engine`, which plans before it and commits after it.

Writes a line for each unit to stdout: its name and 1, or 0 where it had been made before. Errors go to
stderr; the exit codes are those of `dataprep run`. It ends when its input does: when the command that
started it asks it to stop, or is gone.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading

from .errors import Error
from .failures import SystemFailure
from .work import run


def _end_with_input() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGINT)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m dataprep.driver", description=__doc__)
    parser.add_argument("plan")
    parser.add_argument("--engine", required=True)
    parser.add_argument("--address")
    parser.add_argument("--verify", action="store_true")
    asked = parser.parse_args()
    # Engines and what they run may print; the lines are for the one that reads them.
    lines = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    # Also where the shell had it ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    options = {} if asked.address is None else {"address": asked.address}
    try:
        threading.Thread(target=_end_with_input, daemon=True).start()
        run(
            asked.plan,
            engine=asked.engine,
            verify=asked.verify,
            heard=lambda name, now: print(name, int(now), file=lines),
            **options,
        )
    except (KeyboardInterrupt, BrokenPipeError):
        return 130
    except SystemFailure as error:
        print(f"error: {error}", file=sys.stderr)
        return 75
    except Error as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    # What an engine left running is not waited for.
    os._exit(code)
