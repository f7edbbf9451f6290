#!/usr/bin/env bash
# The third model, from a folder of photos to measured bundle. Each stage can be run again alone; training resumes.
#   runs/third.sh PHOTOS KODAK
# PHOTOS: any folder of photos to train on. KODAK: the 24 Kodak images, for measuring only.
set -euo pipefail
photos=$1 kodak=$2 out=trained/third
cd "$(dirname "$0")/.."

# The shipped weights came of three runs, with more of the recipe in each (docs/models/third.md): this comes near them.
# 1. Train: the second model grown, about an hour and a half of 2 AVX-512 cores as two processes of one thread. Stop it
#    when you like; the same line goes on. To train the shipped weights further instead: --from runs/weights/third.safetensors
OMP_NUM_THREADS=1 torchrun --nproc-per-node 2 -m mezzotint.lab train third --photos "$photos" --out "$out" \
    --from runs/weights/second.safetensors

# 2. Export: graphs, integer tables counted on the photos, and the check that torch and the runtime agree.
mzt-lab export third --weights "$out/weights.safetensors" --photos "$photos" \
    --name mezzotint-third --card docs/models/third.md --out src/mezzotint/bundle/default.mztm

# 3. Measure: rate-distortion beside the rivals, then speed.
mzt eval "$kodak" -o results/kodak
mzt report results/kodak
mzt bench --json results/speed.json --force
