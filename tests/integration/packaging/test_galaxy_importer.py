# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Galaxy's own importer takes the tarball, and its lint has nothing to say."""

import os
import resource
import sys
from pathlib import Path

import pytest
from controllers.tarball import built
from lab import commands

#: The importer gives its lint LIMIT seconds of the clock, which on a machine that does other work too says nothing of the collection.
PATIENT = """
import runpy
from galaxy_importer.loaders import collection

class Patient(collection.Popen):
    def communicate(self, input=None, timeout=None):
        return super().communicate(input)

collection.Popen = Patient
runpy.run_module("galaxy_importer.main", run_name="__main__")
"""
LIMIT = 180  # s


@pytest.mark.slow
def test_the_importer_takes_the_tarball_without_a_warning(tmp_path):
    programs = Path(sys.executable).parent
    (tmp_path / "home").mkdir()
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(tmp_path / "home")}
    environment.pop("ANSIBLE_COLLECTIONS_PATH", None)
    tarball, before = built(tmp_path), processor_time()

    done = commands.finished([sys.executable, "-c", PATIENT, tarball], 2400, cwd=tmp_path, env=environment)

    said = [line for line in done.stdout.splitlines() if not line.startswith("Loading ")]
    assert done.returncode == 0, done.stdout
    assert said[-1] == "Importer processing completed successfully"
    assert [line for line in said if "WARNING" in line or "ERROR" in line] == []
    assert any(line.startswith("Linting collection via ansible-lint") for line in said)
    assert processor_time() - before < LIMIT


def processor_time():
    """Return the seconds that the programs this one has started, and that have ended, were computing."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
