# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The entries of GRUB 2's grub.cfg, and what they will be once it is generated again.

Source: GRUB util/grub.d/10_linux.in and 20_linux_xen.in, upstream and with Debian's, Red Hat's and SUSE's changes.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath

from ansible_collections.imagewright.azure.plugins.module_utils import kernel_cmdline
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import grub_script
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.boot_entry import BootEntry, guest_path

NAME = "grub2"

#: Directories below which a grub.cfg may be read by GRUB itself.
_PLACES = ("/boot/grub/grub.cfg", "/boot/grub2/grub.cfg", "/boot/grub2-efi/grub.cfg", "/boot/efi/EFI/*/grub.cfg", "/efi/EFI/*/grub.cfg",
           "/efi/grub/grub.cfg")

#: What 10_linux puts before GRUB_CMDLINE_LINUX in recovery entries, by distribution.
_RECOVERY_WORDS = frozenset(["single", "recovery", "nomodeset", "dis_ucode_ldr"])


def menus(tree):
    """Return {path: text} of the grub.cfg files that hold a menu; stubs that only load another one are left out."""
    found, seen = {}, set()
    for pattern in _PLACES:
        for path in tree.glob(pattern):
            resolved = tree.resolve(path)
            if resolved in seen or not tree.is_file(path):
                continue
            seen.add(resolved)
            text = tree.read_text(path)
            if not is_stub(text):
                found[path] = text
    return found


def is_stub(text):
    """Return whether a grub.cfg only loads another one (`configfile`), as those on an EFI system partition do."""
    return "configfile" in text and not is_generated(text) and "menuentry" not in text


def is_generated(text):
    """Return whether grub-mkconfig wrote this grub.cfg."""
    return "### BEGIN /etc/grub.d/" in text


def uses_bls(path, text):
    """Return whether this grub.cfg takes its entries from Boot Loader Specification files."""
    return "blscfg" in text and any(command.words[0].text == "blscfg" for command in grub_script.commands(text, path))


def entries(tree):
    """Return the entries ([BootEntry]) of every grub.cfg that start a Linux kernel.

    Raises ImagewrightError: a grub.cfg is one that GRUB itself could not read.
    """
    found = []
    for path, text in menus(tree).items():
        generated = is_generated(text)
        for entry in grub_script.menu_entries(text, path):
            found += _boot_entry(tree, path, entry, generated)
    return found


