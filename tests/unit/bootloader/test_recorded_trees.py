# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module on recorded trees (fixtures/boot/README.md): golden results, written by hand."""

import pathlib
import shutil

import pytest

TREES = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "boot"
ADDED = "console=tty1 console=ttyS0,115200n8 earlyprintk=ttyS0,115200 rootdelay=300"
AZURE = {"present": ADDED.split(), "absent": ["rhgb", "quiet", "crashkernel=auto"]}
CRASHKERNEL = "crashkernel=1G-2G:192M,2G-64G:256M,64G-:512M"

SUSE = f"root=UUID=0a1b ${{extra_cmdline}} {ADDED} resume=/dev/sda1 splash=silent crashkernel=228M,high crashkernel=72M,low"
FAILSAFE = "showopts ide=nodma apm=off noresume edd=off powersaved=off nohz=off highres=off processor.max_cstate=1 nomodeset x11failsafe"
UBUNTU = "earlyprintk=ttyS0,115200 rootdelay=300 console=tty1 console=ttyS0,115200n8"
AMAZON = "console=tty0 console=tty1 console=ttyS0,115200n8 net.ifnames=0 biosdevname=0 nvme_core.io_timeout=4294967295 rd.emergency=poweroff rd.shell=0"
LITERAL_BLS = {
    "entries": [("normal", f"root=UUID=0a1b ro {CRASHKERNEL} {ADDED}"), ("rescue", f"root=UUID=0a1b ro {ADDED}")],
    "next": f"root=UUID=0a1b ro {CRASHKERNEL} {ADDED}",
    "loaders": ["bls", "grub2"],
    "lines": {"/etc/kernel/cmdline": f"root=UUID=0a1b ro {CRASHKERNEL} {ADDED}\n", "/etc/default/grub": f'GRUB_CMDLINE_LINUX="{CRASHKERNEL} {ADDED}"\n'},
}

