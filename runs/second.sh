#!/usr/bin/env bash
# The second model, grown from the first: runs/second.sh PHOTOS KODAK (stages and folders: grown.sh).
exec "$(dirname "$0")/grown.sh" second first "$@"
