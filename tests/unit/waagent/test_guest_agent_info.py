# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""guest_agent_info on trees of distributions and of a source archive, and on a guest with neither."""

import pytest

UNIT = "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n"
UNITS = "/usr/lib/systemd/system"
AGENT = {
    "/usr/sbin/waagent": "#!/usr/bin/python3\n",
    "/etc/waagent.conf": "Provisioning.Agent=auto\n",
    f"{UNITS}/walinuxagent.service": UNIT,
    "/usr/lib/python3/dist-packages/azurelinuxagent/common/version.py": "AGENT_VERSION = '2.7.3.0'\n",
}
CLOUD_INIT = {
    "/usr/bin/cloud-init": "#!/usr/bin/python3\n",
    "/etc/cloud/cloud.cfg.d/05_logging.cfg": "",
    "/usr/lib/python3/dist-packages/cloudinit/version.py": '__VERSION__ = "22.4.2"\n',
    **{f"{UNITS}/{name}.service": UNIT for name in ("cloud-init-local", "cloud-init", "cloud-config", "cloud-final")},
}
NO_AGENT = {"program": None, "version": None, "configuration": None, "services": {}}
NO_CLOUD_INIT = {
    "program": None,
    "version": None,
    "configuration": None,
    "services": {},
    "switched_off_by": [],
    "kernel_parameters": [],
    "runs": False,
    "leftovers": [],
}


def guest(root, files, enabled=()):
    """Write a guest with systemd: its files {path: text}, and the services that start at boot."""
    for path, text in {"/usr/lib/systemd/systemd": "", **files}.items():
        (root / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        (root / path.lstrip("/")).write_text(text)
    wants = root / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True)
    for name in enabled:
        (wants / f"{name}.service").symlink_to(f"{UNITS}/{name}.service")
    return root


def facts(run_module, root, **arguments):
    result = run_module("guest_agent_info", root=root, **arguments)
    assert not result["failed"] and not result["changed"]
    return result


def test_a_guest_with_neither(tmp_path, run_module):
    found = facts(run_module, guest(tmp_path, {}))

    assert found["agent"] == NO_AGENT and found["cloud_init"] == NO_CLOUD_INIT and found["services"] == {}


def test_an_agent_from_its_package(tmp_path, run_module):
    found = facts(run_module, guest(tmp_path, AGENT, ["walinuxagent"]))

    assert found["agent"] == {
        "program": "/usr/sbin/waagent",
        "version": "2.7.3.0",
        "configuration": "/etc/waagent.conf",
        "services": {"walinuxagent": "enabled"},
    }


def test_an_agent_from_a_source_archive_has_a_service_that_is_off(tmp_path, run_module):
    found = facts(
        run_module,
        guest(
            tmp_path,
            {
                "/usr/local/sbin/waagent": "",
                "/etc/waagent.conf": "",
                "/lib/systemd/system/waagent.service": UNIT,
                "/usr/local/lib/python3.13/dist-packages/azurelinuxagent/common/version.py": "AGENT_VERSION = '2.12.0.2'\n",
            },
        ),
    )

    assert found["agent"] == {
        "program": "/usr/local/sbin/waagent",
        "version": "2.12.0.2",
        "configuration": "/etc/waagent.conf",
        "services": {"waagent": "disabled"},
    }


def test_a_configuration_that_was_left_behind_is_no_agent(tmp_path, run_module):
    found = facts(run_module, guest(tmp_path, {"/etc/waagent.conf": ""}))

    assert found["agent"] == dict(NO_AGENT, configuration="/etc/waagent.conf")


def test_a_cloud_init_that_runs(tmp_path, run_module):
    found = facts(run_module, guest(tmp_path, CLOUD_INIT, ["cloud-init", "cloud-final"]))

    assert found["cloud_init"] == {
        "program": "/usr/bin/cloud-init",
        "version": "22.4",
        "configuration": "/etc/cloud/cloud.cfg.d",
        "switched_off_by": [],
        "kernel_parameters": [],
        "runs": True,
        "leftovers": [],
        "services": {"cloud-init-local": "disabled", "cloud-init": "enabled", "cloud-config": "disabled", "cloud-final": "enabled"},
    }


@pytest.mark.parametrize("service", ["cloud-init-main", "cloud-init-network", "cloud-init-local"])
def test_any_of_the_services_that_start_it_makes_it_run(tmp_path, run_module, service):
    files = {"/usr/bin/cloud-init": "", f"{UNITS}/{service}.service": UNIT}

    assert facts(run_module, guest(tmp_path, files, [service]))["cloud_init"]["runs"]


@pytest.mark.parametrize(
    "files, enabled",
    [
        (CLOUD_INIT, ["cloud-config", "cloud-final"]),
        ({**CLOUD_INIT, "/etc/cloud/cloud-init.disabled": ""}, ["cloud-init"]),
        ({path: text for path, text in CLOUD_INIT.items() if path != "/usr/bin/cloud-init"}, ["cloud-init"]),
    ],
    ids=["off", "switched off", "removed"],
)
def test_a_cloud_init_that_does_not_run(tmp_path, run_module, files, enabled):
    found = facts(run_module, guest(tmp_path, files, enabled))["cloud_init"]

    assert not found["runs"]
    assert found["switched_off_by"] == [path for path in files if path == "/etc/cloud/cloud-init.disabled"]


def test_a_mounted_guest_is_not_judged_by_the_command_line_of_the_machine_it_is_mounted_on(tmp_path, run_module):
    found = facts(run_module, guest(tmp_path, {**CLOUD_INIT, "/proc/cmdline": "ro cloud-init=disabled\n"}, ["cloud-init"]))

    assert found["cloud_init"]["runs"] and found["cloud_init"]["switched_off_by"] == []


@pytest.mark.parametrize(
    "line, expected",
    [
        ("ro quiet ds=nocloud\\;s=http://192.0.2.1/ cloud-init=disabled", ["ds", "cloud-init"]),
        ("cc: \\{runcmd: [x]\\} end_cc ro", ["cc:"]),
        ("network-config=disabled ci.ds=NoCloud", ["ci.ds", "network-config"]),
        ("ro ds=Azure cloud-init=enabled my.ds=x", []),
    ],
)
def test_what_the_boot_entries_tell_cloud_init_is_told(tmp_path, run_module, line, expected):
    files = {
        "/etc/default/grub": "",
        "/boot/vmlinuz-6.1.0": "kernel",
        "/boot/grub/grub.cfg": f"menuentry 'Linux' {{\n\tlinux /boot/vmlinuz-6.1.0 root=/dev/sda1 {line}\n}}\n",
    }
    found = facts(run_module, guest(tmp_path, {**CLOUD_INIT, **files}, ["cloud-init"]))

    assert found["cloud_init"]["kernel_parameters"] == expected


def test_what_an_installer_left_is_told(tmp_path, run_module):
    left = {"/etc/cloud/ds-identify.cfg": "policy: disabled\n", "/etc/cloud/cloud.cfg.d/99-installer.cfg": "datasource_list: [None]\n"}
    found = facts(run_module, guest(tmp_path, {**left, "/etc/cloud/cloud.cfg.d/90-own.cfg": ""}))

    assert sorted(found["cloud_init"]["leftovers"]) == sorted(left)


def test_further_services_are_told_as_asked(tmp_path, run_module):
    found = facts(run_module, guest(tmp_path, {f"{UNITS}/NetworkManager.service": UNIT}, ["NetworkManager"]), services=["NetworkManager", "ssh.socket"])

    assert found["services"] == {"NetworkManager": "enabled", "ssh.socket": "missing"}
