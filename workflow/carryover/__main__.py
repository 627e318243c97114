"""`python -m carryover`."""

import os
import sys


def start() -> None:
    """Run the command in a fork of the warm parent if there is one, else in this process."""
    if "CARRYOVER_WARM" in os.environ:
        from carryover.warm.client import run

        code = run(sys.argv[1:])
        if code is not None:
            sys.exit(code)
    from carryover.cli import main

    main()


if __name__ == "__main__":
    start()
