"""Entry point of ``python -m brainscan``."""

import sys

from brainscan.cli import main

sys.exit(main())
