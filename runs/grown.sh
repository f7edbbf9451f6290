#!/usr/bin/env bash
# A model grown from an earlier one, from a folder of photos to measured bundle; second.sh and third.sh call it.
#   runs/grown.sh NAME EARLIER PHOTOS KODAK
# NAME: a recipe. EARLIER: the model it begins as, in runs/weights. PHOTOS: any folder of photos to train on. KODAK: the 24
# Kodak images, for measuring only. Each stage can be run again alone; training resumes.
set -euo pipefail
usage='give PHOTOS and KODAK: two folders, by absolute paths'
name=$1 earlier=$2 photos=${3:?$usage} kodak=${4:?$usage} out=trained/$1
cd "$(dirname "$0")/.."

# 1. Train: an hour and a half of 2 AVX-512 cores as two processes of one thread, which is quicker than one of two. Stop it
#    when you like; the same line goes on. To train the shipped weights further: --from runs/weights/NAME.safetensors
OMP_NUM_THREADS=1 torchrun --nproc-per-node 2 -m mezzotint.lab train "$name" --photos "$photos" --out "$out" \
    --from "runs/weights/$earlier.safetensors"

# 2. Export: graphs, integer tables counted on the photos, and the check that torch and the runtime agree.
mzt-lab export "$name" --weights "$out/weights.safetensors" --photos "$photos" \
    --name "mezzotint-$name" --card "docs/models/$name.md" --out src/mezzotint/bundle/default.mztm

# 3. Preview: the picture at 1/8 from the first layers; the model id stays.
mzt-lab preview "$name" --weights "$out/weights.safetensors" --bundle src/mezzotint/bundle/default.mztm \
    --photos "$photos" --out src/mezzotint/bundle/default.mztm

# 4. Measure: rate-distortion beside the rivals, then speed.
mzt eval "$kodak" -o results/kodak
mzt report results/kodak
mzt bench --json results/speed.json --force
