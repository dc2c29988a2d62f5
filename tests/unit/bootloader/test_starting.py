# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which entry starts when nobody is there."""

import pathlib

import pytest
from unit.trees import write_tree

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import starting
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree

TREES = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "boot"
GRUB = (
    "### BEGIN /etc/grub.d/00_header ###\nload_env\n%s### END /etc/grub.d/00_header ###\n### BEGIN /etc/grub.d/10_linux ###\n"
    "menuentry 'Debian' --class os $menuentry_id_option 'simple' {\n\tlinux /vmlinuz-2 root=UUID=1\n}\n"
    "submenu 'Advanced options > all' $menuentry_id_option 'advanced' {\n"
    "\tmenuentry 'Debian, with Linux 2' --id two {\n\t\tlinux /vmlinuz-2 root=UUID=1\n\t}\n"
    "\tmenuentry 'Debian, with Linux 1' --id=one {\n\t\tlinux /vmlinuz-1 root=UUID=1\n\t}\n}\n"
    "menuentry 'Windows' {\n\tchainloader +1\n}\n### END /etc/grub.d/10_linux ###\n"
)
NEXT_OR = 'if [ "${next_entry}" ] ; then\n   set default="${next_entry}"\n   set next_entry=\n   save_env next_entry\nelse\n   set default="%s"\nfi\n'
FALLBACK = (
    'if [ -n "${boot_counter}" -a "${boot_success}" = "0" ]; then\n  if  [ "${boot_counter}" = "0" -o "${boot_counter}" = "-1" ]; then\n'
    "    set default=1\n    set boot_counter=-1\n  else\n    decrement boot_counter\n  fi\nfi\n"
)


def start_of(tmp_path, files):
    write_tree(tmp_path, files)
    (found,) = starting.starts(LiveTree(str(tmp_path)))
    return found


def grubenv(text):
    return "# GRUB Environment Block\n" + text + "#" * (1024 - 25 - len(text))


@pytest.mark.parametrize(
    ("settings", "environment", "title"),
    [
        ("", "", "Debian"),
        ('set default="0"\n', "", "Debian"),
        ('set default="1>1"\n', "", "Debian, with Linux 1"),
        ('set default="1"\n', "", "Debian, with Linux 2"),  # a submenu's first
        ('set default="advanced>one"\n', "", "Debian, with Linux 1"),
        ('set default="Advanced options >> all>Debian, with Linux 1"\n', "", "Debian, with Linux 1"),
        ('set default="gone"\n', "", "Debian"),
        ('set default="9"\n', "", "Debian"),
        ('set default="2"\n', "", None),
        ('set default="${saved_entry}"\n', "saved_entry=advanced>one\n", "Debian, with Linux 1"),
        ('set default="${saved_entry}"\n', "", "Debian"),
        (NEXT_OR % "0", "next_entry=advanced>one\n", "Debian, with Linux 1"),
        (NEXT_OR % "${saved_entry}", "saved_entry=advanced>one\nnext_entry=\n", "Debian, with Linux 1"),
        (NEXT_OR % "0" + FALLBACK, "boot_counter=2\nboot_success=0\n", "Debian"),
        (NEXT_OR % "0" + FALLBACK, "boot_counter=0\nboot_success=0\n", "Debian, with Linux 2"),
    ],
)
def test_grub_takes_numbers_titles_ids_and_what_is_saved(tmp_path, settings, environment, title):
    found = start_of(tmp_path, {"/boot/grub/grub.cfg": GRUB % settings, "/boot/grub/grubenv": grubenv(environment)})
    assert (found.entry and found.entry.title) == title
    assert bool(found.problem) == (title is None)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("rhel9", "Red Hat Enterprise Linux (5.14.0-427.13.1.el9_4.x86_64) 9.4 (Plow)"),
        ("debian12", "Debian GNU/Linux"),
        ("arch-sdboot", "Arch Linux"),
        ("debian5", "Debian GNU/Linux, kernel 2.6.26-2-amd64"),
        ("alpine", "Linux virt"),
    ],
)
def test_recorded_guests_start_their_first_kernel(name, title):
    found = starting.starts(LiveTree(str(TREES / name)))
    assert [start.entry.title for start in found] == [title] * len(found) and found
    assert [start.problem for start in found] == [""] * len(found) and [start.waits for start in found] == [[]] * len(found)


