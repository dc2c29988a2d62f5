# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from bounds import bounded
from unit.initramfs import images

from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import verify
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import kernels
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.compression import CannotVerify, CorruptImage
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree

WANTED = ["hv_vmbus", "hv-storvsc"]
IMAGE = f"/boot/initrd.img-{images.VERSION}"
SCSI, PCI = "kernel/drivers/scsi/", "kernel/drivers/pci/controller/"


def check(root, image, modules=tuple(WANTED), **kernel):
    images.write_kernel(root, image=image, **kernel)
    (found,) = kernels.installed_kernels(LiveTree(str(root)))
    return verify.check_image(LiveTree(str(root)), found, modules)


def test_modules_with_their_dependencies_are_present_under_either_spelling(tmp_path):
    verdict = check(tmp_path, images.microcode() + images.COMPRESS["zstd"](images.main_archive()), [*WANTED, "pci_hyperv"])
    assert verdict == (["hv_vmbus", "hv_storvsc", "pci_hyperv"], [], [], [], "")


def test_modules_of_a_root_that_is_not_usr_merged_are_present(tmp_path):
    assert check(tmp_path, images.main_archive(prefix="")).present == ["hv_vmbus", "hv_storvsc"]


def test_a_module_that_is_not_there_is_missing(tmp_path):
    verdict = check(tmp_path, images.COMPRESS["gzip"](images.main_archive(images.without("hv_storvsc.ko"))))
    assert (verdict.present, verdict.missing, verdict.reason) == (["hv_vmbus"], ["hv_storvsc"], "hv_storvsc is not in it")


def test_a_module_whose_dependency_is_not_there_is_missing(tmp_path):
    verdict = check(tmp_path, images.main_archive(images.without("scsi_transport_fc.ko")))
    assert verdict.missing == ["hv_storvsc"]
    assert verdict.reason == "scsi_transport_fc, which hv_storvsc needs, is not in it"


def test_a_dependency_that_is_built_in_need_not_be_there(tmp_path):
    verdict = check(tmp_path, images.main_archive(images.without("scsi_transport_fc.ko")), builtin="kernel/drivers/scsi/scsi_transport_fc.ko\n")
    assert verdict.present == ["hv_vmbus", "hv_storvsc"]


def test_a_driver_that_is_built_in_counts_and_is_told_apart(tmp_path):
    verdict = check(tmp_path, images.main_archive(images.without("hv_vmbus.ko")), builtin="kernel/drivers/hv/hv-vmbus.ko\n")
    assert (verdict.present, verdict.built_in, verdict.missing) == (["hv_storvsc"], ["hv_vmbus"], [])


def test_built_in_is_read_from_the_configuration_where_there_is_no_list(tmp_path):
    images.write_kernel(tmp_path, image=images.main_archive())
    (tmp_path / f"lib/modules/{images.VERSION}/modules.builtin").unlink()
    (tmp_path / f"boot/config-{images.VERSION}").write_text("CONFIG_HYPERV=y\n# CONFIG_HYPERV_VMBUS is not set\nCONFIG_HYPERV_STORAGE=y\n")
    assert kernels.built_in(LiveTree(str(tmp_path)), images.VERSION) == {"hv_storvsc"}
    (tmp_path / f"boot/config-{images.VERSION}").write_text("CONFIG_HYPERV=y\nCONFIG_HYPERV_STORAGE=m\n")
    assert kernels.built_in(LiveTree(str(tmp_path)), images.VERSION) == {"hv_vmbus"}


def test_a_driver_that_the_kernel_does_not_have_is_unavailable(tmp_path):
    verdict = check(tmp_path, images.main_archive(), ["hv_vmbus", "hv_nosuch"])
    assert (verdict.present, verdict.missing, verdict.unavailable) == (["hv_vmbus"], [], ["hv_nosuch"])


def test_the_name_of_a_driver_anywhere_else_in_the_image_is_no_proof(tmp_path):
    extra = [
        images.member("usr/lib/dracut/build-parameter.txt", b"--add-drivers 'hv_storvsc'"),
        images.member("etc/hv_storvsc.ko.conf"),
        images.member(f"usr/lib/modules/{images.VERSION}/hv_storvsc", b"x"),
        images.member("tmp/hv_storvsc.ko", b"x"),
    ]
    assert check(tmp_path, images.main_archive(images.without("hv_storvsc.ko"), extra=extra)).missing == ["hv_storvsc"]


def test_modules_of_another_kernel_are_no_proof(tmp_path):
    assert check(tmp_path, images.main_archive(version="6.1.0-12-amd64")).missing == ["hv_vmbus", "hv_storvsc"]


