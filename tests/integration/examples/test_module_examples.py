# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each option of each module is in an example that a test carries out, as it stands: here those that no running Debian can carry out."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from lab import commands, line, playing
from lab.paths import CHECKOUT
from unit.core import test_guest_packages, test_guest_services
from unit.guest_text.test_examples import MODULES as ON_TREES
from unit.image.images import LINUX, MIB, empty_disk
from unit.initramfs import images
from unit.network.guests import enabled
from unit.packaging.test_tables import OPTIONS, tables
from unit.trees import write_tree
from unit.waagent import test_guest_agent_source

from integration.opening.guests import busybox_disk

from .test_pages import EXAMPLES as ON_A_GUEST
from .test_pages import HERE

#: Their own folders of tests take every example of them.
OF_IMAGES = {"vhd_align", "vhd_info", "vhd_upload"}
DRACUT_KERNEL = "5.14.0-503.el9.x86_64"
RHEL9 = CHECKOUT / "tests/unit/fixtures/boot/rhel9"


def example(module, option):
    """Return the first example (dict) of a module that has an option."""
    return next(arguments for arguments in tables.module_examples(module) if option in arguments)


#: (module, an option of the example that is carried out): what ON_A_GUEST leaves out, or has in another way there.
CARRIED_OUT_HERE = [
    ("check_names", "known"),
    ("grub_cmdline", "bootloader"),
    ("guest_agent_source", "src"),
    ("guest_labels", "root"),
    ("guest_packages", "names"),
    ("guest_packages", "files"),
    ("guest_services", "enabled"),
    ("guest_services", "unless"),
    ("image_session", "owner"),
    ("image_session", "state"),
    ("initrd_modules", "generator"),
    ("network_dhcp", "manager"),
    ("readiness_info", "image"),
    ("readiness_info", "compare_with"),
    ("show", "lines"),
]


def test_each_option_of_each_module_is_in_an_example_that_is_carried_out():
    carried_out = {(name, option) for name, arguments in ON_A_GUEST.values() for option in arguments if HERE.get(option) in (None, "/")}
    carried_out |= {(name, option) for name, option in CARRIED_OUT_HERE for option in example(name, option)}
    carried_out |= {(name, option) for name in [*ON_TREES, *OF_IMAGES] for option in OPTIONS[name]}

    assert {(name, option) for name, options in OPTIONS.items() for option in options} - carried_out == set()


@pytest.fixture
def root(tmp_path):
    """The directory of a guest that does not run."""
    (tmp_path / "guest").mkdir()
    return tmp_path / "guest"


def test_boot_entries_of_red_hat_9_are_changed_by_name(root, run_module):
    shutil.copytree(RHEL9, root, symlinks=True, dirs_exist_ok=True)

    result = run_module("grub_cmdline", check=True, root=root, **example("grub_cmdline", "bootloader"))

    assert not result["failed"], result["msg"]
    assert result["bootloaders"] == ["bls"]
    kept = [entry for entry in result["entries"] if "rescue" in entry["path"]]
    assert [entry["after"] for entry in kept] == [entry["before"] for entry in kept] != []
    assert {entry["after"].endswith(" rd.lvm.lv=vg/root rd.lvm.lv=vg/usr") for entry in result["entries"] if entry not in kept} == {True}


def test_the_image_of_one_kernel_is_made_by_dracut(root, run_module):
    names = ("hv/hv_vmbus", "scsi/hv_storvsc", "net/hyperv/hv_netvsc")
    images.write_kernel(
        root, DRACUT_KERNEL, {f"kernel/drivers/{name}.ko": images.elf_module(b"") for name in names}, image=images.main_archive({}), name="initramfs-{}.img"
    )
    write_tree(root, {"/etc/os-release": 'ID="rhel"\nVERSION_ID="9.5"\n', "/usr/bin/dracut": "#!/bin/false\n", "/etc/dracut.conf": ""})

    result = run_module("initrd_modules", check=True, root=root, **example("initrd_modules", "generator"))

    assert not result["failed"], result["msg"]
    assert (result["generator"], [(kernel["version"], kernel["rebuilt"]) for kernel in result["kernels"]]) == ("dracut", [(DRACUT_KERNEL, True)])
    assert result["kernels"][0]["backup"].startswith("/var/tmp/initrd-backup/")


def test_networkmanager_is_named(root, run_module):
    write_tree(root, {**enabled("NetworkManager"), "/usr/sbin/NetworkManager": "", "/etc/NetworkManager/NetworkManager.conf": "[main]\n"})

    result = run_module("network_dhcp", check=True, root=root, **example("network_dhcp", "manager"))

    assert not result["failed"], result["msg"]
    assert result["manager"] == "networkmanager"


@pytest.mark.parametrize("option", ["names", "files"])
def test_packages_are_installed_into_a_guest_that_does_not_run(option, root, tmp_path, monkeypatch):
    arguments = example("guest_packages", option)
    files = [tmp_path / Path(path).name for path in arguments.get("files", [])]
    for path in files:
        path.touch()
    guest = test_guest_packages.Guest(root, ["yum", "rpm"])
    placed = {"files": list(map(str, files))} if files else {"names": arguments["names"]}

    result = test_guest_packages.install(guest, monkeypatch, **placed)

    assert result["changed"] and len(guest.calls) == 1
    assert guest.calls[0][0] == ("rpm" if files else "yum")


