"""The workflows as text: templates in files/, filled with what was seen of a repository.

A mark `<<name>>` stands for a value. Values are made harmless for the place where they stand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.resources import files

from gate import __version__
from gate.init.install import OLDEST, Install
from gate.report.words import one_line
from gate.source.branches import DefaultBranch

# Third-party actions by commit, as a tag can be moved; the comment says which version it is.
PINS = {
    "checkout": "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0",
    "setup_python": "actions/setup-python@e797f83bcb11b83ae66e0230d6156d7c80228e7c # v6.0.0",
    "upload_artifact": "actions/upload-artifact@330a01c490aca151604b8cf639adc76d48f6c5d4 # v5.0.0",
    "download_artifact": "actions/download-artifact@018cc2cf5baa6db3ef3c5f8a56943fffe632ef53 # v6.0.0",
}
NAMES = ("gate.yml", "gate-comment.yml")
_MARK = re.compile(r"<<(\w+)>>")
# Signs that GitHub reads as a pattern where a branch may have them in its name.
_PATTERN = re.compile(r"([+!()\]@\\])")


def workflow_texts(
    branch: DefaultBranch, install: Install, python: tuple[str, str], package: str
) -> Mapping[str, str]:
    """Write both workflows, by the name of their files.

    `python` is a version and why it is that, `package` what pip installs as the gate.
    """
    version, why = python
    values = {
        **PINS,
        "version": __version__,
        "package": one_line(package),
        "branch": one_line(branch.name),
        "branch_why": one_line(branch.why),
        "branch_pattern": json.dumps(_PATTERN.sub(r"\\\1", branch.name), ensure_ascii=False),
        "python": version,
        "python_why": f"{one_line(why[:1].upper() + why[1:])}.",
        "gate_python": f"3.{OLDEST}",
        "install_why": f"Installed {one_line(install.why)}.",
        "install": "\n".join(f"          {line}" for line in install.lines),
    }
    return {name: _filled(name, values) for name in NAMES}


def _filled(name: str, values: Mapping[str, str]) -> str:
    template = (files("gate.init") / "files" / name).read_text(encoding="utf-8")
    return _MARK.sub(lambda mark: values[mark[1]], template)
