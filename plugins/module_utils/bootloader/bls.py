# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Boot Loader Specification entries, as read by GRUB's blscfg and by systemd-boot, and all that feeds them:
grubenv's kernelopts with its fallbacks in grub.cfg (the Red Hat family's version 8), and /etc/kernel/cmdline.

Everything is edited in place: generators would replace root= by what they probe, which is wrong in a mounted image.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import bls_checks, bls_entry, bls_reading, grubenv, kernel_install, reading
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.boot_entry import BootEntry, LoaderPlan, guest_path, is_subject
from ansible_collections.imagewright.azure.plugins.module_utils.core import shell_variables
from ansible_collections.imagewright.azure.plugins.module_utils.core.edits import Edit
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline, cmdline_changes, image_file

NAME = "bls"


def is_present(tree):
    """Return whether the guest has such entries, and a boot loader that may read them."""
    return bool(bls_reading.entry_paths(tree)) and not _are_nobodys(tree)


def plan(tree, wanted, options):
    """Return the LoaderPlan for the entries, grubenv, its fallbacks, and /etc/kernel/cmdline."""
    first_only = bls_reading.is_read_by_grub(tree)
    if first_only:
        bls_checks.check_expressible(wanted)
    changed = _changed_entries(tree, wanted, options) + _changed_variables(tree, wanted) + _changed_cmdline(tree, wanted)
    warnings = [
        f"{path}: it has several options lines, of which GRUB reads the first one alone; put all into that"
        for path in bls_reading.entry_paths(tree)
        if first_only and len(bls_entry.values(reading.text(tree, path), "options")) > 1
    ]
    warnings += kernel_install.warnings(tree)
    return LoaderPlan(
        [edit for edit, _unused in changed if edit.before != edit.after], [source for _unused, sources in changed for source in sources], warnings, False
    )


def _changed_entries(tree, wanted, options):
    """Return [(Edit, [source])] of the entries, those that stay as they are too."""
    environment, first_only = bls_reading.environment(tree), bls_reading.is_read_by_grub(tree)
    found = []
    for path in bls_reading.entry_paths(tree):
        before = reading.text(tree, path)
        entry = _boot_entry(tree, path, before, {}, first_only)
        if entry is not None:
            if is_subject(entry, options):
                bls_checks.check_kernelopts(path, entry, environment)
                bls_checks.check_options(path, before)
            after = _changed_entry(before, wanted, environment, first_only) if is_subject(entry, options) else before
            if first_only and is_subject(entry, options):
                bls_checks.check_ends(path, after)
            found.append((Edit(path, before, after), [_source(path, "options", bls_entry.options(before), bls_entry.options(after))]))
    return found


def _changed_entry(text, wanted, environment, first_only):
    """Return an entry's text brought to the Request; one without options gets them from GRUB's variables, if these are set."""
    after = bls_entry.change(text, wanted, first_only)
    if bls_entry.options(text) is not None or after == text:
        return after
    if "default_kernelopts" in environment:
        return text
    return bls_entry.with_kernelopts(text) if "kernelopts" in environment else after


def _changed_variables(tree, wanted):
    """Return [(Edit, [source])] of grubenv and of the lines of grub.cfg that stand in for it."""
    found = []
    for path, before in reading.texts(tree, bls_reading.GRUBENV).items() if bls_reading.uses_kernelopts(tree) else ():
        after, sources, values = before, [], grubenv.parse(before, path)
        for name in [name for name in bls_reading.KERNELOPTS if name in values]:
            new = cmdline_changes.change(values[name], wanted, bls_entry.write_parameter)
            after = after if new == values[name] else grubenv.with_value(after, name, new, path)
            sources.append(_source(path, name, values[name], new))
        found.append((Edit(path, before, after), sources))
    for path, before in reading.texts(tree, bls_reading.GRUB_CFG).items():
        after = bls_reading.FALLBACK.sub(lambda match: match.group(1) + _changed_fallback(match.group(3), wanted) + match.group(4), before)
        found.append(
            (
                Edit(path, before, after),
                [
                    _source(path, old.group(2), bls_reading.plain(old.group(3)), bls_reading.plain(new.group(3)))
                    for old, new in zip(bls_reading.FALLBACK.finditer(before), bls_reading.FALLBACK.finditer(after))
                ],
            )
        )
    return found


def _changed_fallback(text, wanted):
    """Return what stands between double quotes of GRUB's script with the Request brought in."""
    before = bls_reading.plain(text)
    after = cmdline_changes.change(before, wanted, bls_entry.write_parameter)
    return text if after == before else re.sub(r'(["\\$])', r"\\\1", after)


def _changed_cmdline(tree, wanted):
    """Return [(Edit, [source])] of what kernel-install gives to a new kernel."""
    main = _main_cmdline(tree)
    if main is None:
        return []
    return [
        (Edit(path, before, after), [_source(path, "", before and before.strip(), after.strip())])
        for path, before, after in kernel_install.change(tree, wanted, main)
    ]


def _source(path, variable, before, after):
    return {"path": path, "variable": variable, "before": before, "after": after}


def entries(tree):
    """Return the entries ([BootEntry]), newest kernel first as the menu shows them, GRUB's variables put in."""
    environment, first_only = bls_reading.environment(tree), bls_reading.is_read_by_grub(tree)
    found = [_boot_entry(tree, path, reading.text(tree, path), environment, first_only) for path in bls_reading.entry_paths(tree)]
    return [entry for entry in found if entry is not None]


