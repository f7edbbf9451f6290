# SPDX-License-Identifier: Apache-2.0
"""ViT-VQGAN's transformer as the coder's prior, against a histogram of the same tokens.

Command:  mzt-lab systems --only vit_vqgan --photos PHOTOS --validation VALIDATION --out results/lab/systems.jsonl
Machine:  2 CPU cores with bf16 (AVX-512)
Result:   results/lab/systems.jsonl, row ViT-VQGAN
"""

from __future__ import annotations

import numpy as np
import torch

from mezzotint.lab.models.tokens import TokenCodec
from mezzotint.lab.systems import System
from mezzotint.lab.systems.claims import Figure, Published, Trial, Verdict
from mezzotint.lab.systems.image import padded


def judge(trial: Trial) -> Verdict:
    """Bits a token of the chunks of held-out pictures; figures compare them with cross-entropy and count codes used."""
    assert trial.off is not None
    on, off = _measured(trial.on, trial), _measured(trial.off, trial)
    figures = (
        Figure("cross-entropy", on[1], "bits a token"),
        Figure("coded above cross-entropy", 100 * (on[0] / on[1] - 1), "%"),
        Figure("codes used on held-out pictures", on[2], "%"),
        Figure("entropy of held-out tokens", on[3], "bits a token"),
        Figure("PSNR", trial.on_curve[0][1], "dB"),
        Figure("PSNR without", trial.off_curve[0][1], "dB"),
    )
    return Verdict("bits a token in the stream", on[0], off[0], True, figures)


def _measured(system: System, trial: Trial) -> tuple[float, float, float, float]:
    """Bits a token of chunks, of cross-entropy; percent of codes used; entropy of the tokens by their own counts."""
    codec: TokenCodec = system.codec  # type: ignore[attr-defined]
    coded, estimated, seen = 0, 0.0, []
    for picture in trial.pictures:
        x = padded(np.asarray(picture, np.uint8))
        tokens, vectors = codec.tokens(x, 0), codec.vectors(0)
        coded += 8 * sum(map(len, codec.encode(x, 0)))
        with torch.no_grad():
            estimated += float(codec.priors[0](tokens, vectors))
        seen.append(tokens.flatten())
    every = torch.cat(seen)
    counts = torch.bincount(every, minlength=len(codec.vectors(0))).double()
    share = counts[counts > 0] / len(every)
    entropy = -float((share * share.log2()).sum())
    used = 100 * float((counts > 0).double().mean())
    return coded / len(every), estimated / len(every), used, entropy


RECIPE = Published(
    on="vit_vqgan",
    off="vit_vqgan(prior='histogram')",
    claim="A transformer predicts raster-ordered tokens of a ViT's low-dimensional codebook from those before",
    judge=judge,
)
