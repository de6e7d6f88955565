"""A headless Chromium, driven over pipes by its DevTools protocol.

See https://chromedevtools.github.io/devtools-protocol/.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

_INSTALLED: Final = Path(__file__).parent.parent.parent / ".local" / "chromium"
_SECONDS: Final = 60
_FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    # No name is ever looked up: whatever a page asks for outside, it does not get.
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--remote-debugging-pipe",
)


def executable() -> Path | None:
    """Return the browser that `make setup` installed, or else one of the system; None where there is neither."""
    installed = _INSTALLED / "chromium"
    if installed.is_file():
        return installed
    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    return None if found is None else Path(found)


class Page:
    """A tab that remembers the addresses that it asked for, and what the browser said of errors in it."""

    def __init__(self, browser: "_Browser", session: str) -> None:
        self._browser = browser
        self._session = session
        self.requests: list[str] = []
        self.complaints: list[str] = []
        for domain in ("Page", "Network", "Runtime", "DOM", "Log"):
            self._call(f"{domain}.enable")

    def open(self, url: str, *, width: int, dark: bool = False) -> None:
        """Open an address in a window of a width in CSS pixels, and wait until it is loaded."""
        scale = {"width": width, "height": 900, "deviceScaleFactor": 2 if width < 500 else 1, "mobile": width < 500}
        self._call("Emulation.setDeviceMetricsOverride", **scale)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._call("Emulation.setEmulatedMedia", features=[scheme])
        self.requests.clear()
        self.complaints.clear()
        self._call("Page.navigate", url=url)
        self._browser.wait_for("Page.loadEventFired", self._session)
        self._note()

    def evaluate(self, expression: str) -> Any:  # noqa: ANN401 (JSON)
        answer = self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def accessibility_tree(self) -> list[dict[str, Any]]:
        """Return the nodes that a screen reader is told of."""
        nodes = self._call("Accessibility.getFullAXTree")["nodes"]
        return [node for node in nodes if not node.get("ignored")]

    def screenshot(self) -> bytes:
        size = self._call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        answer = self._call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        return base64.b64decode(answer["data"])

    def pdf(self) -> bytes:
        """Return the page as it is printed on A4."""
        answer = self._call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, preferCSSPageSize=True)
        return base64.b64decode(answer["data"])

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
        answer = self._browser.call(method, parameters, self._session)
        self._note()
        return answer

    def _note(self) -> None:
        for event in self._browser.events:
            if event.get("sessionId") == self._session:
                said = event["params"]
                if event["method"] == "Network.requestWillBeSent":
                    self.requests.append(said["request"]["url"])
                elif event["method"] == "Log.entryAdded":
                    self.complaints.append(said["entry"]["text"])
        self._browser.events.clear()


class _Browser:
    """The two pipes, with JSON messages that end in a zero byte."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._out = to_browser
        self._in = from_browser
        self._buffer = b""
        self._number = 0
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, parameters: dict[str, Any], session: str | None = None) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._out, data) :]
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                assert "error" not in answer, (method, answer["error"])
                result: dict[str, Any] = answer["result"]
                return result
            if "method" in answer:
                self.events.append(answer)

    def wait_for(self, method: str, session: str) -> None:
        seen = 0
        while not any(one["method"] == method and one.get("sessionId") == session for one in self.events[seen:]):
            seen = len(self.events)
            answer = self._read()
            if "method" in answer:
                self.events.append(answer)

    def _read(self) -> dict[str, Any]:
        deadline = time.monotonic() + _SECONDS
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._in], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"the browser said nothing in {_SECONDS} s"
            piece = os.read(self._in, 1 << 20)
            assert piece, "the browser has ended"
            self._buffer += piece
        line, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        return message


@contextmanager
def browsing(folder: Path) -> Iterator[Page]:
    """Start a browser with a profile of its own in a folder, and end it."""
    program = executable()
    assert program is not None
    to_browser_read, to_browser = os.pipe()
    from_browser, from_browser_write = os.pipe()
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **_libraries(program, folder)}

    def hand_over() -> None:
        # The browser reads what it is told from 3 and answers on 4.
        ours = os.dup(to_browser_read), os.dup(from_browser_write)
        os.dup2(ours[0], 3)
        os.dup2(ours[1], 4)

    with (folder / "chromium.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 (our own arguments)
            [str(program), *_FLAGS, f"--user-data-dir={folder / 'profile'}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            close_fds=False,
            preexec_fn=hand_over,  # noqa: PLW1509 (no other thread is started here)
        )
    os.close(to_browser_read)
    os.close(from_browser_write)
    try:
        browser = _Browser(to_browser, from_browser)
        target = browser.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = browser.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        yield Page(browser, session)
    finally:
        process.kill()
        process.wait()
        os.close(to_browser)
        os.close(from_browser)


def _libraries(program: Path, folder: Path) -> dict[str, str]:
    """Return what the browser of `make setup` needs to find its libraries and fonts; another needs nothing."""
    if program.parent != _INSTALLED:
        return {}
    fonts = folder / "fonts.conf"
    fonts.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"<dir>{_INSTALLED / 'fonts'}</dir><cachedir>{folder / 'fonts'}</cachedir></fontconfig>"
    )
    return {"LD_LIBRARY_PATH": str(_INSTALLED / "lib"), "FONTCONFIG_FILE": str(fonts)}
