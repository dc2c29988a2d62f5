# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written into the throw-away copy of a disk before it is booted."""

import pytest
from lab import inside
from lab.commands import run

START = 1024**2  # bytes
SETTINGS = "[Manager]\nDefaultDeviceTimeoutSec=900s\nDefaultTimeoutStartSec=900s\n"


def disk(folder, *directories):
    """Return a disk whose only partition has systemd's directories, and further ones."""
    for name in ("etc/systemd/system/multi-user.target.wants", *directories):
        (folder / "root" / name).mkdir(parents=True)
    path = folder / "disk.raw"
    with path.open("wb") as handle:
        handle.truncate(32 * START)
    run(["sfdisk", "--quiet", path], stdin="label: dos\nstart=2048, type=83\n")
    run(["mke2fs", "-q", "-F", "-t", "ext4", "-d", folder / "root", "-E", f"offset={START}", path, f"{30 * 1024}k"])
    return path


def content(path, name):
    """Return the text of a file of the disk, "" when there is none."""
    return run(["debugfs", "-R", f"cat {name}", f"{path}?offset={START}"])


@pytest.mark.parametrize("there", [(), ("etc/systemd/system.conf.d",)])
def test_a_copy_has_the_report_and_the_time_that_it_is_given(tmp_path, there):
    path = disk(tmp_path, *there)
    inside.inject(path, tmp_path, patience=900)
    assert content(path, "/etc/systemd/system.conf.d/lab.conf") == SETTINGS
    assert "Description=Report to the lab" in content(path, "/etc/systemd/system/multi-user.target.wants/../lab-report.service")


def test_a_copy_that_is_given_none_keeps_systemds_own(tmp_path):
    path = disk(tmp_path)
    inside.inject(path, tmp_path)
    assert content(path, "/etc/systemd/system.conf.d/lab.conf") == ""
    assert "Description=Report to the lab" in content(path, "/etc/systemd/system/lab-report.service")
