# SPDX-License-Identifier: Apache-2.0
"""A browser without a window, driven by the DevTools protocol through two pipes: no package, no port.

Messages are JSON with a zero byte behind each; the browser reads descriptor 3 and writes descriptor 4. What the page
complains about (blocked by its policy, exceptions) is collected in `complaints`.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
KEYS = {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, " ": 32, "Home": 36, "End": 35}


def found() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    def __init__(self, profile: Path, program: str) -> None:
        there, self._out = os.pipe()
        self._in, back = os.pipe()

        def wire() -> None:
            a, b = os.dup(there), os.dup(back)  # neither may be 3 or 4 while they are set
            os.dup2(a, 3)
            os.dup2(b, 4)

        flags = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--remote-debugging-pipe",
            "--no-first-run",
        ]
        self._process = subprocess.Popen(
            [program, *flags, "--disable-dev-shm-usage", f"--user-data-dir={profile}", "about:blank"],
            preexec_fn=wire,
            pass_fds=(3, 4, there, back),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(there)
        os.close(back)
        self._left = b""
        self._number = 0
        self._session: str | None = None
        self.complaints: list[str] = []
        self.requests: list[str] = []
        target = self("Target.createTarget", url="about:blank")["targetId"]
        self._session = self("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self(f"{domain}.enable")

    def __call__(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol and wait for its answer."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                result: dict[str, Any] = answer["result"]
                return result

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            read = os.read(self._in, 1 << 20)
            if not read:
                raise RuntimeError("the browser has gone")
            self._left += read
        line, self._left = self._left.split(b"\0", 1)
        message: dict[str, Any] = json.loads(line)
        event, parameters = message.get("method"), message.get("params", {})
        if event == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(parameters["exceptionDetails"])[:500])
        if event == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            self.complaints.append(parameters["entry"]["text"])
        if event == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        return message

    def open(self, path: Path, width: int, height: int, ratio: float = 1, touch: bool = False) -> None:
        self(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=ratio,
            mobile=touch,
        )
        self("Emulation.setTouchEmulationEnabled", enabled=touch)
        self("Page.navigate", url=path.as_uri())
        self.value(
            "new Promise(done => { const ready = () => document.readyState === 'complete' && location.protocol === "
            "'file:' ? Promise.all([...document.images].map(i => i.decode())).then(() => done(1)) "
            ": setTimeout(ready, 20); ready(); })"
        )
        self.settle()

    def settle(self) -> None:
        """Wait until what was changed has been drawn."""
        self.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")

    def value(self, script: str) -> Any:
        """What a script gives, promises awaited."""
        answer = self("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"])[:800])
        return answer["result"].get("value")

    def picture(self, whole: bool = False) -> bytes:
        """A screenshot, PNG."""
        self.settle()
        return base64.b64decode(self("Page.captureScreenshot", captureBeyondViewport=whole)["data"])

    def mouse(self, kind: str, x: float, y: float, **more: Any) -> None:
        self("Input.dispatchMouseEvent", type=f"mouse{kind}", x=x, y=y, **more)

    def drag(self, *points: tuple[float, float]) -> None:
        self.mouse("Moved", *points[0])
        self.mouse("Pressed", *points[0], button="left", buttons=1, clickCount=1)
        for point in points[1:]:
            self.mouse("Moved", *point, button="left", buttons=1)
        self.mouse("Released", *points[-1], button="left", clickCount=1)
        self.settle()

    def touch(self, *steps: list[tuple[float, float]]) -> None:
        """Fingers put down, moved and lifted: one list of positions a moment."""
        for number, points in enumerate(steps):
            kind = "touchMove" if number else "touchStart"
            self("Input.dispatchTouchEvent", type=kind, touchPoints=[{"x": x, "y": y} for x, y in points])
        self("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
        self.settle()

    def key(self, key: str, down: bool = True, up: bool = True, shift: bool = False) -> None:
        text = {"text": key} if len(key) == 1 else {}
        code = {"windowsVirtualKeyCode": KEYS.get(key, ord(key[0].upper()))}
        if down:
            self("Input.dispatchKeyEvent", type="keyDown", key=key, modifiers=8 * shift, **text, **code)
        if up:
            self("Input.dispatchKeyEvent", type="keyUp", key=key, modifiers=8 * shift, **code)
        self.settle()

    def close(self) -> None:
        for descriptor in (self._out, self._in):
            os.close(descriptor)
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
