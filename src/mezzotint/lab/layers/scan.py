# SPDX-License-Identifier: Apache-2.0
"""Linear recurrences along one axis without a loop over it: a doubling scan, and gated linear attention in chunks.

The doubling scan (Hillis and Steele, CACM 1986) takes log2(T) elementwise steps. Gated attention (Yang et al., ICML
2024, section 4) is quadratic inside short chunks and carries one state from chunk to chunk, so that memory stays
linear. The trap: where every key channel has its own decay, decays inside a chunk are divided by each other, so their
logarithm must be bounded below. With one decay a token there is no such quotient, and no bound.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

CHUNK = 16
FLOOR = -4.0  # least log decay a step and channel: e^(4 * 16) fits float32, and one step leaves 2 %


def delay(x: Tensor, steps: int, dim: int) -> Tensor:
    """``x`` moved ``steps`` places along ``dim``, zeros let in at the front."""
    steps = min(steps, x.shape[dim])
    later_axes = [0, 0] * (x.ndim - 1 - dim)
    return F.pad(x.narrow(dim, 0, x.shape[dim] - steps), [*later_axes, steps, 0])


def scan(decay: Tensor, value: Tensor, dim: int) -> Tensor:
    """h_t = decay_t h_{t-1} + value_t along ``dim``, h_0 = value_0; ``decay`` may be broadcast over other axes."""
    step, length = 1, value.shape[dim]
    while step < length:
        value = value + decay * delay(value, step, dim)
        decay = decay * delay(decay, step, dim)
        step *= 2
    return value


def steady_scan(log_decay: Tensor, value: Tensor, dim: int) -> Tensor:
    """The same with one decay for the whole axis; ``log_decay`` has size 1 along ``dim``."""
    step, length = 1, value.shape[dim]
    while step < length:
        value = value + (log_decay * step).exp() * delay(value, step, dim)
        step *= 2
    return value


def gated_attention(q: Tensor, k: Tensor, v: Tensor, log_decay: Tensor) -> Tensor:
    """o_t = q_t S_t with S_t = diag(e^log_decay_t) S_{t-1} + k_t^T v_t, causal.

    q, k: (B, heads, T, d); v: (B, heads, T, e); log_decay, none above 0: (B, heads, T, 1), or
    (B, heads, T, d) and none below FLOOR. Gives (B, heads, T, e).
    """
    length = q.shape[2]
    q, k, v, log_decay = (_chunked(t) for t in (q, k, v, log_decay))  # (B, heads, n, CHUNK, .)
    total = log_decay.cumsum(3)  # the log of what is left of the state that entered the chunk
    last = total[:, :, :, -1:]
    state = (k * (last - total).exp()).transpose(3, 4) @ v  # (B, heads, n, d, e), what the chunk adds
    state = delay(scan(last.exp().transpose(3, 4), state, 2), 1, 2)  # what enters it
    if log_decay.shape[4] == 1:
        scores = (q @ k.transpose(3, 4)) * (total - total.transpose(3, 4)).clamp(max=0).exp()
    else:
        middle = last / 2  # halves the largest exponent
        scores = (q * (total - middle).exp()) @ (k * (middle - total).exp()).transpose(3, 4)
    causal = torch.ones(CHUNK, CHUNK, device=q.device).tril()
    out = (scores * causal) @ v + (q * total.exp()) @ state
    return out.flatten(2, 3)[:, :, :length]


def _chunked(x: Tensor) -> Tensor:
    short = -x.shape[2] % CHUNK
    return F.pad(x, (0, 0, 0, short)).unflatten(2, (-1, CHUNK))
