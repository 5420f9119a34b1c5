"""With each switch the tests that guard its promise fail, and without any they pass."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.switches.breaking import SWITCHES

ROOT = Path(__file__).parents[2]
#: In the ordinary run only these: each is a process of its own. With STEGVIS_TEST_FULL all.
QUICK = ("naive_local_time",)


def guarded(switch: str, *guards: str) -> subprocess.CompletedProcess[str]:
    """Run the guards in a process of their own, on the databases of this run."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider",
               "-p", "tests.switches.breaking", "--tb=line", *guards]  # fmt: skip
    environment = os.environ | {"STEGVIS_BROKEN": switch}
    for name in [n for n in environment if n.startswith("PYTEST_")]:
        del environment[name]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize("switch", SWITCHES if os.environ.get("STEGVIS_TEST_FULL") else QUICK)
def test_the_guards_of_a_broken_promise_fail(switch: str) -> None:
    run = guarded(switch, *SWITCHES[switch].guards)
    if "PostgreSQL did not start" in run.stdout:
        pytest.skip("PostgreSQL did not start")
    assert run.returncode == 1, f"nobody saw {switch}:\n{run.stdout}\n{run.stderr}"
    assert run.stdout.count("\nFAILED ") == len(SWITCHES[switch].guards), run.stdout


if os.environ.get("STEGVIS_TEST_FULL"):  # in the ordinary run the suite itself shows it

    def test_without_a_switch_they_pass() -> None:
        run = guarded("", *{guard for switch in SWITCHES.values() for guard in switch.guards})
        assert run.returncode == 0, run.stdout


def test_every_promise_has_its_switch() -> None:
    """The nine of the list of invariants."""
    assert len(SWITCHES) == 9
    assert set(QUICK) <= set(SWITCHES)
