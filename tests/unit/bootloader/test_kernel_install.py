# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the next kernel gets: /etc/kernel/cmdline with its parts, comments, times, and which entry it is like."""

import os

import pytest
from unit.trees import write_tree

ID, OLD_ID = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
MAIN, PARTS, VENDOR = "/etc/kernel/cmdline", "/etc/kernel/cmdline.d", "/usr/kernel/cmdline.d"
AZURE = ["console=tty1", "console=ttyS0,115200n8"]


def entry(options="root=LABEL=r rw quiet", version="6.12", token=ID):
    lines = f"title Linux\nversion {version}\nmachine-id {token}\noptions {options}\nlinux /{token}/{version}/linux\n"
    return {f"/boot/loader/entries/{token}-{version}.conf": lines}


def change(run_module, root, **arguments):
    """Return the result of a run that went as check mode said and that a second run has nothing to add to."""
    predicted = run_module("grub_cmdline", root=root, check=True, **arguments)
    result = run_module("grub_cmdline", root=root, **arguments)
    assert not result["failed"], result
    assert (predicted["next_kernel"], predicted["sources"]) == (result["next_kernel"], result["sources"])
    assert not run_module("grub_cmdline", root=root, **arguments)["changed"]
    return result


def test_comments_are_no_parameters_and_stay(tmp_path, run_module):
    write_tree(tmp_path, dict(entry(), **{"/usr/bin/kernel-install": "", MAIN: "# Azure wants rootdelay=300\nroot=LABEL=r rw quiet\n  # the end quiet\n"}))
    result = change(run_module, tmp_path, present=["rootdelay=300"], absent=["quiet"])
    assert (tmp_path / MAIN[1:]).read_text() == "# Azure wants rootdelay=300\nroot=LABEL=r rw rootdelay=300\n  # the end quiet\n"
    assert result["next_kernel"] == "root=LABEL=r rw rootdelay=300"


def test_a_file_of_comments_alone_gets_a_line(tmp_path, run_module):
    write_tree(tmp_path, dict(entry(), **{"/usr/bin/kernel-install": "", MAIN: "# nothing yet"}))
    change(run_module, tmp_path, present=["rootdelay=300"])
    assert (tmp_path / MAIN[1:]).read_text() == "# nothing yet\nrootdelay=300\n"


def test_where_red_hats_script_takes_comments_for_parameters_that_is_said(tmp_path, run_module):
    write_tree(tmp_path, dict(entry(), **{"/usr/lib/kernel/install.d/20-grub.install": "", MAIN: "root=LABEL=r\n# mine\n"}))
    result = run_module("grub_cmdline", root=tmp_path, present=["rootdelay=300"])
    assert result["next_kernel"] == "root=LABEL=r rootdelay=300 # mine"
    assert "/etc/kernel/cmdline line 2: Red Hat's 20-grub.install takes the words of this comment" in str(result["warnings"])


@pytest.mark.parametrize("name", ["10-console.conf", "serial", "zz.txt"])
def test_a_console_in_a_part_does_not_come_last(tmp_path, run_module, name):
    write_tree(tmp_path, dict(entry(), **{MAIN: "root=LABEL=r rw quiet\n", f"{PARTS}/{name}": "# c\nconsole=hvc0\n"}))
    result = change(run_module, tmp_path, present=AZURE)
    assert result["next_kernel"] == "root=LABEL=r rw quiet console=hvc0 console=tty1 console=ttyS0,115200n8"
    assert (tmp_path / PARTS[1:] / name).read_text() == "# c\nconsole=hvc0 console=tty1 console=ttyS0,115200n8\n"


def test_a_vendors_part_is_changed_in_a_copy_of_its_name(tmp_path, run_module):
    write_tree(tmp_path, dict(entry(), **{MAIN: "root=LABEL=r\n", f"{VENDOR}/50-vendor": "quiet splash\n", f"{VENDOR}/60-other": "loglevel=3\n"}))
    result = change(run_module, tmp_path, absent=["quiet"])
    assert (tmp_path / VENDOR[1:] / "50-vendor").read_text() == "quiet splash\n"
    assert (tmp_path / PARTS[1:] / "50-vendor").read_text() == "splash\n"
    assert result["next_kernel"] == "root=LABEL=r loglevel=3 splash"


