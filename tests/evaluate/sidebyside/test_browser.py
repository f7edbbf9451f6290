# SPDX-License-Identifier: Apache-2.0
"""The page in a real browser, from a file: what the eye sees, by mouse, finger and key, and what the policy stops.

Pixels of screenshots are compared, with one step of tolerance for a browser's colour rounding.
"""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mezzotint.runtime.pictures import Picture

pytestmark = pytest.mark.slow

RED, BLUE = (200, 30, 20), (20, 40, 180)
SIZE = (1000, 700)  # of the window


@pytest.fixture(scope="module")
def browser(load_module, tmp_path_factory):
    module = load_module(Path(__file__).with_name("browser.py"), "mezzotint_tests_browser")
    program = module.found()
    if program is None:
        pytest.skip("no Chromium or Chrome is installed")
    started = module.Browser(tmp_path_factory.mktemp("profile"), program)
    yield started
    started.close()


@pytest.fixture
def show(browser, make, tmp_path):
    """(A, B) -> the browser with their page open."""

    def open_page(a, b, size=SIZE, ratio=1, touch=False, **more):
        path = tmp_path / "side.html"
        path.write_bytes(make(a, b, **more))
        browser.complaints.clear()
        browser.requests.clear()
        browser.open(path, *size, ratio, touch)
        return browser

    yield open_page
    assert browser.complaints == []


def flat(colour, shape=(300, 400)):
    return Picture(np.full((*shape, 3), colour, np.uint8))


def looks(browser, x, y):
    """The colour of a point of the window, in CSS pixels."""
    image = np.asarray(Image.open(io.BytesIO(browser.picture())).convert("RGB"))
    scale = image.shape[1] / browser.value("innerWidth")
    return tuple(int(value) for value in image[int(y * scale), int(x * scale)])


def near(colour):
    return pytest.approx(colour, abs=1)


def box(browser, selector):
    """The left, top, width and height of an element in the window."""
    return browser.value(
        f"(() => {{ const r = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
        " return [r.x, r.y, r.width, r.height]; })()"
    )


def centre(browser, selector="#stage"):
    left, top, width, height = box(browser, selector)
    return left + width / 2, top + height / 2


def press(browser, selector):
    browser.drag(centre(browser, selector))


def test_only_the_file_is_asked_for(show, photo):
    browser = show(Picture(photo), Picture(photo))
    assert {url.split(":")[0] for url in browser.requests} == {"file", "data"}
    assert len([url for url in browser.requests if url.startswith("file:")]) == 1


def test_the_slider_by_mouse_and_keys(show):
    browser = show(flat(RED), flat(BLUE))
    x, y = centre(browser)
    width = box(browser, "#stage")[2]
    assert looks(browser, x - 60, y + 50) == near(RED)
    assert looks(browser, x + 60, y + 50) == near(BLUE)
    browser.drag((x, y), (x + 40, y), (x + 120, y))
    assert looks(browser, x + 80, y + 50) == near(RED)
    value = "+divider.getAttribute('aria-valuenow')"
    assert browser.value(value) == round(100 * (width / 2 + 120) / width)
    before = browser.value(value)
    browser.key("ArrowLeft")
    browser.key("ArrowLeft")
    assert browser.value(value) == pytest.approx(before - 4, abs=1)
    browser.key("Home")
    assert looks(browser, x - 60, y + 50) == near(BLUE)
    browser.key("End")
    assert looks(browser, x + 60, y + 50) == near(RED)


def test_the_slider_by_finger(show):
    browser = show(flat(RED, (30, 40)), flat(BLUE, (30, 40)), size=(390, 844), ratio=3, touch=True)
    x, y = centre(browser)
    browser.touch([(x, y)], [(x + 20, y)], [(x + 100, y)])
    assert looks(browser, x + 70, y + 50) == near(RED)
    assert looks(browser, x + 130, y + 50) == near(BLUE)


def test_blinking(show):
    browser = show(flat(RED), flat(BLUE))
    x, y = centre(browser)
    browser.key("f")
    assert looks(browser, x + 60, y) == near(RED)
    browser.key(" ", up=False)
    assert looks(browser, x - 60, y) == near(BLUE)
    browser.key(" ", down=False)
    assert looks(browser, x + 60, y) == near(RED)


def test_the_button_blinks(show):
    browser = show(flat(RED), flat(BLUE))
    x, y = centre(browser)
    button = centre(browser, "#hold")
    browser.mouse("Moved", *button)
    browser.mouse("Pressed", *button, button="left", clickCount=1)
    assert looks(browser, x - 60, y) == near(BLUE)
    browser.mouse("Released", *button, button="left", clickCount=1)
    assert looks(browser, x - 60, y) == near(RED)


def test_the_space_bar_blinks_after_a_click_too(show):
    browser = show(flat(RED), flat(BLUE))
    x, y = centre(browser)
    press(browser, "[data-view=flip]")
    browser.key(" ", up=False)
    assert looks(browser, x, y) == near(BLUE)
    browser.key(" ", down=False)
    assert looks(browser, x, y) == near(RED)
    assert browser.value("document.querySelector('[data-view=flip]').getAttribute('aria-pressed')") == "true"


def test_the_difference_is_amplified(show):
    browser = show(flat((100, 100, 100)), flat((103, 99, 100)))
    x, y = centre(browser)
    browser.key("d")
    for gain in (4, 1, 16):
        press(browser, f"[data-gain='{gain}']")
        assert looks(browser, x, y) == near((3 * gain, gain, 0))


