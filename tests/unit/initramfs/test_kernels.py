# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import struct

import pytest
from unit.initramfs import images

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.entries import BootEntry
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import survey
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.verify import Verification
from ansible_collections.imagewright.azure.plugins.module_utils.kernel.kernels import (
    Kernel,
    _of_entry,
    installed_kernels,
    version_key,
    version_of,
)
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree


def bzimage(version):
    """Return the start of an x86 kernel (bytes) that says which version it is."""
    header = bytearray(0x400)
    header[0x202:0x206], header[0x20E:0x210] = b"HdrS", struct.pack("<H", 0x100)
    text = version.encode() + b" (builder@host) #1 SMP\0"
    header[0x300 : 0x300 + len(text)] = text
    return bytes(header)


def write(root, **files):
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content if isinstance(content, bytes) else content.encode())


def kernels(root):
    return [(kernel.version, kernel.image, kernel.kind) for kernel in installed_kernels(LiveTree(str(root)))]


@pytest.mark.parametrize("name", ["initrd.img-5.0", "initrd-5.0.img", "initrd-5.0", "initramfs-5.0.img", "initramfs-5.0"])
def test_the_image_of_each_distribution_is_found_beside_the_kernel(tmp_path, name):
    write(tmp_path, **{"boot/vmlinuz-5.0": b"MZ", "boot/" + name: b"x", "lib/modules/5.0/modules.dep": ""})
    assert installed_kernels(LiveTree(str(tmp_path))) == [Kernel("5.0", "/boot/" + name, "/boot/vmlinuz-5.0", True, "normal")]


def test_copies_beside_kernels_and_signatures_are_no_kernels(tmp_path):
    write(tmp_path, **{f"boot/vmlinuz-5.0{end}": b"MZ" for end in ("", ".dpkg-tmp", ".rpmsave", ".bak", ".sig", "~", ".old")})
    write(tmp_path, **{"boot/.vmlinuz-5.0.hmac": b"", "boot/vmlinuz-notes": b"text"})
    assert kernels(tmp_path) == [("5.0", None, "normal")]


def test_links_to_kernels_do_not_count_twice(tmp_path):
    write(tmp_path, **{"usr/lib/modules/5.14.21/vmlinuz": b"MZ", "usr/lib/modules/5.14.21/modules.dep": "", "boot/initrd-5.14.21": b"x"})
    (tmp_path / "boot/vmlinuz-5.14.21").symlink_to("../usr/lib/modules/5.14.21/vmlinuz")
    (tmp_path / "boot/vmlinuz").symlink_to("vmlinuz-5.14.21")
    (tmp_path / "boot/initrd").symlink_to("initrd-5.14.21")
    assert [version for version, _image, _kind in kernels(tmp_path)] == ["5.14.21"]


def test_a_kernel_named_after_its_flavour_tells_its_version_itself(tmp_path):
    write(tmp_path, **{"boot/vmlinuz-lts": bzimage("6.6.7-0-lts"), "boot/initramfs-lts": b"x", "lib/modules/6.6.7-0-lts/modules.dep": ""})
    assert kernels(tmp_path) == [("6.6.7-0-lts", "/boot/initramfs-lts", "normal")]


def test_a_kernel_of_arch_is_found_by_its_pkgbase_where_it_does_not_tell(tmp_path):
    write(
        tmp_path,
        **{
            "boot/vmlinuz-linux": b"\0" * 64,
            "boot/initramfs-linux.img": b"x",
            "usr/lib/modules/6.12.1-arch1-1/modules.dep": "",
            "usr/lib/modules/6.12.1-arch1-1/pkgbase": "linux\n",
            "usr/lib/modules/6.6.60-1-lts/pkgbase": "linux-lts\n",
        },
    )
    assert kernels(tmp_path) == [("6.12.1-arch1-1", "/boot/initramfs-linux.img", "normal")]


def test_a_leftover_module_directory_is_no_kernel(tmp_path):
    write(tmp_path, **{"lib/modules/1.0-ghost/updates/x.ko": b"", "boot/vmlinuz-5.0": b"MZ", "lib/modules/5.0/modules.dep": ""})
    assert [version for version, _image, _kind in kernels(tmp_path)] == ["5.0"]


def test_a_rescue_kernel_is_marked_and_a_kdump_image_is_left_out(tmp_path):
    machine = "0123456789abcdef0123456789abcdef"
    write(
        tmp_path,
        **{
            f"boot/vmlinuz-0-rescue-{machine}": bzimage("5.14.0-1.el9.x86_64"),
            f"boot/initramfs-0-rescue-{machine}.img": b"x",
            "boot/vmlinuz-5.14.0-2.el9.x86_64": bzimage("5.14.0-2.el9.x86_64"),
            "boot/initramfs-5.14.0-2.el9.x86_64.img": b"x",
            "boot/initramfs-5.14.0-2.el9.x86_64kdump.img": b"x",
        },
    )
    assert kernels(tmp_path) == [
        ("5.14.0-2.el9.x86_64", "/boot/initramfs-5.14.0-2.el9.x86_64.img", "normal"),
        ("5.14.0-1.el9.x86_64", f"/boot/initramfs-0-rescue-{machine}.img", "rescue"),
    ]


