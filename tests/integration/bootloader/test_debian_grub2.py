# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""grub_cmdline on real Debian disks: the distribution's own update-grub writes grub.cfg, and what it wrote is read back."""

import pytest
from lab import container, disk
from lab.live import LiveGuest
from lab.recipe import Plan, Recipe

AZURE = {"present": ["console=tty1", "console=ttyS0,115200n8", "earlyprintk=ttyS0,115200", "rootdelay=300"], "absent": ["rhgb", "quiet", "crashkernel=auto"]}
SERIAL = {
    "GRUB_TERMINAL": "serial console",
    "GRUB_TERMINAL_OUTPUT": None,
    "GRUB_TIMEOUT": 10,
    "GRUB_SERIAL_COMMAND": "serial --speed=115200 --unit=0 --word=8 --parity=no --stop=1",
}
SOURCES = "/etc/default/grub /etc/default/grub.d /boot/grub/grub.cfg"


@pytest.fixture(params=["bookworm", pytest.param("bullseye", marks=pytest.mark.slow), pytest.param("trixie", marks=pytest.mark.slow)])
def debian(request):
    """A container on the root partition of a disk of each suite, new for each test."""
    guest = container.start(image=disk.cached_disk(Plan(Recipe(suite=request.param))), suite=request.param)
    try:
        yield LiveGuest(guest)
    finally:
        container.stop(guest, at_once=True)


def result_of(answer):
    """Return what a module said of the guest, without what differs from run to run."""
    return {key: answer.get(key) for key in ("changed", "bootloaders", "sources", "entries", "next_kernel", "regenerated", "diff")}


def digest(guest):
    return guest.output(f"find {SOURCES} -type f | sort | xargs sha256sum; ls -a /boot/grub /etc/default/grub.d")


def test_check_mode_says_what_a_real_run_then_does(debian):
    before = digest(debian)
    predicted = debian.module("grub_cmdline", check=True, **AZURE)
    assert predicted["changed"] and not predicted["failed"], predicted
    assert digest(debian) == before
    done = debian.module("grub_cmdline", **AZURE)
    assert not done["failed"], done
    assert result_of(predicted) == result_of(done)
    linux = [line.split() for line in debian.read("/boot/grub/grub.cfg").splitlines() if line.split()[:1] == ["linux"]]
    assert len(linux) >= 3
    for words in linux:
        assert [word for word in words if word.startswith("console=")][-1] == "console=ttyS0,115200n8"
        assert {"rootdelay=300", "earlyprintk=ttyS0,115200"} <= set(words) and "quiet" not in words
    assert [" ".join(words[2:]) for words in linux] == [entry["after"] for entry in done["entries"]]
    assert {entry["kind"] for entry in done["entries"]} == {"normal", "recovery"}
    assert done["next_kernel"] == done["entries"][0]["after"]


def test_the_second_run_starts_no_generator(debian):
    debian.module("grub_cmdline", **AZURE)
    debian.write("/usr/sbin/update-grub", "#!/bin/sh\necho it ran >&2\nexit 1\n", "0755")
    written = digest(debian)
    again = debian.module("grub_cmdline", **AZURE)
    assert not again["failed"] and not again["changed"] and again["regenerated"] == []
    assert digest(debian) == written


def test_a_drop_in_is_changed_where_it_overrides(debian):
    debian.write("/etc/default/grub.d/50-cloudimg-settings.cfg", '# cloud image\nGRUB_CMDLINE_LINUX_DEFAULT="quiet console=tty1 console=ttyS0"\n')
    done = debian.module("grub_cmdline", recovery="keep", present=["console=ttyS0,115200n8"], absent=["quiet"])
    assert not done["failed"], done
    assert debian.read("/etc/default/grub.d/50-cloudimg-settings.cfg") == ('# cloud image\nGRUB_CMDLINE_LINUX_DEFAULT="console=tty1 console=ttyS0,115200n8"\n')
    normal = [entry["after"] for entry in done["entries"] if entry["kind"] == "normal"]
    assert normal and all(line.endswith(" console=tty1 console=ttyS0,115200n8") for line in normal)


def test_a_menu_that_fell_behind_is_regenerated(debian):
    debian.module("grub_cmdline", **AZURE)
    debian.run("sed -i 's/rootdelay=300/rootdelay=1/' /boot/grub/grub.cfg")
    predicted = debian.module("grub_cmdline", check=True, **AZURE)
    done = debian.module("grub_cmdline", **AZURE)
    assert done["changed"] and done["regenerated"] == ["/boot/grub/grub.cfg"] and done["diff"] == []
    assert result_of(predicted) == result_of(done)
    assert "rootdelay=1 " not in debian.read("/boot/grub/grub.cfg")


