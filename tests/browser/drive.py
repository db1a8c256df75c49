"""Drives the HTML report in a real browser: `make browser`. Needs chromium, node and npm.

What npm installs and what is written goes into a temporary folder; with ARGS=--keep it stays.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from reports import write_pages

PACKAGES = ("playwright-core@1.65.1", "axe-core@4.14.1")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SETUP = "Debian and Ubuntu: apt install chromium nodejs npm"
DRIVER = Path(__file__).with_name("report.mjs")


def main() -> int:
    """Write the pages, install the driver, run it; return its exit status."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--keep", action="store_true", help="keep pages and screenshots")
    options.add_argument("parts", nargs="*", metavar="PART", help="run these alone, such as size")
    asked = options.parse_args()
    browser = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        return _complain(f"no Chromium was found; set CHROMIUM to one, or install it. {SETUP}")
    missing = [program for program in ("node", "npm") if shutil.which(program) is None]
    if missing:
        return _complain(f"{' and '.join(missing)} not found. {SETUP}")
    folder = Path(tempfile.mkdtemp(prefix="gate-browser-"))
    try:
        return _drive(folder, browser, asked.parts)
    finally:
        if asked.keep:
            sys.stdout.write(f"pages and screenshots are in {folder}\n")
        else:
            shutil.rmtree(folder)


def _drive(folder: Path, browser: str, parts: list[str]) -> int:
    write_pages(folder)
    shutil.copy(DRIVER, folder)
    install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
    installed = subprocess.run([*install, *PACKAGES], cwd=folder, check=False)
    if installed.returncode != 0:
        return _complain(f"npm could not install {' '.join(PACKAGES)}; is a registry in reach?")
    return subprocess.run(
        ["node", DRIVER.name, browser, str(folder), *parts], cwd=folder, check=False
    ).returncode


def _complain(message: str) -> int:
    sys.stderr.write(f"error: {message}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
