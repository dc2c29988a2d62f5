# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role guest_kernel leaves, as modprobe sees it."""

import re


def test_modprobe_would_load_what_provisioning_needs(host):
    for module in ["udf", "vfat"]:
        for version in host.run("ls /lib/modules").stdout.split():
            would = host.run("modprobe --set-version %s --show-depends %s", version, module)
            assert would.rc == 0, would.stderr
            assert re.search(rf"^(insmod .*/{module}\.ko|builtin {module})", would.stdout, re.MULTILINE), would.stdout
            assert "install /bin/" not in would.stdout


def test_no_blacklist_is_left(host):
    shown = host.run("modprobe --showconfig").stdout
    assert not re.search(r"^blacklist (udf|vfat)$", shown, re.MULTILINE)


def test_the_daemons_of_hyper_v_are_installed(host):
    assert host.package("hyperv-daemons").is_installed
