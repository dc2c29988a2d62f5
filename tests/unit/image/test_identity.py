# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tells one machine's disk from another's; the disks are made by sfdisk and mke2fs."""

import pytest
from conftest import COLLECTIONS
from unit.image.images import LINUX, MIB, ROOT_UUID, empty_disk, ext4, put, run

MACHINE_ID = "0123456789abcdef0123456789abcdef"
KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIAbc"


@pytest.fixture
def disk(tmp_path):
    """A GPT disk with one ext4 root that has a machine-id."""
    folder = tmp_path / "root"
    for name in ("etc", "usr/lib", "usr/sbin"):
        (folder / name).mkdir(parents=True)
    (folder / "etc/fstab").write_text(f"UUID={ROOT_UUID} / ext4 defaults 0 1\n")
    (folder / "etc/machine-id").write_text(MACHINE_ID + "\n")
    (folder / "etc/ssh").mkdir()
    (folder / "etc/ssh/ssh_host_ed25519_key.pub").write_text(f"ssh-ed25519 {KEY} root@web\n")
    (folder / "etc/ssh/ssh_host_rsa_key.pub").write_text("")
    path = empty_disk(tmp_path / "disk.raw", 32 * MIB, (1, 24, LINUX))
    put(path, ext4(tmp_path / "root.ext4", folder, 24 * MIB), MIB)
    return path


def partition_uuid(path):
    """Return the PARTUUID that sfdisk shows of the first partition."""
    return run("sfdisk", "--part-uuid", path, "1").strip().lower()


def test_the_identity_of_a_disk_is_that_of_its_partitions_file_systems_and_root(run_module, disk):
    result = run_module("vhd_info", path=disk, identity=True)

    assert result["identity"] == {"file_systems": [ROOT_UUID], "partitions": [partition_uuid(disk)], "machine_id": MACHINE_ID, "host_keys": [KEY]}


def test_a_qcow2_image_has_the_identity_of_its_disk(run_module, disk, tmp_path):
    run("qemu-img", "convert", "-O", "qcow2", disk, tmp_path / "disk.qcow2")

    result = run_module("vhd_info", path=tmp_path / "disk.qcow2", identity=True)

    assert result["identity"] == {"file_systems": [ROOT_UUID], "partitions": [partition_uuid(disk)], "machine_id": MACHINE_ID, "host_keys": [KEY]}


def test_a_template_without_a_machine_id_has_none(run_module, disk):
    run("debugfs", "-w", "-R", "rm /etc/machine-id", f"{disk}?offset={MIB}")

    identity = run_module("vhd_info", path=disk, identity=True)["identity"]
    assert (identity["machine_id"], identity["host_keys"]) == (None, [KEY])


def test_a_disk_with_a_dos_table_names_its_partitions_by_its_signature(run_module, tmp_path):
    path = tmp_path / "disk.raw"
    with open(path, "wb") as stream:
        stream.truncate(32 * MIB)
    run("sfdisk", "--quiet", path, text="label: dos\nlabel-id: 0x2e8a1c7f\nstart=2048, size=40960, type=83\n")

    expected = {"file_systems": [], "partitions": ["2e8a1c7f-01"], "machine_id": None, "host_keys": []}
    assert run_module("vhd_info", path=path, identity=True)["identity"] == expected


def test_nobody_who_does_not_ask_needs_the_libraries(run_module, disk):
    assert "identity" not in run_module("vhd_info", path=disk)


def test_a_disk_that_cannot_be_read_has_no_identity(run_module, tmp_path):
    path = tmp_path / "disk.qcow2"
    run("qemu-img", "create", "-f", "qcow2", path, "32M")
    with open(path, "r+b") as stream:
        stream.seek(0x10000)
        stream.write(b"\xff" * 0x30000)

    assert run_module("vhd_info", path=path, identity=True)["identity"] is None


def test_without_the_libraries_the_command_that_installs_them_is_named(run_module, disk, tmp_path):
    (tmp_path / "dissect").mkdir()
    (tmp_path / "dissect/__init__.py").write_text("")

    result = run_module("vhd_info", path=disk, identity=True, env={"PYTHONPATH": f"{tmp_path}:{COLLECTIONS}"})

    assert result["failed"] and "pip install dissect.volume" in result["msg"]