BLS = "title %s\nversion %s\nlinux /vmlinuz-%s\noptions root=UUID=1\ngrub_users $grub_users\ngrub_arg --unrestricted\n"


@pytest.mark.parametrize(
    ("system", "saved", "title"),
    [
        ("rhel", "0123-5.14.0-9", "Old"),
        ("rhel", "0123-5.14.0-9.conf", "New"),  # GRUB leaves .conf out of the name
        ("rhel", "gone", "New"),
        ("rhel", "1", "Old"),
        ("opensuse-leap", "0123-5.14.0-9", "Old"),
        ("debian", "0123-5.14.0-9", "New"),  # octal 123 is the number of no entry
        ("debian", "a1-5.14.0-9", "New"),
        ("debian", "0x1-5.14.0-9", "Old"),
        ("debian", "1abc", "Old"),
    ],
)
def test_a_saved_entry_of_the_specification_is_found_by_its_file(tmp_path, system, saved, title):
    found = start_of(
        tmp_path,
        {
            "/etc/os-release": f"ID={system}\n",
            "/boot/grub2/grub.cfg": NEXT_OR % "${saved_entry}" + "blscfg\n",
            "/boot/grub2/grubenv": grubenv(f"saved_entry={saved}\n"),
            "/boot/loader/entries/0123-5.14.0-9.conf": BLS % ("Old", "5.14.0-9", "9"),
            "/boot/loader/entries/0123-5.14.0-10.conf": BLS % ("New", "5.14.0-10", "10"),
        },
    )
    assert found.entry.title == title and found.passwords == []


def sd_boot(settings, *names):
    """Return the files of a guest with systemd-boot; names: files of entries, each with its sort-key and version behind blanks."""
    files = {"/efi/EFI/systemd/systemd-bootx64.efi": "MZ", "/efi/loader/loader.conf": settings}
    for name in names:
        file, key, version = (name.split() + ["", ""])[:3]
        files[f"/efi/loader/entries/{file}"] = f"title {file}\nlinux /{file}\noptions root=UUID=1\n" + (f"sort-key {key}\nversion {version}\n" if key else "")
        files[f"/efi/{file}"] = "kernel"
    return files


@pytest.mark.parametrize(
    ("settings", "names", "file"),
    [
        ("", ["a-1.conf", "a-10.conf", "a-9.conf"], "a-10.conf"),  # by name, newest first
        ("", ["z.conf debian 6.1", "a.conf debian 6.12", "b.conf arch 5"], "b.conf"),  # sort-keys first, then versions
        ("", ["z.conf debian 6.1", "a.conf debian 6.12", "zz.conf"], "a.conf"),
        ("", ["a-10+0-3.conf", "a-9+2-1.conf"], "a-9+2-1.conf"),  # no try left: last
        ("default a-9*\n", ["a-10.conf", "a-9+3.conf"], "a-9+3.conf"),
        ("default gone.conf\n", ["a-10.conf", "a-9.conf"], "a-10.conf"),
        ("default @saved\n#default a-9.conf\n", ["a-10.conf", "a-9.conf"], "a-10.conf"),
        ("default a-9.conf\ndefault a-10.conf\n", ["a-10.conf", "a-9.conf"], "a-10.conf"),
    ],
)
def test_systemd_boot_sorts_its_menu_and_counts_tries(tmp_path, settings, names, file):
    assert start_of(tmp_path, sd_boot(settings, *names)).entry.title == file


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ("auto-poweroff yes\ndefault auto-poweroff\n", "it starts what powers the machine off"),
        ("auto-reboot on\ndefault auto-*\n", "it starts what restarts the machine"),
        ("default auto-efi-shell\n", "it starts what is the firmware's shell"),
        ("default auto-poweroff\n", ""),  # in no menu
        ("auto-poweroff yes\n", ""),
        ("auto-poweroff yes\ndefault a*\n", ""),  # Linux comes before what is made by itself
        ("default auto-windows\n", ""),
    ],
)
def test_systemd_boot_makes_entries_by_itself(tmp_path, settings, problem):
    found = start_of(tmp_path, {**sd_boot(settings, "a-1.conf"), "/efi/shellx64.efi": "MZ"})
    assert (found.problem, found.entry is None) == (problem, bool(problem))


