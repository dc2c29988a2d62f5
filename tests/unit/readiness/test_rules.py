# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every rule on a guest that it finds right, and on one where its one thing is broken, with the place that shows it."""

import os
import pathlib

import pytest
from unit.readiness.cases.common import FSTAB, MANAGED_BY_NETWORKMANAGER, WAAGENT, without_driver
from unit.readiness.cases.system_manager import mount_unit
from unit.readiness.collected import BROKEN_DISKS, BROKEN_FILES, CONTROLS, OLD_KERNELS, RIGHT_FILES
from unit.readiness.disks import GOOD_DISK, GOOD_IMAGE
from unit.readiness.guest_tree import GRUB_CFG, INITRAMFS, KERNEL, MODULES, UNITS, WANTS, good_guest, initramfs, symlink, write

from ansible_collections.imagewright.azure.plugins.module_utils.generalize import traces
from ansible_collections.imagewright.azure.plugins.module_utils.network import managers
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.catalogue import all_rules
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.evaluate import evaluate, is_ready
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.disk.bootability import Bootability
from ansible_collections.imagewright.azure.plugins.module_utils.network.network_dhcp import NetworkChoices

#: Boot files of distributions, recorded for grub_cmdline.
RECORDED = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "boot"


#: Rules with tests of their own: R00c by a tree that cannot be read, R45c and R46p by what a whole guest has, R46k and R53 by the kind of image, R68c to R68e,
#: R64d, R68g, R68l, R14o, R70m and R70n by what a file system tells, R70s by what LVM tells.
ELSEWHERE = {"R00c", "R14o", "R45c", "R46k", "R46p", "R53", "R64d", "R68c", "R68d", "R68e", "R68g", "R68l", "R70m", "R70n", "R70s"}


RULES = {rule.id: rule for rule in all_rules()}


@pytest.fixture
def guest(tmp_path):
    """The root of a guest that every rule finds right."""
    return good_guest(tmp_path / "guest")


def context(root, disk, image, **question):
    """Return the Context of a guest, its disk and the image that it is in."""
    return Context(LiveTree(str(root)), disk, image=GOOD_IMAGE if image is None else image, **question)


def findings(root, disk=GOOD_DISK, image=None, **question):
    """Return {id: Finding} of a guest and its disk."""
    return {found.id: found for found in evaluate(context(root, disk, image, **question), all_rules())}


def finding(root, rule, disk=GOOD_DISK, image=None, **question):
    """Return the Finding of one rule on a guest and its disk."""
    (found,) = evaluate(context(root, disk, image, **question), [RULES[rule]])
    return found


def change(root, files):
    """Write the files of a case."""
    for path, content in files.items():
        if isinstance(content, tuple) and content[0] == "link":
            symlink(root, path, content[1])
        elif isinstance(content, tuple) and content[0] == "program":
            write(root, path, content[1])
            os.chmod(str(root) + path, 0o755)
        elif isinstance(content, tuple) and content[0] == "pipe":
            write(root, path, "")
            os.unlink(str(root) + path)
            os.mkfifo(str(root) + path)
        elif isinstance(content, tuple):
            write(root, path, "")
            with open(str(root) + path, "r+b") as stream:
                stream.truncate(content[1])
        else:
            write(root, path, content)


@pytest.mark.parametrize("profile", ["azure", "marketplace"])
def test_a_right_guest_has_no_finding_and_is_ready(guest, profile):
    found = findings(guest, profile=profile)
    wrong = {rule: (each.status, each.reason, each.evidence) for rule, each in found.items() if each.status not in ("passed", "not_applicable")}
    assert wrong == {}
    assert is_ready(found.values())


@pytest.mark.parametrize(("rule", "files", "place"), BROKEN_FILES, ids=[f"{case[0]}-{number}" for number, case in enumerate(BROKEN_FILES)])
def test_what_is_wrong_in_a_file_is_found_where_it_is(guest, rule, files, place):
    change(guest, files)
    found = finding(guest, rule)
    assert found.status == "failed", found.reason
    if place is not None:
        assert (found.evidence[0].path, found.evidence[0].line) == place


