"""Entry point of ``python -m brainscan``."""

import sys

try:
    from brainscan.cli import main

    code = main()
except KeyboardInterrupt:  # before main() catches it, or while it reports an error
    print("brainscan: stopped.", file=sys.stderr)
    code = 130
sys.exit(code)