@pytest.mark.parametrize("kind", ["gzip", "xz", "zstd"])
def test_modules_that_are_compressed_on_the_disk_or_in_the_image_are_the_same(tmp_path, kind):
    suffix = {"gzip": ".gz", "xz": ".xz", "zstd": ".zst"}[kind]
    packed = {path + suffix: images.COMPRESS[kind](content) for path, content in images.DRIVERS.items()}
    images.write_kernel(tmp_path, drivers=packed, image=images.main_archive())
    (tmp_path / f"lib/modules/{images.VERSION}/modules.dep").write_text(images.MODULES_DEP.replace(".ko", ".ko" + suffix))
    tree = LiveTree(str(tmp_path))
    (kernel,) = kernels.installed_kernels(tree)
    assert verify.check_image(tree, kernel, WANTED).present == ["hv_vmbus", "hv_storvsc"]
    (tmp_path / IMAGE[1:]).write_bytes(
        images.archive(images.member("init"), *[images.member(f"lib/modules/{images.VERSION}/{path}", content) for path, content in packed.items()])
    )
    assert verify.check_image(tree, kernel, WANTED).present == ["hv_vmbus", "hv_storvsc"]


def test_a_module_that_was_stripped_on_its_way_is_the_same(tmp_path):
    path = SCSI + "hv_storvsc.ko"
    stripped = dict(images.DRIVERS, **{path: images.elf_module(b"storvsc code " * 700)})
    original = dict(images.DRIVERS, **{path: images.elf_module(b"storvsc code " * 700, debug=b"line numbers" * 99)})
    for name, content in original.items():
        (tmp_path / f"lib/modules/{images.VERSION}/{name}").parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"lib/modules/{images.VERSION}/{name}").write_bytes(content)
    images.write_kernel(tmp_path, image=images.main_archive(stripped))
    (tmp_path / f"lib/modules/{images.VERSION}/{path}").write_bytes(original[path])
    (kernel,) = kernels.installed_kernels(LiveTree(str(tmp_path)))
    assert verify.check_image(LiveTree(str(tmp_path)), kernel, WANTED).present == ["hv_vmbus", "hv_storvsc"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "hv_vmbus is an empty file"),
        (b"\x7fELF" + bytes(20), "hv_vmbus is no kernel module: its file is damaged"),
        (images.elf_module(b"vmbus CODE " * 900), "hv_vmbus is not the same as the one on the disk"),
        (images.elf_module(b"vmbus code " * 900)[:5000], "hv_vmbus is no kernel module: its file is damaged"),
    ],
)
def test_a_damaged_or_different_module_is_missing(tmp_path, content, reason):
    verdict = check(tmp_path, images.main_archive(dict(images.DRIVERS, **{"kernel/drivers/hv/hv_vmbus.ko": content})), ["hv_vmbus"])
    assert (verdict.missing, verdict.reason) == (["hv_vmbus"], reason)


@pytest.mark.parametrize("original", [b"", bytes(5000), images.elf_module(b"vmbus code " * 900)[:5000]])
def test_a_damaged_module_on_the_disk_tells_nothing_of_the_one_in_the_image(tmp_path, original):
    check(tmp_path, images.main_archive(), ["hv_vmbus"])
    (tmp_path / f"lib/modules/{images.VERSION}/kernel/drivers/hv/hv_vmbus.ko").write_bytes(original)
    (kernel,) = kernels.installed_kernels(LiveTree(str(tmp_path)))

    assert verify.check_image(LiveTree(str(tmp_path)), kernel, ["hv_vmbus"]).present == ["hv_vmbus"]


def test_a_module_that_is_as_damaged_on_the_disk_as_in_the_image_is_missing(tmp_path):
    damaged = images.elf_module(b"vmbus code " * 900)[:5000]
    check(tmp_path, images.main_archive(dict(images.DRIVERS, **{"kernel/drivers/hv/hv_vmbus.ko": damaged})), ["hv_vmbus"])
    (tmp_path / f"lib/modules/{images.VERSION}/kernel/drivers/hv/hv_vmbus.ko").write_bytes(damaged)
    (kernel,) = kernels.installed_kernels(LiveTree(str(tmp_path)))

    assert verify.check_image(LiveTree(str(tmp_path)), kernel, ["hv_vmbus"]).missing == ["hv_vmbus"]


def test_a_module_without_sections_that_is_the_same_on_the_disk_stands_for_one(tmp_path):
    stand_in = b"\x7fELF" + bytes(72)
    check(tmp_path, images.main_archive(dict(images.DRIVERS, **{"kernel/drivers/hv/hv_vmbus.ko": stand_in})), ["hv_vmbus"])
    (kernel,) = kernels.installed_kernels(LiveTree(str(tmp_path)))
    assert verify.check_image(LiveTree(str(tmp_path)), kernel, ["hv_vmbus"]).missing == ["hv_vmbus"]
    (tmp_path / f"lib/modules/{images.VERSION}/kernel/drivers/hv/hv_vmbus.ko").write_bytes(stand_in)
    assert verify.check_image(LiveTree(str(tmp_path)), kernel, ["hv_vmbus"]).present == ["hv_vmbus"]


