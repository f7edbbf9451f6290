#!/usr/bin/env bash
# The third model, grown from the second: runs/third.sh PHOTOS KODAK (stages and folders: grown.sh).
# The shipped weights came of three runs, with more of the recipe in each (docs/models/third.md): this comes near them.
exec "$(dirname "$0")/grown.sh" third second "$@"
