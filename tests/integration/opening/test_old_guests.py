# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles on recorded trees of guests whose Python no ansible-core drives: they are prepared below a root directory. Not run on these systems."""

import json
import pathlib
import re
import shutil
import sys

import conftest
import pytest
from lab import playing

from .guests import BUSYBOX

FIXTURES = conftest.CHECKOUT / "tests/unit/fixtures/boot"
INVENTORY = json.dumps({"all": {"hosts": {"old": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}}}})
#: {recorded tree: (release file, its text)}
RELEASES = {
    "rhel5": ("redhat-release", "Red Hat Enterprise Linux Server release 5.11 (Tikanga)\n"),
    "rhel6": ("redhat-release", "Red Hat Enterprise Linux Server release 6.2 (Santiago)\n"),
    "sles11": ("SuSE-release", "SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 4\n"),
    "debian5": ("os-release", "ID=debian\nVERSION_ID=5\n"),
}
RHEL62 = "2.6.32-220.el6.x86_64"
#: In place of rpm, which a recorded tree has not: what it is asked for, and what the package brings.
RPM = f"""#!/bin/sh
case $1 in
-qp) echo kmod-microsoft-hyper-v-4.1.3-1.x86_64 ;;
-q) test -e /installed ;;
-U) shift 2; echo ${{1##*/}} > /installed; echo extra/hv_vmbus.ko: > /lib/modules/{RHEL62}/modules.dep ;;
esac
"""
#: The head of an ELF program of 64 bits for x86_64.
PROGRAM = b"\x7fELF\x02\x01\x01" + b"\0" * 9 + b"\x03\0\x3e\0\x01\0\0\0" + b"\0" * 40


def recorded(name, folder):
    """Return the root directory of a copy of a recorded tree, with a shell and a release file."""
    root = folder / name
    shutil.copytree(FIXTURES / name, root, symlinks=True)
    for path, content in {"bin/sh": PROGRAM, "sbin/init": PROGRAM, f"etc/{RELEASES[name][0]}": RELEASES[name][1].encode()}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root


def kernel_lines(root):
    """Return the kernel's parameters ([[str]]) of each entry of GRUB Legacy, but for those that start a hypervisor or no Linux."""
    text = next(path for path in (root / "boot/grub/grub.conf", root / "boot/grub/menu.lst") if path.is_file()).read_text()
    return [line.split()[2:] for line in re.findall(r"^\s*kernel\s+\S*/vmlinuz.*$", text, re.MULTILINE)]


def start_only(root, version):
    """Have a copy of the tree of RHEL 6 start one kernel (str, its version)."""
    menu = root / "boot/grub/grub.conf"
    menu.write_text(re.sub(r"2\.6\.32-[\w.]+x86_64", version, menu.read_text()))
    for old in (*root.glob("boot/vmlinuz-*"), *root.glob("boot/initramfs-*")):
        old.unlink()
    for path in (f"vmlinuz-{version}", f"initramfs-{version}.img"):
        (root / "boot" / path).write_bytes(b"")


@pytest.mark.parametrize("name", RELEASES)
def test_every_entry_gets_the_serial_console_and_numa_off_where_the_kernel_needs_it(name, tmp_path):
    root = recorded(name, tmp_path)

    play = playing.role(INVENTORY, "guest_boot", {"guest_boot_root": str(root)}, options=("--tags", "guest_boot_cmdline"))
    again = playing.role(INVENTORY, "guest_boot", {"guest_boot_root": str(root)}, options=("--tags", "guest_boot_cmdline"))

    assert not play.failed, play.output
    assert play.changed == 1 and again.changed == 0
    assert kernel_lines(root)
    for words in kernel_lines(root):
        assert "console=ttyS0,115200n8" in words and not {"rhgb", "quiet", "splash"} & set(words)
        assert ("numa=off" in words) == (name in ("rhel5", "rhel6", "debian5")), words


def test_a_kernel_that_has_no_hyper_v_drivers_is_refused(tmp_path):
    root = recorded("rhel6", tmp_path)
    start_only(root, "2.6.39-400.17.1.el6uek.x86_64")

    play = playing.role(INVENTORY, "guest_kernel", {"guest_kernel_root": str(root)}, options=("--tags", "guest_kernel_versions"))

    assert play.failed and "R24" in play.output


@pytest.fixture
def rhel62(tmp_path):
    """The root directory of a guest with a kernel of RHEL 6.2, whose rpm installs a driver of the Linux Integration Services."""
    root = recorded("rhel6", tmp_path)
    start_only(root, RHEL62)
    (root / "lib/modules" / RHEL62 / "extra").mkdir(parents=True)
    (root / "lib/modules" / RHEL62 / "modules.dep").write_text("kernel/drivers/hv/hv_vmbus.ko:\n")
    (root / "bin/busybox").write_bytes(pathlib.Path(BUSYBOX).read_bytes())
    (root / "bin/rpm").write_text(RPM)
    (root / "bin/sh").unlink()
    (root / "bin/sh").symlink_to("busybox")
    for path in ("bin/busybox", "bin/rpm"):
        (root / path).chmod(0o755)
    return root


@pytest.mark.slow
def test_red_hat_6_2_gets_the_integration_services_from_the_files_that_are_given(rhel62, tmp_path):
    package = tmp_path / "kmod-microsoft-hyper-v-4.1.3.el6.x86_64.rpm"
    package.write_bytes(b"a package")
    variables = {"guest_kernel_root": str(rhel62), "guest_kernel_lis_package_files": [str(package)]}

    predicted, first, second = (
        playing.role(INVENTORY, "guest_kernel", variables, check=check, options=("--tags", "guest_kernel_versions")) for check in (True, False, False)
    )

    assert not predicted.failed and predicted.changed == 1, predicted.output
    assert not first.failed and first.changed == 1, first.output
    assert (rhel62 / "installed").read_text() == "kmod-microsoft-hyper-v-4.1.3.el6.x86_64.rpm\n"
    assert not second.failed and second.changed == 0, second.output
