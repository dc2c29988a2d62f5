# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""guest_survey on guests as small trees: what it reports of a module is what that module itself says."""

import os
import subprocess
import sys

import pytest
from unit.trees import write_tree

PACKAGE = "ansible_collections.imagewright.azure.plugins.module_utils"

GUEST = {
    "/etc/os-release": "ID=debian\n",
    "/etc/chrony/chrony.conf": "pool 2.debian.pool.ntp.org iburst\nmakestep 1 3\n",
    "/etc/cloud/cloud.cfg": "cloud_init_modules:\n - ssh\n",
    "/etc/default/grub": 'GRUB_CMDLINE_LINUX=""\n',
    "/etc/fstab": "UUID=x / ext4\n/dev/sda2 none swap\n",
    "/etc/modprobe.d/cis.conf": "blacklist udf\n",
    "/etc/ssh/sshd_config": "Include /etc/ssh/sshd_config.d/*.conf\n",
    "/etc/sudoers": "Defaults targetpw\nALL ALL=(ALL) ALL\nbob ALL=(ALL) ALL\n",
    "/etc/waagent.conf": "Provisioning.Agent=auto\n",
    "/var/lib/dpkg/info/chrony.list": "/.\n",
    "/var/lib/dpkg/status": (
        "Package: chrony\nStatus: install ok installed\n\n"
        "Package: ntp\nStatus: deinstall ok config-files\n\n"
        "Package: openssh-server\nStatus: hold ok installed\n"
    ),
    "/usr/lib/systemd/systemd": "",
    "/usr/lib/systemd/system/chrony.service": "[Install]\nWantedBy=multi-user.target\n",
    "/etc/systemd/system/multi-user.target.wants/chrony.service": "->/usr/lib/systemd/system/chrony.service",
}

#: Arguments with which each has something to change in GUEST.
PARTS = {
    "chrony_clock": {},
    "cloud_init_early": {},
    "fstab_clean": {"identifiers": "keep"},
    "modprobe_allow": {},
    "sshd_options": {"options": {"ClientAliveInterval": 180}},
    "sudoers_clean": {"validate": False},
    "swap_off": {"rebuild": False},
    "waagent_conf": {"settings": {"Provisioning.Agent": "waagent"}},
}


@pytest.fixture
def guest(tmp_path):
    write_tree(tmp_path, GUEST)
    return tmp_path


def of(run_module, guest, **topic):
    """Return what the survey says of one topic."""
    result = run_module("guest_survey", root=guest, topics=[{"name": "topic", **topic}])
    assert not result["failed"] and not result["changed"], result
    return result["topics"]["topic"]


@pytest.mark.parametrize("module", PARTS)
def test_a_module_has_work_where_it_would_change_something_itself(run_module, guest, module):
    alone = run_module(module, check=True, root=guest, **PARTS[module])
    asked = of(run_module, guest, parts=[{"module": module, "arguments": PARTS[module]}])

    assert not alone["failed"], alone
    assert asked["work"] == alone["changed"]
    assert [line for each in alone.get("diff", []) for line in asked["todo"] if line.startswith(each["before_header"])] == asked["todo"]


@pytest.mark.parametrize("module", PARTS)
def test_a_module_that_is_through_has_no_work(run_module, guest, module):
    run_module(module, root=guest, **PARTS[module])

    assert of(run_module, guest, parts=[{"module": module, "arguments": PARTS[module]}])["todo"] == []


def test_a_file_is_told_with_the_number_of_its_lines_that_change(run_module, guest):
    asked = of(
        run_module, guest, parts=[{"module": "sudoers_clean", "arguments": {"validate": False}}, {"module": "sshd_options", "arguments": PARTS["sshd_options"]}]
    )

    assert asked["todo"] == ["/etc/sudoers: 2 lines", "/etc/ssh/sshd_config.d/00-azure.conf is new"]


def test_an_error_is_the_one_of_the_module(run_module, guest):
    arguments = {"options": {"ClientAliveIntervall": 180}}
    alone = run_module("sshd_options", check=True, root=guest, **arguments)
    asked = of(run_module, guest, parts=[{"module": "sshd_options", "arguments": arguments}])

    assert alone["failed"] and asked["problems"] == [alone["msg"]] and asked["work"]


def test_an_option_that_the_module_does_not_have_is_named(run_module, guest):
    asked = of(run_module, guest, parts=[{"module": "fstab_clean", "arguments": {"swapp": "keep"}}])

    (problem,) = asked["problems"]
    assert problem.startswith("cannot run fstab_clean: ") and "swapp" in problem


def test_a_value_that_the_module_does_not_take_is_named(run_module, guest):
    asked = of(run_module, guest, parts=[{"module": "fstab_clean", "arguments": {"swap": "gone"}}])

    (problem,) = asked["problems"]
    assert problem.startswith("cannot run fstab_clean: value of swap must be one of: remove, keep")


def test_what_a_package_brings_is_no_problem_before_it_is_there(run_module, guest):
    (guest / "etc/waagent.conf").unlink()
    part = {"module": "waagent_conf", "arguments": PARTS["waagent_conf"]}

    assert of(run_module, guest, parts=[part])["problems"]
    assert of(run_module, guest, packages=["waagent"], parts=[part]) == {
        "work": True,
        "todo": ["package waagent is installed", "waagent_conf sets up what the packages bring"],
        "follows": ["packages"],
        "problems": [],
        "warnings": [],
    }


@pytest.mark.parametrize(
    "package, todo",
    [
        ("chrony", []),
        ("openssh-server", []),
        ("ntp", ["package ntp is installed"]),
        ("nginx", ["package nginx is installed"]),
    ],
)
def test_a_package_that_left_its_configuration_behind_is_not_installed(run_module, guest, package, todo):
    assert of(run_module, guest, packages=[package])["todo"] == todo