def test_a_later_part_replaces_what_an_earlier_one_had(tmp_path):
    path = f"usr/lib/modules/{images.VERSION}/kernel/drivers/hv/hv_vmbus.ko"
    later = images.archive(images.member(path, b"overwritten"))
    assert check(tmp_path, images.main_archive() + later).missing == ["hv_vmbus", "hv_storvsc"]


def test_a_symbolic_link_in_the_image_is_followed(tmp_path):
    folder = f"usr/lib/modules/{images.VERSION}"
    extra = [
        images.member(f"{folder}/weak-updates/hv_vmbus.ko", b"../../5.0/extra/hv_vmbus.ko", images.LINK),
        images.member("usr/lib/modules/5.0/extra/hv_vmbus.ko", images.DRIVERS["kernel/drivers/hv/hv_vmbus.ko"]),
    ]
    drivers = images.without("hv_vmbus.ko")
    image = images.main_archive(drivers, extra=[*extra, images.member(f"{folder}/modules.dep", images.MODULES_DEP.encode())])
    assert check(tmp_path, image, ["hv_vmbus"]).present == ["hv_vmbus"]
    dangling = images.main_archive(drivers, extra=[*extra[:1], images.member(f"{folder}/modules.dep", images.MODULES_DEP.encode())])
    assert check(tmp_path, dangling, ["hv_vmbus"]).missing == ["hv_vmbus"]


def test_hard_links_have_their_content_with_the_last_name(tmp_path):
    folder = f"usr/lib/modules/{images.VERSION}"
    content = images.DRIVERS["kernel/drivers/hv/hv_vmbus.ko"]
    extra = [
        images.member(f"{folder}/kernel/drivers/hv/hv_vmbus.ko", b"", links=2, inode=77),
        images.member("var/cache/hv_vmbus.ko", content, links=2, inode=77),
        images.member(f"{folder}/modules.dep", images.MODULES_DEP.encode()),
    ]
    assert check(tmp_path, images.main_archive(images.without("hv_vmbus.ko"), extra=extra), ["hv_vmbus"]).present == ["hv_vmbus"]


def test_an_index_in_the_image_that_does_not_list_the_module_makes_it_missing(tmp_path):
    extra = [images.member(f"usr/lib/modules/{images.VERSION}/modules.dep", b"kernel/drivers/scsi/scsi_transport_fc.ko:\n")]
    verdict = check(tmp_path, images.main_archive(extra=extra), ["hv_vmbus"])
    assert (verdict.missing, verdict.reason) == (["hv_vmbus"], "hv_vmbus is not in the image's own modules.dep")


@pytest.mark.parametrize("nested", ["squashfs-root.img", "squash-root.img", "erofs-root.img", "squash/root.img"])
def test_drivers_in_a_file_system_inside_cannot_be_verified(tmp_path, nested):
    image = images.archive(images.member("init"), images.member(nested, b"hsqs" * 100))
    with pytest.raises(CannotVerify, match=f"cannot verify {IMAGE}: it keeps its drivers in the file system {nested}.*omit_dracutmodules"):
        check(tmp_path, image)


def test_an_image_without_a_first_program_is_no_initramfs(tmp_path):
    with pytest.raises(CorruptImage, match="it holds no /init, so it is cut off or only microcode"):
        check(tmp_path, images.microcode())


def test_a_kernel_without_image_lacks_what_is_not_built_in(tmp_path):
    verdict = check(tmp_path, None, builtin="kernel/drivers/hv/hv_vmbus.ko\n")
    assert (verdict.built_in, verdict.missing, verdict.reason) == (["hv_vmbus"], ["hv_storvsc"], "no initramfs is loaded for this kernel")


def test_an_unreadable_image_is_no_matter_when_all_is_built_in(tmp_path):
    builtin = "kernel/drivers/hv/hv_vmbus.ko\nkernel/drivers/scsi/hv_storvsc.ko\n"
    assert check(tmp_path, b"hsqs" + bytes(99), builtin=builtin).built_in == ["hv_vmbus", "hv_storvsc"]


def test_microcode_and_zstd_cut_at_every_4_kib_is_never_present(tmp_path):
    # 40 members of noise behind the drivers make many places to cut
    noise = [images.member(f"usr/lib/firmware/{number}", bytes((number * 7 + step * step) % 251 for step in range(9000))) for number in range(40)]
    image = images.microcode() + images.COMPRESS["zstd"](images.main_archive(extra=noise))
    _every_cut_is_an_error(tmp_path, image)


