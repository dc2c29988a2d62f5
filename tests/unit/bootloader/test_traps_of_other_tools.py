# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What grubby, linux-system-roles.bootloader, puppet's kernel_parameter, perl-bootloader and sed recipes break, each done right here.

Each test is named after what goes wrong elsewhere. /etc/default/grub is read back by the shell, as grub-mkconfig does.
"""

import subprocess

import pytest

KERNEL = "5.14.0-427.el9.x86_64"
DEFAULTS, ENTRY = "etc/default/grub", f"boot/loader/entries/ab12-{KERNEL}.conf"
MENU = "### BEGIN /etc/grub.d/10_linux ###\nmenuentry 'Linux' {\n\tlinux\t/boot/vmlinuz-%s root=UUID=1 ro %s\n}\n### END /etc/grub.d/10_linux ###\n"


def write(root, path, text):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(text.encode())


@pytest.fixture
def grub2(tmp_path):
    """Return a function that writes a guest with GRUB 2, its /etc/default/grub as given."""

    def with_defaults(text, menu="quiet"):
        write(tmp_path, DEFAULTS, text)
        write(tmp_path, f"boot/vmlinuz-{KERNEL}", "")
        write(tmp_path, "boot/grub/grub.cfg", MENU % (KERNEL, menu))
        return tmp_path

    return with_defaults


@pytest.fixture
def bls(tmp_path):
    """Return a function that writes a guest with one entry, and GRUB's blscfg."""

    def with_entry(options, **files):
        write(tmp_path, f"boot/vmlinuz-{KERNEL}", "")
        write(tmp_path, ENTRY, f"title Linux\nlinux /vmlinuz-{KERNEL}\n{options}")
        write(tmp_path, "boot/grub2/grub.cfg", files.pop("menu", "blscfg\n"))
        write(tmp_path, "usr/bin/kernel-install", "")
        return tmp_path

    return with_entry


def change(run_module, root, **arguments):
    """Return the result of a run that went well, seen to be what check mode said, and that a second run has nothing to do."""
    predicted = run_module("grub_cmdline", root=root, check=True, regenerate=False, **arguments)
    result = run_module("grub_cmdline", root=root, regenerate=False, **arguments)
    assert not result["failed"], result
    assert {key: value for key, value in predicted.items() if key != "invocation"} == {key: value for key, value in result.items() if key != "invocation"}
    assert not run_module("grub_cmdline", root=root, regenerate=False, **arguments)["changed"]
    return result


def variables(root):
    """Return {name: value} of the three variables as the shell reads them; nothing may be said or run meanwhile."""
    names = ["GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT", "GRUB_CMDLINE_LINUX_RECOVERY"]
    script = '. "$1"; printf "%s\\n" "${GRUB_CMDLINE_LINUX-}" "${GRUB_CMDLINE_LINUX_DEFAULT-}" "${GRUB_CMDLINE_LINUX_RECOVERY-}"'
    done = subprocess.run(["/bin/sh", "-euc", script, "sh", str(root / DEFAULTS)], capture_output=True, text=True, env={}, check=True)
    assert done.stderr == ""
    return dict(zip(names, done.stdout.split("\n")))


# grubby


def test_grubby_1_variables_that_begin_alike_are_not_one(grub2, run_module):
    root = grub2('GRUB_CMDLINE_LINUX="a"\nGRUB_CMDLINE_LINUX_DEFAULT="quiet b"\nGRUB_CMDLINE_LINUX_RECOVERY="single"\nGRUB_CMDLINE_LINUX_X="x"\n')
    change(run_module, root, present=["c=1"], absent=["quiet"])
    assert (root / DEFAULTS).read_text() == (
        'GRUB_CMDLINE_LINUX="a c=1"\nGRUB_CMDLINE_LINUX_DEFAULT="b"\nGRUB_CMDLINE_LINUX_RECOVERY="single"\nGRUB_CMDLINE_LINUX_X="x"\n'
    )


def test_grubby_2_a_quoted_value_is_quoted_in_the_file_and_removed_whole(grub2, run_module):
    root = grub2('GRUB_CMDLINE_LINUX="x=\\"p q\\" console=hvc0"\n')
    change(run_module, root, present=['y="r s"'], absent=["x"])
    assert variables(root)["GRUB_CMDLINE_LINUX"] == 'console=hvc0 y="r s"'


def test_grubby_3_an_ampersand_is_an_ampersand(grub2, bls, run_module):
    root = bls("options root=UUID=1 ro b\n")
    grub2('GRUB_CMDLINE_LINUX="b"\n')
    change(run_module, root, present=["a=1&b"])
    assert 'options root=UUID=1 ro b a="1&b"\n' in (root / ENTRY).read_text()
    assert variables(root)["GRUB_CMDLINE_LINUX"] == 'b a="1&b"'


