"""leadshare takes marketplace leads and delivers each of them once."""

# Every command begins here, so here a Python that cannot run them is told so. Older ones read
# this file as well: nothing in it is new.
import sys

OLDEST = (3, 11)
NEWEST = (3, 14)

if not OLDEST <= sys.version_info[:2] <= NEWEST:
    _here = ".".join(str(number) for number in sys.version_info[:2])
    sys.exit("leadshare needs Python 3.11 to 3.14; this is " + _here + "; try PYTHON=python3.13")
