# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the superblock of a mounted file system decides: whether it is written, by which kernel it is mounted, and how it may be mounted again."""

import pytest
from unit.readiness.disks import GOOD_DISK
from unit.readiness.guest_tree import KERNEL, UUID, good_guest, write

from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import file_system_features
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.catalogue import all_rules
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.evaluate import evaluate

USUAL = {"has_journal", "metadata_csum"}
NEW_KERNEL, OLD = "6.12.1-amd64", "4.4.0-210-generic"


class TellingTree(LiveTree):
    """A guest's files on file systems with the features that a test says: {mount point: {feature}}."""

    features = {}
    #: Mount options that let the root begin at a system; None where that is not known.
    systems = None

    def file_system_features(self, path):
        """Return the features that the test gives."""
        return self.features.get(path)

    def has_system(self, options):
        """Return what the test says of the options that name a subvolume."""
        named = [option for option in options if option.startswith("subvol")]
        return None if self.systems is None else (named or [""])[-1] in self.systems


@pytest.fixture
def tree(tmp_path):
    return TellingTree(str(good_guest(tmp_path / "guest")))


def finding(tree, rule, kind="generalized"):
    """Return (status, severity, path of the first place)."""
    found = next(found for found in evaluate(Context(tree, kind=kind), [each for each in all_rules() if each.id == rule]))
    return (found.status,) if found.status == "passed" else (found.status, found.severity, found.evidence[0].path)


def fstab(tree, *lines):
    write(tree.root, "/etc/fstab", "".join(line + "\n" for line in (f"UUID={UUID} / ext4 errors=remount-ro 0 1", *lines)))


@pytest.mark.parametrize(
    ("systems", "flags", "expected"),
    [
        ({"subvol=@"}, "rootflags=noatime,subvol=@", "passed"),
        ({"subvol=@"}, "rootflags=subvol=@rootfs", "failed"),
        ({"subvol=@"}, "rootflags=subvolid=257", "failed"),
        ({"subvol=@"}, "rootflags=noatime", "failed"),
        ({"subvol=@"}, "quiet", "failed"),
        ({""}, "quiet", "passed"),
        ({"subvol=@"}, "rootflags=subvol=$snapshot", "passed"),
        (None, "rootflags=subvol=@rootfs", "not_applicable"),
    ],
)
def test_the_root_begins_at_the_subvolume_of_the_command_line(tree, systems, flags, expected):
    tree.systems = systems
    menu = "/boot/grub/grub.cfg"
    write(tree.root, menu, tree.read_text(menu).replace(" ro ", f" ro {flags} "))

    (found,) = evaluate(Context(tree), [each for each in all_rules() if each.id == "R64d"])
    assert (found.status, found.severity) == (expected, "error")
    assert expected != "failed" or found.evidence[0].path == menu


def test_a_root_that_is_read_only_by_itself_is_an_error(tree):
    tree.features = {"/": USUAL | {"read-only"}}
    assert finding(tree, "R70m") == ("failed", "error", "/")
    tree.features = {"/": USUAL}
    assert finding(tree, "R70m") == ("passed",)


def test_a_read_only_root_with_an_etc_of_its_own_is_meant(tree):
    tree.features = {"/": {"read-only"}}
    fstab(tree, "overlay /etc overlay lowerdir=/etc,upperdir=/var/lib/overlay/etc,workdir=/var/lib/overlay/work 0 0")
    assert finding(tree, "R70m") == ("passed",)