@pytest.mark.parametrize(("fallback", "title"), [("systemd-boot", ["Debian", "a.conf"]), ("shim", ["Debian"])])
def test_beside_grub_systemd_boot_counts_where_firmware_starts_it(tmp_path, fallback, title):
    write_tree(
        tmp_path,
        dict(
            sd_boot("", "a.conf"),
            **{
                "/boot/grub/grub.cfg": GRUB % "",
                "/efi/EFI/BOOT/BOOTX64.EFI": fallback,
                "/efi/EFI/systemd/systemd-bootx64.efi": "systemd-boot",
                "/boot/grub/menu.lst": "title old\nkernel /gone\n",
            },
        ),
    )
    assert [start.entry.title for start in starting.starts(LiveTree(str(tmp_path)))] == title


@pytest.mark.parametrize(
    ("text", "title", "waits"),
    [
        ("TIMEOUT 50\nDEFAULT b\nLABEL a\nLINUX /a\nLABEL b\nLINUX /b\n", "b", False),
        ("DEFAULT a\nLABEL a\nLINUX /a\nLABEL b\nLINUX /b\n", "a", False),
        ("PROMPT 1\nDEFAULT a\nLABEL a\nLINUX /a\n", "a", True),
        ("PROMPT 1\nTIMEOUT 30\nDEFAULT a\nLABEL a\nLINUX /a\n", "a", False),
        ("DEFAULT vesamenu.c32\nTIMEOUT 0\nLABEL a\nLINUX /a\nLABEL b\nMENU DEFAULT\nLINUX /b\n", "b", True),
        ("UI menu.c32\nDEFAULT b\nTIMEOUT 5\nLABEL a\nLINUX /a\nLABEL b\nLINUX /b\n", "b", False),
    ],
)
def test_extlinux_starts_its_default_and_waits_without_a_timeout(tmp_path, text, title, waits):
    found = start_of(tmp_path, {"/boot/extlinux/extlinux.conf": text})
    assert (found.entry.title, bool(found.waits)) == (title, waits)


@pytest.mark.parametrize(
    ("text", "title", "waits", "locked"),
    [
        ("default 1\ntimeout 5\ntitle A\nkernel /a\ntitle B\nkernel /b\n", "B", False, False),
        ("timeout -1\ntitle A\nkernel /a\n", "A", True, False),
        ("title A\nkernel /a\n", "A", True, False),
        ("timeout 5\npassword --md5 x\ntitle A\nkernel /a\n", "A", False, False),  # guards the editor alone
        ("timeout 5\ntitle A\nlock\nkernel /a\n", "A", False, True),
        ("timeout 5\ndefault 0\ntitle A\npassword x\nkernel /a\ntitle B\nkernel /b\n", "A", False, True),
        ("timeout 5\ndefault 1\ntitle A\npassword x\nkernel /a\ntitle B\nkernel /b\n", "B", False, False),
    ],
)
def test_grub_legacy_starts_its_default_and_waits_without_a_timeout(tmp_path, text, title, waits, locked):
    found = start_of(tmp_path, {"/boot/grub/menu.lst": text})
    assert (found.entry.title, bool(found.waits), bool(found.passwords)) == (title, waits, locked)