def test_quoted_values_reach_grub_as_they_are_meant(debian):
    wanted = {"present": ['dyndbg="file a.c +p"', "x=1;2"], "absent": ["quiet"]}
    predicted = debian.module("grub_cmdline", check=True, **wanted)
    done = debian.module("grub_cmdline", **wanted)
    assert not done["failed"], done
    assert result_of(predicted) == result_of(done)
    assert done["entries"][0]["after"].endswith('"dyndbg=file a.c +p" x=1;2')
    debian.run("grub-script-check /boot/grub/grub.cfg")
    assert not debian.module("grub_cmdline", **wanted)["changed"]


def test_a_value_that_grub_would_cut_is_refused_and_taken_as_it_is_once_it_is_quoted_for_grub(debian):
    debian.write("/etc/default/grub", 'GRUB_CMDLINE_LINUX="quiet ds=nocloud;s=http://a/ mine=1"\n')
    debian.run("update-grub")
    before = digest(debian)
    for check in (True, False):
        failed = debian.module("grub_cmdline", check=check, **AZURE)
        assert failed["failed"] and "/etc/default/grub line 1: to GRUB the unquoted ';'" in failed["msg"], failed
    assert digest(debian) == before
    debian.write("/etc/default/grub", "GRUB_CMDLINE_LINUX=\"quiet 'ds=nocloud;s=http://a/' mine=1\"\n")
    debian.run("update-grub && grub-script-check /boot/grub/grub.cfg")
    predicted = debian.module("grub_cmdline", check=True, **AZURE)
    done = debian.module("grub_cmdline", **AZURE)
    assert not done["failed"] and result_of(predicted) == result_of(done), done
    assert " ds=nocloud;s=http://a/ mine=1 console=tty1" in done["next_kernel"]
    assert not debian.module("grub_cmdline", **AZURE)["changed"]


def test_the_lines_of_tuned_are_edited_around(debian):
    own = (
        'GRUB_CMDLINE_LINUX_DEFAULT="${GRUB_CMDLINE_LINUX_DEFAULT:+$GRUB_CMDLINE_LINUX_DEFAULT }\\$tuned_params"\n'
        'GRUB_INITRD_OVERLAY="${GRUB_INITRD_OVERLAY:+$GRUB_INITRD_OVERLAY }\\$tuned_initrd"\n'
    )
    debian.write("/etc/default/grub", 'GRUB_CMDLINE_LINUX_DEFAULT="quiet mine=1"\nGRUB_CMDLINE_LINUX=""\n' + own)
    debian.run("update-grub")
    predicted = debian.module("grub_cmdline", check=True, **AZURE)
    done = debian.module("grub_cmdline", **AZURE)
    assert not done["failed"] and result_of(predicted) == result_of(done), done
    assert debian.read("/etc/default/grub") == (f'GRUB_CMDLINE_LINUX_DEFAULT="mine=1"\nGRUB_CMDLINE_LINUX="{" ".join(AZURE["present"])}"\n' + own)
    assert done["next_kernel"].endswith(" rootdelay=300 mine=1 $tuned_params")
    assert not debian.module("grub_cmdline", **AZURE)["changed"]


def test_settings_reach_the_menu(debian):
    predicted = debian.module("grub_cmdline", check=True, settings=SERIAL)
    done = debian.module("grub_cmdline", settings=SERIAL)
    assert not done["failed"] and result_of(predicted) == result_of(done)
    menu = debian.read("/boot/grub/grub.cfg")
    assert "serial --speed=115200 --unit=0 --word=8 --parity=no --stop=1\n" in menu
    assert "terminal_output serial console\n" in menu and "set timeout=10\n" in menu
    assert not debian.module("grub_cmdline", settings=SERIAL)["changed"]


def test_a_broken_script_of_grub_leaves_everything_as_it_was(debian):
    debian.write("/etc/grub.d/99_broken", "#!/bin/sh\necho 'out of order' >&2\nexit 7\n", "0755")
    before = digest(debian)
    failed = debian.module("grub_cmdline", **AZURE)
    assert failed["failed"] and "cannot regenerate /boot/grub/grub.cfg" in failed["msg"] and "out of order" in failed["stderr"]
    assert digest(debian) == before


