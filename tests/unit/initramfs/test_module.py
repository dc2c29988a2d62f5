# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as Ansible runs it, on trees where nothing has to be built."""

import re
import shutil

import pytest
from unit.initramfs import images

HV = ["hv_vmbus", "hv-storvsc"]


@pytest.fixture
def guest(tmp_path):
    """A Debian guest without drivers in its image; its mkinitramfs would fail, so that starting it shows."""
    images.write_kernel(tmp_path, image=images.main_archive({}))
    for path, text in {
        "etc/os-release": "ID=debian\n",
        "etc/initramfs-tools/modules": "# list\n",
        "usr/sbin/mkinitramfs": "#!/bin/false\n",
        "usr/sbin/update-initramfs": "#!/bin/sh\nmkinitramfs\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def tree_state(root):
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_check_mode_tells_what_a_run_would_do_and_changes_nothing(run_module, guest):
    before = tree_state(guest)
    result = run_module("initrd_modules", check=True, root=guest, modules=HV)
    assert (result["changed"], result["generator"], result["config_file"]) == (True, "initramfs-tools", "/etc/initramfs-tools/modules")
    (kernel,) = result["kernels"]
    backup = kernel.pop("backup")
    assert kernel == {
        "version": images.VERSION,
        "image": f"/boot/initrd.img-{images.VERSION}",
        "kind": "normal",
        "built_in": [],
        "present_before": [],
        "present": ["hv_vmbus", "hv_storvsc"],
        "missing": [],
        "rebuilt": True,
        "carried": [],
        "reason": "hv_vmbus is not in it; hv_storvsc is not in it",
    }
    assert backup.startswith(f"/var/lib/imagewright/initrd-backup/{images.VERSION}-")
    assert result["diff"][0]["after"] == "# list\nhv_vmbus\nhv_storvsc\n"
    assert tree_state(guest) == before


def test_without_rebuild_the_configuration_is_written_and_what_is_missing_is_told(run_module, guest):
    result = run_module("initrd_modules", root=guest, modules=HV, rebuild=False, backup=False)
    assert result["changed"] and result["kernels"][0]["missing"] == ["hv_vmbus", "hv_storvsc"] and not result["kernels"][0]["rebuilt"]
    assert (guest / "etc/initramfs-tools/modules").read_text() == "# list\nhv_vmbus\nhv_storvsc\n"
    assert not run_module("initrd_modules", root=guest, modules=HV, rebuild=False)["changed"]


def test_an_image_with_all_modules_is_not_rebuilt_and_a_second_run_changes_nothing(run_module, guest):
    (guest / f"boot/initrd.img-{images.VERSION}").write_bytes(images.main_archive())
    first = run_module("initrd_modules", root=guest, modules=HV)
    assert first["changed"] and not first["kernels"][0]["rebuilt"] and first["kernels"][0]["present"] == ["hv_vmbus", "hv_storvsc"]
    assert not run_module("initrd_modules", root=guest, modules=HV)["changed"]


def test_what_would_keep_the_drivers_out_of_the_next_kernels_image_is_warned_of(run_module, guest):
    (guest / f"boot/initrd.img-{images.VERSION}").write_bytes(images.main_archive())
    (guest / "etc/dracut.conf.d").mkdir()
    (guest / "etc/dracut.conf.d/site.conf").write_text('omit_drivers+=" hv_storvsc "\n')
    (guest / "usr/bin").mkdir(parents=True, exist_ok=True)
    (guest / "usr/bin/dracut").touch()
    result = run_module("initrd_modules", root=guest, modules=HV, generator="dracut")
    assert not result["failed"] and "kept out by /etc/dracut.conf.d/site.conf line 1" in str(result["warnings"])


def test_a_generator_that_fails_leaves_configuration_and_image(run_module, guest):
    before = tree_state(guest)
    result = run_module("initrd_modules", root=guest, modules=HV)
    assert result["failed"] and result["msg"].startswith(f"cannot rebuild /boot/initrd.img-{images.VERSION} for kernel {images.VERSION}: ")
    after = {path: content for path, content in tree_state(guest).items() if "~" not in path}
    assert after == before


@pytest.mark.parametrize(
    ("files", "cure"),
    [
        ({"etc/os-release": "ID=debian\n"}, "install the kernel linux-image-cloud-amd64 or linux-image-amd64"),
        ({"etc/os-release": 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="22.04"\n'}, f"install the package linux-modules-extra-{images.VERSION}"),
        ({"etc/os-release": 'ID="rhel"\nVERSION_ID="9.4"\n'}, f"install the package kernel-modules-{images.VERSION}"),
        ({"etc/os-release": None, "etc/redhat-release": "CentOS release 6.3 (Final)\n"}, r"install Microsoft's Linux Integration Services \(LIS\)"),
        ({"etc/os-release": 'ID="opensuse-leap"\nID_LIKE="suse opensuse"\n'}, "install the kernel kernel-default"),
        ({"etc/os-release": "ID=alpine\n"}, "install the kernel linux-lts"),
    ],
)
def test_a_kernel_without_such_a_driver_is_an_error_with_what_to_install(run_module, guest, files, cure):
    for path, text in files.items():
        if text is None:
            (guest / path).unlink()
        else:
            (guest / path).write_text(text)
    before = tree_state(guest)
    result = run_module("initrd_modules", root=guest, modules=["hv_vmbus", "hv_nosuch"])
    assert result["failed"]
    start = f"cannot put hv_nosuch into the initramfs of kernel {images.VERSION}: the kernel has no such driver, built in or as a module; "
    assert result["msg"].startswith(start)

    assert re.search(cure, result["msg"])
    assert tree_state(guest) == before


def test_the_name_of_a_driver_that_is_no_module_is_corrected(run_module, guest):
    result = run_module("initrd_modules", root=guest, modules=["hv_pci"])
    assert result["failed"] and result["msg"].endswith("as a module hv_pci is called pci_hyperv")


def test_a_damaged_image_would_be_rebuilt(run_module, guest):
    (guest / f"boot/initrd.img-{images.VERSION}").write_bytes(images.COMPRESS["gzip"](images.main_archive())[:-100])
    (kernel,) = run_module("initrd_modules", check=True, root=guest, modules=HV)["kernels"]
    assert kernel["rebuilt"] and "is cut off" in kernel["reason"]


def test_an_image_that_nothing_here_can_read_is_no_pass(run_module, guest):
    (guest / f"boot/initrd.img-{images.VERSION}").write_bytes(images.archive(images.member("init"), images.member("squashfs-root.img", b"hsqs")))
    result = run_module("initrd_modules", root=guest, modules=HV)
    assert result["failed"] and result["msg"].startswith("cannot verify /boot/initrd.img-")


def test_a_kernel_without_modules_whose_image_lacks_drivers_is_an_error_before_anything_is_written(run_module, guest):
    (guest / f"lib/modules/{images.VERSION}/modules.dep").unlink()
    before = tree_state(guest)
    result = run_module("initrd_modules", root=guest, modules=HV)
    assert result["failed"] and f"/lib/modules/{images.VERSION}/modules.dep is not there" in result["msg"]
    assert tree_state(guest) == before


def test_a_rescue_image_is_only_reported_unless_asked_for(run_module, guest):
    (guest / f"boot/initrd.img-{images.VERSION}").write_bytes(images.main_archive())
    images.write_kernel(guest, "0-rescue-0123456789abcdef", image=images.main_archive({}))
    result = run_module("initrd_modules", root=guest, modules=HV)
    rescue = result["kernels"][1]
    assert (rescue["kind"], rescue["rebuilt"], rescue["missing"]) == ("rescue", False, ["hv_vmbus", "hv_storvsc"])
    assert "set rescue: true to rebuild it" in str(result["warnings"])
    asked = run_module("initrd_modules", check=True, root=guest, modules=HV, rescue=True)
    assert asked["kernels"][1]["rebuilt"]


def test_all_drivers_built_in_need_no_generator(run_module, guest):
    (guest / f"lib/modules/{images.VERSION}/modules.builtin").write_text("kernel/drivers/hv/hv_vmbus.ko\nkernel/drivers/scsi/hv_storvsc.ko\n")
    shutil.rmtree(guest / "usr")
    result = run_module("initrd_modules", root=guest, modules=HV)
    assert (result["changed"], result["generator"], result["kernels"][0]["built_in"]) == (False, None, ["hv_vmbus", "hv_storvsc"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"modules": ["hv_vmbus.ko"]}, "cannot take 'hv_vmbus.ko' for a module: give its name alone"),
        ({"modules": []}, "`modules` is empty"),
        ({"modules": ["hv_vmbus"], "kernels": ["9.9"]}, f"cannot find kernel '9.9' in .*: there are {images.VERSION}"),
        ({"modules": ["hv_vmbus"], "generator": "dracut"}, "with dracut: it is not installed"),
        ({"modules": ["hv_vmbus"], "kernels": []}, "`kernels` is empty"),
        ({"modules": ["hv_vmbus"], "backup_dir": "here"}, "backup_dir 'here': it is no absolute path"),
    ],
)
def test_what_cannot_be_meant_is_an_error(run_module, guest, arguments, message):

    result = run_module("initrd_modules", root=guest, **arguments)
    assert result["failed"] and re.search(message, result["msg"]), result["msg"]


def test_a_tree_without_a_kernel_is_an_error(run_module, tmp_path):
    result = run_module("initrd_modules", root=tmp_path, modules=HV)
    assert result["failed"] and "mount /boot, or install a kernel" in result["msg"]


def test_an_entry_that_loads_no_image_is_reported_and_its_image_is_not_built_again(run_module, guest):
    (guest / f"boot/initrd.img-{images.VERSION}").write_bytes(images.main_archive())
    (guest / "boot/grub").mkdir()
    (guest / "boot/grub/grub.cfg").write_text(f"menuentry 'Debian' {{\n linux /boot/vmlinuz-{images.VERSION} root=UUID=1\n}}\n")
    (guest / "etc/default").mkdir()
    (guest / "etc/default/grub").write_text('GRUB_CMDLINE_LINUX=""\n')
    result = run_module("initrd_modules", root=guest, modules=HV)
    (kernel,) = result["kernels"]
    assert (kernel["image"], kernel["rebuilt"], kernel["missing"]) == (None, False, ["hv_vmbus", "hv_storvsc"])
    assert f"starts kernel {images.VERSION} without an initramfs, and so without hv_vmbus, hv_storvsc; regenerate" in str(result["warnings"])
    assert not run_module("initrd_modules", root=guest, modules=HV)["changed"]


def test_an_optional_module_is_put_in_where_the_kernel_has_it_and_is_no_error_where_it_has_not(run_module, guest):
    (guest / f"boot/initrd.img-{images.VERSION}").write_bytes(images.main_archive())
    without = run_module("initrd_modules", root=guest, modules=HV[:1], optional=["hid_nosuch", "hyperv-nosuch"], rebuild=False)
    assert not without["failed"] and without["kernels"][0]["missing"] == [], without
    assert "nosuch" not in (guest / "etc/initramfs-tools/modules").read_text()
    with_it = run_module("initrd_modules", root=guest, modules=HV[:1], optional=[HV[1]], rebuild=False)
    assert with_it["kernels"][0]["present"] == ["hv_vmbus", "hv_storvsc"]
    assert (guest / "etc/initramfs-tools/modules").read_text() == "# list\nhv_vmbus\nhv_storvsc\n"


def with_rules(root, text):
    """Give the guest an image that has all drivers, and a rule on the name of a card."""
    member = images.member("etc/udev/rules.d/70-persistent-net.rules", text)
    (root / f"boot/initrd.img-{images.VERSION}").write_bytes(images.archive(member) + images.main_archive())


NAMES = b'# PCI\nSUBSYSTEM=="net", ATTR{address}=="52:54:00:12:34:56", NAME="eth0"\n'


def test_an_image_with_a_name_of_a_card_that_is_gone_is_to_be_rebuilt(run_module, guest):
    with_rules(guest, NAMES)
    result = run_module("initrd_modules", check=True, root=guest, modules=HV, left_out=["network_names"], backup=False)
    assert result["changed"] and result["kernels"][0]["rebuilt"] and result["kernels"][0]["missing"] == []
    assert result["kernels"][0]["carried"] == ['SUBSYSTEM=="net", ATTR{address}=="52:54:00:12:34:56", NAME="eth0" (etc/udev/rules.d/70-persistent-net.rules)']
    assert run_module("initrd_modules", check=True, root=guest, modules=[], left_out=["network_names"])["kernels"][0]["rebuilt"]


@pytest.mark.parametrize("text", [b"# names nothing\n", b'SUBSYSTEM=="net", DRIVERS=="mlx5_core", ENV{NM_UNMANAGED}="1"\n'])
def test_rules_that_name_no_card_may_stay_in_an_image(run_module, guest, text):
    with_rules(guest, text)
    assert not run_module("initrd_modules", check=True, root=guest, modules=[], left_out=["network_names", "resume"])["changed"]


def test_a_name_that_the_guest_still_gives_would_come_back_and_is_left(run_module, guest):
    with_rules(guest, NAMES)
    (guest / "etc/udev/rules.d").mkdir(parents=True)
    (guest / "etc/udev/rules.d/70-persistent-net.rules").write_bytes(NAMES)
    assert not run_module("initrd_modules", check=True, root=guest, modules=[], left_out=["network_names"])["changed"]


def test_a_guest_without_kernels_carries_nothing_over(run_module, tmp_path):
    (tmp_path / "empty").mkdir()
    assert run_module("initrd_modules", root=tmp_path / "empty", modules=[], left_out=["network_names"])["changed"] is False
    assert "cannot put modules into the initramfs" in run_module("initrd_modules", root=tmp_path / "empty", modules=[])["msg"]


def with_ban(root, text):
    """Give the guest an image that has all drivers, and a file of modprobe.d."""
    (root / f"boot/initrd.img-{images.VERSION}").write_bytes(images.archive(images.member("etc/modprobe.d/cis.conf", text)) + images.main_archive())


def test_an_image_with_a_ban_that_the_guest_has_lifted_is_to_be_rebuilt(run_module, guest):
    with_ban(guest, b"# hardening\nblacklist hv_storvsc\n")
    result = run_module("initrd_modules", check=True, root=guest, modules=HV, left_out=["bans"], backup=False)
    assert result["kernels"][0]["rebuilt"] and result["kernels"][0]["carried"] == ["blacklist hv_storvsc (etc/modprobe.d/cis.conf)"]


@pytest.mark.parametrize(
    ("inside", "on_the_guest"),
    [
        (b"blacklist hv_storvsc\n", b"blacklist hv_storvsc\n"),  # it would come back
        (b"blacklist floppy\n", b""),
        (b"# blacklist hv_storvsc\n", b""),
    ],
)
def test_a_ban_that_would_come_back_or_is_of_another_module_may_stay(run_module, guest, inside, on_the_guest):
    with_ban(guest, inside)
    (guest / "etc/modprobe.d").mkdir()
    (guest / "etc/modprobe.d/cis.conf").write_bytes(on_the_guest)
    assert not run_module("initrd_modules", check=True, root=guest, modules=HV, left_out=["bans"], backup=False)["kernels"][0]["rebuilt"]