#: What is right for each tree: the loaders, the effective lines by kind, the next kernel's line, lines of files afterwards,
#: and the generated files, which a real run would have its generator write.
GOLDEN = {
    "rhel5": {
        "loaders": ["grub_legacy"],
        "entries": [("normal", f"ro root=/dev/VolGroup00/LogVol00 {ADDED}")] * 2,
        "next": f"ro root=/dev/VolGroup00/LogVol00 {ADDED}",
        "lines": {"/boot/grub/grub.conf": f"\tmodule /vmlinuz-2.6.18-398.el5xen ro root=/dev/VolGroup00/LogVol00 {ADDED}\n"},
    },
    "rhel6": {
        "loaders": ["grub_legacy"],
        "entries": [
            ("normal", f"ro root=UUID=0a1b KEYBOARDTYPE=pc KEYTABLE=us LANG=en_US.UTF-8 rd_NO_LUKS SYSFONT=latarcyrheb-sun16 rd_NO_LVM rd_NO_DM {ADDED}"),
            ("normal", f"ro root=UUID=0a1b crashkernel=128M {ADDED}"),
        ],
        "next": f"ro root=UUID=0a1b KEYBOARDTYPE=pc KEYTABLE=us LANG=en_US.UTF-8 rd_NO_LUKS SYSFONT=latarcyrheb-sun16 rd_NO_LVM rd_NO_DM {ADDED}",
        "lines": {},
    },
    "rhel7": {
        "loaders": ["grub2"],
        "generated": ["/boot/grub2/grub.cfg", "/boot/efi/EFI/redhat/grub.cfg"],
        "entries": [("normal", f"root=UUID=0a1b ro {ADDED} LANG=en_US.UTF-8"), ("rescue", f"root=UUID=0a1b ro {ADDED}")] * 2,
        "next": f"root=UUID=0a1b ro {ADDED} LANG=en_US.UTF-8",
        "lines": {"/etc/default/grub": f'GRUB_CMDLINE_LINUX="{ADDED}"\n'},
    },
    "rhel8": {
        "loaders": ["bls", "grub2"],
        "entries": [("normal", f"root=UUID=0a1b ro {ADDED}")] * 2 + [("rescue", f"root=UUID=0a1b ro {ADDED}")],
        "next": f"root=UUID=0a1b ro {ADDED}",
        "lines": {
            "/boot/loader/entries/ab12-4.18.0-553.el8.x86_64.conf": "options $kernelopts $tuned_params\n",
            "/boot/efi/EFI/redhat/grubenv": f"kernelopts=root=UUID=0a1b ro {ADDED} \n",
            "/boot/grub2/grub.cfg": f'  set kernelopts="root=UUID=0a1b ro {ADDED} "\n',
            "/etc/default/grub": f'GRUB_CMDLINE_LINUX="{ADDED}"\n',
        },
    },
    "oracle8": {
        "loaders": ["bls", "grub2"],
        "entries": [("normal", f"root=UUID=0a1b ro LANG=en_US.UTF-8 console=tty0 {ADDED} transparent_hugepage=never")],
        "next": f"root=UUID=0a1b ro LANG=en_US.UTF-8 console=tty0 {ADDED} transparent_hugepage=never",
        "lines": {"/boot/grub2/grubenv": "tuned_params=transparent_hugepage=never\n"},
    },
    "rhel9": LITERAL_BLS,
    "rhel10": LITERAL_BLS,
    "fedora": LITERAL_BLS,
    "sles11": {
        "loaders": ["grub_legacy"],
        "entries": [
            ("normal", f"root=/dev/disk/by-id/ata-x-part2 resume=/dev/sda1 splash=silent crashkernel=256M-:128M showopts vga=0x317 {ADDED}"),
            ("rescue", f"root=/dev/disk/by-id/ata-x-part2 {FAILSAFE} vga=0x317 {ADDED}"),
        ],
        "next": f"root=/dev/disk/by-id/ata-x-part2 resume=/dev/sda1 splash=silent crashkernel=256M-:128M showopts {ADDED}",
        "lines": {
            "/etc/sysconfig/bootloader": f'DEFAULT_APPEND="resume=/dev/sda1 splash=silent crashkernel=256M-:128M showopts {ADDED}"\n',
            "/etc/grub.conf": "setup --stage2=/boot/grub/stage2 --force-lba (hd0) (hd0,1)\n",
        },
    },
    "sles12": {
        "loaders": ["grub2"],
        "generated": ["/boot/grub2/grub.cfg"],
        "entries": [("normal", SUSE)] * 2 + [("recovery", f"root=UUID=0a1b ${{extra_cmdline}} single splash=none {ADDED}")],
        "next": SUSE,
        "lines": {"/etc/default/grub": f'GRUB_CMDLINE_LINUX="{ADDED}"\n', "/etc/sysconfig/bootloader": 'LOADER_TYPE="grub2-efi"\n'},
    },
    "sles15": {
        "loaders": ["grub2"],
        "generated": ["/boot/grub2/grub.cfg"],
        "entries": [("normal", SUSE)] * 2 + [("recovery", f"root=UUID=0a1b ${{extra_cmdline}} single splash=none {ADDED}")],
        "next": SUSE,
        "lines": {"/etc/default/grub": 'GRUB_CMDLINE_LINUX_RECOVERY="single splash=none"\n'},
    },
    "sles16": {
        "loaders": ["bls"],
        "entries": [
            ("normal", f"root=UUID=0a1b rootflags=subvol=@/.snapshots/1/snapshot splash=silent security=selinux selinux=1 systemd.machine_id=ab12 {ADDED}")
        ],
        "next": f"root=UUID=0a1b rootflags=subvol=@/.snapshots/1/snapshot splash=silent security=selinux selinux=1 {ADDED} systemd.machine_id=ab12",
        "lines": {},
    },
    "debian5": {
        "loaders": ["grub_legacy"],
        "entries": [("normal", f"root=/dev/sda1 ro {ADDED}"), ("recovery", f"root=/dev/sda1 ro single {ADDED}"), ("other", "")],
        "next": f"root=/dev/sda1 ro {ADDED}",
        "lines": {"/boot/grub/menu.lst": f"# kopt=root=/dev/sda1 ro {ADDED}\n"},
    },
    "debian12": {
        "loaders": ["grub2"],
        "generated": ["/boot/grub/grub.cfg"],
        "entries": [("normal", f"root=UUID=0a1b ro {ADDED}")] * 2 + [("recovery", f"root=UUID=0a1b ro single {ADDED}")],
        "next": f"root=UUID=0a1b ro {ADDED}",
        "lines": {"/etc/default/grub": f'GRUB_CMDLINE_LINUX_DEFAULT=""\nGRUB_CMDLINE_LINUX="{ADDED}"\n'},
    },
    "ubuntu2404-cloud": {
        "loaders": ["grub2"],
        "generated": ["/boot/grub/grub.cfg"],
        "entries": [("normal", f"root=UUID=0a1b ro {UBUNTU} crashkernel=2G-4G:320M,4G-32G:512M")] * 2
        + [("recovery", f"root=UUID=0a1b ro recovery nomodeset dis_ucode_ldr {UBUNTU}")],
        "next": f"root=UUID=0a1b ro {UBUNTU} crashkernel=2G-4G:320M,4G-32G:512M",
        "lines": {
            "/etc/default/grub": 'GRUB_CMDLINE_LINUX_DEFAULT="quiet splash"\n',
            "/etc/default/grub.d/50-cloudimg-settings.cfg": 'GRUB_CMDLINE_LINUX_DEFAULT=""\n',
            "/etc/default/grub.d/kdump-tools.cfg": 'GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT crashkernel=2G-4G:320M,4G-32G:512M"\n',
        },
    },
    "amazon2": {
        "loaders": ["grub2"],
        "generated": ["/boot/grub2/grub.cfg"],
        "entries": [("normal", f"root=UUID=0a1b ro earlyprintk=ttyS0,115200 rootdelay=300 {AMAZON}")],
        "next": f"root=UUID=0a1b ro earlyprintk=ttyS0,115200 rootdelay=300 {AMAZON}",
        "lines": {"/etc/default/grub": 'GRUB_CMDLINE_LINUX="earlyprintk=ttyS0,115200 rootdelay=300"\n'},
    },
    "azurelinux2": {
        "loaders": ["grub2"],
        "entries": [
            (
                "normal",
                "rd.auto=1 root=$rootdevice $mariner_cmdline lockdown=integrity "
                "sysctl.kernel.unprivileged_bpf_disabled=1 $systemd_cmdline console=tty0 console=tty1 "
                "console=ttyS0,115200n8 $kernelopts earlyprintk=ttyS0,115200 rootdelay=300",
            )
        ],
        "next": "rd.auto=1 root=$rootdevice $mariner_cmdline lockdown=integrity "
        "sysctl.kernel.unprivileged_bpf_disabled=1 $systemd_cmdline console=tty0 console=tty1 "
        "console=ttyS0,115200n8 $kernelopts earlyprintk=ttyS0,115200 rootdelay=300",
        "lines": {},
    },
    "azurelinux3": {
        "loaders": ["grub2"],
        "generated": ["/boot/grub2/grub.cfg"],
        "entries": [
            (
                "normal",
                "root=UUID=0a1b ro rd.auto=1 net.ifnames=0 lockdown=integrity earlyprintk=ttyS0,115200 "
                "rootdelay=300 console=tty0 console=tty1 console=ttyS0,115200n8 $kernelopts",
            )
        ]
        * 2
        + [
            (
                "recovery",
                "root=UUID=0a1b ro single rd.auto=1 net.ifnames=0 lockdown=integrity "
                "earlyprintk=ttyS0,115200 rootdelay=300 console=tty0 console=tty1 console=ttyS0,115200n8",
            )
        ],
        "next": "root=UUID=0a1b ro rd.auto=1 net.ifnames=0 lockdown=integrity earlyprintk=ttyS0,115200 "
        "rootdelay=300 console=tty0 console=tty1 console=ttyS0,115200n8 $kernelopts",
        "lines": {"/etc/default/grub": 'GRUB_CMDLINE_LINUX_DEFAULT="  \\$kernelopts"\n'},
    },
    "arch-sdboot": {
        "loaders": ["bls"],
        "entries": [("normal", f"root=UUID=0a1b rw loglevel=3 {ADDED}")],
        "next": None,
        "lines": {"/boot/loader/entries/arch.conf": f"# two lines count as one\noptions root=UUID=0a1b rw\noptions loglevel=3 {ADDED}\n"},
    },
    "alpine": {
        "loaders": ["extlinux"],
        "generated": ["/boot/extlinux.conf"],
        "entries": [("normal", f"root=UUID=0a1b modules=sd-mod,usb-storage,ext4 rootfstype=ext4 {ADDED}")],
        "next": f"root=UUID=0a1b modules=sd-mod,usb-storage,ext4 rootfstype=ext4 {ADDED}",
        "lines": {"/etc/update-extlinux.conf": f'default_kernel_opts="rootfstype=ext4 {ADDED}"\n'},
    },
}