BLS = """title Red Hat Enterprise Linux (5.14.0-2.el9.x86_64) 9.4
version 5.14.0-2.el9.x86_64
linux /vmlinuz-5.14.0-2.el9.x86_64
initrd /{initrd} $tuned_initrd
options root=UUID=1 ro
"""


def test_the_image_that_a_boot_entry_loads_is_the_one_that_counts(tmp_path):
    write(
        tmp_path,
        **{
            "boot/vmlinuz-5.14.0-2.el9.x86_64": bzimage("5.14.0-2.el9.x86_64"),
            "boot/initramfs-5.14.0-2.el9.x86_64.img": b"x",
            "boot/initramfs-hand-made.img": b"x",
            "boot/grub2/grub.cfg": "set default=0\ninsmod blscfg\nblscfg\n",
            "etc/default/grub": "",
            "etc/os-release": "ID=rhel\n",
            "boot/loader/entries/1-5.14.0-2.el9.x86_64.conf": BLS.format(initrd="initramfs-hand-made.img"),
        },
    )
    assert kernels(tmp_path) == [("5.14.0-2.el9.x86_64", "/boot/initramfs-hand-made.img", "normal")]


def test_an_entry_whose_image_is_gone_names_it(tmp_path):
    write(
        tmp_path,
        **{
            "boot/vmlinuz-5.14.0-2.el9.x86_64": bzimage("5.14.0-2.el9.x86_64"),
            "etc/os-release": "ID=rhel\n",
            "etc/default/grub": "",
            "boot/grub2/grub.cfg": "blscfg\n",
            "boot/loader/entries/1-5.14.0-2.el9.x86_64.conf": BLS.format(initrd="initramfs-5.14.0-2.el9.x86_64.img"),
        },
    )
    ((_version, image, _kind),) = kernels(tmp_path)
    assert image.endswith("/initramfs-5.14.0-2.el9.x86_64.img")


def test_microcode_is_not_taken_for_the_initramfs(tmp_path):
    entry = "title Arch Linux\nlinux /vmlinuz-linux\ninitrd /initramfs-linux.img\ninitrd /intel-ucode.img\noptions root=UUID=1 rw\n"
    write(
        tmp_path,
        **{
            "boot/vmlinuz-linux": bzimage("6.12.1-arch1-1"),
            "boot/initramfs-linux.img": b"x",
            "boot/intel-ucode.img": b"x",
            "boot/loader/entries/arch.conf": entry,
            "boot/loader/loader.conf": "default arch\n",
        },
    )
    assert ("6.12.1-arch1-1", "/boot/initramfs-linux.img", "normal") in kernels(tmp_path)
    assert "ucode" not in str(kernels(tmp_path))


def test_a_unified_kernel_image_tells_its_version_and_is_its_own_image(tmp_path):
    image = images.uki([(b".uname", b"6.12.1-arch1-1"), (b".initrd", images.main_archive())])
    write(tmp_path, **{"efi/EFI/Linux/arch.efi": image, "efi/EFI/Linux/tool.efi": images.uki([(b".text", b"no kernel")])})
    tree = LiveTree(str(tmp_path))
    assert kernels(tmp_path) == [("6.12.1-arch1-1", "/efi/EFI/Linux/arch.efi", "normal")]
    assert version_of(tree, "/efi/EFI/Linux/tool.efi") is None
    entry = BootEntry("systemd-boot", "", 1, "Arch", "/efi/EFI/Linux/arch.efi", [], "", "normal")
    assert _of_entry(tree, entry)[:3] == ("6.12.1-arch1-1", "/efi/EFI/Linux/arch.efi", "/efi/EFI/Linux/arch.efi")


OSTREE = "/boot/ostree/fedora-coreos-0a1b/vmlinuz-6.12.4-200.fc41.x86_64"


@pytest.mark.parametrize(
    ("vmlinuz", "image", "words"),
    [
        (OSTREE, OSTREE.replace("vmlinuz", "initramfs") + ".img", "belongs to an ostree deployment"),
        ("/efi/EFI/Linux/arch.efi", "/efi/EFI/Linux/arch.efi", "part of the unified kernel image"),
    ],
)
def test_an_image_that_is_part_of_something_whole_is_not_rebuilt(vmlinuz, image, words):
    kernel = Kernel("6.12.4-200.fc41.x86_64", image, vmlinuz, True, "normal")
    state = survey.ImageState(kernel, Verification([], [], ["hv_storvsc"], [], "not in the image"), None)
    with pytest.raises(ImagewrightError, match=words):
        survey.check_rebuildable(state)


def test_a_kernel_beside_a_repository_of_ostree_is_rebuilt():
    kernel = Kernel("6.12.4", "/boot/initramfs-6.12.4.img", "/boot/vmlinuz-6.12.4-ostree", True, "normal")
    survey.check_rebuildable(survey.ImageState(kernel, Verification([], [], ["hv_storvsc"], [], "not in the image"), None))


def test_versions_sort_by_their_numbers():
    versions = ["5.10.0-32-amd64", "5.9.1-amd64", "5.10.0-4-amd64", "4.18.0-80.el8"]
    assert sorted(versions, key=version_key) == ["4.18.0-80.el8", "5.9.1-amd64", "5.10.0-4-amd64", "5.10.0-32-amd64"]