@pytest.mark.parametrize(("rule", "disk", "image", "text"), BROKEN_DISKS, ids=[f"{case[0]}-{number}" for number, case in enumerate(BROKEN_DISKS)])
def test_what_is_wrong_on_the_disk_is_found(guest, rule, disk, image, text):
    profile = next(each.profiles[0] for each in all_rules() if each.id == rule)
    found = finding(guest, rule, GOOD_DISK._replace(**disk), dict(GOOD_IMAGE, **image), profile=profile)
    assert found.status == "failed", found.reason
    assert text in found.evidence[0].text


@pytest.mark.parametrize(("rule", "version", "path"), OLD_KERNELS)
def test_a_kernel_that_azure_cannot_use_is_named(guest, rule, version, path):
    write(guest, f"/boot/vmlinuz-{version}", "kernel")
    write(guest, f"/lib/modules/{version}/modules.dep", "kernel/hv_vmbus.ko:\n")
    write(guest, "/boot/grub/grub.cfg", GRUB_CFG + GRUB_CFG.replace(KERNEL, version))
    found = finding(guest, rule)
    assert found.status == "failed", found.reason
    assert found.evidence[0].path.startswith(path)


def test_a_specialized_image_must_not_be_provisioned_again(guest):
    assert finding(guest, "R53", kind="specialized").status == "failed"
    write(guest, "/etc/waagent.conf", "Provisioning.Agent=disabled\n")
    assert finding(guest, "R53", kind="specialized").status == "passed"


def test_a_specialized_image_needs_host_keys_or_what_makes_them(guest):
    assert finding(guest, "R46k", kind="specialized").status == "failed"
    write(guest, "/usr/lib/systemd/system/sshd-keygen@.service", "")
    assert finding(guest, "R46k", kind="specialized").status == "passed"
    write(guest, "/usr/lib/systemd/system/sshd-keygen@.service", None)
    write(guest, "/etc/ssh/ssh_host_ed25519_key", "key")
    assert finding(guest, "R46k", kind="specialized").status == "passed"


def test_an_agent_before_2_2_45_is_asked_by_its_own_keys(guest):
    write(guest, "/usr/lib/python3/dist-packages/azurelinuxagent/common/version.py", "AGENT_VERSION = '2.2.38'\n")
    write(guest, "/etc/waagent.conf", "Provisioning.Enabled=n\nProvisioning.UseCloudInit=y\n")
    assert finding(guest, "R43").status == "passed"
    write(guest, "/etc/waagent.conf", "Provisioning.Agent=disabled\n")
    assert finding(guest, "R53", kind="specialized").status == "failed"
    write(guest, "/etc/waagent.conf", "Provisioning.Enabled=n\n")
    assert finding(guest, "R53", kind="specialized").status == "passed"


@pytest.mark.parametrize(("kind", "status"), [("generalized", "failed"), ("specialized", "passed"), ("before_deprovision", "passed")])
def test_provisioning_that_is_turned_off_is_only_wrong_for_a_template(guest, kind, status):
    change(guest, {"/etc/waagent.conf": WAAGENT.replace("=cloud-init", "=disabled"), "/etc/cloud/cloud-init.disabled": ""})
    assert finding(guest, "R43", kind=kind).status == status


@pytest.mark.parametrize(("kind", "status"), [("generalized", "failed"), ("specialized", "not_applicable"), ("before_deprovision", "failed")])
def test_the_source_that_an_installer_named_is_only_wrong_where_cloud_init_provisions(guest, kind, status):
    write(guest, "/etc/cloud/cloud.cfg.d/99-installer.cfg", "datasource_list:\n- None\n")
    found = findings(guest, kind=kind)
    assert (found["R42a"].status, found["R42c"].status) == (status, status)


