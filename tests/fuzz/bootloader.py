# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fuzz the parsers of grub_cmdline: the kernel's command line, shell variables, GRUB's script, GRUB Legacy's menu, and more.

    make fuzz
    PYTHONPATH=.venv/collections .venv/bin/python tests/fuzz/bootloader.py .cache/fuzz/bootloader -max_total_time=300

Nothing but ImagewrightError may be raised, a second change may change nothing, and what was asked for must be there.
The directory is the corpus: the recorded trees' files are put there first, and libFuzzer adds what it finds.
Needs atheris (tests/setup/all/requirements.txt).
"""

import collections
import contextlib
import pathlib
import sys

import atheris

with atheris.instrument_imports(include=["ansible_collections"]):
    from ansible_collections.imagewright.azure.plugins.module_utils.core import shell_variables
    from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline, cmdline_changes
    from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import (
        bls_entry,
        extlinux_conf,
        grub2_defaults,
        grub2_menu,
        grub_script,
        grubenv,
        menu_lst,
    )
    from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError

WANTED = cmdline_changes.request(["a=1", "console=tty1", "console=ttyS0,115200n8", 'x="p q"'], ["quiet", "b=2"])


def command_line(text):
    once = cmdline_changes.change(text, WANTED)
    assert cmdline_changes.is_right(once, WANTED)
    assert cmdline_changes.change(once, WANTED) == once


def shell_file(text):
    defaults = grub2_defaults.Defaults(collections.OrderedDict([(grub2_defaults.MAIN, text)]), False)
    shell_variables.values(text)
    after = grub2_defaults.change(defaults, WANTED, True)
    assert grub2_defaults.change(after, WANTED, True).texts == after.texts
    line = " ".join(after.effective(name) for name in grub2_defaults.NAMES[:2])
    assert cmdline_changes.is_right(" ".join(token.text for token in grub_script.tokens(line)), WANTED)


def shell_value(text):
    shell_file(f'GRUB_CMDLINE_LINUX="{text}"\n')


def grub_menu(text):
    grub_script.menu(text)
    after = grub2_menu.change_by_hand("grub.cfg", text, WANTED, True, True)
    assert grub2_menu.change_by_hand("grub.cfg", after, WANTED, True, True) == after


def legacy_menu(text):
    after = menu_lst.change(text, WANTED, True, True)
    assert menu_lst.change(after, WANTED, True, True) == after
    menu_lst.default_stanza(text)


def legacy_stanza(text):
    legacy_menu(f"title x\nkernel /vmlinuz {text}\n")


def bls(text):
    for first_only in (False, True):
        after = bls_entry.change(text, WANTED, first_only)
        assert bls_entry.change(after, WANTED, first_only) == after


def extlinux(text):
    after = extlinux_conf.change(text, WANTED, True, True)
    assert extlinux_conf.change(after, WANTED, True, True) == after


def environment_block(text):
    block = (grubenv.SIGNATURE + text)[:1024]
    block += "#" * (1024 - len(block.encode("utf-8", "surrogateescape")))
    assert grubenv.parse(grubenv.with_value(block, "kernelopts", "a b"))["kernelopts"] == "a b"


def parameter(text):
    wanted = cmdline_changes.request([text], ["quiet"] if kernel_cmdline.key(text) != "quiet" else [])
    assert cmdline_changes.is_right(bls_entry.options(bls_entry.change("options quiet\n", wanted)) or "", wanted)
    defaults = grub2_defaults.Defaults(collections.OrderedDict([(grub2_defaults.MAIN, "GRUB_CMDLINE_LINUX='quiet'\n")]), False)
    line = grub2_defaults.change(defaults, wanted, True).effective("GRUB_CMDLINE_LINUX")
    assert cmdline_changes.is_right(" ".join(token.text for token in grub_script.tokens(line)), wanted)
    menu = grub2_menu.change_by_hand("grub.cfg", "menuentry x {\n linux /vmlinuz quiet\n}\n", wanted, True, True)
    assert grub2_menu.change_by_hand("grub.cfg", menu, wanted, True, True) == menu


TARGETS = (command_line, shell_file, shell_value, grub_menu, legacy_menu, legacy_stanza, bls, extlinux, environment_block, parameter)


def one(octets):
    """Give one input to one of the targets."""
    if octets:
        text = octets[1:].decode("utf-8", "surrogateescape")
        with contextlib.suppress(ImagewrightError):
            TARGETS[octets[0] % len(TARGETS)](text)


#: Files of the recorded trees, and the target that each is for.
SEEDS = {
    "etc/default/grub": shell_file,
    "etc/default/grub.d/*.cfg": shell_file,
    "etc/sysconfig/bootloader": shell_file,
    "boot/**/grub.cfg": grub_menu,
    "boot/**/grub.conf": legacy_menu,
    "boot/**/menu.lst": legacy_menu,
    "boot/**/entries/*.conf": bls,
    "boot/extlinux.conf": extlinux,
    "etc/kernel/cmdline": command_line,
}


def plant(corpus):
    """Write the recorded trees' files into the corpus (pathlib.Path), each with the byte that names its target before it."""
    trees = pathlib.Path(__file__).resolve().parent.parent / "unit/fixtures/boot"
    for pattern, target in SEEDS.items():
        for path in sorted(trees.glob("*/" + pattern)):
            if path.is_file():
                name = "-".join(path.relative_to(trees).parts)
                (corpus / name).write_bytes(bytes([TARGETS.index(target)]) + path.read_bytes())


if __name__ == "__main__":
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        folder = pathlib.Path(sys.argv[1])
        if not folder.is_file():  # else it is an input to try again
            folder.mkdir(parents=True, exist_ok=True)
            plant(folder)
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