def test_a_vendors_part_that_etc_has_too_does_not_count(tmp_path, run_module):
    write_tree(tmp_path, dict(entry(), **{MAIN: "root=LABEL=r\n", f"{VENDOR}/x": "console=hvc0\n", f"{PARTS}/x": "mine=1\n"}))
    assert change(run_module, tmp_path, present=AZURE)["next_kernel"] == "root=LABEL=r console=tty1 console=ttyS0,115200n8 mine=1"


def test_the_file_is_never_left_older_than_the_defaults(tmp_path, run_module):
    root = tmp_path
    write_tree(
        root,
        dict(
            entry("root=LABEL=r rootdelay=300"),
            **{MAIN: "root=LABEL=r rootdelay=300\n", "/etc/default/grub": 'GRUB_CMDLINE_LINUX=""\n', "/boot/grub2/grub.cfg": "blscfg\n"},
        ),
    )
    os.utime(root / MAIN[1:], (1000, 1000))
    os.utime(root / "etc/default/grub", (900, 900))
    change(run_module, root, present=["rootdelay=300"])  # the defaults alone are changed
    assert (root / MAIN[1:]).stat().st_mtime_ns >= (root / "etc/default/grub").stat().st_mtime_ns
    change(run_module, root, present=["rootdelay=100"])  # both are
    assert (root / MAIN[1:]).stat().st_mtime_ns >= (root / "etc/default/grub").stat().st_mtime_ns


def test_the_next_kernel_is_like_the_newest_of_this_machine_id(tmp_path, run_module):
    write_tree(
        tmp_path,
        dict(
            entry("root=LABEL=old rw", "6.13", OLD_ID),
            **dict(
                entry("root=LABEL=new rw", "6.9"),
                **dict(entry("root=LABEL=newest rw", "6.12"), **{"/etc/machine-id": ID + "\n", "/usr/bin/kernel-install": ""}),
            ),
        ),
    )
    result = change(run_module, tmp_path, present=["rootdelay=300"])
    assert (tmp_path / MAIN[1:]).read_text() == "root=LABEL=newest rw rootdelay=300\n"
    assert result["next_kernel"] == "root=LABEL=newest rw rootdelay=300"
    assert len(result["entries"]) == 3 and all(made["after"].endswith(" rootdelay=300") for made in result["entries"])


def test_leftover_entries_are_nobodys_where_grub_was_told_not_to_read_them(tmp_path, run_module):
    write_tree(
        tmp_path,
        dict(
            entry(),
            **{
                "/etc/default/grub": 'GRUB_CMDLINE_LINUX="quiet"\nGRUB_ENABLE_BLSCFG=false\n',
                "/boot/vmlinuz-6.12": "",
                "/boot/grub2/grub.cfg": "### BEGIN /etc/grub.d/10_linux ###\nmenuentry 'A' {\n\tlinux /boot/vmlinuz-6.12 root=LABEL=r ro quiet\n}\n",
            },
        ),
    )
    result = run_module("grub_cmdline", root=tmp_path, absent=["quiet"], regenerate=False)
    assert result["bootloaders"] == ["grub2"] and [made["title"] for made in result["entries"]] == ["A"]


def test_an_options_line_that_ends_with_a_backslash_is_refused_by_line(tmp_path, run_module):
    write_tree(tmp_path, entry("root=LABEL=r \\\n  quiet"))
    result = run_module("grub_cmdline", root=tmp_path, absent=["quiet"])
    assert result["failed"] and f"{ID}-6.12.conf line 4: it ends with a backslash" in result["msg"]


def test_what_grub_would_take_for_the_end_of_the_options_is_refused_by_line(tmp_path, run_module):
    write_tree(tmp_path, dict(entry("root=LABEL=r ds=nocloud;s=http://a/ quiet"), **{"/boot/grub2/grub.cfg": "blscfg\n"}))
    result = run_module("grub_cmdline", root=tmp_path, absent=["quiet"])
    assert result["failed"] and f"{ID}-6.12.conf line 4: to GRUB the unquoted ';' ends the kernel's parameters" in result["msg"]
    assert not run_module("grub_cmdline", root=tmp_path, absent=["ds"])["failed"]
    assert "options root=LABEL=r quiet\n" in (tmp_path / f"boot/loader/entries/{ID}-6.12.conf").read_text()
