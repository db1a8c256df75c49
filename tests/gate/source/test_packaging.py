from __future__ import annotations

from pathlib import Path

import pytest
from repositories import write_files

from gate.source.packaging import packaging_risks

POLICY = {"policies/default.toml": "", "shop/__init__.py": ""}
SETUPTOOLS = '[build-system]\nbuild-backend = "setuptools.build_meta"\n'
HATCHLING = '[build-system]\nbuild-backend = "hatchling.build"\n'
FOLDER, RESULTS, MANIFEST = "the folder policies/", ".gate/", "check-manifest"


def risks(root: Path, files: dict[str, str]) -> str:
    write_files(root, files)
    return "\n".join(risk.message for risk in packaging_risks(root))


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": SETUPTOOLS},
        {"pyproject.toml": '[project]\nname = "shop"\n'},
        {"pyproject.toml": SETUPTOOLS + "[tool.setuptools]\ninclude-package-data = true\n"},
        {"setup.py": "from setuptools import setup\nsetup(name='shop')\n"},
        {"setup.cfg": "[options]\ninstall_requires = a\n", "setup.py": "setup()\n"},
        {"pyproject.toml": SETUPTOOLS, "shop.py": ""},
    ],
)
def test_setuptools_that_looks_for_packages_finds_the_folder_of_the_policy(
    tmp_path: Path, files: dict[str, str]
) -> None:
    assert FOLDER in risks(tmp_path, POLICY | files)


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": SETUPTOOLS + '[tool.setuptools]\npackages = ["shop"]\n'},
        {"pyproject.toml": SETUPTOOLS + '[tool.setuptools]\npy-modules = ["shop"]\n'},
        {"pyproject.toml": SETUPTOOLS + '[tool.setuptools.packages.find]\ninclude = ["shop*"]\n'},
        {"pyproject.toml": SETUPTOOLS + '[tool.setuptools.package-dir]\n"" = "lib"\n'},
        {"pyproject.toml": SETUPTOOLS, "src/shop/__init__.py": ""},
        {"pyproject.toml": SETUPTOOLS, "policies/__init__.py": ""},
        {"pyproject.toml": SETUPTOOLS, "setup.cfg": "[options]\npackages = find:\n"},
        {"setup.py": "setup(packages=find_packages())\n"},
        {"pyproject.toml": "[tool.ruff]\n"},
        {"pyproject.toml": "no = toml = at = all"},
        {"pyproject.toml": HATCHLING, ".gitignore": ".gate/\n"},
    ],
)
def test_a_project_that_names_its_packages_or_is_none_is_left_alone(
    tmp_path: Path, files: dict[str, str]
) -> None:
    assert risks(tmp_path, POLICY | files) == ""


def test_a_policy_at_the_root_is_in_nobody_s_way(tmp_path: Path) -> None:
    files = {"gate.toml": "", "shop/__init__.py": "", "pyproject.toml": SETUPTOOLS}
    assert risks(tmp_path, files) == ""


def test_hatchling_distributes_the_results_unless_something_names_them(tmp_path: Path) -> None:
    assert RESULTS in risks(tmp_path, {"pyproject.toml": HATCHLING})
    for table in (
        '[tool.hatch.build.targets.sdist]\ninclude = ["shop"]\n',
        '[tool.hatch.build]\nexclude = ["/.gate"]\n',
    ):
        assert risks(tmp_path, {"pyproject.toml": HATCHLING + table}) == ""
    assert RESULTS in risks(tmp_path, {"pyproject.toml": HATCHLING})
    for line in (".gate", "/.gate/", ".*"):
        assert risks(tmp_path, {".gitignore": f"dist/\n{line}\n"}) == ""


def test_check_manifest_is_told_what_is_not_distributed(tmp_path: Path) -> None:
    hook = {".pre-commit-config.yaml": "  - id: check-manifest\n"}
    assert MANIFEST in risks(tmp_path, hook)
    assert risks(tmp_path, {"MANIFEST.in": "exclude gate.toml\n"}) == ""