def test_the_agent_is_installed_from_its_archive(root, tmp_path, monkeypatch):
    name = Path(example("guest_agent_source", "src")["src"]).name
    write_tree(root, {"/usr/bin/python": ""})
    (root / "usr/sbin").mkdir()
    src = test_guest_agent_source.archive(tmp_path / name, "WALinuxAgent/setup.py", "WALinuxAgent/bin/waagent")

    result, _calls = test_guest_agent_source.install(root, src, monkeypatch)

    assert result["changed"] and (root / "usr/local/src/waagent/bin/waagent").exists()


def test_the_archive_comes_from_the_controller_and_one_that_is_not_there_is_told_by_name(root, tmp_path):
    shell = '#!/bin/sh\n[ "$1" = -c ] && printf 2.7 || { cp setup.py /usr/sbin/waagent; }\n'
    write_tree(root, {"/usr/bin/python": shell})
    for name in ("bin", "usr/sbin", "dev", "proc", "sys"):
        (root / name).mkdir()
    for name in ("sh", "cp"):
        shutil.copy("/usr/bin/busybox" if Path("/usr/bin/busybox").exists() else "/bin/busybox", root / "bin" / name)
    (root / "usr/bin/python").chmod(0o755)
    src = test_guest_agent_source.archive(tmp_path / "agent.tar.gz", "WALinuxAgent/setup.py")

    missing, installed = (
        playing.module(line.LOCALHOST, "guest_agent_source", {"root": str(root), "src": path}, become=False, diff=False)
        for path in ("/nowhere.tar.gz", str(src))
    )

    assert "cannot install the agent from /nowhere.tar.gz: there is no such file on the controller" in missing["msg"]
    assert installed["changed"] and (root / "usr/sbin/waagent").read_text() == "text\n", installed


def test_services_are_switched_in_a_guest_that_does_not_run(root, run_module):
    units = {f"/usr/lib/systemd/system/{name}.service": test_guest_services.UNIT for name in ("waagent", "chronyd", "systemd-timesyncd")}
    write_tree(root, {"/usr/lib/systemd/systemd": "", "/usr/bin/systemctl": "", **units, **enabled("systemd-timesyncd")})

    result = run_module("guest_services", check=True, **dict(example("guest_services", "enabled"), root=root))

    assert not result["failed"], result["msg"]
    assert result["changed"]
    assert result["services"] == {"waagent": "enabled", "chronyd": "enabled", "ntpd": "missing", "systemd-timesyncd": "disabled"}


def test_a_server_that_its_socket_starts_is_left_alone(root, run_module):
    units = {f"/usr/lib/systemd/system/{name}": test_guest_services.UNIT for name in ("ssh.service", "ssh.socket")}
    link = {"/etc/systemd/system/sockets.target.wants/ssh.socket": "->/usr/lib/systemd/system/ssh.socket"}
    write_tree(root, {"/usr/lib/systemd/systemd": "", "/usr/bin/systemctl": "", **units, **link})

    result = run_module("guest_services", check=True, **dict(example("guest_services", "unless"), root=root))

    assert not result["failed"], result["msg"]
    assert not result["changed"] and result["services"] == {}


def test_a_guest_without_selinux_needs_no_labels(root, run_module):
    write_tree(root, {"/etc/passwd": "root:x:0:0::/root:/bin/sh\n"})

    result = run_module("guest_labels", **dict(example("guest_labels", "root"), root=root))

    assert (result["failed"], result["changed"], result["labelled"]) == (False, False, [])


def test_an_image_is_judged_for_a_generation_and_the_verdict_compared_with_an_earlier_one(tmp_path, run_module):
    arguments = example("readiness_info", "image")
    disk = empty_disk(tmp_path / "web.raw", 32 * MIB, (1, 24, LINUX))
    reports = {kind: str(tmp_path / Path(path).name) for kind, path in arguments["reports"].items()}

    before = run_module("readiness_info", **dict(arguments, image=disk, reports=reports))
    after = run_module("readiness_info", image=disk, **dict(example("readiness_info", "compare_with"), compare_with=before["findings"]))

    assert before["ready"] is False and after["failed"] is False
    assert sorted(path.name for path in tmp_path.glob("web.[hx]*ml")) == ["web.html", "web.xml"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_an_image_is_opened_and_closed_under_its_name(tmp_path, run_module):
    opening, closing = example("image_session", "owner"), example("image_session", "state")
    disk = busybox_disk(tmp_path / Path(opening["path"]).name)

    opened = run_module("image_session", **dict(opening, path=disk, owner=os.getpid()))
    assert not opened["failed"], opened["msg"]
    closed = run_module("image_session", **dict(closing, path=disk, session=opened["session"], dest=tmp_path / Path(closing["dest"]).name))

    assert not closed["failed"], closed["msg"]
    assert not disk.exists() and (tmp_path / "web1.vhd").exists()


def test_names_are_checked_and_lines_shown_by_a_playbook(tmp_path):
    tasks = [{f"imagewright.azure.{name}": example(name, option)} for name, option in (("check_names", "known"), ("show", "lines"))]
    table = {"readiness": {"table": ["/: READY", "12 passed"]}}
    (tmp_path / "play.yml").write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "vars": table, "tasks": tasks}]))
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".venv/collections"), "ANSIBLE_HOME": str(tmp_path / "home")}
    programs = Path(sys.executable).parent

    done, misspelt = (
        commands.finished([programs / "ansible-playbook", "play.yml", *extra], 120, cwd=tmp_path, env=environment)
        for extra in ([], ["-e", "azure_image_scr=a"])
    )

    assert done.returncode == 0 and "\n/: READY\n12 passed\n" in done.stdout, done.stdout
    assert misspelt.returncode != 0
    assert "cannot check images: nobody knows the variable azure_image_scr (azure_image_src was meant?)" in " ".join(misspelt.stdout.split())
