# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The good images that are broken, each with its own firmware, boot loader, initramfs, file system, network and provisioner."""

import uuid
from pathlib import Path
from typing import Callable, NamedTuple, Optional

from integration.broken import logical
from lab import bootloader, debs, disk, filesystems, keys, layout, rootfs, tree
from lab import logical as volume_group
from lab.commands import run
from lab.files import cached, remove_tree, roomy_scratch
from lab.paths import cache_dir
from lab.recipe import Plan, Recipe, content_id

#: What a guest needs beside its base to be ready.
PACKAGES = ("waagent", "chrony", "hyperv-daemons")
CMDLINE = "ro net.ifnames=0 console=tty0 console=ttyS0,115200n8"
#: Debian's waagent conflicts with NetworkManager: there the agent is unpacked, as who installs it from its source has it.
AGENT = "waagent"


class Image(NamedTuple):
    """A good image.

    plan: what the lab builds; grow: (root: Path, uuid of the root) -> None, what is done in its tree before the disk is written;
    esp: (root: Path, uuid) -> {path: Path}, the files of its EFI system partition instead of GRUB's; subvolumes: (name, place), of Btrfs.
    write: (raw: Path, root: Path, size, uuid) -> None, what writes the whole disk where it is laid out otherwise.
    provisioner: ``waagent`` or ``cloud-init``.
    """

    plan: Plan
    grow: Optional[Callable] = None
    esp: Optional[Callable] = None
    subvolumes: tuple = ()
    provisioner: str = "waagent"
    write: Optional[Callable] = None


def build(name, say=print):
    """Return the path of the raw disk of an image of IMAGES, never to be written, built when it is not cached."""
    return built(IMAGES[name], name, say)


def built(image, name, say=print):
    """Return the path of the raw disk of an Image, as build() does. name: str, of this image alone."""
    if image.grow is None:
        return disk.cached_disk(image.plan, say)
    tarball = rootfs.base_tarball(image.plan.recipe, say)
    code = [Path(module.__file__).read_text(encoding="utf-8") for module in (bootloader, disk, filesystems, layout, logical, tree, volume_group)]
    key = content_id(name, image.plan, tarball.name, keys.public_key(), code, Path(__file__).read_text(encoding="utf-8"))
    return cached(cache_dir() / "disk" / f"broken-{key}.raw", lambda part: _build(image, tarball, part))


def _build(image, tarball, out):
    scratch = roomy_scratch(cache_dir(), disk.SCRATCH_NEEDED) / f"imagewright-broken-{uuid.uuid4().hex[:8]}"
    scratch.mkdir()
    root, raw, plan = scratch / "root", scratch / "disk.raw", image.plan
    names = disk.Names(str(uuid.uuid4()), str(uuid.uuid4()), uuid.uuid4().hex[:8].upper())
    parts = layout.layout(plan)
    try:
        tree.unpack(tarball, root)
        with tree.proc_mounted(root):
            disk.fill_tree(root, plan, parts, names)
            image.grow(root, names.root)
        if image.write:
            image.write(raw, root, parts.size, names.root)
            run(["cp", "--sparse=always", raw, out])
            return
        with raw.open("wb") as handle:
            handle.truncate(parts.size)
        run(["sfdisk", "--quiet", "--no-tell-kernel", "--no-reread", raw], stdin=layout.sfdisk_script(parts))
        if image.subvolumes:
            _write_subvolumes(raw, parts.part("root"), root, names.root, image.subvolumes)
        else:
            filesystems.write_root(raw, parts.part("root"), plan.recipe.file_system, root, names.root)
        if image.esp:
            filesystems.write_esp(raw, parts.part("esp"), names.esp, image.esp(root, names.root))
        else:
            with tree.proc_mounted(root):
                bootloader.write_code(raw, root, plan.recipe, parts, names.root, names.esp)
        run(["cp", "--sparse=always", raw, out])
    finally:
        remove_tree(scratch)


