# SPDX-License-Identifier: Apache-2.0
"""Models are found by their id, in the package and in MZT_MODELS, and never guessed."""

import os
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from mezzotint.bundle import Bundle, assemble, default, dump, find, library, listing, resolve, save
from mezzotint.errors import DamagedModel, FileAccess, UnknownModel


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty MZT_MODELS, and an installation without a default model."""
    monkeypatch.setenv("MZT_MODELS", str(tmp_path))
    monkeypatch.setattr(library, "_DEFAULT", tmp_path / "package" / "default.mztm")
    return tmp_path


def test_found_by_id_whatever_the_name(folder: Path, bundle: Bundle) -> None:
    save(folder / "whatever.mztm", bundle)
    (folder / "broken.mztm").write_bytes(b"no bundle")
    (folder / "notes.txt").write_text("not looked at")
    assert find(bundle.model_id).model_id == bundle.model_id
    assert find(bundle.model_id) is find(bundle.model_id)  # kept
    assert [summary.path.name for summary in listing()] == ["whatever.mztm"]


def test_unknown_models_are_named_with_a_remedy(folder: Path) -> None:
    with pytest.raises(UnknownModel, match=r"0011223344556677.*--model FILE.*MZT_MODELS"):
        find(bytes.fromhex("0011223344556677"))


def test_a_given_model_must_fit(folder: Path, bundle: Bundle) -> None:
    save(folder / "a.mztm", bundle)
    assert find(bundle.model_id, folder / "a.mztm").model_id == bundle.model_id
    assert find(bundle.model_id, bundle) is bundle
    with pytest.raises(UnknownModel, match=f"{'00' * 8}.*{bundle.model_id.hex()}"):
        find(bytes(8), bundle)
    with pytest.raises(FileAccess):
        find(bundle.model_id, folder / "none.mztm")


def test_the_default_comes_first_and_hides_a_bad_folder(
    folder: Path, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UnknownModel, match="no default model"):
        default()
    (folder / "package").mkdir()
    save(folder / "package" / "default.mztm", bundle)
    assert default().model_id == bundle.model_id
    assert resolve(None) is default()
    monkeypatch.setenv("MZT_MODELS", str(folder / "none"))
    assert find(bundle.model_id) is default()
    with pytest.raises(FileAccess, match="MZT_MODELS"):
        find(bytes(8))


def test_a_changed_file_is_read_anew(folder: Path, bundle: Bundle, tiny: ModuleType) -> None:
    save(folder / "a.mztm", bundle)
    assert resolve(folder / "a.mztm").card.name == "tiny"
    save(folder / "a.mztm", assemble(replace(bundle.card, name="renamed"), tiny.graphs(), tiny.arrays()))
    assert resolve(str(folder / "a.mztm")).card.name == "renamed"


def test_an_altered_bundle_is_refused(folder: Path, bundle: Bundle) -> None:
    save(folder / "a.mztm", bundle)
    data = bytearray((folder / "a.mztm").read_bytes())
    data[-5] ^= 1
    (folder / "a.mztm").write_bytes(data)
    with pytest.raises(DamagedModel, match="SHA-256"):
        find(bundle.model_id)


def test_a_damaged_copy_hides_no_sound_one(folder: Path, bundle: Bundle) -> None:
    save(folder / "b.mztm", bundle)
    data = bytearray((folder / "b.mztm").read_bytes())
    data[-5] ^= 1
    (folder / "a.mztm").write_bytes(data)
    assert find(bundle.model_id).model_id == bundle.model_id


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX pipes")
def test_a_pipe_in_the_folder_is_passed_over(folder: Path, bundle: Bundle) -> None:
    os.mkfifo(folder / "pipe.mztm")
    (folder / "folder.mztm").mkdir()
    (folder / "loop.mztm").symlink_to("loop.mztm")
    save(folder / "sound.mztm", bundle)
    assert [summary.path.name for summary in listing()] == ["sound.mztm"]


def test_a_file_that_was_written_over_is_read_anew(folder: Path, bundle: Bundle, tiny: ModuleType) -> None:
    """Of the same size and in the same tick of the clock: time and size alone say nothing then."""
    save(folder / "a.mztm", bundle)
    assert resolve(folder / "a.mztm").card.name == "tiny"
    status = (folder / "a.mztm").stat()
    other = dump(assemble(replace(bundle.card, name="tony"), tiny.graphs(), tiny.arrays()))
    (folder / "a.mztm").write_bytes(other)
    os.utime(folder / "a.mztm", ns=(status.st_atime_ns, status.st_mtime_ns))
    while (folder / "a.mztm").stat().st_ctime_ns == status.st_ctime_ns:  # the clock of files may be coarse
        os.utime(folder / "a.mztm", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (folder / "a.mztm").stat().st_size == status.st_size
    assert resolve(folder / "a.mztm").card.name == "tony"


def test_a_damaged_model_is_named_with_the_id_of_the_file(folder: Path, bundle: Bundle) -> None:
    path = folder / "a.mztm"
    save(path, bundle)
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)
    for model in (None, path):
        with pytest.raises(DamagedModel) as caught:
            find(bundle.model_id, model)
        assert bundle.model_id.hex() in str(caught.value) and "a.mztm: the model bundle" in str(caught.value)
    with pytest.raises(DamagedModel, match=r"a\.mztm: the model bundle is refused"):
        resolve(path)
