# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The replacement of images with a generator that the test plays."""

import fcntl
import os
import re
import types

import pytest
from unit.initramfs import images

from ansible_collections.imagewright.azure.plugins.module_utils.core import commands
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import initramfs_tools, replace
from ansible_collections.imagewright.azure.plugins.module_utils.kernel.kernels import installed_kernels
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree

HV = ("hv_vmbus", "hv_storvsc")
GOOD = images.COMPRESS["gzip"](images.main_archive())
OLD = images.main_archive({})
OTHER = "6.1.0-12-amd64"
BACKUPS = "/var/lib/imagewright/initrd-backup"


@pytest.fixture
def guest(tmp_path):
    """A guest with two kernels whose images have no driver at all."""
    for version in (images.VERSION, OTHER):
        images.write_kernel(tmp_path, version, image=OLD)
    for folder in ("var/lib", "var/tmp"):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


@pytest.fixture
def generator(monkeypatch):
    """The commands that were run, and what each build is to write ({version: bytes, None or an error})."""
    played = types.SimpleNamespace(argv=[], writes={}, rc=0)

    def run(argv, doing, root="/", env=None, **_options):
        played.argv.append(argv)
        if argv[0] == "mkinitramfs":
            content = played.writes.get(argv[-1], images.main_archive(version=argv[-1]))
            if content is not None:
                with open(root + argv[2], "wb") as stream:
                    stream.write(content)
            if isinstance(played.rc, dict) and played.rc.get(argv[-1]):
                raise ImagewrightError(f"cannot {doing}: mkinitramfs failed with 1: No space left on device", rc=1)
        return commands.Completed(argv, 0, "", "W: Possible missing firmware\nE: last words\n")

    monkeypatch.setattr(commands, "run", run)
    return played


def rebuild(root, modules=HV):
    tree = LiveTree(str(root))
    return replace.rebuild_all(tree, initramfs_tools, installed_kernels(tree), modules, BACKUPS)


def boot(root):
    return {path.name: path.read_bytes() for path in (root / "boot").iterdir() if not path.name.startswith("vmlinuz")}


def test_a_new_image_is_built_beside_the_old_one_which_is_kept_for_its_owner_only(guest, generator):
    (guest / f"boot/initrd.img-{OTHER}").chmod(0o640)
    done = rebuild(guest)
    assert [replaced.target for replaced in done] == [f"/boot/initrd.img-{OTHER}", f"/boot/initrd.img-{images.VERSION}"]
    assert boot(guest) == {f"initrd.img-{version}": images.main_archive(version=version) for version in (OTHER, images.VERSION)}
    assert (guest / f"boot/initrd.img-{OTHER}").stat().st_mode & 0o777 == 0o640
    for replaced in done:
        kept = guest / replaced.kept[1:]
        assert kept.read_bytes() == OLD and kept.stat().st_mode & 0o777 == 0o600 and str(kept).startswith(str(guest) + BACKUPS)
    assert generator.argv[0][:2] == ["mkinitramfs", "-o"] and generator.argv[0][3:] == [OTHER]
    assert re.fullmatch(rf"/var/lib/\.imagewright-initramfs-[0-9a-f]{{16}}/initrd\.img-{re.escape(OTHER)}", generator.argv[0][2])
    assert [path.name for path in (guest / "var/lib").iterdir()] == ["imagewright"]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            OLD,
            f"cannot rebuild /boot/initrd.img-{images.VERSION} for kernel {images.VERSION}: mkinitramfs ended without an error, but its image lacks "
            r"hv_vmbus, hv_storvsc: hv_vmbus is not in it; hv_storvsc is not in it \(the generator's last words: .*E: last words\)",
        ),
        (GOOD[:-100], "the new image does not stand the test: .*is cut off"),
        (None, "mkinitramfs ended without an error but wrote no image"),
    ],
)
def test_a_generator_that_says_it_worked_is_not_believed_and_every_image_stays(guest, generator, written, message):
    generator.writes[images.VERSION] = written  # the second kernel; the first one works
    with pytest.raises(ImagewrightError, match=message):
        rebuild(guest)
    assert boot(guest) == {f"initrd.img-{version}": OLD for version in (OTHER, images.VERSION)}


def test_a_generator_that_fails_leaves_every_image(guest, generator):
    generator.rc = {images.VERSION: 1}
    generator.writes[images.VERSION] = b"half"
    with pytest.raises(ImagewrightError, match="No space left on device"):
        rebuild(guest)
    assert boot(guest) == {f"initrd.img-{version}": OLD for version in (OTHER, images.VERSION)}


def test_an_image_that_was_not_there_before_is_removed_again_when_a_later_one_fails(guest, generator):
    (guest / f"boot/initrd.img-{OTHER}").unlink()
    generator.writes[images.VERSION] = OLD
    with pytest.raises(ImagewrightError):
        rebuild(guest)
    assert boot(guest) == {f"initrd.img-{images.VERSION}": OLD}


