# SPDX-License-Identifier: Apache-2.0
"""Whole jobs on small trees: what is done, what is left, what is replaced, and what is deleted."""

from __future__ import annotations

import os

import pytest

from mezzotint.bulk.journal import NAME, Journal, Record
from mezzotint.bulk.lock import only_job
from mezzotint.errors import FileAccess, UnknownModel

EXISTS = "exists already; add --force to replace it"


def records(job) -> list[Record]:
    journal = Journal(str(job.output))
    shelf = journal.folder("", lambda name: name)
    found = [record for name in shelf.last for record in shelf.records(name)]
    journal.close()
    return found


def errors(summary) -> dict[str, str]:
    return {remark.file: remark.text for remark in summary.failures}


def kept(summary) -> dict[str, str]:
    return {remark.file: remark.text for remark in summary.kept}


def test_a_tree_is_mirrored_and_then_skipped(job):
    job.write(a_png="one", b_jpg="two", sub__deep__c_png="three", notes_txt="no")
    (job.source / "empty").mkdir()
    summary = job.run()
    assert job.outputs() == {"a.mzt": "eno", "b.mzt": "owt", "sub/deep/c.mzt": "eerht"}
    assert (summary.files, summary.converted, summary.skipped, summary.left_alone) == (3, 3, 0, 1)
    assert (summary.bytes_in, summary.bytes_out, summary.pixels, summary.failures) == (11, 11, 30, ())
    assert (job.heard.total, job.heard.last.files) == (3, 3)
    assert not (job.output / "empty").exists()
    again = job.run()
    assert (again.files, again.converted, again.skipped) == (3, 0, 3)


def test_what_changed_or_is_gone_is_made_again(job):
    job.write(a_png="one", b_png="two", c_png="three")
    job.run()
    job.write(a_png="new")
    os.utime(job.source / "a.png", ns=(1, 1))
    (job.output / "b.mzt").unlink()
    summary = job.run()
    assert (summary.converted, summary.skipped) == (2, 1)
    assert job.outputs() == {"a.mzt": "wen", "b.mzt": "owt", "c.mzt": "eerht"}


def test_other_options_replace_what_is_the_jobs_own(job):
    job.write(a_png="one", b_png="two")
    job.run()
    (job.output / "b.mzt").write_text("mine")
    summary = job.run(options="others")
    assert (summary.converted, errors(summary)) == (1, {"b.png": f"b.mzt {EXISTS}"})
    assert job.outputs()["b.mzt"] == "mine"


def test_what_somebody_else_wrote_stays(job):
    job.write(a_png="one", b_png="two")
    job.output.mkdir()
    (job.output / "a.mzt").write_text("mine")
    summary = job.run()
    assert errors(summary) == {"a.png": f"a.mzt {EXISTS}"}
    assert job.outputs() == {"a.mzt": "mine", "b.mzt": "owt"}
    assert job.run(force=True).converted == 1
    assert job.outputs()["a.mzt"] == "eno"


def test_two_sources_for_one_output_folder(job, tmp_path):
    job.write(a_png="one")
    job.run()
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.png").write_text("another")
    assert errors(job.run(source=other)) == {"a.png": f"a.mzt {EXISTS}"}
    assert job.outputs() == {"a.mzt": "eno"}


def test_a_source_folder_that_has_moved_is_known_again(job, tmp_path):
    job.write(a_png="one")
    job.run()
    os.rename(job.source, tmp_path / "moved")
    assert job.run(source=tmp_path / "moved").skipped == 1


def test_failures_are_listed_and_the_rest_is_done(job):
    job.write(a_png="damaged", b_png="odd", c_png="memory", d_png="kill", e_png="fine", f_png="loss")
    summary = job.run()
    assert job.outputs() == {"e.mzt": "enif", "f.mzt": "ssol"}
    found = errors(summary)
    assert list(found) == ["a.png", "b.png", "c.png", "d.png"]
    killed = "the process that converted it was killed by SIGKILL; try it again with fewer --jobs"
    assert found["d.png"].startswith(killed)
    assert [(remark.file, remark.text) for remark in summary.losses] == [
        ("f.png", "the picture has several frames")
    ]
    job.write(a_png="sound")
    again = job.run()
    assert (again.converted, again.skipped, len(again.failures)) == (1, 2, 3)


def test_every_worker_dies_and_the_job_goes_on(job):
    job.write(**{f"a{number}_png": "kill" for number in range(4)}, z_png="fine")
    summary = job.run(processes=2)
    assert (len(summary.failures), summary.converted) == (4, 1)


def test_what_was_queued_behind_a_death_is_not_lost(job):
    """Quick jobs are queued two deep."""
    texts = {f"a{number:02}_png": "kill" if number % 5 == 4 else "fine" for number in range(20)}
    job.write(**texts)
    summary = job.run(processes=2)
    assert sorted(errors(summary)) == [f"a{number:02}.png" for number in (4, 9, 14, 19)]
    assert (summary.converted, len(job.outputs())) == (16, 16)


