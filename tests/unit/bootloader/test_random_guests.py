# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests with any mix of boot loaders and parameters: each comes to the wanted state and stays there, or is refused."""

import random

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline, cmdline_changes
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import changing, discover
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.boot_entry import Options, is_subject
from ansible_collections.imagewright.azure.plugins.module_utils.core.edited_tree import EditedTree
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree

KERNEL = "5.14.0-1.x86_64"
PARAMETERS = [
    "quiet",
    "rhgb",
    "console=tty0",
    "console=ttyS0",
    "console=ttyS0,9600",
    "console=hvc0",
    "a=1",
    "a=2",
    "ro",
    "root=UUID=1",
    'x="p q"',
    "rd.lvm.lv=a",
    "log-buf-len=1M",
    "--",
    "$tuned_params",
    "net.ifnames=0",
]
PRESENT = ["console=tty1", "console=ttyS0,115200n8", "a=3", "b", 'y="r s"', "z=1;2"]
ABSENT = ["quiet", "rhgb", "net.ifnames=1", "log_buf_len"]
VARIABLES = ["GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT", "GRUB_CMDLINE_LINUX_RECOVERY"]


class RandomGuest:
    """Writes files of a guest, with what chance decides in them."""

    def __init__(self, root, seed):
        self.root, self.random = root, random.Random(seed)

    def maybe(self, chance):
        return self.random.random() < chance

    def line(self, *without):
        return " ".join(parameter for parameter in self.random.choices(PARAMETERS, k=self.random.randint(0, 7)) if parameter not in without)

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def write_entries(self):
        for number in range(self.random.randint(1, 3)):
            options = "".join(f"options {self.line()}\n" for _unused in range(self.random.randint(0, 2)))
            if self.maybe(0.3):
                options = f"options $kernelopts {self.line()}\n"
            name = f"ab-{number}-0-rescue" if self.maybe(0.2) else f"ab-{number}"
            self.write(f"boot/loader/entries/{name}.conf", f"title {number}\nlinux /vmlinuz-{KERNEL}\n{options}")
        if self.maybe(0.7):
            block = f"# GRUB Environment Block\nkernelopts={self.line('$tuned_params')}\ntuned_params={self.line('$tuned_params', '--')}\n"
            self.write("boot/grub2/grubenv", block + "#" * (1024 - len(block)))
        if self.maybe(0.6):
            value = self.line("$tuned_params").replace('"', '\\"')
            self.write("boot/grub2/grub.cfg", f'set default_kernelopts="{value}"\nblscfg\n')
        if self.maybe(0.5):
            self.write("etc/kernel/cmdline", self.line() + "\n")
        if self.maybe(0.5):
            self.write("usr/bin/kernel-install", "")

    def write_defaults(self):
        lines = []
        for name in self.random.sample(VARIABLES, self.random.randint(0, 3)):
            value = self.line()
            escaped = "".join("\\" + character if character in '\\"$`' else character for character in value)
            lines.append(f"{name}='{value}'\n" if self.maybe(0.3) else f'{name}="{escaped}"\n')
        self.write("etc/default/grub", "".join(lines))

    def write_all(self):
        self.write(f"boot/vmlinuz-{KERNEL}", "")
        if self.maybe(0.6):
            self.write_entries()
        if self.maybe(0.5):
            self.write_defaults()
        if self.maybe(0.3):
            self.write("boot/grub/menu.lst", "".join(f"title {number}\nkernel /vmlinuz-{KERNEL} {self.line()}\n" for number in range(2)))
        if self.maybe(0.3):
            self.write("boot/extlinux.conf", "".join(f"LABEL {number}\n LINUX vmlinuz-{KERNEL}\n APPEND {self.line()}\n" for number in range(2)))

    def request(self):
        return cmdline_changes.request(self.random.sample(PRESENT, self.random.randint(0, 4)), self.random.sample(ABSENT, self.random.randint(0, 3)))


def other_parameters(line, wanted):
    asked = {kernel_cmdline.key(parameter) for parameter in wanted.present + wanted.absent}
    return [parameter for parameter in kernel_cmdline.split(line) if kernel_cmdline.key(parameter) not in asked]


@pytest.mark.parametrize("seed", range(120))
def test_any_guest_comes_to_the_wanted_state_or_is_refused(tmp_path, seed):
    guest = RandomGuest(tmp_path, seed)
    guest.write_all()
    wanted, options = guest.request(), Options(guest.random.choice(["keep", "change"]), guest.random.choice(["keep", "change"]), {})
    tree = LiveTree(str(tmp_path))
    loaders = discover.loaders(tree)
    try:
        change = changing.plan(tree, loaders, wanted, options, False)
    except ImagewrightError as error:
        assert str(error).startswith("cannot ")
        return
    after = EditedTree(tree, change.edits)
    for entry in change.after:
        assert not is_subject(entry, options) or cmdline_changes.is_right(entry.cmdline, wanted)
    for old, new in zip(change.before, change.after):
        # an entry that had nothing at all, not even root=, may have got $kernelopts
        assert other_parameters(old.cmdline, wanted) == other_parameters(new.cmdline, wanted) or not old.cmdline
    assert changing.plan(after, discover.loaders(after), wanted, options, False).edits == []
