# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of the disk below a running guest, and of a disk image."""

import subprocess

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.readiness import disk_facts

MIB = 2**20


@pytest.fixture
def disk(tmp_path):
    """A disk with an ext4 and a swap partition, made by other tools."""
    path = tmp_path / "disk"
    with open(path, "wb") as stream:
        stream.truncate(64 * MIB)
    subprocess.run(["sfdisk", "--quiet", path], input="label: dos\nstart=2048, size=65536, type=83\nsize=32768, type=82\n", text=True, check=True)
    for tool, start, size in ((["mke2fs", "-q", "-t", "ext4"], 2048, 32), (["mkswap"], 2048 + 65536, 16)):
        piece = tmp_path / "piece"
        with open(piece, "wb") as stream:
            stream.truncate(size * MIB)
        subprocess.run([*tool, piece], check=True, capture_output=True)
        with open(path, "r+b") as stream:
            stream.seek(start * 512)
            stream.write(piece.read_bytes())
    return path


def test_the_running_guests_disk_is_read_without_any_library(disk, monkeypatch):
    monkeypatch.setattr(disk_facts, "_root_disk", lambda: str(disk))
    facts = disk_facts.of_running_guest()
    assert (facts.format, facts.virtual_size, facts.table.kind) == ("live", 64 * MIB, "mbr")
    assert [(volume.name, volume.holds) for volume in facts.volumes] == [("partition 1", "ext"), ("partition 2", "swap")]
    assert facts.bootability.generations == []


def test_a_disk_that_may_not_be_read_is_simply_not_known(monkeypatch, tmp_path):
    monkeypatch.setattr(disk_facts, "_root_disk", lambda: str(tmp_path / "none"))
    assert disk_facts.of_running_guest() is None
