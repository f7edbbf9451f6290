# SPDX-License-Identifier: Apache-2.0
"""What `mzt batch` tells: a bar while it works, failures as lines, and a summary in words or as JSON."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from mezzotint.one_line import one_line, spelled

if TYPE_CHECKING:
    from mezzotint.bulk import Order, Progress, Remark, Summary
    from mezzotint.bulk.plan import Step

_LISTED = 20  # of conversions that lost something; --json has all


def list_remarks(summary: Summary, quiet: bool) -> None:
    """Failures, and what a person may want to look at, on stderr."""

    def say(remark: Remark, kind: str) -> None:
        click.echo(f"mzt: {kind}{spelled(remark.file)}: {one_line(remark.text)}", err=True)

    for remark in summary.losses[: 0 if quiet else _LISTED]:
        say(remark, "warning: ")
    if not quiet and len(summary.losses) > _LISTED:
        click.echo(f"mzt: warning: {len(summary.losses) - _LISTED:,} more, which --json would list", err=True)
    for remark in summary.kept:
        say(remark, "not deleted: ")
    for remark in summary.failures:
        say(remark, "")


def facts(order: Order, summary: Summary, planned: list[dict[str, str]]) -> dict[str, Any]:
    """What --json prints; its keys are promised, so they stand here and nowhere else."""
    found: dict[str, Any] = {
        "source": order.tree.root
        if order.tree.only is None
        else os.path.join(order.tree.root, order.tree.only),
        "output": order.output,
        "dry_run": order.dry,
        "files": summary.files,
        "converted": summary.converted,
        "skipped": summary.skipped,
        "left_alone": summary.left_alone,
        "deleted": summary.deleted,
        "bytes_in": summary.bytes_in,
        "bytes_out": summary.bytes_out,
        "pixels": summary.pixels,
        "seconds": summary.seconds,
        "failed": [{"file": each.file, "error": each.text} for each in summary.failures],
        "kept": [{"file": each.file, "reason": each.text} for each in summary.kept],
        "warnings": [{"file": each.file, "warning": each.text} for each in summary.losses],
    }
    return {**found, "planned": planned} if order.dry else found


def line(order: Order, summary: Summary) -> str:
    """The same in words."""
    if order.dry:
        counts = f"{summary.converted:,} to convert"
    else:
        share = f" ({100 * summary.bytes_out / summary.bytes_in:.1f} %)" if summary.bytes_in else ""
        counts = f"{summary.bytes_in / 1e6:,.1f} MB -> {summary.bytes_out / 1e6:,.1f} MB{share}"
    more = f", {summary.deleted:,} deleted" * (summary.deleted > 0)
    more += f", {summary.left_alone:,} other files left alone" * (summary.left_alone > 0)
    return (
        f"{spelled(order.output)}: {summary.files:,} files, {len(summary.failures):,} failed, "
        f"{summary.skipped:,} skipped, {counts}{more}, {summary.seconds:.1f} s"
    )


class Bar:
    """Progress on stderr where that is a terminal; and a dry run's lines on stdout, or into `planned`."""

    def __init__(self, quiet: bool, dry: bool, planned: list[dict[str, str]] | None) -> None:
        self.counts = not quiet and not dry and sys.stderr is not None and sys.stderr.isatty()
        self.done = 0
        self._planned = planned
        self._bar: Any = None

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def start(self, files: int) -> None:
        from tqdm import tqdm

        self._bar = tqdm(total=files, unit=" files", leave=False, dynamic_ncols=True)

    def progress(self, now: Progress) -> None:
        self.done = now.files
        if self._bar is not None:
            seconds = self._bar.format_dict["elapsed"] or 1
            self._bar.set_postfix_str(
                f"{now.pixels / 1e6 / seconds:.1f} MP/s, {now.bytes_in / 1e6:,.1f} -> {now.bytes_out / 1e6:,.1f} MB",
                refresh=False,
            )
            self._bar.update(now.files - self._bar.n)

    def planned(self, source: str, target: str, step: Step) -> None:
        if self._planned is not None:
            self._planned.append({"file": source, "output": target, "step": step.value})
        else:
            click.echo(f"{spelled(source)} -> {spelled(target)}: {step.value}")