@pytest.fixture
def tree(request, tmp_path):
    """A copy of the named tree, with the names of the generators that it would have."""
    name = request.param
    root = tmp_path / "root"
    shutil.copytree(TREES / name, root, symlinks=True)
    for program in ("update-extlinux", "update-grub", "grub2-mkconfig"):
        if program != "update-grub" or (root / "boot/grub/grub.cfg").exists():
            path = root / "usr/sbin" / program
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    if (root / "etc/default/grub.d").exists():
        (root / "usr/sbin/grub-mkconfig").write_text("for x in ${sysconfdir}/default/grub.d/*.cfg ; do\n")
    return name, root


def content(root):
    """Return {path: bytes or link target} of a directory."""
    return {
        str(path.relative_to(root)): path.readlink() if path.is_symlink() else path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def test_every_recorded_tree_has_a_golden_result():
    assert sorted(GOLDEN) == sorted(path.name for path in TREES.iterdir() if path.is_dir())


@pytest.mark.parametrize("tree", sorted(GOLDEN), indirect=True)
def test_check_mode_predicts_what_will_boot(tree, run_module):
    name, root = tree
    before = content(root)
    result = run_module("grub_cmdline", root=root, check=True, **AZURE)
    assert result["failed"] is False and result["changed"] is True, result
    assert result["bootloaders"] == GOLDEN[name]["loaders"]
    assert [(entry["kind"], entry["after"]) for entry in result["entries"]] == GOLDEN[name]["entries"]
    assert result["next_kernel"] == GOLDEN[name]["next"]
    assert result["regenerated"] == GOLDEN[name].get("generated", [])
    assert content(root) == before


@pytest.mark.parametrize("tree", sorted(GOLDEN), indirect=True)
def test_the_sources_are_written_once_and_stay(tree, run_module):
    name, root = tree
    check = run_module("grub_cmdline", root=root, check=True, regenerate=False, **AZURE)
    real = run_module("grub_cmdline", root=root, regenerate=False, **AZURE)
    assert real["failed"] is False and real["changed"] is True, real
    assert {key: value for key, value in check.items() if key != "invocation"} == {key: value for key, value in real.items() if key != "invocation"}
    for path, lines in GOLDEN[name]["lines"].items():
        text = (root / path.lstrip("/")).read_text()
        assert all(line in text.splitlines(True) for line in lines.splitlines(True)), text
    if not GOLDEN[name].get("generated"):
        assert [(entry["kind"], entry["after"]) for entry in real["entries"]] == GOLDEN[name]["entries"]
    written = content(root)
    again = run_module("grub_cmdline", root=root, regenerate=False, **AZURE)
    assert again["changed"] is False and content(root) == written


@pytest.mark.parametrize("tree", ["rhel7"], indirect=True)
def test_a_menu_that_a_stopped_run_left_behind_keeps_the_language_that_its_generator_adds(tree, run_module):
    name, root = tree
    run_module("grub_cmdline", root=root, regenerate=False, **AZURE)
    result = run_module("grub_cmdline", root=root, check=True, **AZURE)
    assert [(entry["kind"], entry["after"]) for entry in result["entries"]] == GOLDEN[name]["entries"]


@pytest.mark.parametrize("tree", ["rhel8", "oracle8"], indirect=True)
def test_grubenv_stays_an_environment_block(tree, run_module):
    _unused, root = tree
    run_module("grub_cmdline", root=root, **AZURE)
    for path in root.rglob("grubenv"):
        octets = path.read_bytes()
        assert len(octets) == 1024 and octets.startswith(b"# GRUB Environment Block\nsaved_entry=ab12-") and octets.endswith(b"#")


@pytest.mark.parametrize("tree", ["rhel5"], indirect=True)
def test_links_stay_links(tree, run_module):
    _unused, root = tree
    run_module("grub_cmdline", root=root, **AZURE)
    assert (root / "boot/grub/menu.lst").is_symlink() and (root / "etc/grub.conf").is_symlink()


@pytest.mark.parametrize(("tree", "kind"), [("rhel9", "rescue"), ("sles11", "rescue"), ("debian5", "recovery")], indirect=["tree"])
def test_rescue_and_recovery_entries_can_be_kept(tree, kind, run_module):
    _unused, root = tree
    result = run_module("grub_cmdline", root=root, **AZURE, **{kind: "keep"})
    kept = [entry for entry in result["entries"] if entry["kind"] == kind]
    assert kept and all(entry["before"] == entry["after"] for entry in kept)
    assert all(entry["before"] != entry["after"] for entry in result["entries"] if entry["kind"] == "normal")


@pytest.mark.parametrize("tree", ["ubuntu2404-cloud"], indirect=True)
def test_kept_recovery_leaves_the_drop_in_in_charge(tree, run_module):
    _unused, root = tree
    run_module("grub_cmdline", root=root, regenerate=False, recovery="keep", **AZURE)
    assert 'GRUB_CMDLINE_LINUX_DEFAULT="console=tty1 console=ttyS0,115200n8"\n' in (root / "etc/default/grub.d/50-cloudimg-settings.cfg").read_text()


@pytest.mark.parametrize("tree", ["rhel9"], indirect=True)
def test_one_of_several_loaders_can_be_named(tree, run_module):
    _unused, root = tree
    result = run_module("grub_cmdline", root=root, bootloader="grub2", **AZURE)
    assert result["bootloaders"] == ["grub2"]
    assert "quiet" in (root / "boot/loader/entries/ab12-0-rescue.conf").read_text()


@pytest.mark.parametrize("tree", ["rhel9"], indirect=True)
def test_two_loaders_on_one_guest_come_to_the_same_state(tree, run_module):
    _unused, root = tree
    shutil.copytree(TREES / "rhel6/boot/grub", root / "boot/grub", symlinks=True)
    result = run_module("grub_cmdline", root=root, **AZURE)
    assert result["bootloaders"] == ["bls", "grub2", "grub_legacy"]
    assert all(entry["after"].endswith(ADDED) for entry in result["entries"])


@pytest.mark.parametrize("tree", ["rhel8"], indirect=True)
def test_a_grubenv_without_room_is_refused_and_nothing_is_written(tree, run_module):
    _unused, root = tree
    before = content(root)
    result = run_module("grub_cmdline", root=root, present=["x=" + "y" * 900])
    assert result["failed"] and "cannot set kernelopts in /boot/" in result["msg"] and "bytes longer than the 1024 bytes" in result["msg"]
    assert content(root) == before


@pytest.mark.parametrize("tree", ["rhel8"], indirect=True)
def test_a_broken_grubenv_is_refused_by_name(tree, run_module):
    _unused, root = tree
    (root / "boot/efi/EFI/redhat/grubenv").write_text("kernelopts=x\n")
    result = run_module("grub_cmdline", root=root, **AZURE)
    assert result["failed"] and "cannot read /boot/" in result["msg"] and "not a GRUB environment block of 1024 bytes" in result["msg"]


@pytest.mark.parametrize("tree", ["rhel9"], indirect=True)
@pytest.mark.parametrize(("path", "cause"), [("boot/efi/EFI/Linux/ab12-6.1.efi", "unified kernel image"), ("etc/zipl.conf", "zipl")])
def test_what_cannot_be_edited_is_refused_with_its_reason(tree, path, cause, run_module):
    _unused, root = tree
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).touch()
    before = content(root)
    result = run_module("grub_cmdline", root=root, **AZURE)
    assert result["failed"] and cause in result["msg"] and f"/{path}" in result["msg"]
    assert content(root) == before


