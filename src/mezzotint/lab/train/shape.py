# SPDX-License-Identifier: Apache-2.0
"""Does a recipe describe a model at all? Asked before photos are read, so that a misspelt one is refused in seconds."""

from __future__ import annotations

import torch

from mezzotint.lab.models import parts as parts  # registers everything that a spec can name
from mezzotint.lab.models.codec import Codec, CodecConfig

ROWS = 3 * 16 * 16  # of the block transform that y begins as: more channels there are none
SIDE = 128  # pixels of the picture that is tried


@torch.no_grad()
def check(name: str, config: CodecConfig) -> None:
    """ValueError where the config of recipe ``name`` gives no model, or one that cannot take a picture."""
    where = f"recipe '{name}'"
    if len(config.groups) != len(config.context_hidden):
        raise ValueError(
            f"{where} has {len(config.groups)} groups of y and {len(config.context_hidden)} widths of its context:"
            " give one in context_hidden for each in groups"
        )
    if not 0 < config.channels <= ROWS or min(config.groups) < 1:
        raise ValueError(f"{where} has groups of {config.groups} channels of y: give 1 to {ROWS} in all")
    try:
        model = Codec(config, torch.zeros(config.channels, ROWS), torch.ones(config.channels)).eval()
        model(torch.zeros(1, 3, SIDE, SIDE), torch.zeros(1))
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
    except Exception as error:  # torch's own, of shapes that do not fit
        raise ValueError(
            f"{where} makes no model ({_first_line(error)}): mend its groups, widths or mixers"
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
