# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests in the shape of other distributions: their plans, and what the line makes of their answers."""

import subprocess
from pathlib import Path

import pytest
from lab import layout, line, probes, shapes
from lab.bootcheck import BootCheck
from lab.console import read_console
from lab.errors import LabError
from lab.inside import read_state
from lab.recipe import check_plan
from lab.shapes import rhel8, rhel9, suse, ubuntu

REPORT = """Loading Linux
[ 0.0] Command line: {cmdline}
guest login:
LAB-REPORT-BEGIN
cmdline {cmdline}
kernel {kernel}
target active
LAB-REPORT-END
"""


def booted(cmdline, kernel="6.1-first"):
    """Return the BootCheck of a boot with a command line."""
    text = REPORT.format(cmdline=cmdline, kernel=kernel)
    return BootCheck(read_console(text), read_state(text), text, 20.0, "")


def finding(status, identity="R17a", severity="error"):
    """Return a finding of readiness_info as far as the line looks at it."""
    return {"id": identity, "status": status, "severity": severity}


@pytest.mark.parametrize("name", shapes.SHAPES)
@pytest.mark.parametrize("faulty", [False, True])
def test_each_shape_has_a_plan_that_goes_together(name, faulty):
    plan = check_plan(shapes.plan(name, faulty))
    assert (plan.like, plan.faulty) == (name, faulty)
    assert layout.layout(plan).part("root").size > 1024**3


def test_an_unknown_shape_is_named_with_those_that_there_are():
    with pytest.raises(LabError, match="'rhel3': the lab knows rhel9, rhel9-lvm, ubuntu, ubuntu-lvm, suse, rhel8, arm64"):
        shapes.plan("rhel3")


def test_a_faulty_guest_with_a_swap_file_has_no_swap_partition():
    assert layout.layout(shapes.plan("ubuntu", True)).part("swap") is None
    assert layout.layout(shapes.plan("rhel9", True)).part("swap")


def test_the_fstab_of_snapshots_mounts_every_subvolume_by_its_own_line():
    guest = shapes.guest.Unfilled(Path("/none"), shapes.plan("suse"), layout.layout(shapes.plan("suse")), type("Names", (), {"root": "11-22"}))
    lines = suse.fstab(guest).splitlines()
    assert lines[0] == "UUID=11-22 / btrfs defaults 0 0"
    assert "UUID=11-22 /var btrfs subvol=/@/var 0 0" in lines
    assert len(lines) == 1 + len(suse.SUBVOLUMES)


def test_the_fstab_of_ubuntus_installer_names_a_logical_volume_by_its_identifier():
    names = type("Names", (), {"root": "11-22", "boot": "33-44", "volume": "LVM-aabb"})
    plans = [shapes.plan("ubuntu-lvm"), shapes.plan("ubuntu", faulty=True)]
    on_a_volume, on_a_partition = (ubuntu.fstab(shapes.guest.Unfilled(Path("/none"), plan, layout.layout(plan), names)) for plan in plans)
    assert on_a_volume == "/dev/disk/by-id/dm-uuid-LVM-aabb / ext4 defaults 0 1\n/dev/disk/by-uuid/33-44 /boot ext4 defaults 0 1\n"
    assert on_a_partition == "/dev/disk/by-uuid/11-22 / ext4 defaults 0 1\n/swap.img\tnone\tswap\tsw\t0\t0\n"


@pytest.mark.parametrize(
    "script", [rhel8.ENTRY_PLUGIN, rhel9.ENTRY_PLUGIN, rhel9.IMAGE_PLUGIN, rhel9.KERNEL_HOOK, rhel9.LINUX_D, suse.KERNEL_HOOK, suse.KERNEL_REMOVAL_HOOK]
)
def test_each_script_that_a_shape_writes_is_a_shell_script(script):
    assert subprocess.run(["sh", "-n"], input=script, text=True, check=False).returncode == 0


@pytest.mark.parametrize(
    "files, asked",
    [
        ({"grub/grub.cfg": "\tlinux\t/vmlinuz-1 root=UUID=1 ro quiet\n"}, "linux\t/vmlinuz-1 root=UUID=1 ro quiet"),
        ({"loader/entries/a.conf": "title A\noptions root=UUID=1 ro\n", "grub2/grub.cfg": "blscfg\n"}, "options root=UUID=1 ro"),
        ({"loader/entries/a.conf": "options $kernelopts\n", "grub2/grubenv": "# GRUB\nkernelopts=root=UUID=1 ro rhgb\n####"}, "options root=UUID=1 ro rhgb"),
    ],
)
def test_the_menus_parameters_are_found_where_the_loader_takes_them_from(tmp_path, files, asked):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="ascii")
    found = subprocess.run(["sh", "-c", probes.MENU.replace("/boot/", f"{tmp_path}/")], capture_output=True, text=True, check=True).stdout
    assert found.strip() == asked


def test_a_verdict_that_differs_between_the_guest_and_its_vhd_fails():
    live = {"ready": True, "findings": [finding("passed"), finding("passed", "R12b"), finding("unknown", "R52")]}
    same = {"ready": True, "findings": [finding("passed"), finding("not_applicable", "R12b"), finding("passed", "R52")]}
    other = {"ready": False, "findings": [finding("failed"), finding("passed", "R12b")]}
    assert [proof.holds for proof in line.of_verdicts(live, same)] == [True, True, True]
    assert [proof.holds for proof in line.of_verdicts(live, other)] == [True, False, False]
    assert line.of_verdicts(live, other)[2].after == "R17a passed there, failed here"


def test_an_image_that_cannot_be_judged_does_not_agree():
    failed = {"failed": True, "msg": "cannot read"}
    assert [proof.holds for proof in line.of_verdicts({"ready": True, "findings": [finding("passed")]}, failed)] == [True, False, False]
    assert line.what_is_wrong(failed) == "cannot read"


def test_a_guest_without_an_address_of_the_machines_network_fails():
    text = REPORT.format(cmdline="ro", kernel="6.1").replace(
        "target active", "address 2: eth0    inet 10.0.2.15/24 brd 10.0.2.255 scope global eth0\ntarget active"
    )
    assert line.of_network(read_state(text)) == line.Proof("address by DHCP", "R34", "", "10.0.2.15/24", True)
    assert not line.of_network(booted("ro").state).holds
    assert not line.of_network(None).holds


def test_the_next_kernel_must_have_the_same_line_its_drivers_and_be_another():
    first = booted("BOOT_IMAGE=/vmlinuz-1 root=UUID=1 ro console=ttyS0,115200n8")
    judged = {"ready": True, "findings": [finding("passed")]}
    same = booted("BOOT_IMAGE=/vmlinuz-2 root=UUID=1 ro console=ttyS0,115200n8", "6.1-next")
    assert [proof.holds for proof in line.of_next_kernel(first, same, judged)] == [True] * 4
    lost = booted("BOOT_IMAGE=/vmlinuz-2 root=UUID=1 ro quiet", "6.1-next")
    assert [proof.holds for proof in line.of_next_kernel(first, lost, judged)] == [True, False, True, True]
    old = booted("BOOT_IMAGE=/vmlinuz-1 root=UUID=1 ro console=ttyS0,115200n8")
    assert [proof.holds for proof in line.of_next_kernel(first, old, judged)] == [False, True, True, True]
    without = {"ready": False, "findings": [finding("failed")]}
    assert [proof.holds for proof in line.of_next_kernel(first, same, without)] == [True, True, False, False]