def test_workers_that_cannot_start(job):
    job.write(a_png="one")
    with pytest.raises(UnknownModel, match="there is no model"):
        job.run(job.fakes.Reverse(broken=True))
    assert job.outputs() == {}


def test_dry_run(job):
    job.write(a_png="one", b_png="two", sub__c_png="three")
    job.run(dry=True)
    assert not job.output.exists()
    job.write(b_png="damaged")
    job.run()
    job.write(a_png="anew")
    (job.output / "b.mzt").write_text("mine")
    before = (job.output / NAME).read_bytes()
    job.heard.plan.clear()
    summary = job.run(dry=True)
    assert job.heard.plan == [("a.png", "a.mzt", "replace"), ("sub/c.png", "sub/c.mzt", "skip")]
    assert errors(summary) == {"b.png": f"b.mzt {EXISTS}"}
    assert (job.output / NAME).read_bytes() == before


def test_patterns_choose_and_change_no_names(job):
    job.write(a_png="one", a_jpg="two", b_png="three")
    summary = job.run(include=("*.jpg",))
    assert job.outputs() == {"a.jpg.mzt": "owt"}
    assert summary.left_alone == 2
    job.run()
    assert sorted(job.outputs()) == ["a.jpg.mzt", "a.png.mzt", "b.mzt"]


def test_one_file(job):
    job.write(a_png="one", b_png="two")
    assert job.run(only="a.png").files == 1
    assert job.outputs() == {"a.mzt": "eno"}


def test_one_file_of_any_name(job):
    (job.source / "photo").write_text("one")
    assert job.run(only="photo").converted == 1
    assert job.run(only="photo").skipped == 1


def test_a_disk_that_knows_no_case(job):
    """Two folders or files that would be one in DST: nothing is overwritten, not even by force."""
    job.write(a_png="one", A_png="two", sub__b_png="three", Sub__b_png="four")
    job.output.mkdir()
    (job.output / NAME.upper()).touch()  # so does such a disk look
    summary = job.run(force=True)
    assert errors(summary) == {
        "a.png": "the outputs of other files have all names that it could get; rename it",
        "sub": "the disk of DST does not tell it from Sub; rename one",
    }
    assert summary.converted == 2


def test_in_place(job):
    job.write(a_png="one", sub__b_png="two")
    os.rename(job.source, job.output)
    job.run(source=job.output, delete=True)
    assert job.outputs() == {"a.mzt": "eno", "sub/b.mzt": "owt"}


# -- deleting sources -------------------------------------------------------------------------------------


def test_sources_go_when_their_outputs_have_proved_themselves(job):
    job.write(a_png="one", b_png="more of it", c_png="loss of it", d_png="wrong", e_png="damaged")
    summary = job.run(delete=True)
    assert sorted(os.listdir(job.source)) == ["b.png", "c.png", "d.png", "e.png"]
    assert kept(summary) == {"b.png": "it holds more", "c.png": "the picture has several frames"}
    assert (summary.converted, summary.deleted, sorted(errors(summary))) == (3, 1, ["d.png", "e.png"])
    assert sorted(job.outputs()) == ["a.mzt", "b.mzt", "c.mzt"]
    again = job.run(delete=True)
    assert (again.skipped, kept(again)) == (2, kept(summary))


def test_sources_of_an_earlier_job_are_compared_first(job):
    job.write(a_png="one", b_png="two", c_png="more")
    job.run()
    (job.output / "b.mzt").write_text("xyz")  # as long as it was
    summary = job.run(delete=True)
    assert (summary.skipped, summary.converted, summary.deleted) == (3, 0, 1)
    assert kept(summary) == {"b.png": "it holds other bytes", "c.png": "it holds more"}
    assert sorted(os.listdir(job.source)) == ["b.png", "c.png"]


def test_names_do_not_change_when_sources_go(job):
    job.write(a_png="one", a_jpg="damaged")
    job.run(delete=True)
    job.write(a_jpg="sound")
    job.run(delete=True)
    assert job.outputs() == {"a.png.mzt": "eno", "a.jpg.mzt": "dnuos"}


def test_the_last_copy_is_not_replaced_by_a_new_picture_of_the_same_name(job):
    """Cameras begin again at IMG_0001."""
    job.write(a_png="first")
    job.run(delete=True)
    job.write(a_png="second")
    summary = job.run(delete=True)
    assert errors(summary) == {"a.png": f"a.mzt {EXISTS}"}
    assert job.outputs() == {"a.mzt": "tsrif"}
    assert (job.source / "a.png").read_text() == "second"


def test_a_source_that_was_to_be_deleted_when_the_job_died(job):
    job.write(a_png="one")
    text, stat = "one", (job.source / "a.png").stat()
    job.run(delete=True)
    job.write(a_png=text)
    os.utime(job.source / "a.png", ns=(stat.st_mtime_ns, stat.st_mtime_ns))
    summary = job.run(delete=True)
    assert (summary.skipped, summary.deleted, summary.converted) == (1, 1, 0)
    assert os.listdir(job.source) == []


