# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no initramfs and no module has is refused before it takes time or memory."""

import gzip
import io

import pytest
from bounds import MIB, bounded
from unit.initramfs import hostile, images

from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import archive, module_file, verify
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.compression import CannotVerify, CorruptImage
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import kernels


def test_sections_that_lie_on_each_other_are_damage():
    module = hostile.overlapping_sections()

    with bounded(128), pytest.raises(ValueError, match="its sections lie on each other"):
        module_file.loaded_sections(module)


def test_an_initramfs_with_such_a_module_lacks_it(tmp_path):
    path = f"usr/lib/modules/{images.VERSION}/kernel/drivers/scsi/hv_storvsc.ko"
    image = gzip.compress(images.main_archive(images.without("hv_storvsc.ko"), extra=[images.member(path, hostile.overlapping_sections())]))
    assert len(image) < 200000
    images.write_kernel(tmp_path, image=image)
    (kernel,) = kernels.installed_kernels(LiveTree(str(tmp_path)))
    with bounded(192):
        verdict = verify.check_image(LiveTree(str(tmp_path)), kernel, ["hv_storvsc"])
    assert verdict.missing == ["hv_storvsc"] and "its file is damaged" in verdict.reason


def test_a_link_longer_than_a_path_is_damage():
    image = hostile.initramfs_of_long_links(4)

    with bounded(16), pytest.raises(CorruptImage, match=r"the link 'usr/lib/link0' at byte \d+ has 50331648 bytes"):
        list(archive.list_members(io.BytesIO(image), "/boot/initrd"))


def test_a_link_of_a_usual_length_is_read():
    content = images.archive(images.member("init", b"#!"), images.member("sbin/init", b"/usr/lib/systemd/systemd", mode=images.LINK))
    assert list(archive.list_members(io.BytesIO(content), "/boot/initrd"))[1].content == b"/usr/lib/systemd/systemd"


@pytest.mark.parametrize(("name", "most"), [("MAX_MEMBERS", 100), ("MAX_NAMES", 1000)])
def test_more_files_than_any_initramfs_has_are_damage(monkeypatch, name, most):
    monkeypatch.setattr(archive, name, most)
    content = images.archive(*[images.member(f"file-{number:06d}") for number in range(200)])
    with pytest.raises(CorruptImage, match="cannot read /boot/initrd: it has more than"):
        list(archive.list_members(io.BytesIO(content), "/boot/initrd"))


def test_a_module_that_unpacks_to_gigabytes_is_damage(monkeypatch):
    monkeypatch.setattr(module_file, "MAX_MODULE", 8 * MIB)

    with bounded(80), pytest.raises(CorruptImage, match="unpacks to more than 8 MiB"):
        module_file.unpacked(gzip.compress(bytes(64 * MIB)), "hv_vmbus.ko.gz")


def test_a_sparse_module_of_6_gib_on_the_disk_cannot_be_compared(tmp_path):
    images.write_kernel(tmp_path, image=gzip.compress(images.main_archive()))
    path = next((tmp_path / "lib/modules").rglob("hv_storvsc.ko*"))
    with open(path, "wb") as stream:
        stream.truncate(6 * 1024 * MIB)
    (kernel,) = kernels.installed_kernels(LiveTree(str(tmp_path)))

    with bounded(128), pytest.raises(CannotVerify, match="hv_storvsc cannot be compared with .* more than 48 MiB"):
        verify.check_image(LiveTree(str(tmp_path)), kernel, ["hv_storvsc"])
