# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""initrd_modules with the generators of real Debian roots; the verdict is compared with the guest's own lister before and after."""

import subprocess

import pytest
from integration.initramfs.debian_roots import COMPRESSORS, HV
from lab import container, disk
from lab.live import LiveGuest
from lab.recipe import Plan, Recipe


def states(result):
    return {kernel["version"]: kernel for kernel in result["kernels"]}


def repair(run_module, root, **arguments):
    """Run the module in check mode, for real, and again; return the kernel's state after the real run."""
    listed = root.listed()
    predicted = run_module("initrd_modules", check=True, root=root.path, modules=HV, **arguments)
    result = run_module("initrd_modules", root=root.path, modules=HV, **arguments)
    assert not result["failed"], result["msg"]
    assert result["kernels"] == predicted["kernels"] and result["changed"] == predicted["changed"]
    state = states(result)[root.version]
    assert state["present_before"] == listed
    assert state["present"] == root.listed()
    assert sorted(state["present"] + state["built_in"]) == sorted(HV) and state["missing"] == []
    again = run_module("initrd_modules", root=root.path, modules=HV, **arguments)
    assert not again["changed"] and not states(again)[root.version]["rebuilt"]
    assert [path.name for path in (root.path / "boot").iterdir() if path.name.startswith(".")] == []
    assert [path.name for path in (root.path / "var/tmp").iterdir() if "imagewright" in path.name] == []
    return state


def test_an_image_without_drivers_is_repaired_and_the_old_one_is_kept(run_module, debian):
    root = debian()
    root.configure(MODULES="list", COMPRESS="zstd")
    root.build()
    old = root.image.read_bytes()
    state = repair(run_module, root)
    assert state["rebuilt"] and state["present_before"] == []
    backup = root.path / state["backup"].lstrip("/")
    assert backup.read_bytes() == old and backup.stat().st_mode & 0o777 == 0o600
    assert "hv_storvsc" in (root.path / "etc/initramfs-tools/modules").read_text().split()


@pytest.mark.slow
@pytest.mark.parametrize("suite", ["bullseye", "bookworm", "trixie", "sid"])
@pytest.mark.parametrize("compress", ["gzip", "bzip2", "lzma", "xz", "lzop", "lz4", "zstd"])
def test_every_compression_of_every_suite(run_module, debian, suite, compress):
    root = debian(suite, include=COMPRESSORS)
    root.configure(MODULES="list", COMPRESS=compress)
    root.build()
    assert repair(run_module, root)["rebuilt"]


@pytest.mark.slow
@pytest.mark.parametrize("suite", ["bullseye", "bookworm", "trixie", "sid"])
@pytest.mark.parametrize("modules", ["most", "netboot"])
def test_a_mode_that_takes_the_drivers_by_itself_is_not_rebuilt(run_module, debian, suite, modules):
    root = debian(suite, include=COMPRESSORS)
    root.configure(MODULES=modules)
    root.build()
    listed = root.listed()
    state = repair(run_module, root)
    assert state["rebuilt"] == (len(listed) + len(state["built_in"]) < len(HV))


@pytest.mark.slow
def test_modules_dep_that_cannot_find_the_root_device_leaves_everything(run_module, debian):
    root = debian()
    root.configure(MODULES="list")
    root.build()
    root.configure(MODULES="dep")
    before = (root.image.read_bytes(), (root.path / "etc/initramfs-tools/modules").read_text())
    result = run_module("initrd_modules", root=root.path, modules=HV)
    assert result["failed"] and result["msg"].startswith(f"cannot rebuild /boot/initrd.img-{root.version} for kernel {root.version}: ")
    assert "mkinitramfs" in result["msg"]
    assert (root.image.read_bytes(), (root.path / "etc/initramfs-tools/modules").read_text()) == before


@pytest.fixture(params=["bullseye", "bookworm", "trixie", "sid"])
def on_a_disk(request):
    """A container on the root partition of a disk of each suite: MODULES=dep finds the root device."""
    guest = container.start(image=disk.cached_disk(Plan(Recipe(suite=request.param))), suite=request.param)
    try:
        yield LiveGuest(guest)
    finally:
        container.stop(guest, at_once=True)


@pytest.mark.slow
def test_modules_dep_on_a_real_root_device(on_a_disk):
    on_a_disk.write("/etc/initramfs-tools/conf.d/test", "MODULES=dep\n")
    version = on_a_disk.output(["ls", "/lib/modules"]).split()[0]
    image = f"/boot/initrd.img-{version}"

    def listed():
        lines = on_a_disk.output(["lsinitramfs", image]).splitlines()
        return [name for name in HV if any(f"/{name}.ko" in line for line in lines)]

    on_a_disk.output(["mkinitramfs", "-o", image, version])
    before = listed()
    assert "hv_storvsc" not in before
    result = on_a_disk.module("initrd_modules", modules=HV)
    assert not result["failed"], result
    state = result["kernels"][0]
    assert state["rebuilt"] and state["present_before"] == before and state["present"] == listed()
    assert sorted(state["present"] + state["built_in"]) == sorted(HV)  # sid's kernel has hv_vmbus built in
    assert not on_a_disk.module("initrd_modules", modules=HV)["changed"]


