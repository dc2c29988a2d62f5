# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""grub_cmdline on boot loaders other than GRUB 2, each really booted: what the kernel got is read from the serial console."""

import base64
import contextlib
import re
import subprocess

import pytest
from lab import console, container, disk, machine
from lab.files import copy_sparse
from lab.layout import layout
from lab.live import LiveGuest
from lab.recipe import Plan, Recipe

ADDED = ["console=tty1", "console=ttyS0,115200n8", "rootdelay=2", 'imagewright="a b"']
WANTED = {"present": ADDED, "absent": ["quiet", "net.ifnames"]}

#: Says on the serial console what the kernel got.
UNIT = """[Unit]
Description=Say the kernel command line
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'echo "PROC CMDLINE <$(cat /proc/cmdline)>" >/dev/ttyS0'
[Install]
WantedBy=multi-user.target
"""


@contextlib.contextmanager
def on_disk(image):
    """A container that writes to the disk itself."""
    guest = container.start(image=image, keep=True)
    try:
        yield LiveGuest(guest)
    finally:
        container.stop(guest)


def booted_cmdline(image, firmware="bios"):
    """Return /proc/cmdline (str) of a boot of the disk, as it is read from the serial console."""
    guest = machine.start(image, firmware=firmware, until=r"PROC CMDLINE <.*>", timeout=600)
    try:
        text = console.plain(guest.console.read_text(encoding="utf-8", errors="replace"))
    finally:
        machine.stop(guest, at_once=True)
    return re.search(r"PROC CMDLINE <(.*)>", text)[1]


def say_cmdline(guest):
    guest.write("/etc/systemd/system/say-cmdline.service", UNIT)
    guest.run("systemctl enable say-cmdline")


@pytest.mark.slow
def test_grub_legacy_boots_with_the_wanted_line(tmp_path):
    image = tmp_path / "legacy.raw"
    copy_sparse(disk.cached_disk(Plan(Recipe(loader="grub-legacy"))), image)
    with on_disk(image) as guest:
        say_cmdline(guest)
        guest.run("yes | update-grub")  # writes its comments again, as at the installation
        predicted = guest.module("grub_cmdline", check=True, bootloader="grub_legacy", **WANTED)
        done = guest.module("grub_cmdline", bootloader="grub_legacy", **WANTED)
        assert not done["failed"] and done["entries"], done
        assert [predicted[key] for key in ("entries", "next_kernel", "sources")] == [done[key] for key in ("entries", "next_kernel", "sources")]
        expected = done["entries"][0]["after"]
        assert not guest.module("grub_cmdline", bootloader="grub_legacy", **WANTED)["changed"]
    assert booted_cmdline(image).split() == expected.split()  # update-grub ends each line with a blank
    assert expected.split()[-5:] == ["console=tty1", "console=ttyS0,115200n8", "rootdelay=2", 'imagewright="a', 'b"']
    with on_disk(image) as guest:  # the next kernel gets what update-grub makes of the magic comments
        guest.run("yes | update-grub")
        stanzas = [line for line in guest.read("/boot/grub/menu.lst").splitlines() if line.startswith("kernel")]
        assert stanzas and all(" ".join(stanza.split()[2:]) in (done["next_kernel"], done["next_kernel"] + " single") for stanza in stanzas)
        assert not guest.module("grub_cmdline", bootloader="grub_legacy", **WANTED)["changed"]


@pytest.mark.slow
def test_systemd_boot_boots_a_bls_entry_with_the_wanted_line(tmp_path):
    plan = Plan(Recipe(firmware="uefi"), table="gpt")
    image = tmp_path / "bls.raw"
    copy_sparse(disk.cached_disk(plan), image)
    with on_disk(image) as guest:
        say_cmdline(guest)
        guest.run("apt-get update -q && apt-get install -q -y --no-install-recommends systemd-boot-efi")
        version = guest.output("ls /boot | sed -n 's/^vmlinuz-//p' | head -1")
        root = guest.output("sed -n 's/.*\\(root=UUID=[^ ]*\\).*/\\1/p' /boot/grub/grub.cfg | head -1")
        guest.write("/etc/kernel/cmdline", f"{root} ro quiet net.ifnames=0\n")
        guest.write("/etc/kernel/install.conf", "layout=bls\nBOOT_ROOT=/boot\n")
        install = (
            f"install -d /boot/loader/entries /boot/$(cat /etc/machine-id) && kernel-install -v add VERSION /boot/vmlinuz-{version} /boot/initrd.img-{version}"
        )
        guest.run(install.replace("VERSION", version))
        predicted = guest.module("grub_cmdline", check=True, bootloader="bls", **WANTED)
        done = guest.module("grub_cmdline", bootloader="bls", **WANTED)
        assert not done["failed"] and len(done["entries"]) == 1, done
        assert [predicted[key] for key in ("entries", "next_kernel", "sources")] == [done[key] for key in ("entries", "next_kernel", "sources")]
        entry = done["entries"][0]
        # the next kernel gets what kernel-install itself makes of /etc/kernel/cmdline
        guest.run(f"cp -a /lib/modules/{version} /lib/modules/99.0.0-new && {install.replace('VERSION', '99.0.0-new')}")
        new = guest.output("cat /boot/loader/entries/*99.0.0-new.conf")
        assert re.search(r"^options\s+(.*?)\s*$", new, re.MULTILINE)[1] == done["next_kernel"]
        guest.run("rm -r /boot/loader/entries/*99.0.0-new.conf /lib/modules/99.0.0-new")
        files = {name: tmp_path / name for name in ("linux", "initrd", "entry.conf", "BOOTX64.EFI")}
        text = guest.read(entry["path"])
        places = {"linux": re.search(r"^linux\s+(\S+)", text, re.MULTILINE)[1], "initrd": re.search(r"^initrd\s+(\S+)", text, re.MULTILINE)[1]}
        guest.run(
            f"install -d /root/out && cp {entry['kernel']} /root/out/linux && cp {places['initrd']} /root/out/initrd && "
            "cp /usr/lib/systemd/boot/efi/systemd-bootx64.efi /root/out/BOOTX64.EFI"
        )
        files["entry.conf"].write_text(text)
        for name in ("linux", "initrd", "BOOTX64.EFI"):
            files[name].write_bytes(fetched(guest, f"/root/out/{name}"))
    esp = f"{image}@@{layout(plan).part('esp').start}"
    folders = ["::/loader", "::/loader/entries"] + _parents(places["linux"])
    subprocess.run(["mmd", "-D", "s", "-i", esp, *folders], check=False, capture_output=True)
    for name, target in (
        ("linux", places["linux"]),
        ("initrd", places["initrd"]),
        ("entry.conf", "/loader/entries/entry.conf"),
        ("BOOTX64.EFI", "/EFI/BOOT/BOOTX64.EFI"),
    ):
        subprocess.run(["mcopy", "-o", "-i", esp, files[name], f"::{target}"], check=True)
    cmdline = booted_cmdline(image, firmware="uefi")
    assert "systemd" not in cmdline.split()[0]
    assert re.sub(r"^initrd=\S+ ", "", cmdline) == entry["after"]


def _parents(path):
    parts = path.strip("/").split("/")[:-1]
    return ["::/" + "/".join(parts[:count]) for count in range(1, len(parts) + 1)]


def fetched(guest, path):
    """Return the bytes of a file of the guest."""
    return base64.b64decode(guest.output(["base64", path]))