def _write_subvolumes(raw, part, root, identifier, subvolumes):
    """Write a Btrfs whose files lie in subvolumes, as installers make them; mkfs.btrfs fills the top alone."""
    beside, place = raw.with_name("btrfs.part"), raw.with_name("mounted")
    with beside.open("wb") as handle:
        handle.truncate(part.size)
    run(["mkfs.btrfs", "-q", "-f", "-U", identifier, "-L", "root", beside])
    place.mkdir()
    run(["mount", "-o", "loop", beside, place])
    try:
        for name, where in subvolumes:
            run(["btrfs", "-q", "subvolume", "create", place / name])
            source = root / where.lstrip("/")
            run(["cp", "-a", f"{source}/.", place / name])
            if where != "/":
                remove_tree(place / subvolumes[0][0] / where.lstrip("/"))
                (place / subvolumes[0][0] / where.lstrip("/")).mkdir()
        # a program that began meanwhile in a mount namespace of its own keeps the file system mounted there
        run(["sync", "--file-system", place])
    finally:
        run(["umount", place])
    filesystems.place(raw, part, beside)


def _install_agent(root):
    """Unpack the agent's package into the tree with what its Python lacks, and enable what its package would."""
    recipe = IMAGES["Debian 13 XFS"].plan.recipe
    rootfs.base_tarball(recipe)  # whose packages are kept
    for package in (AGENT, "python3-crypt-r"):
        found = sorted(debs.archive(recipe.suite).glob(f"{package}_*.deb"))
        run(["dpkg-deb", "-x", found[-1], root])
    tree.chroot(root, "systemctl", "-q", "enable", "walinuxagent.service")


def _network_manager(root, identifier):
    """Have NetworkManager and cloud-init in place of networkd and the agent's own provisioning, on subvolumes of Btrfs."""
    _install_agent(root)
    (root / "etc/systemd/network/20-dhcp.network").unlink()
    tree.chroot(root, "systemctl", "-q", "disable", "systemd-networkd.service")
    tree.chroot(root, "systemctl", "-q", "enable", "NetworkManager.service")
    tree.write(root, "etc/cloud/cloud.cfg.d/91-azure.cfg", "datasource_list: [ Azure ]\n")
    fstab = (root / "etc/fstab").read_text(encoding="utf-8")
    own = f"UUID={identifier} / btrfs defaults 0 1\n"
    assert own in fstab
    lines = "".join(f"UUID={identifier} {place} btrfs defaults,subvol={name} 0 0\n" for name, place in SUBVOLUMES)
    tree.write(root, "etc/fstab", fstab.replace(own, lines))
    menu = root / "boot/grub/grub.cfg"
    text = menu.read_text(encoding="utf-8").replace("/boot/vmlinuz", "/@/boot/vmlinuz").replace("/boot/initrd", "/@/boot/initrd")
    menu.write_text(text.replace(f"root=UUID={identifier} ro", f"root=UUID={identifier} ro rootflags=subvol=@"), encoding="utf-8")


def _grub_esp(root, identifier):
    """Return the files of an EFI system partition whose GRUB goes on in the subvolume of /."""
    loader = root / "usr/lib/grub/x86_64-efi/monolithic/grubx64.efi"
    if not loader.is_file():
        tree.chroot(root, "grub-mkimage", "-O", "x86_64-efi", "-o", "/tmp/grubx64.efi", "-p", "/EFI/debian", *bootloader.EFI_MODULES)
        loader = root / "tmp/grubx64.efi"
    lines = root / "tmp/esp-grub.cfg"
    lines.write_text(f"search.fs_uuid {identifier} root\nset prefix=($root)/@/boot/grub\nconfigfile $prefix/grub.cfg\n", encoding="ascii")
    return {"/EFI/BOOT/BOOTX64.EFI": loader, "/EFI/debian/grubx64.efi": loader, "/EFI/debian/grub.cfg": lines}


def _systemd_boot(root, identifier):
    """Have the kernel's command line where kernel-install reads it."""
    tree.write(root, "etc/kernel/cmdline", f"root=UUID={identifier} {CMDLINE}\n")


