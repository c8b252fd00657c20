"""`python -m danvan_site`: the same program as the command `danvan`."""

import sys

from danvan_site.cli import main

if __name__ == "__main__":
    sys.exit(main())
