#!/usr/bin/env bash
# Plays an agent with a bug: it ends with a traceback and exit code 3, before it has handed in anything.
python -c 'import transfromers' || exit 3
