# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Swap that is made at boot by something else than fstab: settled as a whole, or refused by its place."""

import os

import pytest
from unit.trees import write_tree

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.storage import swap_makers, swap_places

UNIT = "[Unit]\n[Swap]\nWhat={}\n"


@pytest.fixture
def guest(tmp_path):
    def make(files):
        write_tree(tmp_path, files)
        return LiveTree(tmp_path)

    return make


def test_a_daemon_that_makes_a_swap_file_is_disabled_and_its_file_goes(guest, tmp_path, run_module):
    guest(
        {
            "/etc/dphys-swapfile": "CONF_SWAPSIZE=100\nCONF_SWAPFILE=/var/own.swap\n",
            "/var/own.swap": "x",
            "/lib/systemd/system/dphys-swapfile.service": "",
            "/etc/systemd/system/multi-user.target.wants/dphys-swapfile.service": "->/lib/systemd/system/dphys-swapfile.service",
        }
    )

    result = run_module("swap_off", root=tmp_path)

    assert result["removed"] == ["/var/own.swap", "/etc/systemd/system/multi-user.target.wants/dphys-swapfile.service"]
    assert not (tmp_path / "var/own.swap").exists() and (tmp_path / "etc/dphys-swapfile").exists()
    assert os.listdir(tmp_path / "etc/systemd/system/multi-user.target.wants") == []
    assert not run_module("swap_off", root=tmp_path)["changed"]


def test_a_swap_of_cloud_init_is_taken_out_and_all_else_stays(guest, tmp_path, run_module):
    guest({"/etc/cloud/cloud.cfg": "users: [default]\n# swap below\nswap:\n  filename: /swap.img\n  size: auto\nssh_pwauth: false\n"})

    assert run_module("swap_off", root=tmp_path, check=True)["changed"]
    assert run_module("swap_off", root=tmp_path)["changed"]
    assert (tmp_path / "etc/cloud/cloud.cfg").read_text() == "users: [default]\n# swap below\nssh_pwauth: false\n"
    assert not run_module("swap_off", root=tmp_path)["changed"]


@pytest.mark.parametrize(
    "text",
    [
        "swap:\n  filename: /mnt/swapfile\n  size: 2147483648\n",
        "swap:\n  filename: /swap.img\n  size: 0\n",
        "# swap: no\n",
        "mounts:\n  - [ephemeral0.2, none, swap]\n",
        "bootcmd: [[swapoff, -a]]\n",
    ],
)
def test_swap_that_cloud_init_makes_elsewhere_or_not_at_all_stays(guest, text):
    tree = guest({"/etc/cloud/cloud.cfg.d/50-own.cfg": text})

    assert swap_makers.edits_of(tree) == [] and swap_makers.refused(tree) == []


def test_swap_with_a_key_of_the_moment_goes_from_crypttab(guest, tmp_path, run_module):
    guest({"/etc/crypttab": "root UUID=1 none luks\ncswap /dev/sda3 /dev/urandom swap,cipher=aes-xts-plain64\ntmp /dev/sda4 /dev/urandom tmp\n"})

    run_module("swap_off", root=tmp_path)

    assert (tmp_path / "etc/crypttab").read_text() == (
        "root UUID=1 none luks\n# cswap /dev/sda3 /dev/urandom swap,cipher=aes-xts-plain64\ntmp /dev/sda4 /dev/urandom tmp\n"
    )
    assert not run_module("swap_off", root=tmp_path)["changed"]


@pytest.mark.parametrize(
    "files, words",
    [
        ({"/etc/rc.local": "#!/bin/sh\n# swapon\nmkswap /x && swapon /x\n"}, "/etc/rc.local line 3 calls swapon"),
        ({"/etc/systemd/swap.conf": "swapfc_enabled=1\n", "/etc/systemd/system/multi-user.target.wants/systemd-swap.service": "->/x"}, "set swapfc_enabled=0"),
        ({"/etc/cloud/cloud.cfg": "a: 1\nmounts:\n- [/dev/sdc, none, swap, sw]\n"}, "/etc/cloud/cloud.cfg line 3: cloud-init mounts /dev/sdc as swap"),
        ({"/usr/lib/systemd/system/swap.target.wants/own.swap": "->../own.swap"}, "systemctl mask own.swap"),
    ],
)
def test_what_cannot_be_settled_is_refused_by_its_place(guest, tmp_path, run_module, files, words):
    tree = guest(files)

    with pytest.raises(ImagewrightError, match="cannot stop swapping on the OS disk: "):
        swap_makers.check(tree)
    assert words in run_module("swap_off", root=tmp_path)["msg"]


@pytest.mark.parametrize(
    "files",
    [
        {"/etc/rc.local": "#!/bin/sh\n# swapon /x\n"},
        {"/etc/systemd/swap.conf": "swapfc_enabled=1\n"},
        {"/usr/lib/systemd/system/swap.target.wants/dev-zram0.swap": "->../dev-zram0.swap"},
    ],
)
def test_what_makes_no_swap_on_the_disk_is_no_obstacle(guest, files):
    assert swap_makers.refused(guest(files)) == []


def test_units_of_memory_and_of_the_temporary_disk_stay(guest):
    folder = "/etc/systemd/system"
    tree = guest(
        {
            f"{folder}/dev-zram0.swap": UNIT.format("/dev/zram0"),
            f"{folder}/swap.target.wants/dev-zram0.swap": f"->{folder}/dev-zram0.swap",
            f"{folder}/own.swap": UNIT.format("/dev/disk/cloud/azure_resource-part2"),
            f"{folder}/swapfile.swap": UNIT.format("/swapfile"),
            f"{folder}/swap.target.wants/dev-sda2.swap": "->/run/gone.swap",
        }
    )

    assert swap_places.units(tree) == [f"{folder}/swap.target.wants/dev-sda2.swap", f"{folder}/swapfile.swap"]
    assert len(swap_places.units(tree, zram=True)) == 5