def test_a_script_that_takes_the_parameters_away_is_found_out(debian):
    debian.write("/etc/default/grub.d/init.cfg", "# quiet again\n")
    debian.write("/etc/grub.d/10_linux.real", debian.read("/etc/grub.d/10_linux"), "0644")
    debian.write("/etc/grub.d/10_linux", "#!/bin/sh\nsh /etc/grub.d/10_linux.real | sed 's/ rootdelay=300//'\n", "0755")
    before = digest(debian)
    failed = debian.module("grub_cmdline", **AZURE)
    assert failed["failed"] and "cannot prove the kernel command line of" in failed["msg"] and "rootdelay=300" in failed["msg"]
    assert digest(debian) == before


def test_a_generator_that_loses_the_kernels_is_found_out(debian):
    debian.run("chmod a-x /etc/grub.d/10_linux")
    before = digest(debian)
    failed = debian.module("grub_cmdline", **AZURE)
    assert failed["failed"] and "it was left out" in failed["msg"]
    assert digest(debian) == before


@pytest.mark.parametrize(
    "filter, told",
    [
        ("sed 's/root=UUID=[^ ]*/root=\\/dev\\/fuse/'", "and got 'root=/dev/fuse', which was not asked for"),
        ("sed 's/ ro / ro audit=0 /'", "it got 'audit=0', which was not asked for"),
        ("sed \"s/menuentry 'Debian/menuentry 'Devuan/\"", "it was left out, and the guest would not boot it any more"),
        ("sed 's/^menuentry/menuentry \"Windows\" { chainloader +1\\n}\\nmenuentry/'", "it got 'Windows', which was not asked for"),
    ],
)
def test_a_generator_that_changes_more_than_was_asked_for_is_found_out(debian, filter, told):
    debian.write("/etc/grub.d/10_linux.real", debian.read("/etc/grub.d/10_linux"), "0644")
    debian.write("/etc/grub.d/10_linux", f"#!/bin/sh\nsh /etc/grub.d/10_linux.real | {filter}\n", "0755")
    before = digest(debian)
    failed = debian.module("grub_cmdline", **AZURE)
    assert failed["failed"] and told in failed["msg"], failed
    assert digest(debian) == before


def test_settings_that_a_killed_run_left_out_of_the_menu_get_into_it(debian):
    debian.module("grub_cmdline", settings=SERIAL, regenerate=False)
    done = debian.module("grub_cmdline", settings=SERIAL)
    assert done["changed"] and done["regenerated"] == ["/boot/grub/grub.cfg"] and done["diff"] == []
    assert "set timeout=10\n" in debian.read("/boot/grub/grub.cfg")
    assert not debian.module("grub_cmdline", settings=SERIAL)["changed"]


def test_an_entry_by_hand_is_named_and_left(debian):
    kernel = debian.output("ls /boot/vmlinuz-* | head -1")
    debian.write("/etc/grub.d/40_custom", f"#!/bin/sh\nexec tail -n +3 $0\nmenuentry 'Mine' {{\n linux {kernel} root=/dev/sda1\n}}\n", "0755")
    debian.run("update-grub")
    done = debian.module("grub_cmdline", **AZURE)
    assert not done["failed"], done
    assert [entry["after"] for entry in done["entries"] if entry["title"] == "Mine"] == ["root=/dev/sda1"]
    assert any("'Mine' is written by hand" in warning for warning in done["warnings"])


def test_a_new_kernel_gets_the_line_that_was_foretold(debian):
    done = debian.module("grub_cmdline", **AZURE)
    kernel = debian.output("ls /boot/vmlinuz-* | head -1")
    debian.run(
        f"cp {kernel} /boot/vmlinuz-99.0.0-amd64; cp /boot/initrd.img-${{k:-$(basename {kernel} | cut -d- -f2-)}} /boot/initrd.img-99.0.0-amd64; update-grub"
    )
    line = next(line for line in debian.read("/boot/grub/grub.cfg").splitlines() if "vmlinuz-99.0.0-amd64" in line and "linux\t" in line)
    assert " ".join(line.split()[2:]) == done["next_kernel"]


def test_no_room_left_changes_nothing(debian):
    debian.run(
        "mkdir /run/etc && mount -t tmpfs -o size=64k tmpfs /run/etc && cp -a /etc/default/. /run/etc && "
        "mount --bind /run/etc /etc/default && (dd if=/dev/zero of=/etc/default/filler bs=4k || true)"
    )
    before = debian.output("sha256sum /etc/default/grub /boot/grub/grub.cfg; ls -a /etc/default")
    failed = debian.module("grub_cmdline", **AZURE)
    assert failed["failed"] and "/etc/default/grub: no space left" in failed["msg"]
    assert debian.output("sha256sum /etc/default/grub /boot/grub/grub.cfg; ls -a /etc/default") == before


