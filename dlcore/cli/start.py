"""Where the command `dlcore` starts: Ctrl-C is one line while the rest is still being loaded."""

from __future__ import annotations

import sys


def start() -> None:
    """Load the command line and run it."""
    try:
        from dlcore.cli.main import main
    except KeyboardInterrupt:
        print("dlcore: interrupted", file=sys.stderr)
        sys.exit(130)
    main()
