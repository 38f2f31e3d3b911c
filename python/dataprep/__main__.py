"""`python -m dataprep` is the command `dataprep`."""

import sys

from dataprep.runs import main

if __name__ == "__main__":
    sys.exit(main())
