# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A regenerated file may differ in what was asked for, and in nothing else."""

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import unchanged
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.boot_entry import BootEntry, Options
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline_changes

MENU = "/boot/grub/grub.cfg"
WANTED = cmdline_changes.request(["console=tty1", "console=ttyS0", "rootdelay=300"], ["quiet", "crashkernel=auto"])


def entry(line, title="Debian", kind="normal", kernel="/boot/vmlinuz-1"):
    return BootEntry("grub2", MENU, 3, title, kernel, [], line, kind)


DEFAULT_OPTIONS = Options()


def check(before, after, wanted=WANTED, options=DEFAULT_OPTIONS, **given):
    unchanged.check(
        [made if isinstance(made, BootEntry) else entry(made) for made in before],
        [made if isinstance(made, BootEntry) else entry(made) for made in after],
        wanted,
        options,
        {MENU: given["given"]} if given else {},
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("root=UUID=1 ro quiet", "root=UUID=1 ro console=tty1 console=ttyS0 rootdelay=300"),
        ("root=UUID=1 ro rootdelay=1 console=hvc0", "root=UUID=1 ro rootdelay=300 console=hvc0 console=tty1 console=ttyS0"),
        ("root=UUID=1 ro crashkernel=auto mine=1 mine=2", "root=UUID=1 ro mine=1 mine=2 console=tty1 console=ttyS0 rootdelay=300"),
        ("root=UUID=1 ro console=ttyS0,9600", "root=UUID=1 ro console=tty1 console=ttyS0 rootdelay=300"),
    ],
)
def test_what_was_asked_for_may_differ(before, after):
    check([before], [after])


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("root=UUID=1 ro", "root=/dev/fuse ro", "lost 'root=UUID=1' and got 'root=/dev/fuse'"),
        ("root=UUID=1 ro mine=1", "root=UUID=1 ro", "lost 'mine=1'"),
        ("root=UUID=1 ro", "root=UUID=1 ro audit=0", "got 'audit=0'"),
        ("root=UUID=1 ro mine=1 mine=2", "root=UUID=1 ro mine=2", "lost 'mine=1'"),
        ("root=UUID=1 ro console=hvc0", "root=UUID=1 ro", "lost 'console=hvc0'"),
        ("root=UUID=1 ro crashkernel=256M", "root=UUID=1 ro", "lost 'crashkernel=256M'"),
        ("root=UUID=1 rootflags=subvol=@ ro", "root=UUID=1 ro", "lost 'rootflags=subvol=@'"),
    ],
)
def test_anything_else_is_told_with_its_entry(before, after, told):
    with pytest.raises(ImagewrightError, match=f"the boot entry 'Debian' in {MENU} line 3: it {told}"):
        check([before], [after + " console=tty1 console=ttyS0 rootdelay=300"])


def test_what_ubuntu_adds_for_the_splash_screen_goes_and_comes_with_it():
    gone, come = cmdline_changes.request([], ["splash"]), cmdline_changes.request(["splash"], [])
    check(["root=UUID=1 ro quiet splash $vt_handoff"], ["root=UUID=1 ro quiet"], wanted=gone)
    check(["root=UUID=1 ro quiet"], ["root=UUID=1 ro quiet splash $vt_handoff"], wanted=come)
    with pytest.raises(ImagewrightError, match="it lost '\\$vt_handoff'"):
        check(["root=UUID=1 ro quiet splash $vt_handoff"], ["root=UUID=1 ro splash"], wanted=cmdline_changes.request([], ["quiet"]))


def test_a_menu_that_was_not_up_to_date_may_get_what_its_sources_say():
    check(["root=UUID=1"], ["root=UUID=1 panic=1"], given=["panic=1"])
    with pytest.raises(ImagewrightError, match="it lost 'panic=2' and got 'panic=1'"):
        check(["root=UUID=1 panic=2"], ["root=UUID=1 panic=1"], given=["panic=1"])


def test_an_entry_that_is_to_be_left_may_follow_a_source_that_it_shares():
    kept = Options(recovery="keep")
    check([entry("root=UUID=1 single quiet", kind="recovery")], [entry("root=UUID=1 single rootdelay=300", kind="recovery")], options=kept)
    with pytest.raises(ImagewrightError, match="lost 'single'"):
        check([entry("root=UUID=1 single", kind="recovery")], [entry("root=UUID=1", kind="recovery")], options=kept)


@pytest.mark.parametrize(
    ("after", "told"),
    [
        ([], "'Debian' of /boot/vmlinuz-1 in /boot/grub/grub.cfg line 3: it was left out"),
        ([entry("a"), entry("a", "Debian, twice")], "'Debian, twice' of /boot/vmlinuz-1 is new"),
        ([entry("a", "Devuan")], "'Debian' of /boot/vmlinuz-1 in /boot/grub/grub.cfg line 3: it was left out"),
        ([entry("a", kernel="/boot/vmlinuz-2")], "'Debian' of /boot/vmlinuz-1 in /boot/grub/grub.cfg line 3: it was left out"),
    ],
)
def test_titles_and_number_of_entries_are_the_same(after, told):
    with pytest.raises(ImagewrightError, match=told):
        check([entry("a")], after, cmdline_changes.request([], []))


def test_the_order_of_entries_is_the_same():
    with pytest.raises(ImagewrightError, match="their order is another one"):
        check([entry("a"), entry("a", "B")], [entry("a", "B"), entry("a")], cmdline_changes.request([], []))


def test_settings_that_shape_the_menu_shape_it_and_change_no_parameter():
    options = Options(settings={"GRUB_DISABLE_RECOVERY": "true"})
    none = cmdline_changes.request([], [])
    check([entry("a"), entry("a single", "Debian (recovery)", "recovery")], [entry("a")], none, options)
    with pytest.raises(ImagewrightError, match="lost 'a'"):
        check([entry("a"), entry("a single", "Debian (recovery)", "recovery")], [entry("b")], none, options)


def test_titles_of_other_systems_stay():
    unchanged.check_titles({MENU: ["Debian", "Windows"]}, {MENU: ["Debian", "Windows"]}, Options())
    with pytest.raises(ImagewrightError, match="it lost 'Windows'"):
        unchanged.check_titles({MENU: ["Debian", "Windows"]}, {MENU: ["Debian"]}, Options())
