"""A headless Chromium, driven by the Chrome DevTools Protocol over pipes
(https://chromedevtools.github.io/devtools-protocol): messages of JSON, each with a zero byte behind it."""
import fcntl
import json
import os
import subprocess

from gateway import GUARD, need, within

PROGRAM = "chromium"
# Chromium reads commands from descriptor 3 and writes answers to 4.
READS, WRITES = 3, 4


class Chromium:
    def __init__(self, place):
        commands, self._commands = _pipe()
        self._answers, answers = _pipe()

        def set_up():
            os.dup2(commands, READS)
            os.dup2(answers, WRITES)

        self._process = subprocess.Popen(
            [PROGRAM, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
             f"--user-data-dir={place}/browser", "--remote-debugging-pipe", "about:blank"],
            preexec_fn=set_up, pass_fds=(READS, WRITES), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(commands)
        os.close(answers)
        self._read = os.fdopen(self._answers, "rb")
        self._buffer = b""
        self._last = 0
        self._session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Emulation.setFocusEmulationEnabled", enabled=True)  # pages have the keyboard

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._process.kill()
        self._process.wait(GUARD)
        os.close(self._commands)
        self._read.close()

    def call(self, method, **parameters):
        """Carries out a command of the protocol and returns its result."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._last:
                need("error" not in answer, method, answer)
                return answer["result"]

    def open(self, url, width):
        """Opens an address in a window of this width."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
        self.call("Page.navigate", url=url)

    def run(self, script):
        """Returns the value of a JavaScript expression in the page."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        need("exceptionDetails" not in answer, script, answer)
        return answer["result"].get("value")

    def press(self, key):
        """Presses a key: a character, Enter or Tab."""
        number, text = {"Enter": (13, "\r"), "Tab": (9, None)}.get(key, (ord(key[0].upper()), key))
        names = {"key": key, "windowsVirtualKeyCode": number, **({"code": key} if len(key) > 1 else {})}
        if text is None:
            self.call("Input.dispatchKeyEvent", type="rawKeyDown", **names)
        else:
            self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **names)
        self.call("Input.dispatchKeyEvent", type="keyUp", **names)

    def write(self, text):
        """Writes into what has the focus."""
        self.call("Input.insertText", text=text)

    def click(self, text):
        """Clicks the button with this text when it is there and can be used."""
        button = f"[...document.querySelectorAll('button')].reverse().find((one) => one.textContent === {json.dumps(text)})"
        within(lambda: self.run(f"(() => {{ const button = {button}; const ready = button && !button.disabled;"
                                " if (ready) button.click(); return Boolean(ready); })()"), text)

    def _next(self):
        while b"\0" not in self._buffer:
            more = self._read.read1(65536)
            need(more, "the browser has ended")
            self._buffer += more
        message, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(message)


def _pipe():
    """A pipe whose descriptors are none of those that Chromium uses."""
    return [_moved(end) for end in os.pipe()]


def _moved(descriptor):
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(descriptor)
    return moved