@pytest.mark.parametrize("tree", ["arch-sdboot"], indirect=True)
def test_settings_are_refused_where_there_is_no_grub2(tree, run_module):
    _unused, root = tree
    result = run_module("grub_cmdline", root=root, settings={"GRUB_TIMEOUT": 5})
    assert result["failed"] and "cannot set GRUB_TIMEOUT by settings" in result["msg"]


@pytest.mark.parametrize("tree", ["debian12"], indirect=True)
@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        ({"present": ["a\nb"]}, "line break"),
        ({"present": ["quiet"], "absent": ["quiet"]}, "same parameter"),
        ({"absent": [""]}, "no name"),
        ({"present": ['a="b']}, "not balanced"),
        ({"settings": {"GRUB_CMDLINE_LINUX": "x"}}, "`present` and `absent`"),
        ({"settings": {"A B": "x"}}, "not the name of a shell variable"),
        ({"settings": {"A": "x\ny"}}, "line break"),
        ({"bootloader": "extlinux"}, "the guest has grub2"),
        ({"present": ["a=" + "b" * 3000]}, "the kernel keeps 2047"),
        ({"present": ["a=" + "b" * 3000], "regenerate": False}, "the next kernel's boot entry"),
    ],
)
def test_bad_input_is_refused_and_the_guest_left_as_it_was(tree, arguments, cause, run_module):
    _unused, root = tree
    before = content(root)
    result = run_module("grub_cmdline", root=root, **arguments)
    assert result["failed"] and cause in result["msg"], result
    assert content(root) == before


