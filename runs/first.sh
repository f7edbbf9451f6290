#!/usr/bin/env bash
# The first model, from a folder of photos to measured bundle. Each stage can be run again alone; training resumes.
#   runs/first.sh PHOTOS KODAK
# PHOTOS: any folder of photos to train on. KODAK: the 24 Kodak images, for measuring only.
set -euo pipefail
photos=$1 kodak=$2 out=trained/first
cd "$(dirname "$0")/.."

# 1. Train: about an hour on 2 idle AVX2 cores. Stop it when you like; the same line goes on. To train the shipped
#    weights further instead: --from runs/weights/first.safetensors
mzt-lab train first --photos "$photos" --out "$out"

# 2. Export: graphs, integer tables counted on the photos, and the check that torch and the runtime agree.
mzt-lab export first --weights "$out/weights.safetensors" --photos "$photos" \
    --name mezzotint-first --card docs/models/first.md --out src/mezzotint/bundle/default.mztm

# 3. Measure: rate-distortion beside the rivals, then speed.
mzt eval "$kodak" -o results/kodak
mzt report results/kodak
mzt bench --json results/speed.json --force
