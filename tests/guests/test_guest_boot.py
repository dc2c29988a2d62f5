# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role guest_boot leaves, read by the boot loader's and the initramfs' own tools."""

import re

WANTED = ["console=tty1", "console=ttyS0,115200n8", "earlyprintk=ttyS0,115200", "nvme_core.io_timeout=240"]


def kernel_lines(host):
    """Return the kernel's parameters in each entry of the menu that GRUB will show."""
    menu = host.file("/boot/grub/grub.cfg").content_string
    return [line.split()[2:] for line in menu.splitlines() if re.match(r"\s*linux(16|efi)?\s", line)]


def test_every_entry_has_the_parameters(host):
    lines = kernel_lines(host)
    assert lines
    for line in lines:
        assert [word for word in line if word in WANTED] == WANTED


def test_the_serial_port_is_the_last_console(host):
    for line in kernel_lines(host):
        assert [word for word in line if word.startswith("console=")][-1].startswith("console=ttyS0")


def test_no_entry_hides_the_boot(host):
    for line in kernel_lines(host):
        assert not {"quiet", "rhgb", "splash", "crashkernel=auto"} & set(line)


def test_the_menu_is_on_the_serial_port(host):
    menu = host.file("/boot/grub/grub.cfg").content_string
    assert re.search(r"^serial --speed=115200", menu, re.MULTILINE)
    assert re.search(r"^terminal_output serial console", menu, re.MULTILINE)


def test_every_initramfs_has_the_drivers(host):
    images = host.run("ls /boot/initrd.img-*").stdout.split()
    assert images
    for image in images:
        version = image.replace("/boot/initrd.img-", "")
        listed = host.run(f"lsinitramfs {image}").stdout
        built_in = host.file(f"/lib/modules/{version}/modules.builtin").content_string
        for module in ["hv_vmbus", "hv_storvsc", "hv_netvsc", "nvme", "nvme-core", "pci-hyperv"]:
            assert re.search(rf"/{module}\.ko", listed + built_in), f"{module} is not in {image}"
