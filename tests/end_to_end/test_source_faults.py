"""Sources and changes of an odd form: what is not tested in them is found, or named as not measured."""

from __future__ import annotations

import subprocess

import pytest
from laboratory import Laboratory

from gate.errors import ExitCode

ODD = {
    "carriage returns": b"def twice(number):\r\n    return 2 * number\r\n",
    "byte order mark": b"\xef\xbb\xbfdef twice(number):\n    return 2 * number\n",
    "form feed": b"def first():\n    return 1\n\x0c\ndef twice(number):\n    return 2 * number\n",
    "form feed before code": b"\x0cdef twice(number):\n    return 2 * number\n",
    "line separator": "def twice(number):\n    '''a\u2028b\x85c'''\n    return 2 * number\n".encode(),
}


@pytest.mark.parametrize("name", ODD)
def test_code_that_nothing_tests_is_found_in_a_source_of_any_form(
    laboratory: Laboratory, name: str
) -> None:
    laboratory.commit()
    laboratory.write("lib/odd.py", ODD[name])
    run = laboratory.start("--base", "HEAD").finish()
    assert run.code in {ExitCode.FAIL, ExitCode.INCONCLUSIVE}
    if run.code == ExitCode.FAIL:
        assert "changed.line" in run.forcing
        assert "twice" in run.messages("coverage.function")
    else:
        assert "lib/odd.py" in run.messages("suite.measured")


def test_a_rename_a_mode_and_a_link_are_a_change_with_nothing_to_check(
    laboratory: Laboratory,
) -> None:
    laboratory.write("lib/more.py", "from lib.arithmetic import sign\n")
    laboratory.write("tests/test_more.py", "import lib\n\n\ndef test_lib():\n    assert lib\n")
    laboratory.commit()
    laboratory.git("mv", "lib/more.py", "lib/other name.py")
    (laboratory.root / "lib/arithmetic.py").chmod(0o755)
    (laboratory.root / "lib/link.txt").symlink_to("arithmetic.py")
    run = laboratory.start("--base", "HEAD").finish()
    assert run.messages("changed.nothing").startswith("the change since HEAD has no measured line")
    assert run.document["changed_coverage"]["line"]["total"] == 0


def test_a_base_without_a_common_history_is_refused(laboratory: Laboratory) -> None:
    laboratory.commit()
    laboratory.git("switch", "--quiet", "--orphan", "elsewhere")
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
    subprocess.run(
        ["git", *identity, "-C", str(laboratory.root), "commit", "-q", "--allow-empty", "-m", "x"],
        check=True,
    )
    laboratory.git("switch", "--quiet", "main")
    run = laboratory.start("--base", "elsewhere").finish()
    assert run.code == ExitCode.USAGE
    assert run.results is None
    assert "have no common history" in run.errors