def test_a_stage_of_cloud_init_that_is_off_is_no_fault_of_a_machine_that_keeps_its_identity(guest):
    symlink(guest, "/etc/systemd/system/cloud-final.service", "/dev/null")
    assert finding(guest, "R42d").status == "failed"
    assert finding(guest, "R42d", kind="specialized").status == "not_applicable"


def test_a_guest_without_agent_and_cloud_init_is_never_right(guest):
    change(guest, {"/etc/waagent.conf": None, "/usr/sbin/waagent": None, "/etc/cloud/cloud-init.disabled": ""})
    assert finding(guest, "R43", kind="before_deprovision").status == "failed"


@pytest.mark.parametrize(("rule", "files"), RIGHT_FILES, ids=[case[0] for case in RIGHT_FILES])
def test_rules_for_other_guests_pass_where_they_hold(guest, rule, files):
    assert finding(guest, rule).status == "not_applicable"
    change(guest, files)
    assert finding(guest, rule).status == "passed"


@pytest.mark.parametrize(("rule", "files"), CONTROLS, ids=[f"{case[0]}-{number}" for number, case in enumerate(CONTROLS)])
def test_what_resembles_a_fault_and_is_right_passes(guest, rule, files):
    change(guest, files)
    assert finding(guest, rule).status in ("passed", "not_applicable")


@pytest.mark.parametrize(
    ("rule", "files", "severity"),
    [
        ("R40e", {"/usr/sbin/useradd": None}, "error"),
        ("R40e", {"/usr/bin/openssl": None}, "warning"),
        ("R40e", {"/usr/sbin/useradd": None, "/sbin/apk": "program", "/usr/sbin/adduser": "program"}, "warning"),
        ("R47a", {"/etc/sudoers": "root ALL=(ALL:ALL\n"}, "error"),
        ("R47a", {"/usr/bin/sudo": None, "/usr/local/bin/sudo": "program"}, "error"),
        ("R13c", mount_unit("What=/dev/disk/by-label/data\nWhere=/data\n"), "error"),
        ("R13c", mount_unit("What=/dev/disk/by-label/data\nWhere=/data\n", "wants"), "warning"),
        ("R13c", {"/etc/fstab": FSTAB + "LABEL=data /data xfs nofail 0 2\n"}, "note"),
        ("R13c", {"/etc/fstab": FSTAB + "LABEL=data /data xfs nofail,x-systemd.automount 0 2\n"}, "warning"),
        ("R13c", {"/etc/fstab": FSTAB + "LABEL=data none swap sw,nofail 0 0\n"}, "warning"),
    ],
)
def test_what_the_user_cannot_do_without_is_an_error_and_the_rest_less(guest, rule, files, severity):
    change(guest, files)
    found = finding(guest, rule)
    assert (found.status, found.severity) == ("failed", severity)


def test_a_sudo_without_rights_is_a_warning_in_a_tree_whose_modes_may_be_those_of_a_copy(guest):
    change(guest, {"/usr/bin/sudo": None, "/usr/local/bin/sudo": "program"})
    assert finding(guest, "R47a", disk=None).severity == "warning"


def test_every_rule_has_a_case_in_which_it_passes(guest):
    on_the_right_guest = {rule for rule, found in findings(guest, profile="marketplace").items() if found.status == "passed"}
    assert {rule.id for rule in all_rules()} == on_the_right_guest | {rule for rule, unused in RIGHT_FILES} | ELSEWHERE


def test_every_rule_has_a_case_that_breaks_it():
    tried = {case[0] for case in BROKEN_FILES + BROKEN_DISKS + OLD_KERNELS} | ELSEWHERE
    assert {rule.id for rule in all_rules()} == tried


def test_ids_are_unique_and_every_rule_says_why_and_what_to_do():
    rules = all_rules()
    assert len({rule.id for rule in rules}) == len(rules)
    assert [rule.id for rule in rules if not (rule.title and rule.fault and rule.why and rule.cure and rule.source)] == []