def test_grubby_4_a_continued_value_is_one_value(grub2, run_module):
    root = grub2('GRUB_CMDLINE_LINUX="a \\\n  quiet \\\n  b"\nGRUB_TIMEOUT=5\n')
    change(run_module, root, present=["c"], absent=["quiet"])
    assert variables(root)["GRUB_CMDLINE_LINUX"].split() == ["a", "b", "c"] and (root / DEFAULTS).read_text().endswith("\nGRUB_TIMEOUT=5\n")


def test_grubby_5_an_empty_variable_is_written_too(grub2, bls, run_module):
    root = bls("options root=UUID=1 ro\n")
    grub2('GRUB_CMDLINE_LINUX=""\n')
    change(run_module, root, present=["a"])
    assert (root / DEFAULTS).read_text() == 'GRUB_CMDLINE_LINUX="a"\n'


def test_grubby_6_another_console_stays_and_the_wanted_ones_are_last(bls, run_module):
    root = bls("options root=UUID=1 console=hvc0 ro\n")
    change(run_module, root, present=["console=tty0", "console=ttyS0,115200"])
    assert "options root=UUID=1 console=hvc0 console=tty0 console=ttyS0,115200 ro\n" in (root / ENTRY).read_text()


def test_grubby_7_a_name_is_no_regular_expression(bls, run_module):
    root = bls("options ro a.b=1 acb=2 axb net.ifnames=0 netxifnames=0\n")
    change(run_module, root, absent=["a.b", "net.ifnames"])
    assert "options ro acb=2 axb netxifnames=0\n" in (root / ENTRY).read_text()


def test_grubby_8_variables_of_grub_do_not_get_into_the_next_kernels_line(bls, run_module):
    root = bls("options root=UUID=new ro quiet $tuned_params\n")
    write(root, "boot/loader/entries/ab12-4.18.0-1.el9.x86_64.conf", "title Old\nlinux /vmlinuz-4.18.0-1\noptions root=UUID=old ro\n")
    result = change(run_module, root, present=["a"], absent=["quiet"])
    assert (root / "etc/kernel/cmdline").read_text() == "root=UUID=new ro a\n" and result["next_kernel"] == "root=UUID=new ro a"


def test_grubby_9_what_cannot_be_done_is_an_error(grub2, run_module):
    root = grub2('GRUB_CMDLINE_LINUX="$(cat /etc/args)"\n')
    result = run_module("grub_cmdline", root=root, present=["a"])
    assert result["failed"] and "/etc/default/grub line 1" in result["msg"]


# linux-system-roles.bootloader


def test_absent_with_another_value_removes_nothing_and_says_so(bls, run_module):
    root = bls("options ro foo=2 crashkernel=256M\n")
    write(root, "etc/kernel/cmdline", "ro foo=2\n")
    assert change(run_module, root, absent=["foo=1", "crashkernel=auto"])["changed"] is False


def test_absent_by_name_takes_the_flag_and_every_value_but_no_longer_name(bls, run_module):
    root = bls("options root=UUID=1 ro rootdelay=3 quiet quiet=off rd.lvm.lv=a rdx net.ifnames=0\n")
    change(run_module, root, absent=["quiet", "rd", "net", "rootdela"])
    assert "options root=UUID=1 ro rootdelay=3 rd.lvm.lv=a rdx net.ifnames=0\n" in (root / ENTRY).read_text()


def test_each_kernels_own_line_decides_what_it_lacks(bls, run_module):
    root = bls("options root=UUID=1 a=1\n")
    other = "boot/loader/entries/ab12-4.18.0-1.el9.x86_64.conf"
    write(root, other, "title Old\nlinux /vmlinuz-4.18.0-1\noptions root=UUID=1 own\n")
    change(run_module, root, present=["a=1"])
    assert "options root=UUID=1 own a=1\n" in (root / other).read_text() and "options root=UUID=1 a=1\n" in (root / ENTRY).read_text()


# puppet's kernel_parameter, perl-bootloader, sed recipes, and others


def test_a_missing_default_variable_is_not_made_a_copy_of_the_other(grub2, run_module):
    root = grub2('GRUB_CMDLINE_LINUX="a"\n')
    change(run_module, root, present=["b"])
    assert (root / DEFAULTS).read_text() == 'GRUB_CMDLINE_LINUX="a b"\n'


def test_no_word_none_is_written_where_a_variable_is_missing(grub2, run_module):
    root = grub2("GRUB_TIMEOUT=5\n")
    change(run_module, root, present=["b"])
    assert (root / DEFAULTS).read_text() == 'GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX="b"\n'


def test_pairs_of_consoles_are_not_collapsed(grub2, run_module):
    root = grub2('GRUB_CMDLINE_LINUX_DEFAULT="console=tty0 console=ttyS0,115200n8 quiet"\n')
    change(run_module, root, absent=["quiet"])
    assert variables(root)["GRUB_CMDLINE_LINUX_DEFAULT"] == "console=tty0 console=ttyS0,115200n8"