def test_a_source_that_cannot_be_deleted(job, monkeypatch):
    job.write(a_png="one")
    unlink = os.unlink

    def refuse(path) -> None:
        if str(path).endswith(".png"):
            raise PermissionError(13, "Permission denied")
        unlink(path)

    monkeypatch.setattr(os, "unlink", refuse)
    summary = job.run(delete=True)
    assert (summary.converted, summary.failures, summary.deleted) == (1, (), 0)
    assert kept(summary)["a.png"].startswith("it cannot be deleted: ")


# -- what a kill leaves behind ----------------------------------------------------------------------------


def cut(job, kind: str) -> None:
    """Take the last lines of that kind from the journal."""
    path = job.output / NAME
    path.write_text(
        "".join(line for line in path.read_text().splitlines(True) if not line.startswith('{"' + kind))
    )


def test_killed_after_the_rename(job):
    job.write(a_png="one", b_png="two")
    job.run()
    cut(job, "done")
    (job.output / "b.mzt").write_text("ow_")
    summary = job.run()
    assert (summary.skipped, errors(summary)) == (1, {"b.png": f"b.mzt {EXISTS}"})
    assert [record.kind for record in records(job) if record.source == "a.png"] == ["done"]


def test_killed_before_the_rename(job):
    job.write(a_png="one")
    job.run()
    cut(job, "done")
    (job.output / "a.mzt").unlink()
    assert job.run().converted == 1
    assert job.outputs() == {"a.mzt": "eno"}


def test_killed_after_the_rename_over_an_older_output(job):
    job.write(a_png="one")
    job.run()
    job.write(a_png="three")
    journal = (job.output / NAME).read_text()
    job.run()
    cut(job, "done")
    with open(job.output / NAME, "a") as file:
        file.write(journal.splitlines(True)[-1])
    (job.output / "a.mzt").write_text("eno")  # a begin for `three`, and the older output in its place
    assert job.run().converted == 1
    assert job.outputs() == {"a.mzt": "eerht"}


def test_temporary_files_of_dead_jobs_go_and_others_stay(job):
    job.write(a_png="one", sub__b_png="two")
    job.run()
    number = (job.output / NAME).read_text().split('"job":"')[1][:8]
    for folder in (job.output, job.output / "sub"):
        for name in (f".mzt-{number}-7.tmp", ".mzt-01234567-7.tmp", f".mzt-{number}.tmp"):
            (folder / name).write_text("half")
    job.run()
    left = {path.name for path in job.output.rglob(".mzt-*")}
    assert left == {".mzt-01234567-7.tmp", f".mzt-{number}.tmp"}


def test_one_job_at_a_time(job):
    job.write(a_png="one")
    job.output.mkdir()
    with only_job(str(job.output)), pytest.raises(FileAccess, match="another job writes into .*; wait until"):
        job.run()
    assert job.run().converted == 1


# -- places that cannot be written ------------------------------------------------------------------------


def test_a_file_stands_in_the_place_of_dst(job):
    job.write(a_png="one")
    job.output.write_text("a file")
    with pytest.raises(FileAccess, match="is not a folder; move what stands there"):
        job.run()


def test_a_file_stands_in_the_place_of_a_folder(job):
    job.write(a_png="one", sub__b_png="two")
    job.output.mkdir()
    (job.output / "sub").write_text("a file")
    summary = job.run()
    assert list(errors(summary)) == ["sub/b.png"]
    assert "is not a folder" in errors(summary)["sub/b.png"]
    assert job.outputs() == {"a.mzt": "eno", "sub": "a file"}


def test_a_folder_stands_in_the_place_of_an_output(job):
    job.write(a_png="one")
    (job.output / "a.mzt").mkdir(parents=True)
    assert errors(job.run()) == {"a.png": f"a.mzt {EXISTS}"}
    assert errors(job.run(force=True))["a.png"].startswith("a folder stands in the place of its output; ")


def test_names_of_any_bytes(job):
    names = [
        b"new\nline.png",
        b"not \xff utf-8.png",
        b"x" * 251 + b".png",
        "\N{SNOWMAN}.png".encode(),
        b"-q.png",
    ]
    for name in names:
        with open(os.path.join(os.fsencode(job.source), name), "w") as file:
            file.write("one")
    summary = job.run()
    assert (summary.converted, summary.failures) == (5, ())
    written = [name for name in os.listdir(os.fsencode(job.output)) if not name.startswith(b".")]
    assert sorted(written) == sorted(name[:-4] + b".mzt" for name in names)
    assert job.run().skipped == 5


def test_a_name_that_becomes_too_long(job):
    job.write(**{"x" * 251 + "_png": "one", "x" * 251 + "_jpg": "two", "y_png": "three"})
    summary = job.run()
    assert set(errors(summary).values()) == {"the name of its output is too long; give it a shorter name"}
    assert (len(summary.failures), summary.converted) == (2, 1)
