# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A swap partition that is wiped: its signature and its type are gone by blkid and sfdisk, and the rest of the disk is as it was."""

import json
import subprocess

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.storage import swap_off

TABLES = {
    "dos": ("label: dos\nstart=2048,size=40960,type=83,bootable\nstart=43008,size=40960,type=82\n", "82", "83"),
    "gpt": (
        "label: gpt\nstart=2048,size=40960,type=L\nstart=43008,size=40960,type=S\n",
        "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F",
        "0FC63DAF-8483-4772-8E79-3D69D8477DE4",
    ),
}


def run(*argv, **options):
    return subprocess.run(argv, check=True, capture_output=True, text=True, **options).stdout


@pytest.fixture(params=TABLES)
def disk(request, tmp_path):
    """(loop device with two partitions, the second with swap; type of swap, type of plain Linux data)."""
    script, swap, linux = TABLES[request.param]
    image = tmp_path / "disk"
    image.touch()
    run("truncate", "--size=64M", image)
    run("sfdisk", "--quiet", image, input=script)
    loop = run("losetup", "--find", "--show", image).strip()
    try:
        # the kernel of a small machine may read no partition tables
        run("partx", "--update", loop)
        run("mkfs.ext4", "-q", f"{loop}p1")
        run("mkswap", f"{loop}p2")
        yield loop, swap, linux
    finally:
        subprocess.run(["partx", "--delete", loop], check=False, capture_output=True)
        run("losetup", "--detach", loop)


def partitions(loop):
    return json.loads(run("sfdisk", "--json", loop))["partitiontable"]["partitions"]


def signature(device):
    return subprocess.run(["blkid", "-p", "-o", "value", "-s", "TYPE", device], check=False, capture_output=True, text=True).stdout.strip()


def test_signature_and_type_go_and_nothing_else(disk):
    loop, swap, linux = disk
    before = partitions(loop)
    assert before[1]["type"] == swap and f"{loop}p2" in swap_off.swap_partitions()

    swap_off.wipe(f"{loop}p2")

    after = partitions(loop)
    assert after == [before[0], dict(before[1], type=linux)]
    assert (signature(f"{loop}p1"), signature(f"{loop}p2")) == ("ext4", "")
    assert f"{loop}p2" not in swap_off.swap_partitions()


@pytest.mark.parametrize("left", ["type", "signature"])
def test_a_partition_of_which_half_is_left_is_found_again(disk, left):
    loop, unused, linux = disk
    if left == "type":
        run("wipefs", "--all", f"{loop}p2")
    else:
        run("sfdisk", "--no-reread", "--part-type", loop, "2", linux)

    assert f"{loop}p2" in swap_off.swap_partitions()
    swap_off.wipe(f"{loop}p2")
    assert f"{loop}p2" not in swap_off.swap_partitions()