@pytest.mark.parametrize(
    ("features", "version", "expected"),
    [
        ({"inline_data", "encrypt"}, "", ("failed", "error", "/boot/grub/grub.cfg")),
        ({"casefold"}, "2.14-1", ("failed", "error", "/boot/grub/grub.cfg")),
        ({"mmp", "metadata_csum_seed", "large_dir", "encrypt", "verity", "quota"}, "", ("passed",)),
        ({"bigtime", "nrext64", "exchange"}, "2.12-9", ("failed", "error", "/boot/grub/grub.cfg")),
        ({"bigtime", "nrext64", "exchange"}, "2.14-1", ("passed",)),
        ({"exchange"}, "", ("passed",)),  # which GRUB it is does not show
        ({"zoned"}, "2.06-1", ("passed",)),
    ],
)
def test_a_file_system_that_grub_does_not_read_is_an_error(tree, features, version, expected):
    write(tree.root, "/boot/grub/i386-pc/normal.mod", f"GNU GRUB\0{version}\0prefix" if version else "own")
    tree.features = {"/": features}
    assert finding(tree, "R14o") == expected
    tree.features = {"/": features, "/boot": USUAL}
    assert finding(tree, "R14o") == ("passed",)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("UUID=ABCD-1234 /var ext4 defaults,ro 0 2", ("failed", "error", "/etc/fstab")),
        ("UUID=ABCD-1234 /home ext4 ro 0 2", ("failed", "error", "/etc/fstab")),
        ("overlay /etc overlay lowerdir=/etc:/usr/etc 0 0", ("failed", "error", "/etc/fstab")),
        ("UUID=ABCD-1234 /var ext4 ro,rw 0 2", ("passed",)),
        ("UUID=ABCD-1234 /usr ext4 ro 0 2", ("passed",)),
        ("UUID=ABCD-1234 /var ext4 errors=remount-ro 0 2", ("passed",)),
    ],
)
def test_a_line_that_has_ro_is_an_error_where_the_first_boot_writes(tree, line, expected):
    fstab(tree, line)
    assert finding(tree, "R70m") == expected


def test_nobody_makes_a_home_in_a_specialized_image(tree):
    fstab(tree, "UUID=ABCD-1234 /home ext4 ro 0 2")
    assert finding(tree, "R70m", kind="specialized") == ("passed",)


@pytest.mark.parametrize(
    ("kind", "options", "features", "expected"),
    [
        ("ext4", "defaults", {"shared_blocks"}, ("failed", "error", "/etc/fstab")),
        ("ext4", "ro", {"shared_blocks"}, ("passed",)),
        ("xfs", "defaults", {"nrext64", "exchange", "parent"}, ("failed", "error", "/etc/fstab")),
        ("xfs", "ro", {"parent"}, ("failed", "error", "/etc/fstab")),
        ("xfs", "nofail", {"parent"}, ("failed", "warning", "/etc/fstab")),
        ("xfs", "defaults", {"nrext64", "bigtime", "reflink"}, ("passed",)),
        ("btrfs", "subvol=@", {"raid-stripe-tree"}, ("failed", "error", "/etc/fstab")),
        ("btrfs", "subvol=@", {"free-space-tree", "block-group-tree", "no-holes"}, ("passed",)),
        ("ext4", "defaults", USUAL | {"metadata_csum_seed", "casefold"}, ("passed",)),
    ],
)
def test_a_feature_that_is_newer_than_the_kernel_is_an_error(tree, kind, options, features, expected):
    assert KERNEL.startswith("6.1.")
    fstab(tree, f"UUID=ABCD-1234 /data {kind} {options} 0 2")
    tree.features = {"/data": features}
    assert finding(tree, "R70n") == expected


def test_which_kernel_knows_what():
    assert file_system_features.unknown("ext4", USUAL | {"casefold", "large_dir", "project"}, OLD, True) == ["casefold", "large_dir", "project"]
    assert file_system_features.unknown("ext4", USUAL | {"project"}, OLD, False) == []
    assert file_system_features.unknown("xfs", {"bigtime", "inobtcount", "parent"}, NEW_KERNEL, True) == []
    assert [file_system_features.may_have_more(name) for name in ("4.18.0-553.el8_10.x86_64", "5.14.21-150500.55.39-default", OLD)] == [True, True, False]


def test_the_mode_of_the_journal_in_the_superblock_decides_about_the_next_mount(tree):
    write(tree.root, "/etc/fstab", f"UUID={UUID} / ext4 data=writeback 0 1\n")
    assert finding(tree, "R70g")[:2] == ("failed", "warning")
    tree.features = {"/": USUAL}
    assert finding(tree, "R70g")[:2] == ("failed", "error")
    tree.features = {"/": USUAL | {"default-data=writeback"}}
    assert finding(tree, "R70g") == ("passed",)


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("UUID=1-2 /home ext4 x-systemd.automount 0 0", "error"),
        ("UUID=1-2 /var/log ext4 noauto,nofail,x-systemd.automount 0 0", "error"),
        ("UUID=1-2 /data ext4 x-systemd.automount 0 0", "warning"),
        ("UUID=1-2 /home ext4 nofail 0 0", "warning"),
    ],
)
def test_an_automount_without_its_device_stops_who_looks_into_it(tree, line, severity):
    fstab(tree, line)
    (found,) = evaluate(Context(tree, GOOD_DISK), [each for each in all_rules() if each.id == "R13c"])
    assert (found.status, found.severity) == ("failed", severity)