def test_a_root_without_a_boot_loader_is_refused(tmp_path, run_module):
    result = run_module("grub_cmdline", root=tmp_path, present=["a"])
    assert result["failed"] and "no boot loader was found" in result["msg"]


@pytest.mark.parametrize("tree", ["debian12"], indirect=True)
def test_a_missing_generator_is_said_before_anything_is_written(tree, run_module):
    _unused, root = tree
    shutil.rmtree(root / "usr/sbin")
    before = content(root)
    for check in (True, False):
        result = run_module("grub_cmdline", root=root, check=check, **AZURE)
        assert result["failed"] and "is not installed in the guest" in result["msg"]
        assert content(root) == before


@pytest.mark.parametrize("tree", ["debian12"], indirect=True)
def test_a_menu_that_grub_could_not_read_is_refused_by_line(tree, run_module):
    _unused, root = tree
    with (root / "boot/grub/grub.cfg").open("a") as stream:
        stream.write("menuentry 'x {\n")
    result = run_module("grub_cmdline", root=root, **AZURE)
    assert result["failed"] and "cannot read /boot/grub/grub.cfg line 37: its single quote is never closed" in result["msg"]


@pytest.mark.parametrize("tree", ["rhel10"], indirect=True)
def test_copies_are_kept_on_request(tree, run_module):
    _unused, root = tree
    old = (root / "etc/default/grub").read_bytes()
    result = run_module("grub_cmdline", root=root, backup=True, **AZURE)
    copies = [path for path in result["backup_files"] if "/etc/default/grub" in path]
    assert len(copies) == 1 and pathlib.Path(copies[0]).read_bytes() == old