def test_what_deprovision_takes_away_is_not_asked_of_a_guest_before_it(guest):
    write(guest, "/etc/ssh/ssh_host_rsa_key", "key")
    write(guest, "/root/.bash_history", "secret\n")
    found = findings(guest, kind="before_deprovision")
    assert {found[rule].status for rule in ("R48b", "R48c", "R48d", "R49a", "R49b", "R49c", "R50")} == {"not_applicable"}


def test_udf_is_only_a_warning_where_cloud_init_can_do_without_the_dvd(guest):
    change(guest, without_driver("udf"))
    assert finding(guest, "R19a").severity == "warning"
    write(guest, "/usr/lib/python3/dist-packages/cloudinit/version.py", '__VERSION__ = "20.4.1"\n')
    assert finding(guest, "R19a").severity == "error"


def test_a_mount_that_the_boot_does_not_wait_for_is_a_warning(guest):
    write(guest, "/etc/fstab", FSTAB + "/dev/sdb1 /mnt ext4 defaults,nofail 0 2\n")
    assert finding(guest, "R13a").severity == "warning"


def test_the_marketplace_asks_more_rules_than_azure(guest):
    assert set(findings(guest, profile="marketplace")) - set(findings(guest)) == {"R02b", "R11"}


def test_the_marketplace_weighs_its_own_tests_more(guest):
    write(guest, "/etc/ssh/sshd_config", "ClientAliveInterval 0\n")
    assert finding(guest, "R46c").severity == "warning"
    assert finding(guest, "R46c", profile="marketplace").severity == "error"


def test_a_wanted_generation_that_the_disk_cannot_boot_on_is_an_error(guest):
    disk = GOOD_DISK._replace(bootability=Bootability([1], None, {2: "generation 2 needs an EFI system partition, and there is none"}))
    assert finding(guest, "R14a", disk).status == "passed"
    assert finding(guest, "R14a", disk, generation="2").status == "failed"


def test_an_xfs_log_that_cannot_be_read_is_unknown_never_passed(guest):
    found = finding(guest, "R52", GOOD_DISK._replace(undecided=[("partition 3", "xfs")]))
    assert (found.status, found.evidence[0].text) == ("unknown", "partition 3 holds an XFS file system")


def test_an_initramfs_that_cannot_be_read_is_unknown_never_passed(guest):
    write(guest, INITRAMFS, b"\xfd7zXZ\0 cut off")
    found = findings(guest)
    assert {found[rule].status for rule in ("R17a", "R17b", "R17d", "R18a")} == {"unknown"}
    assert not is_ready(found.values())


def test_password_hashes_are_never_shown(guest):
    write(guest, "/etc/shadow", "root:$6$salt$VERYSECRET:19000:0:99999:7:::\n")
    assert "VERYSECRET" not in repr(findings(guest))


def test_drivers_that_are_built_in_need_no_initramfs(guest):
    write(guest, f"/lib/modules/{KERNEL}/modules.builtin", "".join(f"kernel/{path}\n" for path in MODULES.values()))
    write(guest, INITRAMFS, initramfs([]))
    assert {rule: finding(guest, rule).status for rule in ("R17a", "R17b", "R17d", "R18a")} == dict.fromkeys(("R17a", "R17b", "R17d", "R18a"), "passed")