def test_a_guest_whose_packages_cannot_be_read_has_work(run_module, tmp_path):
    write_tree(tmp_path, {"/etc/os-release": "ID=alpine\n"})
    result = run_module("guest_survey", root=tmp_path, topics=[{"name": "topic", "packages": ["chrony"]}])

    assert result["packages"] == {"chrony": None}
    assert result["topics"]["topic"]["todo"] == ["package chrony is installed where it is not"]


@pytest.mark.parametrize(
    "wanted, todo",
    [
        ({"names": ["chrony"]}, []),
        ({"names": ["chrony.socket", "chrony"]}, []),
        ({"names": ["ntp"]}, ["service ntp starts at boot"]),
        ({"names": ["ntp"], "enabled": False}, []),
        ({"names": ["ntp", "chrony"], "enabled": False}, ["service chrony does not start at boot any more"]),
    ],
)
def test_a_service_starts_or_does_not(run_module, guest, wanted, todo):
    assert of(run_module, guest, services=[wanted])["todo"] == todo


@pytest.mark.parametrize(
    "path, content, todo",
    [
        ("/etc/waagent.conf", "Provisioning.Agent=auto\n", []),
        ("/etc/waagent.conf", "Provisioning.Agent=waagent\n", ["/etc/waagent.conf is written anew"]),
        ("/etc/waagent.conf", None, ["/etc/waagent.conf is removed"]),
        ("/etc/other.conf", "a\n", ["/etc/other.conf is new"]),
        ("/etc/other.conf", None, []),
    ],
)
def test_a_file_has_its_content_or_is_not_there(run_module, guest, path, content, todo):
    assert of(run_module, guest, files={path: content})["todo"] == todo


def test_a_file_of_another_mode_has_work(run_module, guest):
    (guest / "etc/waagent.conf").chmod(0o600)

    assert of(run_module, guest, files={"/etc/waagent.conf": "Provisioning.Agent=auto\n"})["work"]


def test_a_topic_behind_one_that_has_work_has_work(run_module, guest):
    topics = [
        {"name": "agent", "packages": ["waagent"]},
        {"name": "sudo", "after": ["agent"]},
        {"name": "boot", "after": ["sudo"]},
        {"name": "clock", "after": ["network"]},
    ]
    result = run_module("guest_survey", root=guest, topics=topics)

    assert {name: (topic["work"], topic["follows"]) for name, topic in result["topics"].items()} == {
        "agent": (True, []),
        "sudo": (True, ["agent"]),
        "boot": (True, ["sudo"]),
        "clock": (False, []),
    }
    assert result["table"] == ["  agent           package waagent is installed"]


def test_a_question_has_the_answer_of_its_module_and_its_error(run_module, guest):
    asked = [
        {"name": "agent", "module": "guest_agent_info"},
        {"name": "chrony", "module": "guest_agent_info", "arguments": {"services": ["chrony"]}},
    ]
    result = run_module("guest_survey", root=guest, ask=asked, paths=["/etc/default/grub", "/etc/nowhere"])

    alone = run_module("guest_agent_info", root=guest)
    assert result["answers"]["agent"]["agent"] == alone["agent"] and result["answers"]["chrony"]["services"] == {"chrony": "enabled"}
    assert result["paths"] == {"/etc/default/grub": True, "/etc/nowhere": False}

    failed = run_module("guest_survey", root=guest, ask=[{"name": "boot", "module": "extlinux"}])
    assert failed["failed"] and "extlinux" in failed["msg"]
    failed = run_module("guest_survey", root=guest, ask=[{"name": "conf", "module": "waagent_conf", "arguments": {"settings": {"No.Such": "y"}}}])
    assert failed["msg"] == run_module("waagent_conf", root=guest, settings={"No.Such": "y"})["msg"]


def test_what_a_module_warns_of_is_said_once(run_module, guest):
    """By the module itself, where it runs."""
    (guest / "etc/waagent.conf.rpmnew").write_text("")
    idle = run_module(
        "guest_survey", root=guest, topics=[{"name": "a", "parts": [{"module": "waagent_conf", "arguments": {"settings": {"Provisioning.Agent": "auto"}}}]}]
    )
    busy = run_module("guest_survey", root=guest, topics=[{"name": "a", "parts": [{"module": "waagent_conf", "arguments": PARTS["waagent_conf"]}]}])

    assert "never merged" in str(idle.get("warnings"))
    assert "warnings" not in busy and "never merged" in str(busy["topics"]["a"]["warnings"])


def test_nothing_is_changed(run_module, guest):
    before = {path: path.read_bytes() for path in sorted(guest.rglob("*")) if path.is_file()}
    of(run_module, guest, parts=[{"module": module, "arguments": arguments} for module, arguments in PARTS.items()], files={"/etc/fstab": None})

    assert {path: path.read_bytes() for path in sorted(guest.rglob("*")) if path.is_file()} == before


def test_what_is_not_asked_is_not_imported():
    program = "import sys; from {0}.survey import guest_survey, topics; topics.plan('sudoers_clean', {{}}, '/nowhere'); print(*sys.modules)"
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
    ran = subprocess.run([sys.executable, "-c", program.format(PACKAGE)], capture_output=True, text=True, check=True, env=environment)
    packages = {name[len(PACKAGE) + 1 :].split(".")[0] for name in ran.stdout.split() if name.startswith(f"{PACKAGE}.")}
    assert "sudo" in packages and not packages & {"readiness", "bootloader", "initramfs", "image"}