def test_the_difference_of_transparency(show):
    """Black that is half transparent differs from black over white only."""
    black, alpha = np.zeros((300, 400, 3), np.uint8), np.full((300, 400), 155, np.uint8)
    browser = show(Picture(black), Picture(black, alpha))
    x, y = centre(browser)
    browser.key("d")
    press(browser, "[data-gain='1']")
    assert looks(browser, x, y) == near((100, 100, 100))


def test_zoom_shows_pixels_as_squares(show):
    board = np.zeros((200, 200, 3), np.uint8)
    board[::2, ::2] = board[1::2, 1::2] = 255
    browser = show(Picture(board), Picture(board))
    browser.key("f")
    browser.key("1")
    assert browser.value("zoom.textContent") == "100 %"
    for _ in range(20):
        browser.key("+")
    assert browser.value("zoom.textContent") == "3200 %"
    x, y = centre(browser)
    image = np.asarray(Image.open(io.BytesIO(browser.picture())).convert("L"))
    seen = image[int(y) - 100 : int(y) + 100, int(x) - 100 : int(x) + 100]
    assert set(np.unique(seen)) == {0, 255}
    assert (np.diff(np.flatnonzero(np.diff(seen[50].astype(int)))) == 32).all()
    browser.key("0")
    assert browser.value("zoom.textContent") == "300 %"  # what fits, in whole numbers


def test_the_wheel_zooms_where_the_mouse_is(show):
    marked = np.zeros((600, 800, 3), np.uint8)
    marked[300:310, 500:510] = 255
    browser = show(Picture(marked), Picture(marked))
    browser.key("f")
    browser.key("1")
    left, top, _, _ = box(browser, "#a img")
    x, y = left + 505, top + 305
    for _ in range(4):
        browser("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=0, deltaY=-200)
    browser.settle()
    assert float(browser.value("zoom.textContent").split()[0]) == pytest.approx(100 * np.exp(1.6), rel=0.01)
    assert looks(browser, x, y) == near((255, 255, 255))
    browser.drag((x, y), (x - 30, y), (x - 90, y - 60))
    assert looks(browser, x, y) == (0, 0, 0)
    assert looks(browser, x - 90, y - 60) == near((255, 255, 255))


def test_pinching(show, photo):
    browser = show(Picture(photo), Picture(photo), size=(390, 844), ratio=2, touch=True)
    before = float(browser.value("zoom.textContent").split()[0])
    x, y = centre(browser)
    browser.touch([(x - 30, y), (x + 30, y)], [(x - 60, y), (x + 60, y)], [(x - 90, y), (x + 90, y)])
    after = float(browser.value("zoom.textContent").split()[0])
    assert after == pytest.approx(3 * before, rel=0.02)


def test_a_double_click_goes_in_and_out(show):
    browser = show(flat(RED, (3000, 4000)), flat(BLUE, (3000, 4000)))
    x, y = centre(browser)
    fitted = browser.value("zoom.textContent")
    for expected in ("100 %", fitted):
        browser.drag((x + 60, y))
        browser.drag((x + 60, y))
        assert browser.value("zoom.textContent") == expected


def test_copying_the_command(show, noisy):
    command = "mzt encode $'a\\012\"b<i>.png' b.mzt -q 60"
    browser = show(*noisy, command=command)
    browser("Emulation.setFocusEmulationEnabled", enabled=True)
    browser("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    press(browser, "#copy")
    assert browser.value("navigator.clipboard.readText()") == command
    assert browser.value("copied.textContent") == "copied"


@pytest.mark.parametrize("size", [(320, 568), (390, 844), (844, 390), (1000, 700), (1920, 1080)])
def test_nothing_sticks_out(show, noisy, size):
    names = ("a very long name of a photo " * 6 + ".png", "b" * 200 + ".mzt")
    command = f"mzt encode {'x' * 300} b.mzt"
    browser = show(*noisy, size=size, names=names, command=command, sizes=(23_790_660, 12_479_438))
    assert browser.value("document.documentElement.scrollWidth") <= size[0]
    sides = browser.value(
        "[...document.querySelectorAll('button, #stage, aside, table, pre, .chip')].filter(e => e.offsetParent)"
        ".map(e => { const r = e.getBoundingClientRect(); return [r.left, r.right, r.height]; })"
    )
    for left, right, height in sides:
        assert left >= 0 and right <= size[0] and height > 20
    inner, outer = box(browser, "table"), box(browser, "aside")
    assert inner[0] + inner[2] <= outer[0] + outer[2] - 10
    assert browser.value("stage.clientHeight") > 0.4 * size[1]


def test_the_policy_stops_what_gets_in(browser, show, noisy):
    show(*noisy)
    script = (
        "(async () => { const s = document.createElement('script'); s.textContent = 'window.got = 1';"
        " document.head.append(s); const d = document.createElement('div'); d.innerHTML ="
        " '<img src=x onerror=\"window.got = 2\">'; document.body.append(d);"
        " const asked = await fetch('https://example.org/').then(() => 'yes', () => 'no');"
        " await new Promise(done => setTimeout(done, 200)); return [window.got === undefined, asked]; })()"
    )
    assert browser.value(script) == [True, "no"]
    assert len(browser.complaints) >= 3
    assert all("Content Security Policy" in complaint for complaint in browser.complaints)
    browser.complaints.clear()