def test_a_read_only_etc_changes_nothing(debian):
    debian.run("mount --bind /etc/default /etc/default && mount -o remount,bind,ro /etc/default")
    before = digest(debian)
    failed = debian.module("grub_cmdline", **AZURE)
    assert failed["failed"] and "cannot write /etc/default/grub: the file system is mounted read-only" in failed["msg"]
    assert digest(debian) == before


def test_a_read_only_boot_is_said_in_check_mode_too_and_changes_nothing(debian):
    debian.run("mount --bind /boot /boot && mount -o remount,bind,ro /boot")
    before = digest(debian)
    for check in (True, False):
        failed = debian.module("grub_cmdline", check=check, **AZURE)
        assert failed["failed"] and "cannot write /boot/grub/grub.cfg: the file system is mounted read-only" in failed["msg"], failed
        assert digest(debian) == before


def test_a_full_boot_changes_nothing(debian):
    debian.run(
        "mkdir /run/grub && mount -t tmpfs -o size=16m tmpfs /run/grub && cp -a /boot/grub/. /run/grub && "
        "mount --bind /run/grub /boot/grub && (dd if=/dev/zero of=/boot/grub/filler bs=4k || true)"
    )
    before = digest(debian)
    failed = debian.module("grub_cmdline", **AZURE)
    assert failed["failed"] and "/boot/grub/grub.cfg: no space left on the file system; free some space first" in failed["msg"], failed
    assert digest(debian) == before


def test_u_boots_menu_is_regenerated_by_its_own_tool(debian):
    debian.run("apt-get update -q && apt-get install -q -y --no-install-recommends u-boot-menu && u-boot-update")
    wanted = {"bootloader": "extlinux", "present": ["console=tty1", "console=ttyS0,115200n8"], "absent": ["quiet"]}
    predicted = debian.module("grub_cmdline", check=True, **wanted)
    done = debian.module("grub_cmdline", **wanted)
    assert not done["failed"] and done["regenerated"] == ["/boot/extlinux/extlinux.conf"], done
    assert result_of(predicted) == result_of(done)
    assert [(entry["kind"], entry["after"].split()[1:]) for entry in done["entries"][:2]] == [
        ("normal", ["ro", "console=tty1", "console=ttyS0,115200n8"]),
        ("recovery", ["ro", "console=tty1", "console=ttyS0,115200n8", "single"]),
    ]
    assert 'U_BOOT_PARAMETERS="ro console=tty1 console=ttyS0,115200n8"' in debian.read("/etc/default/u-boot").splitlines()
    assert not debian.module("grub_cmdline", **wanted)["changed"]


#: Does what grub2-mkconfig of RHEL 9.0 does to BLS entries: options become what it probes and /etc/default/grub.
MKCONFIG = """#!/bin/sh
. /etc/default/grub
sed -i "s/^options.*/options root=probed ro $GRUB_CMDLINE_LINUX/" /boot/loader/entries/*.conf
printf '### BEGIN /etc/grub.d/10_linux ###\\nset timeout=%s\\nblscfg\\n### END /etc/grub.d/10_linux ###\\n' "$GRUB_TIMEOUT" >"$2"
"""


def test_settings_on_bls_keep_the_entries_that_mkconfig_would_rewrite(debian):
    debian.run("rm /usr/sbin/update-grub /usr/sbin/grub-mkconfig")
    debian.write("/usr/local/sbin/grub2-mkconfig", MKCONFIG, "0755")
    debian.write("/etc/default/grub", 'GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX="quiet"\n')
    debian.write("/boot/grub/grub.cfg", "### BEGIN /etc/grub.d/10_linux ###\nset timeout=5\nblscfg\n### END /etc/grub.d/10_linux ###\n")
    debian.write("/boot/loader/entries/ab-6.1.conf", "title x\nlinux /vmlinuz\noptions root=UUID=1 ro quiet mine=1\n")
    predicted = debian.module("grub_cmdline", check=True, settings={"GRUB_TIMEOUT": 10}, **AZURE)
    done = debian.module("grub_cmdline", settings={"GRUB_TIMEOUT": 10}, **AZURE)
    assert not done["failed"] and done["bootloaders"] == ["bls", "grub2"], done
    assert result_of(predicted) == result_of(done)
    assert debian.read("/boot/loader/entries/ab-6.1.conf") == (f"title x\nlinux /vmlinuz\noptions root=UUID=1 ro mine=1 {' '.join(AZURE['present'])}\n")
    assert "set timeout=10\n" in debian.read("/boot/grub/grub.cfg")
    assert not debian.module("grub_cmdline", settings={"GRUB_TIMEOUT": 10}, **AZURE)["changed"]
