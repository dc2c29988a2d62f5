# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""guest_kernel_info on trees with the layout of a distribution's /boot and /lib/modules."""

import pytest


def install_kernel(root, version, modules="", built_in=""):
    """Write what a kernel's package leaves: an image, modules.dep and modules.builtin."""
    (root / "boot").mkdir(exist_ok=True)
    (root / f"boot/vmlinuz-{version}").write_bytes(b"kernel")
    folder = root / f"lib/modules/{version}"
    folder.mkdir(parents=True)
    (folder / "modules.dep").write_text("".join(f"{path}:\n" for path in modules.split()))
    (folder / "modules.builtin").write_text("".join(f"{path}\n" for path in built_in.split()))


def kernels_of(run_module, root, **arguments):
    result = run_module("guest_kernel_info", root=root, **arguments)
    assert not result["failed"] and not result["changed"]
    return result["kernels"]


def test_drivers_are_modules_built_in_or_missing(tmp_path, run_module):
    install_kernel(tmp_path, "6.1.0-50-amd64", "kernel/drivers/hv/hv_vmbus.ko.xz kernel/drivers/pci/controller/pci-hyperv.ko",
                   "kernel/drivers/nvme/host/nvme.ko")
    [kernel] = kernels_of(run_module, tmp_path, drivers=["hv_vmbus", "pci_hyperv", "nvme", "udf"])
    assert kernel["drivers"] == {"hv_vmbus": "module", "pci_hyperv": "module", "nvme": "built_in", "udf": "missing"}
    assert kernel["vendor"] and kernel["missing_patches"] == []


def test_bans_of_a_module_are_told_and_those_of_a_built_in_are_not(tmp_path, run_module):
    install_kernel(tmp_path, "6.1.0-50-amd64", "kernel/fs/udf/udf.ko", "kernel/fs/fat/vfat.ko")
    (tmp_path / "etc/modprobe.d").mkdir(parents=True)
    (tmp_path / "etc/modprobe.d/cis.conf").write_text("install udf /bin/false\ninstall vfat /bin/false\n")
    [kernel] = kernels_of(run_module, tmp_path)
    assert kernel["bans"] == {"udf": [{"path": "/etc/modprobe.d/cis.conf", "line": 1, "text": "install udf /bin/false"}]}


def test_a_custom_kernel_is_told_which_patches_it_lacks(tmp_path, run_module):
    install_kernel(tmp_path, "4.3.0-mine")
    [kernel] = kernels_of(run_module, tmp_path)
    assert not kernel["vendor"]
    assert kernel["missing_patches"] == [{"commit": "be821fd8e627", "since": "4.4",
                                          "title": "scsi_sysfs: protect against double execution of __scsi_remove_device()"}]


@pytest.mark.parametrize("path, needed", [("kernel/drivers/hv/hv_vmbus.ko", True), ("extra/microsoft-hyper-v/hv_vmbus.ko", False)])
def test_red_hat_6_3_needs_the_integration_services_unless_they_are_there(tmp_path, run_module, path, needed):
    install_kernel(tmp_path, "2.6.32-279.el6.x86_64", path)
    [kernel] = kernels_of(run_module, tmp_path)
    assert kernel["lis_needed"] is needed and kernel["numa_off_needed"]


def test_kernels_come_in_the_order_of_their_versions(tmp_path, run_module):
    for version in ("6.1.0-50-amd64", "6.1.0-9-amd64", "2.6.39-400.1.el6uek.x86_64"):
        install_kernel(tmp_path, version)
    found = kernels_of(run_module, tmp_path)
    assert [kernel["version"] for kernel in found] == ["2.6.39-400.1.el6uek.x86_64", "6.1.0-9-amd64", "6.1.0-50-amd64"]
    assert [kernel["uek2_unsupported"] for kernel in found] == [True, False, False]


def test_a_guest_without_kernels_has_none(tmp_path, run_module):
    assert kernels_of(run_module, tmp_path) == []
