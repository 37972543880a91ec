"""The status page in a real browser, while the demonstration runs: what is seen, by whom, and how soon.

    page.py AFTERCARE IMAGES

Starts `aftercare demo`, looks at its page before, during and after the failover with Debian's Chromium, and writes the
screenshots into IMAGES. Fails on what axe-core finds, on a keyboard that does not reach everything, on anything that the
browser complains of, and on a page that is not the same without JavaScript.
"""

import html
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

PORT = 8417
BASE = f"http://127.0.0.1:{PORT}"
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1200, "height": 1000}
wrong = []


def check(holds, words):
    print(("ok      " if holds else "WRONG   ") + words, flush=True)
    if not holds:
        wrong.append(words)


def wait(words, condition, seconds=90):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.1)
    raise SystemExit(f"gave up after {seconds} s: {words}")


def answers():
    try:
        return urllib.request.urlopen(BASE + "/healthz", timeout=2).status == 200
    except OSError:
        return False


def status():
    return json.load(urllib.request.urlopen(BASE + "/api/v1/status", timeout=5))


class Stream(threading.Thread):
    """When each event was told, by this host's clock."""

    def __init__(self):
        super().__init__(daemon=True)
        self.told = {}

    def run(self):
        with urllib.request.urlopen(BASE + "/api/v1/events/stream", timeout=120) as lines:
            for line in lines:
                if line.startswith(b"data: "):
                    event = json.loads(line[6:])
                    self.told[event["sequence"]] = (time.time(), event)


def accessible(page, words):
    found = Axe().run(page).response["violations"]
    for violation in found:
        nodes = [node["html"][:120] for node in violation["nodes"][:3]]
        print(f"        {violation['id']} ({violation['impact']}): {violation['help']}: {nodes}")
    check(not found, f"axe-core finds nothing on {words}")


def keyboard(page):
    """Every link is reached with the tabulator alone, the first one skips to the content, and each shows where it is."""
    page.goto(BASE + "/")
    page.keyboard.press("Tab")
    first = page.evaluate("document.activeElement.textContent")
    check(first.startswith("Skip"), "the first tabulator offers to skip to the content")

    def places():
        return set(page.evaluate(
            "[...document.querySelectorAll('a:not(.skip), [tabindex=\"0\"]')]"
            ".map(e => e.getAttribute('href') || e.getAttribute('aria-label'))"))

    wanted = places()
    reached, hidden = {first}, 0
    for _ in range(len(wanted) * 4):
        page.keyboard.press("Tab")
        at = page.evaluate(
            "(() => { const e = document.activeElement; const s = getComputedStyle(e);"
            " return [e.getAttribute('href') || e.getAttribute('aria-label') || e.tagName, s.outlineStyle]; })()")
        if at[0] == "BODY":
            break
        reached.add(at[0])
        hidden += at[1] == "none"
    # What came or went while the tabulator was on its way was not there to be reached.
    missing = wanted & places() - reached
    check(not missing, f"the keyboard reaches all {len(wanted)} links and regions {sorted(missing)[:3]}")
    check(hidden == 0, "what has the keyboard is seen")


