"""Reads training rows and writes them with the last line of each completion only."""

import json
import sys

for line in sys.stdin:
    row = json.loads(line)
    row["completion"] = row["completion"].splitlines()[-1]
    print(json.dumps(row))
