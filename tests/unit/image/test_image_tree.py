# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ImageTree on images of every kind, made by other tools: the same files, wherever they are."""

import contextlib
import os
import pathlib
import time

import pytest
from unit.image import images
from unit.image.images import ESP, LINUX, LVM, MIB, ROOT_UUID, btrfs, empty_disk, esp, ext4, mounted, put, root_files, run, split_logical_volume, xfs

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.image.image_tree import ImageTree

FSTAB = f"UUID={ROOT_UUID} / auto defaults 0 1\nUUID=ABCD-1234 /boot/efi vfat umask=0077 0 1\n"
#: Files that the trees have: path, content.
FILES = {
    "/etc/hostname": b"web\n",
    "/absolute": b"web\n",
    "/outside": b"web\n",
    "/long": b"web\n",
    "/etc/os-release": b"ID=debian\n",
    "/etc/empty": b"",
    "/etc/big": bytes(range(256)) * 4096,
    "/boot/efi/EFI/BOOT/BOOTX64.EFI": images.LOADER,
    "/boot/efi/efi/boot/bootx64.efi": images.LOADER,
}
MAKERS = {
    "ext4": ext4,
    "ext2": lambda *three: ext4(*three, "ext2"),
    "ext3": lambda *three: ext4(*three, "ext3", "-I", "128", "-b", "1024"),
    "xfs": xfs,
    "btrfs": btrfs,
}
ROOT_SIZE = 320 * MIB


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The files of a small root."""
    return root_files(tmp_path_factory.mktemp("root") / "files", FSTAB)


@pytest.fixture(scope="module")
def disk(tmp_path_factory, folder):
    """A function that returns a disk with an EFI system partition and a root of the kind."""
    made = {}

    def make(kind):
        if kind not in made:
            place = tmp_path_factory.mktemp(kind)
            path = empty_disk(place / "disk.raw", 340 * MIB, (1, 16, ESP), (17, 320, LINUX))
            put(path, esp(place / "esp", 16 * MIB), MIB)
            put(path, MAKERS[kind](place / "root", folder, ROOT_SIZE), 17 * MIB)
            os.unlink(place / "root")
            made[kind] = path
        return made[kind]

    return make


def check_files(tree):
    """Assert that the tree has the files of root_files."""
    for path, content in FILES.items():
        assert tree.read_bytes(path) == content, path
    assert len(tree.listdir("/var/long")) == 300
    assert tree.is_symlink("/sbin") and tree.readlink("/sbin") == "usr/sbin"
    assert tree.is_symlink("/loop1")
    with pytest.raises(ImagewrightError, match="cannot read /loop1: its symbolic links form a loop"):
        tree.exists("/loop1")
    assert tree.stat("/etc/big").size == MIB
    with tree.open("/etc/sparse") as stream:
        stream.seek(48 * MIB - 2)
        assert stream.read(8) == b"\0\0late\0\0"


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_every_file_system_gives_the_same_files(disk, kind):
    with ImageTree(disk(kind)) as tree:
        check_files(tree)
        assert [(mount.path, mount.file_system.kind) for mount in tree.mounts] == [("/", kind.rstrip("234")), ("/boot/efi", "fat")]


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        ("qcow2", ["-O", "qcow2"]),
        ("compressed.qcow2", ["-c", "-O", "qcow2"]),
        ("vmdk", ["-O", "vmdk"]),
        ("stream.vmdk", ["-O", "vmdk", "-o", "subformat=streamOptimized"]),
        ("vhdx", ["-O", "vhdx"]),
        ("vdi", ["-O", "vdi"]),
        ("dynamic.vhd", ["-O", "vpc"]),
        ("fixed.vhd", ["-O", "vpc", "-o", "subformat=fixed,force_size"]),
    ],
)
def test_every_image_format_gives_the_same_files(disk, tmp_path, suffix, options):
    image = tmp_path / f"disk.{suffix}"
    run("qemu-img", "convert", "-f", "raw", *options, disk("ext4"), image)
    with ImageTree(image) as tree:
        check_files(tree)


def test_logical_volumes_in_pieces_are_read(tmp_path):
    fstab = "/dev/mapper/my--group-root / ext4 defaults 0 1\n"
    content = ext4(tmp_path / "root", root_files(tmp_path / "files", fstab), 112 * MIB)
    path = empty_disk(tmp_path / "disk.raw", 160 * MIB, (1, 16, ESP), (17, 140, LVM))
    put(path, esp(tmp_path / "esp", 16 * MIB), MIB)
    split_logical_volume(path, 17 * MIB, 140 * MIB, content)
    with ImageTree(path) as tree:
        assert tree.mount_of("/").volume.name == "logical volume my-group/root"
        check_files(tree)


@pytest.mark.parametrize("source", ["LABEL=BOOT", "/dev/vda2", "/dev/disk/by-label/BOOT", "PARTUUID=C0FFEE00-0000-4000-8000-000000000002"])
def test_a_separate_boot_is_found_however_fstab_names_it(tmp_path, source):
    files = root_files(tmp_path / "files", f"UUID={ROOT_UUID} / ext4 defaults 0 1\n{source} /boot ext4 defaults 0 2\n")
    boot = tmp_path / "boot"
    boot.mkdir()
    (boot / "vmlinuz-1").write_text("kernel\n")
    path = empty_disk(tmp_path / "disk.raw", 160 * MIB, (1, 16, ESP), (17, 16, LINUX), (33, 120, LINUX))
    run("sfdisk", "--quiet", "--part-uuid", path, "2", "C0FFEE00-0000-4000-8000-000000000002")
    put(path, esp(tmp_path / "esp", 16 * MIB), MIB)
    run("mke2fs", "-q", "-t", "ext4", "-L", "BOOT", "-d", boot, tmp_path / "boot.img", "16M")
    put(path, tmp_path / "boot.img", 17 * MIB)
    put(path, ext4(tmp_path / "root", files, 120 * MIB), 33 * MIB)
    with ImageTree(path) as tree:
        assert tree.read_text("/boot/vmlinuz-1") == "kernel\n"
        assert tree.read_bytes("/boot/efi/EFI/BOOT/BOOTX64.EFI") == images.LOADER
        assert "boot" in tree.listdir("/") and tree.listdir("/boot") == ["efi", "lost+found", "vmlinuz-1"]
        assert tree.glob("/boot/efi/EFI/*/*.cfg") == ["/boot/efi/EFI/debian/grub.cfg"]


@pytest.mark.parametrize("compression", ["zlib", "zstd", "lzo"])
def test_a_root_in_a_compressed_btrfs_subvolume_is_found(tmp_path, compression):
    files = root_files(tmp_path / "files", f"UUID={ROOT_UUID} / btrfs subvol=@ 0 0\nUUID={ROOT_UUID} /home btrfs subvol=@home 0 0\n")
    path = tmp_path / "disk.raw"
    with open(path, "wb") as stream:
        stream.truncate(256 * MIB)
    run("mkfs.btrfs", "-q", "-U", ROOT_UUID, path)
    with mounted(path, tmp_path / "mounted", f"loop,compress-force={compression}") as place:
        run("btrfs", "subvolume", "create", place / "@")
        run("btrfs", "subvolume", "create", place / "@home")
        run("cp", "-a", f"{files}/.", place / "@")
        (place / "@home" / "bob").mkdir()
    with ImageTree(path) as tree:
        assert tree.read_bytes("/etc/big") == FILES["/etc/big"]
        assert tree.listdir("/home") == ["bob"]


def test_the_image_is_not_changed(disk, tmp_path):
    path = tmp_path / "disk.raw"
    run("cp", "--sparse=always", disk("ext4"), path)
    os.chmod(path, 0o400)
    before = (path.stat().st_mtime_ns, run("sha256sum", path))
    with ImageTree(path) as tree:
        check_files(tree)
    assert (path.stat().st_mtime_ns, run("sha256sum", path)) == before


def test_a_backing_file_is_never_followed(disk, tmp_path):
    overlay = tmp_path / "overlay.qcow2"
    run("qemu-img", "create", "-q", "-f", "qcow2", "-b", disk("ext4"), "-F", "raw", overlay)
    with pytest.raises(ImagewrightError, match="backing file"):
        ImageTree(overlay)


def test_an_encrypted_partition_is_named(tmp_path):
    path = empty_disk(tmp_path / "disk.raw", 64 * MIB, (1, 40, LINUX))
    with open(path, "r+b") as stream:
        stream.seek(MIB)
        stream.write(b"LUKS\xba\xbe\x00\x02")
    with pytest.raises(ImagewrightError, match="partition 1 holds an encrypted LUKS volume.*while it runs|partition 1 holds an encrypted LUKS volume"):
        ImageTree(path)


def test_an_image_without_linux_says_what_is_on_it(tmp_path):
    path = empty_disk(tmp_path / "disk.raw", 64 * MIB, (1, 16, ESP), (17, 40, LINUX))
    put(path, esp(tmp_path / "esp", 16 * MIB), MIB)
    with open(path, "r+b") as stream:
        stream.seek(17 * MIB + 3)
        stream.write(b"NTFS    ")
    with pytest.raises(ImagewrightError, match="partition 1 holds a FAT file system; partition 2 holds a Windows NTFS file system"):
        ImageTree(path)


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs"])
def test_an_image_that_is_cut_off_is_an_error_and_never_short_content(disk, tmp_path, kind):
    path = tmp_path / "cut.raw"
    run("cp", "--sparse=always", disk(kind), path)
    os.truncate(path, 60 * MIB)
    try:
        with ImageTree(path) as tree:
            for name, content in FILES.items():
                if tree.exists(name):
                    assert tree.read_bytes(name) == content
    except ImagewrightError as error:
        assert "cut off" in str(error) or "ends" in str(error) or "damaged" in str(error)


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs"])
def test_damage_anywhere_ends_in_our_error_within_seconds(disk, tmp_path, kind):
    path = tmp_path / "damaged.raw"
    for seed in range(4):
        run("cp", "--sparse=always", disk(kind), path)
        with open(path, "r+b") as stream:
            # the first MiB of the file system holds its superblock, group descriptors and first trees
            for step in range(400):
                stream.seek(17 * MIB + (seed * 7919 + step * 104729) % (4 * MIB))
                stream.write(bytes([(seed * 31 + step) % 256]) * 7)
        started = time.monotonic()
        try:
            with ImageTree(path) as tree:
                for name in FILES:
                    try:
                        tree.exists(name) and tree.read_bytes(name)
                        tree.listdir("/var/long")
                    except ImagewrightError:
                        pass
        except ImagewrightError:
            pass
        assert time.monotonic() - started < 20


def test_a_fat_chain_that_is_a_loop_ends(tmp_path, folder):
    path = empty_disk(tmp_path / "disk.raw", 340 * MIB, (1, 16, ESP), (17, 320, LINUX))
    part = esp(tmp_path / "esp", 16 * MIB)
    content = bytearray(part.read_bytes())
    reserved = int.from_bytes(content[14:16], "little") * 512
    # every cluster of the FAT16 points to cluster 3, itself among them
    for cluster in range(2, 4096):
        content[reserved + 2 * cluster : reserved + 2 * cluster + 2] = (3).to_bytes(2, "little")
    part.write_bytes(content)
    put(path, part, MIB)
    put(path, ext4(tmp_path / "root", folder, ROOT_SIZE), 17 * MIB)
    started = time.monotonic()
    with ImageTree(path) as tree:
        assert tree.read_text("/etc/hostname") == "web\n"
        with contextlib.suppress(ImagewrightError):
            tree.glob("/boot/efi/EFI/*/*")
    assert time.monotonic() - started < 20


def test_a_directory_of_100000_files_is_bounded(tmp_path):
    path = ext4(
        tmp_path / "disk.raw",
        root_files(tmp_path / "files", f"UUID={ROOT_UUID} / ext4 defaults 0 1\n"),
        256 * MIB,
        "ext4",
        "-N",
        "120000",
        "-O",
        "^has_journal",
    )
    with mounted(path, tmp_path / "mounted") as place:
        (place / "etc/many").mkdir()
        for number in range(100000):
            (place / "etc/many" / f"f{number}").touch()
    started = time.process_time()
    with ImageTree(path) as tree:
        assert len(tree.listdir("/etc/many")) == 100000
        assert tree.exists("/etc/many/f99999") and not tree.exists("/etc/many/f100000")
    assert time.process_time() - started < 15


def test_a_missing_library_is_named_with_how_to_install_it(disk, monkeypatch):
    import importlib

    real = importlib.import_module

    def without(name, package=None):
        if name.startswith("dissect."):
            raise ImportError(f"No module named {name!r}")
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", without)
    with pytest.raises(ImagewrightError, match="pip install dissect.volume"):
        ImageTree(disk("ext4"))


@pytest.mark.parametrize("name", ["fifo", "directory", "missing"])
def test_what_is_no_regular_file_is_refused_at_once(tmp_path, name):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "directory").mkdir()
    with pytest.raises(ImagewrightError, match="cannot read the image"):
        ImageTree(pathlib.Path(tmp_path / name))
