# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of a prepared guest with testinfra: pytest --hosts=ansible://guests --ansible-inventory=FILE tests/guests

They run on a live guest that the roles have prepared, whatever started it: Molecule, Packer, a machine of yours.
"""


def pytest_configure(config):
    """Refuse to look at this machine, which testinfra would do without --hosts."""
    if not config.getoption("hosts", None):
        raise SystemExit("tests/guests: give the guest with --hosts=ansible://guests --ansible-inventory=FILE")