def live(page, stream):
    """How long after an event the page shows something else."""
    page.goto(BASE + "/")
    page.evaluate(
        "() => { window.changes = []; new MutationObserver(() => window.changes.push(Date.now() / 1000))"
        ".observe(document.getElementById('main'), { childList: true }); }")
    time.sleep(8)
    changes = page.evaluate("window.changes")
    lags = []
    for when, _ in stream.told.values():
        after = [change - when for change in changes if change >= when]
        if after and when > changes[0]:
            lags.append(min(after))
    check(len(lags) > 20, f"the page follows events without being loaded again ({len(lags)} events)")
    if lags:
        lags.sort()
        print(f"        from an event to the new page: median {lags[len(lags) // 2]:.2f} s, longest {lags[-1]:.2f} s")
        check(lags[len(lags) // 2] < 5, "the page is live")


def metrics():
    text = urllib.request.urlopen(BASE + "/metrics", timeout=5).read()
    found = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True)
    print("        " + found.stderr.decode().strip().replace("\n", "\n        ") if found.stderr else "", end="")
    check(found.returncode == 0, f"promtool finds nothing in {len(text.splitlines())} lines of metrics")


def terminal(browser, told, image):
    """The end of what the demonstration has told, as a terminal shows it."""
    told.seek(0)
    lines = told.read().decode().splitlines()
    first = next(i for i, line in enumerate(lines) if "failover completed" in line)
    shown = html.escape("\n".join(line[:150] for line in lines[first:first + 36]))
    page = browser.new_context(viewport={"width": 1200, "height": 720}).new_page()
    page.set_content(
        "<body style='margin:0;background:#0d1117;color:#e6edf3'>"
        f"<pre style='font:13px/1.45 monospace;padding:16px;margin:0'>$ script/demo\n{shown}</pre>")
    page.screenshot(path=image)


def without_script(browser):
    page = browser.new_context(viewport=DESK, java_script_enabled=False).new_page()
    page.goto(BASE + "/")
    check("Where everything is" in page.content(), "the page is whole without JavaScript")
    check('http-equiv="refresh"' in page.content(), "and loads itself again")


def main():
    aftercare, images = sys.argv[1], pathlib.Path(sys.argv[2])
    images.mkdir(parents=True, exist_ok=True)
    told = tempfile.TemporaryFile()
    demo = subprocess.Popen([aftercare, "demo", "--linger", "--port", str(PORT)], stdout=told, stderr=subprocess.PIPE)
    try:
        wait("the page", answers)
        stream = Stream()
        stream.start()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            context = browser.new_context(viewport=DESK, color_scheme="light")
            page = context.new_page()
            page.on("console", lambda m: check(m.type != "error", f"the browser says: {m.text}"))
            page.on("pageerror", lambda e: check(False, f"the script fails: {e}"))
            wait("the items", lambda: status()["items"] >= 28)
            page.goto(BASE + "/")
            page.screenshot(path=images / "status-before.png")
            accessible(page, "the quiet fleet")
            wait("the failover", lambda: status()["counts"].get("healing", 0) > 4)
            page.goto(BASE + "/")
            page.screenshot(path=images / "status-during.png")
            phone = browser.new_context(viewport=PHONE, color_scheme="dark", device_scale_factor=2).new_page()
            phone.goto(BASE + "/")
            phone.screenshot(path=images / "status-phone.png")
            wide = phone.evaluate("document.documentElement.scrollWidth")
            check(wide <= PHONE["width"], f"nothing hangs over a phone's edge ({wide} px)")
            live(page, stream)
            accessible(page, "the failover")
            accessible(phone, "the failover, dark and on a phone")
            wait("the heals", lambda: status()["counts"].get("healed", 0) >= 25)
            page.goto(BASE + "/")
            page.screenshot(path=images / "status-after.png")
            page.goto(BASE + "/machine?item=erp-queue-01")
            page.screenshot(path=images / "status-machine.png")
            check("Baseline" in page.content(), "a machine's page tells its baseline and its story")
            accessible(page, "a machine")
            page.goto(BASE + "/failovers")
            accessible(page, "the list of failovers")
            page.goto(BASE + page.get_attribute("table a >> nth=0", "href"))
            page.screenshot(path=images / "report.png")
            accessible(page, "a failover's report")
            check(bool(re.search(r"<rect class=\"gap", page.content())), "the report draws the log gaps")
            keyboard(page)
            metrics()
            without_script(browser)
            terminal(browser, told, images / "demo.png")
            browser.close()
    finally:
        demo.terminate()
    if wrong:
        raise SystemExit(f"{len(wrong)} things are wrong")
    print("page: everything holds")


main()