@pytest.mark.parametrize(
    "line",
    [
        'GRUB_CMDLINE_LINUX="a" # why',
        "GRUB_CMDLINE_LINUX='a'",
        "GRUB_CMDLINE_LINUX=a",
        ' GRUB_CMDLINE_LINUX="a"',
        'export GRUB_CMDLINE_LINUX="a"',
        'GRUB_TIMEOUT=5; GRUB_CMDLINE_LINUX="a"',
    ],
)
def test_a_value_is_found_however_its_line_is_written(grub2, run_module, line):
    root = grub2(line + "\n")
    change(run_module, root, present=["b=1"])
    assert variables(root)["GRUB_CMDLINE_LINUX"] == "a b=1"


def test_a_value_is_replaced_and_not_appended_at_each_run(bls, run_module):
    root = bls("options ro audit=0 audit=0\n")
    change(run_module, root, present=["audit=1"])
    assert "options ro audit=1\n" in (root / ENTRY).read_text()


def test_names_are_compared_as_the_kernel_does(bls, run_module):
    root = bls("options ro log-buf-len=1M\n")
    change(run_module, root, present=["log_buf_len=4M"])
    assert "options ro log_buf_len=4M\n" in (root / ENTRY).read_text()


def test_three_dashes_are_a_parameter_and_two_end_the_kernels_own(bls, run_module):
    root = bls("options ro --- x -- quiet\n")
    change(run_module, root, present=["a"], absent=["quiet"])
    assert "options ro --- x a -- quiet\n" in (root / ENTRY).read_text()


# what feeds a boot, beside the file that everybody knows


def test_the_line_of_this_machine_never_gets_into_a_tree(bls, run_module):
    root = bls("options root=UUID=1 ro\n")
    write(root, "proc/cmdline", "root=/dev/build-host only.of.the.host\n")
    result = change(run_module, root, present=["a"])
    assert (root / "etc/kernel/cmdline").read_text() == "root=UUID=1 ro a\n" and "host" not in str(result["entries"] + result["sources"])


def test_entries_of_an_older_machine_id_are_changed_too(bls, run_module):
    root = bls("options root=UUID=1 ro quiet\n")
    write(root, "etc/machine-id", "ffff\n")
    change(run_module, root, absent=["quiet"])
    assert "quiet" not in (root / ENTRY).read_text()


def test_entries_without_options_keep_their_default_in_grub_cfg(bls, run_module):
    root = bls("", menu='set default_kernelopts="root=UUID=1 ro quiet "\ninsmod blscfg\nblscfg\n')
    entry = (root / ENTRY).read_text()
    result = change(run_module, root, present=["a"], absent=["quiet"])
    assert [line["after"] for line in result["entries"]] == ["root=UUID=1 ro a"] and (root / ENTRY).read_text() == entry
    assert (root / "boot/grub2/grub.cfg").read_text() == 'set default_kernelopts="root=UUID=1 ro a "\ninsmod blscfg\nblscfg\n'


def test_a_value_with_quotes_stays_one_in_a_line_of_grub_cfg(bls, run_module):
    root = bls("", menu='set default_kernelopts="root=UUID=1 x=\\"p q\\" quiet"\nblscfg\n')
    result = change(run_module, root, present=['y="r s"', "z=1;2"], absent=["quiet"])
    assert [line["after"] for line in result["entries"]] == ['root=UUID=1 x="p q" y="r s" z="1;2"']
    assert (root / "boot/grub2/grub.cfg").read_text() == 'set default_kernelopts="root=UUID=1 x=\\"p q\\" y=\\"r s\\" z=\\"1;2\\""\nblscfg\n'


@pytest.mark.parametrize("parameter", ["a=$b", "a=it's", "a=b\\c"])
def test_what_grub_would_alter_in_an_entry_is_refused(bls, run_module, parameter):
    root = bls("options root=UUID=1 ro\n")
    result = run_module("grub_cmdline", root=root, present=[parameter])
    assert result["failed"] and "in Boot Loader Specification entries that GRUB reads" in result["msg"]


def test_an_entry_whose_kernelopts_nothing_sets_is_refused(bls, run_module):
    root = bls("options $kernelopts\n")
    result = run_module("grub_cmdline", root=root, present=["a"])
    assert result["failed"] and f"/{ENTRY}: it takes them from $kernelopts, which neither grubenv nor grub.cfg sets" in result["msg"]


