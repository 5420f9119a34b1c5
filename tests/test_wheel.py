"""The wheel works when it is installed elsewhere: the command answers, pages and the stylesheet are inside."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_wheel_carries_everything_and_runs_away_from_the_checkout(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist")]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    away = tmp_path / "away"
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(away)
    assert not [n for n in names if n.startswith("tests/")]
    script = (
        "import workflow, templates, sys; assert workflow.__file__.startswith(sys.argv[1]), workflow.__file__\n"
        "from workflow.app import build; from workflow.config import Settings; from workflow.db import schema\n"
        "from workflow.web.app import create_app; from fastapi.testclient import TestClient\n"
        "app = build(Settings(data_dir='data')); schema.upgrade(app.database)\n"
        "client = TestClient(create_app(app, scheduler=False), base_url='http://127.0.0.1:8000')\n"
        "assert 'Stegvis' in client.get('/sign-in').text\n"
        "assert client.get('/static/app.css').status_code == 200\n"
    )
    # `-S`-like: the editable checkout is on the path through a .pth file; the wheel must come before it.
    env = {k: v for k, v in os.environ.items() if not k.startswith("STEGVIS_")} | {"PYTHONPATH": str(away)}
    done = subprocess.run(
        [sys.executable, "-c", script, str(away)], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    command = [sys.executable, "-m", "workflow", "--help"]
    helped = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert helped.returncode == 0
    assert "import" in helped.stdout