@pytest.mark.parametrize("tree", ["sles16"], indirect=True)
def test_parts_of_the_kernels_line_do_not_contradict_it(tree, run_module):
    _unused, root = tree
    (root / "etc/kernel/cmdline.d").mkdir()
    part = root / "etc/kernel/cmdline.d/10-x.conf"
    part.write_text("quiet mine=1 console=ttyS0,9600\n")
    result = run_module("grub_cmdline", root=root, **AZURE)
    assert part.read_text() == "mine=1\n"
    assert result["next_kernel"] == GOLDEN["sles16"]["next"].replace(" systemd.machine_id", " mine=1 systemd.machine_id")


@pytest.mark.parametrize("tree", ["oracle8"], indirect=True)
def test_what_tuned_adds_is_proved_too_in_check_mode_as_in_earnest(tree, run_module):
    _unused, root = tree
    before = content(root)
    for check in (True, False):
        result = run_module("grub_cmdline", root=root, check=check, absent=["transparent_hugepage"])
        assert result["failed"] and "cannot prove the kernel command line of" in result["msg"] and "transparent_hugepage" in result["msg"]
        assert content(root) == before


@pytest.mark.parametrize("tree", ["debian5"], indirect=True)
def test_a_leftover_default_file_of_grub2_does_not_speak_for_the_next_kernel(tree, run_module):
    _unused, root = tree
    (root / "etc/default").mkdir(parents=True)
    (root / "etc/default/grub").write_text('GRUB_CMDLINE_LINUX="other"\n')
    result = run_module("grub_cmdline", root=root, check=True, **AZURE)
    assert result["bootloaders"] == ["grub2", "grub_legacy"] and result["next_kernel"] == f"root=/dev/sda1 ro {ADDED}"