@pytest.mark.slow
def test_a_driver_that_is_built_in_and_one_that_is_not(run_module, debian):
    root = debian("sid", include=COMPRESSORS)
    root.configure(MODULES="list")
    root.build()
    state = repair(run_module, root)
    assert state["built_in"] == ["hv_vmbus"] and state["present"] == ["hv_storvsc", "hv_netvsc"]


def second_kernel(root):
    """Write a second kernel, a copy of the first one under another version, with depmod's own index."""
    other = root.version + "-second"
    for name in (f"lib/modules/{root.version}", f"boot/vmlinuz-{root.version}", f"boot/config-{root.version}"):
        subprocess.run(["cp", "-a", str(root.path / name), str(root.path / name) + "-second"], check=True)
    root.run("depmod", other)
    return other


def test_of_two_kernels_only_the_one_without_drivers_is_rebuilt(run_module, debian):
    root = debian()
    other = second_kernel(root)
    root.configure(MODULES="list")
    root.build()
    (root.path / "etc/initramfs-tools/modules").write_text("\n".join(HV) + "\n")
    root.build(other)
    before = (root.path / f"boot/initrd.img-{other}").stat()
    result = run_module("initrd_modules", root=root.path, modules=HV)
    assert not result["failed"], result
    assert {version: state["rebuilt"] for version, state in states(result).items()} == {root.version: True, other: False}
    assert (root.path / f"boot/initrd.img-{other}").stat().st_ino == before.st_ino
    assert root.listed() == HV


@pytest.mark.slow
def test_a_kernel_without_an_image_gets_one(run_module, debian):
    root = debian()
    root.configure(MODULES="list")
    root.image.unlink()
    result = run_module("initrd_modules", root=root.path, modules=HV)
    assert not result["failed"], result
    assert states(result)[root.version]["rebuilt"] and states(result)[root.version]["backup"] is None
    assert root.listed() == HV


@pytest.mark.slow
@pytest.mark.parametrize("suite", ["bookworm", "trixie"])
@pytest.mark.parametrize("options", [["--no-hostonly"], ["--hostonly"], ["--no-hostonly", "--omit-drivers", "hv_vmbus hv_storvsc"]])
def test_dracut_in_each_mode(run_module, debian, suite, options):
    root = debian(suite, "dracut", include=COMPRESSORS)
    root.run("dracut", "--force", *options, f"/boot/initrd.img-{root.version}", root.version)
    state = repair(run_module, root)
    assert state["rebuilt"]
    assert 'add_drivers+=" hv_vmbus hv_storvsc hv_netvsc "' in (root.path / "etc/dracut.conf.d/zz-imagewright-azure.conf").read_text()


@pytest.mark.slow
def test_the_hook_of_a_new_kernel_gives_dracuts_image_the_drivers_too(run_module, debian):
    root = debian("bookworm", "dracut", include=COMPRESSORS)
    repair(run_module, root)
    root.image.unlink()
    root.run("sh", "-c", f"DEB_MAINT_PARAMS=configure /etc/kernel/postinst.d/dracut {root.version} /boot/vmlinuz-{root.version}")
    assert root.listed() == HV


@pytest.mark.slow
def test_a_kernel_that_is_installed_later_has_the_drivers_and_the_consoles_keyboard_in_the_image_that_its_package_makes(run_module, debian):
    root = debian("bookworm", "dracut", include=COMPRESSORS)
    keyboard = ["hid_hyperv", "hyperv_keyboard"]
    assert not run_module("initrd_modules", root=root.path, modules=HV, optional=keyboard)["failed"]
    (root.path / "etc/kernel/postinst.d/zz-update-grub").unlink()  # grub-probe finds no disk below an overlay
    # the generic kernel beside the one for clouds
    root.run("sh", "-c", "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends linux-image-amd64")
    (new,) = {path.name for path in (root.path / "lib/modules").iterdir()} - {root.version}
    assert "cloud" not in new and root.listed(new) == HV and root.listed(new, keyboard) == keyboard
    again = run_module("initrd_modules", root=root.path, modules=HV, optional=keyboard)
    assert not again["failed"] and not again["changed"]
    assert states(again)[new]["present"] == HV + keyboard


@pytest.mark.slow
def test_dracut_that_is_told_to_omit_the_drivers_has_them_all_the_same_or_is_no_success(run_module, debian):
    # what wins, omit_drivers or --add-drivers, is dracut's affair and differs between its releases
    root = debian("bookworm", "dracut", include=COMPRESSORS)
    (root.path / "etc/dracut.conf.d/site.conf").write_text('omit_drivers+=" hv_vmbus hv_storvsc hv_netvsc "\n')
    root.run("dracut", "--force", "--no-hostonly", f"/boot/initrd.img-{root.version}", root.version)
    old = root.image.read_bytes()
    assert root.listed() == []
    result = run_module("initrd_modules", root=root.path, modules=HV)
    if result["failed"]:
        assert "take them out of /etc/dracut.conf.d/site.conf line 1" in result["msg"]
        assert root.image.read_bytes() == old and not (root.path / "etc/dracut.conf.d/zz-imagewright-azure.conf").exists()
    else:
        assert root.listed() == HV and root.image.read_bytes() != old