def test_an_ifcfg_file_is_nothing_to_a_networkmanager_that_does_not_read_it(guest):
    change(
        guest,
        {
            **MANAGED_BY_NETWORKMANAGER,
            "/etc/sysconfig/network-scripts/ifcfg-eth0": "DEVICE=eth0\nONBOOT=yes\nBOOTPROTO=dhcp\n",
            "/usr/lib64/NetworkManager/1.52.0-1.el10/libnm-device-plugin-team.so": "",
        },
    )
    assert finding(guest, "R34b").status == "failed"


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("ifcfg", "network"),
        ("ifupdown", "networking"),
        ("netplan", "systemd-networkd"),
        ("networkd", "systemd-networkd"),
        ("networkmanager", "NetworkManager"),
        ("wicked", "wicked"),
    ],
)
def test_what_the_role_writes_for_each_network_manager_passes(guest, name, unit):
    change(guest, MANAGED_BY_NETWORKMANAGER)
    change(guest, {f"{WANTS}/NetworkManager.service": None, f"{UNITS}/NetworkManager.service": None, **started(unit)})
    for planned in managers.ADAPTERS[name].plan(LiveTree(str(guest)), NetworkChoices(cloud_init=False, unmanaged_drivers=["mana"], masters=[])):
        write(guest, planned.path, planned.after or "")
    assert managers.active(LiveTree(str(guest))) == [name]
    assert finding(guest, "R34b").status == "passed"


@pytest.mark.parametrize(
    ("text", "status"),
    [("BOOTPROTO='dhcp'\nSTARTMODE='auto'\n", "passed"), ("BOOTPROTO='dhcp'\nSTARTMODE='off'\n", "failed"), ("BOOTPROTO='static'\n", "failed")],
)
def test_cards_of_wicked_are_looked_at(guest, text, status):
    change(guest, MANAGED_BY_NETWORKMANAGER)
    change(
        guest,
        {f"{WANTS}/NetworkManager.service": None, f"{UNITS}/NetworkManager.service": None, **started("wicked"), "/etc/sysconfig/network/ifcfg-eth0": text},
    )
    assert finding(guest, "R34b").status == status


def started(unit):
    """Return the files that start a unit at boot."""
    return {f"{UNITS}/{unit}.service": "[Install]\n", f"{WANTS}/{unit}.service": ("link", f"{UNITS}/{unit}.service")}


def test_daemons_that_udev_starts_need_no_link(guest):
    write(guest, f"{WANTS}/hv-kvp-daemon.service", None)
    write(guest, "/lib/udev/rules.d/60-hyperv-daemons.rules", 'SUBSYSTEM=="misc", KERNEL=="vmbus!hv_kvp", ENV{SYSTEMD_WANTS}+="hv-kvp-daemon.service"\n')
    assert finding(guest, "R54").status == "passed"


@pytest.mark.parametrize("name", sorted(path.name for path in RECORDED.iterdir() if path.is_dir()))
def test_rules_read_the_boot_files_of_every_recorded_distribution(name):
    found = findings(RECORDED / name)
    assert [each.reason for each in found.values() if "fault of this collection" in each.reason] == []
    assert found["R14c"].status == "passed"
    assert {found[rule].status for rule in ("R27a", "R30a", "R13b")} <= {"passed", "failed"}
    assert all(place.path for rule in ("R27a", "R30a") for place in found[rule].evidence)


def test_the_line_in_the_file_is_named_first_for_a_recorded_rhel_9():
    place = findings(RECORDED / "rhel9")["R30a"].evidence[0]
    assert (place.path, place.line) == ("/etc/default/grub", 6)


def test_a_missing_root_makes_rules_on_files_unknown():
    found = {each.id: each for each in evaluate(Context(None, None, problem="it is encrypted", image=GOOD_IMAGE), all_rules())}
    assert found["R00"].status == "failed"
    assert found["R13a"].status == "unknown"
    assert "it is encrypted" in found["R13a"].reason
    assert not is_ready(found.values())


def test_no_rule_looks_into_the_words_of_a_trace(guest, monkeypatch):
    for path in ("/etc/ssh/ssh_host_rsa_key", "/root/.bash_history", "/var/lib/dhcp/dhclient.leases", "/etc/machine-id"):
        write(guest, path, "left\n")
    monkeypatch.setattr(traces, "_REASONS", dict.fromkeys(traces._REASONS, "reworded"))
    found = findings(guest)
    assert [(found[rule].status, found[rule].evidence[0].text) for rule in ("R49a", "R49b", "R49e")] == [("failed", "reworded")] * 3
    assert found["R50"].status == "failed"
