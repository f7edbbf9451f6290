# SPDX-License-Identifier: Apache-2.0
"""Writes src/mezzotint/evaluate/published/kodak.json: the curves that we draw, chosen from a larger collection.

    python dev/published.py COLLECTION.json KODAK

KODAK is a folder with the 24 images. COLLECTION.json holds curves from the places that each source below names:

    {"kodak": {NAME: {"bpp": [...], "psnr-rgb": [...], "ms-ssim-rgb": [...]}}, "kodak_8bit_decoded": ..., "papers": ...}

What is said about pixels and bits was read in the test scripts of those repositories. Left out are codecs that a sweep
measures itself (JPEG, WebP), models trained for MS-SSIM, and other sizes of a model that is in.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import NamedTuple

from mezzotint.evaluate import images

OUT = Path(__file__).parents[1] / "src" / "mezzotint" / "evaluate" / "published" / "kodak.json"

COMPRESSAI = "InterDigitalInc/CompressAI results"
FILES = "whole files, 8-bit pixels"
STREAMS = "coded bytes without a header, 8-bit pixels"
UNROUNDED = "bits coded or estimated, unrounded pixels"
# Their script at the time (commit e7c223f of 2021) turned the original into 8-bit YCbCr, and back, before it compared.
YCBCR = "whole files, 4:4:4, unrounded pixels compared with the YCbCr that was coded"
# Computed on Kodak: conversion to 8-bit YCbCr and back, with rounding, is at 53.0 dB.
FLATTERED = "Against the RGB original it would be 0.1 dB less at 37 dB, and 0.9 dB less at 46 dB."


class Choice(NamedTuple):
    group: str
    name: str
    id: str
    title: str
    source: str
    note: str = ""


CHOICES = (
    Choice(
        "kodak",
        "vtm",
        "vtm",
        "VTM 9.1 (VVC)",
        f"{COMPRESSAI}: {YCBCR}",
        "The anchor of most papers; the file names no version, LALIC calls it VTM 9.1 and FTIC VTM 12.1. "
        + FLATTERED,
    ),
    Choice(
        "kodak",
        "hm",
        "hm",
        "HM 16.20 (HEVC)",
        f"{COMPRESSAI}: {YCBCR}",
        "HM-16.20+SCM-8.8. " + FLATTERED,
    ),
    Choice(
        "kodak",
        "av1",
        "av1-cpu0",
        "AV1 (libaom, cpu-used 0)",
        f"{COMPRESSAI}: {YCBCR}",
        "Two passes, tuned for PSNR. " + FLATTERED,
    ),
    Choice(
        "kodak",
        "bpg_444_x265_ycbcr",
        "bpg",
        "BPG 0.9.8 (x265)",
        f"{COMPRESSAI}: {FILES}, 4:4:4",
    ),
    Choice(
        "kodak_8bit_decoded",
        "compressai-bmshj2018-hyperprior_mse_ans_cuda",
        "hyperprior",
        "Scale hyperprior (2018)",
        f"{COMPRESSAI}: {STREAMS}",
        "Balle et al., ICLR 2018, as trained by CompressAI.",
    ),
    Choice(
        "kodak_8bit_decoded",
        "compressai-mbt2018-mean_mse_ans_cuda",
        "mean-scale",
        "Mean-scale hyperprior (2018)",
        f"{COMPRESSAI}: {STREAMS}",
        "Minnen et al., NeurIPS 2018, without its serial context, as trained by CompressAI.",
    ),
    Choice(
        "kodak_8bit_decoded",
        "compressai-cheng2020-anchor_mse_ans_cuda",
        "cheng2020",
        "Cheng 2020",
        f"{COMPRESSAI}: {STREAMS}",
        "Cheng et al., CVPR 2020, with its serial context, as trained by CompressAI.",
    ),
    Choice(
        "papers",
        "paper-elic2022_mse",
        "elic",
        "ELIC (2022)",
        f"He et al., CVPR 2022, as kept in {COMPRESSAI}: not stated how measured",
        "LALIC's paper gives it a BD-rate of -7.02 % against VTM.",
    ),
    Choice(
        "papers",
        "EVC-SS",
        "evc-s",
        "EVC-S (2023)",
        f"microsoft/DCVC EVC results: {UNROUNDED}",
        "Wang et al., ICLR 2023, the small one; one model for all rates.",
    ),
    Choice(
        "papers",
        "EVC-LL",
        "evc-l",
        "EVC-L (2023)",
        f"microsoft/DCVC EVC results: {UNROUNDED}",
        "Wang et al., ICLR 2023, the large one; one model for all rates.",
    ),
    Choice(
        "papers",
        "shallow-ntc 2-layer_syn",
        "shallow-ntc",
        "Shallow-NTC (2023)",
        "mandt-lab/shallow-ntc results: bits estimated, 8-bit pixels",
        "Yang and Mandt, ICCV 2023, synthesis of two layers, no refinement of the latents.",
    ),
    Choice(
        "papers",
        "TCM-Large (CVPR2023)",
        "tcm-l",
        "TCM-L (2023)",
        f"jmliu206/LIC_TCM RD_data.md: {UNROUNDED}",
        "Liu et al., CVPR 2023.",
    ),
    Choice(
        "papers",
        "mlicplusplus_mse (MLIC repo)",
        "mlic++",
        "MLIC++ (2023)",
        f"JiangWeibeta/MLIC results: {FILES}",
        "Jiang and Wang, NCW ICML 2023.",
    ),
    Choice(
        "papers",
        "FTIC (ICLR2024) README",
        "ftic",
        "FTIC (2024)",
        f"qingshi9974/ICLR2024-FTIC README: {UNROUNDED}",
        "Li et al., ICLR 2024, also called FLIC. Its paper states a BD-rate of -14.5 % against VTM.",
    ),
    Choice(
        "papers",
        "LALIC (CVPR2025)",
        "lalic",
        "LALIC (2025)",
        f"sjtu-medialab/RwkvCompress results: {UNROUNDED}",
        "Feng et al., CVPR 2025. Its paper states a BD-rate of -15.26 % against VTM.",
    ),
    Choice(
        "papers",
        "HPCM-Large (ICCV2025)",
        "hpcm-l",
        "HPCM-Large (2025)",
        f"lyq133/LIC-HPCM README: {STREAMS}",
        "Li et al., ICCV 2025.",
    ),
    Choice(
        "papers",
        "Cool-chic v5.0",
        "cool-chic",
        "Cool-chic 5.0",
        "Orange-OpenSource/Cool-Chic results: whole files, not stated which pixels",
        "A small network fitted to each picture: decoding is cheap and encoding is training.",
    ),
)


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    collection = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    kodak = sorted(images.digest(images.load(path)) for path in images.find(Path(sys.argv[2])))
    if len(kodak) != 24:
        sys.exit(f"{sys.argv[2]} holds {len(kodak)} pictures; the Kodak set has 24")
    document: dict[str, object] = {
        "about": "Published curves on Kodak, and digests of its pixels; written by dev/published.py.",
        "kodak": kodak,
        "curves": [curve(choice, collection[choice.group][choice.name]) for choice in CHOICES],
    }
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(compact(document), "utf-8")


def curve(choice: Choice, points: dict[str, list[float]]) -> dict[str, object]:
    """One entry, its points by rising rate and with five decimals."""
    order = sorted(range(len(points["bpp"])), key=points["bpp"].__getitem__)
    entry: dict[str, object] = {name: getattr(choice, name) for name in ("id", "title", "source", "note")}
    for ours, theirs in (("bpp", "bpp"), ("psnr", "psnr-rgb"), ("ms_ssim", "ms-ssim-rgb")):
        if theirs in points:
            entry[ours] = [round(points[theirs][index], 5) for index in order]
    return entry


def compact(document: dict[str, object]) -> str:
    """JSON with each list of numbers or digests in one line, so that a changed curve is a changed line."""
    text = json.dumps(document, indent=1, ensure_ascii=False)
    return re.sub(r"\[\s+([^][{}]+?)\s+\]", lambda match: f"[{' '.join(match[1].split())}]", text) + "\n"


if __name__ == "__main__":
    main()