def test_the_distributions_hooks_run_with_version_and_image(guest, generator):
    (guest / "etc/initramfs/post-update.d").mkdir(parents=True)
    rebuild(guest)
    assert generator.argv[1] == ["run-parts", f"--arg={OTHER}", f"--arg=/boot/initrd.img-{OTHER}", "/etc/initramfs/post-update.d"]


@pytest.mark.parametrize("name", ["our own", "1", "12345678901234567890", "5ad0c0ffee5ad0c0"])
def test_what_killed_runs_left_is_removed_whatever_lives_under_the_number_in_its_name(guest, generator, name):
    name = str(os.getpid()) if name == "our own" else name
    (guest / BACKUPS[1:]).mkdir(parents=True)
    left = [guest / f"boot/.initrd.img-{images.VERSION}.imagewright-{name}", guest / BACKUPS[1:] / f".{OTHER}-{'a' * 16}.img.imagewright-{'0' * 16}"]
    for path in left:
        path.write_bytes(b"half")
    work = guest / f"var/lib/.imagewright-initramfs-{name}/mkinitramfs_x"
    work.mkdir(parents=True)
    work.parent.chmod(0o700)
    rebuild(guest)
    assert [path for path in [*left, work.parent] if path.exists()] == []


def test_what_another_run_has_locked_stays(guest, generator):
    image = guest / f"boot/.initrd.img-{images.VERSION}.imagewright-{'0' * 16}"
    image.write_bytes(b"half")
    work = guest / "var/lib/.imagewright-initramfs-0"
    work.mkdir(parents=True, mode=0o700)
    locked = [os.open(path, os.O_RDONLY) for path in (image, work)]
    for descriptor in locked:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    rebuild(guest)
    assert image.exists() and work.exists()
    for descriptor in locked:
        os.close(descriptor)


def test_no_link_that_a_user_plants_leads_root_anywhere(guest, generator):
    victim = guest / "home/victim"
    victim.mkdir(parents=True)
    (victim / "letter").write_text("dear")
    (guest / "var/lib").mkdir(parents=True, exist_ok=True)
    for folder in ("var/tmp", "tmp", "var/lib"):
        (guest / folder).mkdir(exist_ok=True)
        for name in (f"imagewright-{os.getpid()}", ".imagewright-initramfs-0"):
            (guest / folder / name).symlink_to("/home/victim")
    (guest / f"boot/.initrd.img-{OTHER}.imagewright-{'0' * 16}").symlink_to("/home/victim/letter")
    rebuild(guest)
    assert (victim / "letter").read_text() == "dear"


def test_backups_are_one_for_each_kernel_that_is_still_there(guest, generator):
    tree = LiveTree(str(guest))
    folder = guest / BACKUPS[1:]
    folder.mkdir(parents=True)
    gone, older, foreign = folder / f"5.0-{'a' * 16}.img", folder / f"{images.VERSION}-{'b' * 16}.img", folder / "notes.txt"
    for path in (gone, older, foreign):
        path.write_bytes(b"x")
    kept = [done.kept for done in rebuild(guest)]
    replace.remove_old_backups(tree, BACKUPS, kept, tree.listdir("/lib/modules"))
    assert sorted(path.name for path in folder.iterdir()) == sorted([os.path.basename(path) for path in kept] + ["notes.txt"])


def test_a_full_file_system_is_refused_before_anything_is_built(guest, generator, monkeypatch):
    small = types.SimpleNamespace(f_bavail=0, f_frsize=4096)
    monkeypatch.setattr(LiveTree, "statvfs", lambda self, path: small)
    with pytest.raises(ImagewrightError, match="the file system of /var/lib/imagewright/initrd-backup has 0 MiB free, about 1 MiB are needed"):
        rebuild(guest)
    assert generator.argv == []


def test_boot_that_fstab_mounts_but_nobody_mounted_is_refused(guest, generator):
    (guest / "etc").mkdir(exist_ok=True)
    (guest / "etc/fstab").write_text("# UUID=0 /boot ext4 x\nUUID=1 / ext4 defaults 0 1\nUUID=2 /boot ext4 defaults 0 2\n")
    with pytest.raises(ImagewrightError, match="/etc/fstab line 3 mounts UUID=2 there, but it is not mounted; mount it first"):
        rebuild(guest)
    assert generator.argv == []


def test_an_image_that_a_boot_entry_loads_from_elsewhere_must_have_the_drivers_too(guest, generator):
    tree = LiveTree(str(guest))
    (guest / "efi").mkdir()
    (guest / "efi/initrd").write_bytes(OLD)
    kernels = [kernel._replace(image="/efi/initrd") for kernel in installed_kernels(tree) if kernel.version == OTHER]
    with pytest.raises(ImagewrightError, match="the boot entry loads /efi/initrd, which lacks hv_vmbus, hv_storvsc"):
        replace.rebuild_all(tree, initramfs_tools, kernels, HV, BACKUPS)
    assert boot(guest)[f"initrd.img-{OTHER}"] == OLD