def protected(tree):
    """Return the paths ([str]) that grub2-mkconfig may rewrite with what it probes, and that must stay as they were edited."""
    return bls_reading.entry_paths(tree) + list(reading.texts(tree, bls_reading.GRUBENV)) + [path for path in [kernel_install.MAIN] if tree.is_file(path)]


def next_kernel(tree, entries):
    """Return the command line (str) that kernel-install gives the next kernel, None when only the running system says it."""
    newest = _newest(tree)
    if newest is None:
        return None
    if bls_entry.KERNELOPTS in kernel_cmdline.split(newest.cmdline):
        return bls_entry.expand(newest.cmdline, bls_reading.environment(tree))
    found = kernel_install.files(tree)
    if not found:
        return None
    line = kernel_install.line(tree, found)
    # systemd's kernel-install and SUSE's sdbootutil add the machine's id to each entry
    return " ".join(
        line
        + [parameter for parameter in kernel_cmdline.split(newest.cmdline) if kernel_cmdline.key(parameter) == "systemd.machine_id" and parameter not in line]
    )


def _boot_entry(tree, path, text, environment, first_only):
    """Return the BootEntry of an entry's text, None when it starts no Linux kernel."""
    base = posixpath.dirname(posixpath.dirname(posixpath.dirname(path)))
    own = bls_entry.values(text, "linux")
    kernels = own or ([] if first_only else [name for name in bls_entry.values(text, "efi") if _is_kernel(tree, name, base)])
    if not kernels:
        return None
    options = bls_entry.options(text, first_only)
    if options is None:
        options = "$default_kernelopts" if "default_kernelopts" in environment else ""
    title = (bls_entry.values(text, "title") + [posixpath.basename(path)])[0]
    named = bls_entry.values(text, "initrd") if own else _of_stub(options)
    initrds = [initrd for line in named for initrd in line.split() if not initrd.startswith("$")]
    rescue = "-0-rescue" in path or "0-rescue" in posixpath.basename(kernels[0])
    return BootEntry(
        NAME,
        path,
        1,
        title,
        guest_path(tree, kernels[0], base),
        [guest_path(tree, initrd, base) for initrd in initrds],
        bls_entry.expand(options, environment) if environment else options,
        "rescue" if rescue else "normal",
    )


def _of_stub(options):
    """Return the paths ([str]) that a kernel's own EFI stub loads; systemd-boot hands the lines ``initrd`` to no program of a line ``efi``.

    Source: systemd src/boot/efi/boot.c, initrd_prepare; Linux Documentation/admin-guide/efi-stub.rst.
    """
    return [(value or "").replace("\\", "/") for value in kernel_cmdline.values(options, "initrd")]


def _is_kernel(tree, name, base):
    """Return whether the program of a line ``efi`` is a kernel with an EFI stub, whatever it is called; only GRUB passes over such entries."""
    path = guest_path(tree, name, base)
    return tree.is_file(path) and image_file.is_linux(tree, path)


def _newest(tree):
    """Return the BootEntry of the newest kernel of this machine-id as written, variables not put in; None when there is none.

    Entries of another machine-id are left from before the guest got its own; they count where there are no others.
    """
    found, tokens = [], _tokens(tree)
    for path in bls_reading.entry_paths(tree):
        text = reading.text(tree, path)
        entry = _boot_entry(tree, path, text, {}, bls_reading.is_read_by_grub(tree))
        if entry is not None and entry.kind == "normal":
            name = posixpath.basename(path)
            token = next((token for token in tokens if name.startswith(token + "-")), None)
            own = token is not None or bls_entry.values(text, "machine-id")[:1] in [[token] for token in tokens]
            version = (bls_entry.values(text, "version") + [name[len(token) + 1 :] if token else name])[0]
            found.append((own, bls_reading.version_key(version), entry))
    return max(found, key=lambda item: item[:2])[2] if found else None


def _tokens(tree):
    """Return what the names of this guest's own entries begin with ([str]): its entry token and its machine-id."""
    return [word for path in ("/etc/kernel/entry-token", "/etc/machine-id") if tree.is_file(path) for word in reading.text(tree, path).split()[:1]]


def _are_nobodys(tree):
    """Return whether GRUB boots the guest and was told not to read the entries, which a kernel package left there."""
    if not tree.is_file(kernel_install.DEFAULTS) or bls_reading.is_read_by_grub(tree):
        return False
    try:
        values = shell_variables.values(reading.text(tree, kernel_install.DEFAULTS), kernel_install.DEFAULTS)
    except ImagewrightError:
        return False
    return values.get("GRUB_ENABLE_BLSCFG") == "false" and bool(reading.texts(tree, bls_reading.GRUB_CFG))


def _main_cmdline(tree):
    """Return the text of /etc/kernel/cmdline, as it is or as it is to be made; None when it neither is there nor is needed.

    Without the file kernel-install takes the running system's /proc/cmdline, in a chroot that of the build machine.
    """
    if tree.is_file(kernel_install.MAIN):
        return reading.text(tree, kernel_install.MAIN)
    newest = _newest(tree)
    if newest is None or not _has_kernel_install(tree) or bls_entry.KERNELOPTS in kernel_cmdline.split(newest.cmdline):
        return None
    if tree.is_file(kernel_install.VENDOR_MAIN):
        return reading.text(tree, kernel_install.VENDOR_MAIN).strip() + "\n"
    return bls_entry.expand(newest.cmdline, {}) + "\n"


def _has_kernel_install(tree):
    return tree.exists("/usr/bin/kernel-install") or tree.exists("/bin/kernel-install")
