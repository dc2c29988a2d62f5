# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make` in a copy of the checkout, on roots of Debian that have nothing but make: all that it needs it installs, or it says why not."""

import pytest
from controllers import root
from controllers.checkout import copied

pytestmark = pytest.mark.slow


@pytest.fixture
def copy(tmp_path):
    return copied(tmp_path / "imagewright.azure")


@pytest.mark.parametrize("suite", ["bookworm", "trixie"])
def test_make_demo_installs_what_it_needs_and_nothing_for_tests(copy, suite):
    done = root.run(root.made(suite, ["make"]), ["make", "demo"], cwd=copy, lent=[copy], devices=True)

    assert done.returncode == 0, done.stdout[-6000:]
    assert "proofs hold." in done.stdout
    assert not (copy / ".cache/azurite").exists()
    programs = {path.name for path in (copy / ".venv/bin").iterdir()}
    assert "ansible-playbook" in programs and not programs & {"molecule", "pytest", "ruff"}


def test_a_debian_with_an_old_python_gets_one_line(copy):
    done = root.run(root.made("bullseye", ["make", "python3"]), ["make", "demo"], cwd=copy, lent=[copy])

    assert done.returncode != 0
    assert [line[:80] for line in done.stdout.splitlines() if line.startswith("setup:")] == [
        "setup: python3 is Python 3.9.2, and 3.11 or later is needed: run make on Debian "
    ]
    assert not (copy / ".venv").exists()