def change_by_hand(path, text, wanted, recovery, rescue):
    """Return a grub.cfg that nothing generates with the Request brought into its entries.

    recovery, rescue: bool, whether entries of these kinds are to be changed.
    """
    spans = []
    for entry in grub_script.menu_entries(text, path):
        kernel, arguments, _unused = _started(entry)
        kind = _kind(entry, kernel.text, [word.text for word in arguments], False) if kernel else "other"
        if kind == "other" or (kind == "recovery" and not recovery) or (kind == "rescue" and not rescue):
            continue
        tokens = [kernel_cmdline.Token(word.start, word.end, grub_script.as_kernel_gets(word.text)) for word in arguments]
        changes = kernel_cmdline.plan([token.text for token in tokens], wanted)
        if tokens:
            spans += kernel_cmdline.spans(tokens, changes, grub_script.write_parameter)
        elif changes.additions:
            spans.append((kernel.end, kernel.end, " " + " ".join(map(grub_script.write_parameter, changes.additions))))
    for start, end, new in sorted(spans, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def described(path, before, after):
    """Return [{path, variable, before, after}] of the kernel lines of a menu that nothing generates."""
    lines = [[" ".join(word.text for word in _started(entry)[1]) for entry in grub_script.menu_entries(text)] for text in (before, after)]
    return [{"path": path, "variable": f"linux ({' '.join(entry.heading[:1])})", "before": old, "after": new}
            for entry, old, new in zip(grub_script.menu_entries(before), *lines) if _started(entry)[0]]


def _started(entry):
    """Return (kernel, arguments, initrds): grub_script.Words of what a menu entry starts; kernel is None when that is no Linux."""
    kernel, arguments, initrds, xen = None, [], [], False
    for command in entry.commands:
        words = list(command.words)
        while words and words[0].text in ("then", "else", "do"):
            words = words[1:]
        if len(words) < 2:
            continue
        name = words[0].text
        if name in ("multiboot", "multiboot2", "xen_hypervisor"):
            xen = True
        elif name in grub_script.KERNEL_COMMANDS or (name in ("module", "module2", "xen_module", "xen_linux") and xen):
            if kernel is None:
                kernel, arguments = words[1], [word for word in words[2:] if word.text != "placeholder"]
            else:
                initrds.append(words[-1])
        elif name in grub_script.INITRD_COMMANDS or name == "xen_initrd":
            initrds += words[1:]
    return kernel, arguments, initrds


def _boot_entry(tree, path, entry, generated):
    """Return [BootEntry], or [] when the menu entry starts no kernel (a submenu, firmware setup, another loader)."""
    kernel, arguments, initrds = _started(entry)
    if kernel is None:
        return []
    words = [word.text for word in arguments]
    title = entry.heading[0] if entry.heading else ""
    return [BootEntry(NAME, path, entry.line, title, guest_path(tree, kernel.text), [guest_path(tree, initrd.text) for initrd in initrds],
                      " ".join(map(grub_script.as_kernel_gets, words)), _kind(entry, kernel.text, words, generated))]


def _kind(entry, kernel, arguments, generated):
    script = posixpath.basename(entry.section)
    if generated and "linux" not in script:
        return "other"
    if "memtest" in posixpath.basename(kernel):
        return "other"
    if any(word.startswith("gnulinux-") and "-recovery-" in word for word in entry.heading[1:]):
        return "recovery"
    if "0-rescue" in posixpath.basename(kernel):
        return "rescue"
    if arguments and any(word in ("single", "recovery") for word in arguments) and "(" in "".join(entry.heading[:1]):
        return "recovery"
    return "normal"


def arguments_of(entry, linux, default):
    """Return what 10_linux puts into an entry from the two variables ([str]: parameters as a kernel gets them)."""
    shared = [token.text for token in grub_script.tokens(linux)]
    return shared if entry.kind == "recovery" else shared + [token.text for token in grub_script.tokens(default)]


def agrees(entry, linux, default):
    """Return whether an entry holds what the variables say."""
    return _find(kernel_cmdline.split(entry.cmdline), arguments_of(entry, linux, default)) is not None


def predict(entry, before, after):
    """Return the entry ([BootEntry]) as it will be generated again.

    before, after: (GRUB_CMDLINE_LINUX, GRUB_CMDLINE_LINUX_DEFAULT, GRUB_CMDLINE_LINUX_RECOVERY) (str).
    """
    if entry.kind == "other":
        return entry
    words = kernel_cmdline.split(entry.cmdline)
    old, new = arguments_of(entry, *before[:2]), arguments_of(entry, *after[:2])
    if entry.kind == "recovery":
        old_recovery, new_recovery = ([token.text for token in grub_script.tokens(text[2])] for text in (before, after))
        place = _find(words, old_recovery + old) if old_recovery else None
        if place is not None:
            old, new = old_recovery + old, new_recovery + new
    place = _find(words, old)
    if place is None or not old:
        place, end = _guess(entry, words)
    else:
        end = place + len(old)
    return entry._replace(cmdline=" ".join(words[:place] + new + words[end:]))


def _find(words, part):
    """Return where part is in words as a whole (int), the last such place, None when it is not."""
    for start in range(len(words) - len(part), -1, -1):
        if words[start:start + len(part)] == part:
            return start
    return None


def _guess(entry, words):
    """Return (start, end) of what the variables gave to an entry that is not up to date: all after `root=... ro`."""
    start = 0
    while start < len(words) and (words[start] in ("ro", "rw") or words[start].startswith(("root=", "rootflags=subvol=", "boot=zfs", "$"))):
        start += 1
    while entry.kind == "recovery" and start < len(words) and words[start] in _RECOVERY_WORDS:
        start += 1
    end = len(words) - 1 if words[-1:] == ["$vt_handoff"] else len(words)
    return start, max(start, end)
