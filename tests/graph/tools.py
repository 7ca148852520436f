"""Other people's programs that judge what is drawn.

Where one is missing the test is skipped with the reason; not in the continuous
integration, where ``HEARTBEAT_ALL_TESTS`` is set: there it fails.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from twisted.trial.unittest import SkipTest

__all__ = ["dot", "in_browser", "mermaid_errors", "parsed"]

BROWSERS = ("chromium", "chromium-browser", "google-chrome")

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--virtual-time-budget=60000",
)

LONGEST = 120.0
"""Seconds for one run of such a program."""

MERMAID = Path(__file__).parents[2] / "build" / "mermaid" / "mermaid.min.js"
"""Unless the environment variable ``HEARTBEAT_MERMAID`` says otherwise."""


def parsed(xml: str) -> ET.Element:
    """What *xml* says; it must be well-formed."""
    return ET.fromstring(xml)  # noqa: S314 - we wrote it


def dot(source: str) -> dict[str, Any]:
    """What Graphviz makes of *source*, as JSON with places.

    Raises:
        subprocess.CalledProcessError: It is not valid.
    """
    command = [_program("dot"), "-Tjson"]
    done = subprocess.run(
        command, input=source.encode(), capture_output=True, check=True, timeout=LONGEST
    )
    # A warning is an error.
    if done.stderr:
        raise ValueError(done.stderr.decode())
    found: dict[str, Any] = json.loads(done.stdout.decode("utf-8", "replace"))
    return found


def in_browser(page: str) -> str:
    """The document that a browser makes of *page*, after its scripts."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "page.html")
        path.write_text(page, "utf-8")
        home = f"--user-data-dir={folder}/profile"
        command = [_program(*BROWSERS), *FLAGS, home, "--dump-dom", path.as_uri()]
        done = subprocess.run(command, capture_output=True, check=True, timeout=LONGEST)
    return done.stdout.decode()


def mermaid_errors(charts: list[str]) -> list[str]:
    """What Mermaid's own parser has to say against *charts*; none if nothing."""
    path = Path(os.environ.get("HEARTBEAT_MERMAID", MERMAID))
    if not path.exists():
        _missing(f"there is no {path}")
    # No text in it can end the element.
    data = json.dumps(charts).replace("<", "\\u003c")
    page = f"""<!DOCTYPE html><meta charset="utf-8"><pre id="out"></pre>
    <script src="{path.as_uri()}"></script><script>
    (async () => {{
      const errors = [];
      for (const chart of {data}) {{
        try {{
          await mermaid.parse(chart);
        }} catch (error) {{
          errors.push(chart + "\\n" + error);
        }}
      }}
      document.getElementById("out").textContent = "result:" +
        Array.from(new TextEncoder().encode(JSON.stringify(errors)),
                   (b) => b.toString(16).padStart(2, "0")).join("") + ":";
    }})();
    </script>"""
    _, found, rest = in_browser(page).partition('id="out">result:')
    if not found:
        raise ValueError("Mermaid said nothing")
    errors: list[str] = json.loads(bytes.fromhex(rest.partition(":")[0]))
    return errors


def _program(*names: str) -> str:
    found = next((path for path in map(shutil.which, names) if path), None)
    return found or _missing(f"there is no {' or '.join(names)}")


def _missing(reason: str) -> str:
    if "HEARTBEAT_ALL_TESTS" in os.environ:
        raise RuntimeError(reason)
    raise SkipTest(reason)
