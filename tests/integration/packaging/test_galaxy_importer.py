# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Galaxy's own importer takes the tarball, and its lint has nothing to say."""

import os
import sys
from pathlib import Path

import pytest
from controllers.tarball import built
from lab import commands


@pytest.mark.slow
def test_the_importer_takes_the_tarball_without_a_warning(tmp_path):
    programs = Path(sys.executable).parent
    (tmp_path / "home").mkdir()
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(tmp_path / "home")}
    environment.pop("ANSIBLE_COLLECTIONS_PATH", None)

    done = commands.finished([sys.executable, "-m", "galaxy_importer.main", built(tmp_path)], 1200, cwd=tmp_path, env=environment)

    said = [line for line in done.stdout.splitlines() if not line.startswith("Loading ")]
    assert done.returncode == 0, done.stdout
    assert said[-1] == "Importer processing completed successfully"
    assert [line for line in said if "WARNING" in line or "ERROR" in line] == []
    assert any(line.startswith("Linting collection via ansible-lint") for line in said)