def _entries_esp(root, identifier):
    """Return the files that `bootctl install` and kernel-install write."""
    version, machine = tree.kernel_version(root), (root / "etc/machine-id").read_text(encoding="ascii").strip()
    program = root / "usr/lib/systemd/boot/efi/systemd-bootx64.efi"
    folder = f"/{machine}/{version}"
    return {
        "/EFI/BOOT/BOOTX64.EFI": program,
        "/EFI/systemd/systemd-bootx64.efi": program,
        "/loader/loader.conf": _scratch(root, "loader.conf", "timeout 3\nconsole-mode keep\n"),
        f"/loader/entries/{machine}-{version}.conf": _scratch(
            root,
            "entry.conf",
            f"title Debian GNU/Linux 13 (trixie)\nversion {version}\nmachine-id {machine}\nsort-key debian\n"
            f"options root=UUID={identifier} {CMDLINE}\nlinux {folder}/linux\ninitrd {folder}/initrd.img-{version}\n",
        ),
        f"{folder}/linux": root / f"boot/vmlinuz-{version}",
        f"{folder}/initrd.img-{version}": root / f"boot/initrd.img-{version}",
    }


def _unified_esp(root, identifier):
    """Return the files of a machine with one unified kernel image, which systemd-boot starts."""
    version, machine = tree.kernel_version(root), (root / "etc/machine-id").read_text(encoding="ascii").strip()
    _scratch(root, "cmdline", f"root=UUID={identifier} {CMDLINE}")
    tree.chroot(
        root,
        "ukify",
        "build",
        f"--linux=/boot/vmlinuz-{version}",
        f"--initrd=/boot/initrd.img-{version}",
        "--cmdline=@/tmp/cmdline",
        f"--uname={version}",
        "--os-release=@/etc/os-release",
        "--output=/tmp/unified.efi",
    )
    program = root / "usr/lib/systemd/boot/efi/systemd-bootx64.efi"
    return {
        "/EFI/BOOT/BOOTX64.EFI": program,
        "/EFI/systemd/systemd-bootx64.efi": program,
        "/loader/loader.conf": _scratch(root, "loader.conf", "timeout 3\n"),
        f"/EFI/Linux/{machine}-{version}.efi": root / "tmp/unified.efi",
    }


def _scratch(root, name, text):
    path = root / "tmp" / name
    path.write_text(text, encoding="utf-8")
    return path


SUBVOLUMES = (("@", "/"), ("@home", "/home"))
_WITH_SYSTEMD_BOOT = Plan(Recipe("trixie", "uefi", "none", include=(*PACKAGES, "systemd-boot", "systemd-boot-efi", "systemd-ukify", "netplan.io")), table="gpt")

IMAGES = {
    "Debian 12": Image(Plan(Recipe(include=(*PACKAGES, "ifupdown", "isc-dhcp-client")))),
    "Debian 12 UEFI": Image(Plan(Recipe(firmware="uefi", include=(*PACKAGES, "ifupdown", "isc-dhcp-client")), table="gpt")),
    "Debian 13 XFS": Image(Plan(Recipe("trixie", file_system="xfs", include=PACKAGES), table="gpt")),
    "dracut": Image(Plan(Recipe(initramfs="dracut", include=(*PACKAGES, "ifupdown", "isc-dhcp-client")))),
    "Btrfs, cloud-init, NetworkManager": Image(
        Plan(
            Recipe("trixie", "uefi", file_system="btrfs", include=("chrony", "hyperv-daemons", "cloud-init", "network-manager", "python3-distro", "openssl")),
            table="gpt",
        ),
        _network_manager,
        _grub_esp,
        SUBVOLUMES,
        "cloud-init",
    ),
    "LVM": Image(Plan(Recipe(include=(*PACKAGES, "lvm2"))), logical.grow, write=logical.write),
    "systemd-boot": Image(_WITH_SYSTEMD_BOOT, _systemd_boot, _entries_esp),
    "unified kernel image": Image(_WITH_SYSTEMD_BOOT, _systemd_boot, _unified_esp),
}