def test_four_parts_cut_at_every_4_kib_are_never_wrongly_present(tmp_path):
    parts = [
        images.microcode(),
        images.main_archive(images.without("hv_storvsc.ko")),
        images.COMPRESS["gzip"](images.archive(images.member("init", b"#!/bin/sh\n"))),
        images.COMPRESS["xz"](images.main_archive()),
    ]
    image = b"".join(part + bytes(-len(part) % 512) for part in parts)
    _every_cut_is_an_error(tmp_path, image, step=512, may_lack=True)


def _every_cut_is_an_error(root, image, step=4096, may_lack=False):
    images.write_kernel(root, image=image)
    tree = LiveTree(str(root))
    (kernel,) = kernels.installed_kernels(tree)
    assert verify.check_image(tree, kernel, WANTED).missing == []
    end = len(image.rstrip(b"\0"))
    for cut in range(0, end, step):
        (root / IMAGE[1:]).write_bytes(image[:cut])
        try:
            verdict = verify.check_image(tree, kernel, WANTED)
        except CorruptImage:
            continue
        # a cut between two parts leaves a whole, smaller image
        assert may_lack and verdict.missing, cut


@pytest.mark.parametrize("kind", ["plain", *images.COMPRESS])
def test_a_flipped_byte_is_never_a_wrong_present(tmp_path, kind):
    payload = images.main_archive()
    image = payload if kind == "plain" else images.COMPRESS[kind](payload)
    images.write_kernel(tmp_path, image=image)
    tree = LiveTree(str(tmp_path))
    (kernel,) = kernels.installed_kernels(tree)
    unpacked = payload.index(images.DRIVERS[SCSI + "hv_storvsc.ko"])
    for position in range(0, len(image), max(1, len(image) // 150)):
        (tmp_path / IMAGE[1:]).write_bytes(image[:position] + bytes([image[position] ^ 0xFF]) + image[position + 1 :])
        try:
            verdict = verify.check_image(tree, kernel, WANTED)
        except (CorruptImage, CannotVerify):
            continue
        if kind == "plain" and unpacked <= position < unpacked + len(images.DRIVERS[SCSI + "hv_storvsc.ko"]) - 600:
            assert verdict.missing == ["hv_storvsc"], position


def test_the_initramfs_inside_a_unified_kernel_image_is_read(tmp_path):
    image = images.uki([(b".linux", b"kernel" * 100), (b".initrd", images.COMPRESS["zstd"](images.main_archive())), (b".uname", b"x")])
    assert check(tmp_path, image).present == ["hv_vmbus", "hv_storvsc"]
    assert check(tmp_path, images.uki([(b".initrd", images.main_archive(images.without("hv_vmbus.ko")))])).missing == ["hv_vmbus", "hv_storvsc"]


def test_a_unified_kernel_image_without_or_with_half_an_initramfs_is_an_error(tmp_path):
    with pytest.raises(CorruptImage, match="has no section .initrd"):
        check(tmp_path, images.uki([(b".linux", b"kernel")]))
    whole = images.uki([(b".initrd", images.main_archive())])
    for cut in range(2, len(whole) - 20, 997):
        with pytest.raises(CorruptImage):
            check(tmp_path, whole[:cut])


def test_drivers_of_a_kernel_without_modules_are_read_from_the_image(tmp_path):
    images.write_kernel(tmp_path, image=images.main_archive())
    (tmp_path / f"lib/modules/{images.VERSION}/modules.dep").unlink()
    tree = LiveTree(str(tmp_path))
    (kernel,) = kernels.installed_kernels(tree)
    assert not kernel.has_modules
    assert verify.check_image(tree, kernel, WANTED).present == ["hv_vmbus", "hv_storvsc"]
    (tmp_path / IMAGE[1:]).write_bytes(
        images.main_archive(
            images.without("scsi_transport_fc.ko"), extra=[images.member(f"usr/lib/modules/{images.VERSION}/modules.dep", images.MODULES_DEP.encode())]
        )
    )
    assert verify.check_image(tree, kernel, WANTED).missing == ["hv_storvsc"]


def test_reading_needs_no_more_memory_than_the_modules(tmp_path):
    # the measurement itself is benchmarks/initramfs.py; here only that nothing is read whole
    zeros = images.COMPRESS["zstd"](images.main_archive(extra=[images.member("usr/lib/firmware/large", bytes(64 << 20))]))
    images.write_kernel(tmp_path, image=zeros)
    with bounded(20):
        (kernel,) = kernels.installed_kernels(LiveTree(str(tmp_path)))
        assert verify.check_image(LiveTree(str(tmp_path)), kernel, WANTED).missing == []
