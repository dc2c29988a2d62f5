# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that no real system has: refused by name, or read in a time that grows with their size and no faster."""

import contextlib

import pytest
from bounds import bounded
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import (
    bls_entry,
    extlinux_conf,
    grub2_defaults,
    grub_reader,
    grub_script,
    menu_lst,
    reading,
)
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline_changes

SIZE = 512 * 1024  # what is quadratic takes longer than bounds.SECONDS
WANTED = cmdline_changes.request(["console=tty1", "console=ttyS0", "a=1"], ["quiet"])


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("a" * (reading.MOST_BYTES + 1), "it has more than 1024 KiB"),
        ("\n" + "a" * (reading.MOST_OF_LINE + 1) + "\n", "line 2: it has more than 128 KiB"),
    ],
)
@pytest.mark.parametrize("path", ["/etc/default/grub", "/boot/grub/grub.cfg", "/boot/loader/entries/a.conf", "/boot/extlinux.conf", "/etc/kernel/cmdline"])
def test_a_file_larger_than_any_real_one_is_refused_by_name(tmp_path, path, content, told):
    (tmp_path / path[1:]).parent.mkdir(parents=True)
    (tmp_path / path[1:]).write_text(content)
    with pytest.raises(ImagewrightError, match=f"cannot read {path}.* {told}".replace(". ", ".")):
        reading.text(LiveTree(str(tmp_path)), path)


def _refused_defaults(text):
    defaults = grub2_defaults.Defaults({grub2_defaults.MAIN: text}, False)
    with contextlib.suppress(ImagewrightError):
        grub2_defaults.change(defaults, WANTED, True)


@pytest.mark.parametrize(
    ("text", "work"),
    [
        ("title a" + " " * SIZE + "b\nlinux /a\noptions a" + " " * SIZE + "b\n", lambda text: bls_entry.change(text, WANTED)),
        ("options a\n" * (SIZE // 10), lambda text: bls_entry.change(text, WANTED)),
        ("options " + "console=hvc0 console=ttyS0 " * (SIZE // 27) + "\n", lambda text: bls_entry.change(text, WANTED)),
        ("menuentry a {\n linux /a " + "x " * (SIZE // 2) + "\n}\n", grub_script.menu_entries),
        ("menuentry a {\nlinux /a\n}\n" * (SIZE // 25), grub_script.menu_entries),
        ("a;" * (SIZE // 2), grub_script.commands),
        ("}\n" * (SIZE // 2), grub_reader.as_run),
        ("function a {\n" * (SIZE // 13), grub_reader.as_run),
        ("label a\nkernel /a\nappend a" + " " * SIZE + "b\n", lambda text: extlinux_conf.change(text, WANTED, True, True)),
        ("label a\nkernel /a\nappend b\n" * (SIZE // 27), lambda text: extlinux_conf.change(text, WANTED, True, True)),
        ("title a\nkernel /a b\n" * (SIZE // 20), lambda text: menu_lst.change(text, WANTED, True, True)),
        ("title a" + " " * SIZE + "\nkernel /a" + " " * SIZE + "b\n", lambda text: menu_lst.change(text, WANTED, True, True)),
        ("A=1\n" * (SIZE // 4), lambda text: grub2_defaults.Defaults({grub2_defaults.MAIN: text}, False)),
        ('GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX a"\n' * (SIZE // 43), _refused_defaults),
        ('GRUB_CMDLINE_LINUX="' + "a " * (SIZE // 2) + '"\n', _refused_defaults),
        ("a " * (SIZE // 2), lambda text: cmdline_changes.change(text, WANTED)),
        ("quiet " * (SIZE // 6), lambda text: cmdline_changes.change(text, WANTED)),
    ],
)
def test_time_grows_with_the_size_and_no_faster(text, work):
    with bounded():
        work(text)