def test_of_several_options_lines_what_grub_reads_is_reported_and_warned_of(bls, run_module):
    root = bls("options root=UUID=1 ro quiet\noptions quiet x\n")
    result = change(run_module, root, present=["a"], absent=["quiet"])
    assert (root / ENTRY).read_text().endswith("options root=UUID=1 ro a\noptions x\n")
    assert [entry["after"] for entry in result["entries"]] == ["root=UUID=1 ro a"]
    assert "GRUB reads the first one alone" in str(result["warnings"])


def test_a_menu_by_hand_beside_defaults_is_changed_and_so_are_the_defaults(grub2, run_module):
    root = grub2('GRUB_CMDLINE_LINUX="quiet"\n')
    write(root, "boot/grub/grub.cfg", f"menuentry 'Own' {{\n linux /boot/vmlinuz-{KERNEL} root=UUID=1 quiet\n}}\n")
    change(run_module, root, present=["a"], absent=["quiet"])
    assert " root=UUID=1 a\n" in (root / "boot/grub/grub.cfg").read_text() and (root / DEFAULTS).read_text() == 'GRUB_CMDLINE_LINUX="a"\n'


def test_an_empty_menu_hides_nothing_of_the_defaults(grub2, run_module):
    root = grub2('GRUB_CMDLINE_LINUX="quiet"\n')
    write(root, "boot/grub/grub.cfg", "")
    change(run_module, root, absent=["quiet"])
    assert (root / DEFAULTS).read_text() == 'GRUB_CMDLINE_LINUX=""\n'


def test_entries_of_custom_cfg_are_reported_and_left(grub2, run_module):
    root = grub2('GRUB_CMDLINE_LINUX="quiet"\n')
    own = f"menuentry 'Own' {{\n linux /boot/vmlinuz-{KERNEL} root=UUID=1\n}}\n"
    write(root, "boot/grub/custom.cfg", own)
    result = change(run_module, root, absent=["quiet"], present=["a"])
    assert [(entry["path"], entry["kind"]) for entry in result["entries"]][1:] == [("/boot/grub/custom.cfg", "other")]
    assert (root / "boot/grub/custom.cfg").read_text() == own and "'Own' is written by hand" in str(result["warnings"])


def test_drop_ins_alone_are_a_configuration(grub2, run_module):
    root = grub2("")
    (root / DEFAULTS).unlink()
    write(root, "etc/default/grub.d/init-select.cfg", "# nothing\n")
    change(run_module, root, present=["a"])
    assert (root / DEFAULTS).read_text() == 'GRUB_CMDLINE_LINUX="a"\n'


def test_the_menu_of_rhel_6_on_uefi_is_found(tmp_path, run_module):
    menu = "boot/efi/EFI/redhat/grub.conf"
    write(tmp_path, menu, "default=0\ntitle RHEL\n\tkernel /vmlinuz-2.6.32 ro quiet\n")
    change(run_module, tmp_path, present=["a"], absent=["quiet"])
    assert "\tkernel /vmlinuz-2.6.32 ro a\n" in (tmp_path / menu).read_text()


def test_grub_legacy_of_ubuntus_ec2_images_is_changed_besides_grub_2(grub2, run_module):
    root = grub2('GRUB_CMDLINE_LINUX="quiet"\n')
    write(
        root,
        "boot/grub/menu.lst",
        "### BEGIN AUTOMAGIC KERNELS LIST\n## ## Start Default Options ##\n# kopt=root=LABEL=x ro quiet\n"
        "## ## End Default Options ##\ntitle Ubuntu\nkernel /boot/vmlinuz-3.2 root=LABEL=x ro quiet\n"
        "### END DEBIAN AUTOMAGIC KERNELS LIST\n",
    )
    result = change(run_module, root, present=["a"], absent=["quiet"])
    assert result["bootloaders"] == ["grub2", "grub_legacy"]
    assert "# kopt=root=LABEL=x ro a\n" in (root / "boot/grub/menu.lst").read_text()
    assert "kernel /boot/vmlinuz-3.2 root=LABEL=x ro a\n" in (root / "boot/grub/menu.lst").read_text()
    assert (root / DEFAULTS).read_text() == 'GRUB_CMDLINE_LINUX="a"\n'


def test_copies_do_not_become_boot_entries_or_drop_ins(grub2, bls, run_module):
    root = bls("options root=UUID=1 ro quiet\n")
    grub2('GRUB_CMDLINE_LINUX="quiet"\n')
    write(root, "etc/default/grub.d/50-x.cfg", 'GRUB_CMDLINE_LINUX="quiet b"\n')
    result = run_module("grub_cmdline", root=root, regenerate=False, backup=True, absent=["quiet"])
    assert not result["failed"] and len(result["backup_files"]) == 2
    assert not [path for path in result["backup_files"] if path.endswith((".conf", ".cfg"))]
    assert not [
        path
        for folder in ("boot/loader/entries", "etc/default/grub.d")
        for path in (root / folder).iterdir()
        if path.suffix in (".conf", ".cfg") and "~" in path.name
    ]
