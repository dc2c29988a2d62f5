# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Will this unit start: which file counts, who pulls it, and what keeps it from running."""

import pytest
from unit.readiness.guest_tree import ELF_X86_64
from unit.trees import write_tree

from ansible_collections.imagewright.azure.plugins.module_utils.core import services, unit_files, units
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree

ETC, LIB, LOCAL = "/etc/systemd/system", "/usr/lib/systemd/system", "/usr/local/lib/systemd/system"
AGENT = "[Unit]\nDescription=Agent\n[Service]\nExecStart=/usr/sbin/waagent -daemon\n[Install]\nWantedBy=multi-user.target\n"
WANTED = {f"{ETC}/multi-user.target.wants/agent.service": f"->{LIB}/agent.service"}
#: A system whose default target is the usual one, with an agent that starts.
GOOD = {
    f"{LIB}/default.target": "->graphical.target",
    f"{LIB}/graphical.target": "[Unit]\nRequires=multi-user.target\n",
    f"{LIB}/multi-user.target": "[Unit]\nRequires=basic.target\n",
    f"{LIB}/rescue.target": "[Unit]\n",
    f"{LIB}/agent.service": AGENT,
    "/usr/lib/systemd/systemd": "systemd",
    "/usr/sbin/waagent": "#!/usr/bin/python3\n",
    "/usr/bin/python3": ELF_X86_64.decode(),
    "/bin/sh": ELF_X86_64.decode(),
    "/etc/passwd": "root:x:0:0::/root:/bin/sh\n",
    **WANTED,
}


def answer(tmp_path, files, name="agent.service", command_line="root=UUID=1 ro"):
    """Return (state, text of the first cause) of a unit of the good system with other files; None takes one away."""
    root = tmp_path / "guest"
    write_tree(root, {path: text for path, text in {**GOOD, **files}.items() if text is not None})
    for program in [path for path in (*root.glob("usr/*bin/*"), *root.glob("bin/*")) if path.is_file()]:
        program.chmod(0o755)
    found = units.will_start(unit_files.Units(LiveTree(str(root))), name, command_line)
    return found.state, found.causes[0].text if found.causes else ""


def test_a_unit_that_the_default_target_wants_starts(tmp_path):
    assert answer(tmp_path, {}) == ("starts", "")


@pytest.mark.parametrize(
    ("files", "state"),
    [
        ({f"{ETC}/agent.service": "->/dev/null"}, "masked"),
        ({f"{ETC}/agent.service": ""}, "masked"),
        ({f"{LIB}/agent.service": None, f"{LOCAL}/agent.service": "->/dev/null"}, "masked"),
        ({f"{LIB}/agent.service": None}, "missing"),
        ({f"{LIB}/agent.service": None, f"{ETC}/agent.service": "->/opt/agent/agent.service"}, "missing"),
        ({f"{LIB}/agent.service": None, f"{ETC}/agent.service": "->/opt/agent/agent.service", "/opt/agent/agent.service": AGENT}, "starts"),
        ({f"{ETC}/multi-user.target.wants/agent.service": None}, "disabled"),
        ({f"{ETC}/multi-user.target.wants/agent.service": None, f"{ETC}/rescue.target.wants/agent.service": f"->{LIB}/agent.service"}, "disabled"),
        ({f"{ETC}/multi-user.target.wants/agent.service": None, f"{LIB}/sockets.target.wants/agent.service": "->../agent.service"}, "starts"),
        ({f"{ETC}/default.target": f"->{LIB}/rescue.target"}, "disabled"),
        ({f"{ETC}/multi-user.target.wants/agent.service": None, f"{LIB}/multi-user.target": "[Unit]\nWants=agent.service other.service\n"}, "starts"),
        ({f"{ETC}/multi-user.target.wants/agent.service": None, f"{ETC}/multi-user.target.d/more.conf": "[Unit]\nWants=agent.service\n"}, "starts"),
        (
            {
                f"{ETC}/multi-user.target.wants/agent.service": None,
                f"{ETC}/multi-user.target.wants/other.service": f"->{LIB}/other.service",
                f"{LIB}/other.service": "[Unit]\nWants=agent.service\n",
            },
            "starts",
        ),
        ({f"{ETC}/multi-user.target.wants/agent.service": None, f"{LIB}/agent.service": AGENT.partition("[Install]")[0]}, "unknown"),
        ({"/run/systemd/system/agent.service": "->/dev/null"}, "starts"),
    ],
)
def test_the_file_that_counts_and_who_pulls_it(tmp_path, files, state):
    assert answer(tmp_path, files)[0] == state


UNWANTED = {f"{ETC}/multi-user.target.wants/agent.service": None}
PRESET, OWN_PRESET = "/usr/lib/systemd/system-preset/90-systemd.preset", "/etc/systemd/system-preset/10-own.preset"
FULL = {"/etc/os-release": "ID=fedora\nVERSION_ID=41\n"}


@pytest.mark.parametrize(
    ("files", "state"),
    [
        ({**UNWANTED, PRESET: "enable ssh.service\n"}, "starts"),  # what no line names is enabled
        ({**UNWANTED, PRESET: "enable agent.*\ndisable *\n"}, "starts"),
        ({**UNWANTED, PRESET: "enable agent.service\n", OWN_PRESET: "disable agent.service\n"}, "disabled"),
        ({**UNWANTED, PRESET: "enable agent.service\n", OWN_PRESET: "# own\nignore agent.service\n"}, "disabled"),
        ({**UNWANTED, PRESET: "enable ssh.service\n", "/etc/machine-id": "uninitialized\n"}, "starts"),
        ({**UNWANTED, PRESET: "enable agent.service\n", "/etc/machine-id": ""}, "disabled"),
        ({**UNWANTED, PRESET: "disable *\nenable agent.service\n"}, "disabled"),
        (
            {**UNWANTED, PRESET: "enable other.service\ndisable *\n", f"{LIB}/other.service": "[Service]\nExecStart=/bin/sh\n[Install]\nAlso=agent.service\n"},
            "starts",
        ),
        ({PRESET: "disable *\n"}, "starts"),
        ({PRESET: "disable *\n", **FULL}, "disabled"),
        ({PRESET: "disable *\n", "/etc/os-release": "ID=fedora\nVERSION_ID=36\n"}, "starts"),
        ({PRESET: "disable *\n", "/etc/os-release": 'ID=azurelinux\nVERSION_ID="3.0"\n'}, "disabled"),
        ({PRESET: "disable *\n", "/etc/machine-id": "", **FULL}, "starts"),
        ({PRESET: "enable agent.service\ndisable *\n", **FULL}, "starts"),
        ({PRESET: "ignore agent.service\ndisable *\n", **FULL}, "starts"),
        ({PRESET: "disable *\n", f"{LIB}/multi-user.target.wants/agent.service": "->../agent.service", **FULL}, "starts"),
    ],
)
def test_a_first_boot_enables_what_its_presets_say_and_that_of_some_disables(tmp_path, monkeypatch, files, state):
    monkeypatch.setattr(LiveTree, "has_own_root", True)  # else what a tree lacks says nothing
    assert answer(tmp_path, files)[0] == state


def test_a_unit_that_the_first_boot_disables_is_named_by_the_line(tmp_path, monkeypatch):
    monkeypatch.setattr(LiveTree, "has_own_root", True)
    text = answer(tmp_path, {PRESET: "disable *\n", **FULL})[1]
    assert text == "disable *: systemd disables agent.service at the first boot, which is that without a machine-id"


def test_an_enabled_unit_without_a_file_is_named_by_its_link(tmp_path):
    assert answer(tmp_path, {f"{LIB}/agent.service": None})[1] == "enabled, but there is no unit agent.service"


def with_unit(lines):
    """Return the files with lines added to the unit's first section."""
    return {f"{LIB}/agent.service": AGENT.replace("Description=Agent\n", lines)}


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        ("ConditionVirtualization=vmware\n", "skipped"),
        ("ConditionVirtualization=microsoft\n", "starts"),
        ("ConditionVirtualization=vm\n", "starts"),
        ("ConditionVirtualization=!container\n", "starts"),
        ("ConditionVirtualization=!vm\n", "skipped"),
        ("ConditionVirtualization=|kvm\nConditionVirtualization=|microsoft\n", "starts"),
        ("ConditionVirtualization=|kvm\nConditionVirtualization=|xen\n", "skipped"),
        ("ConditionVirtualization=kvm\nConditionPathExists=\n", "starts"),
        ("ConditionPathExists=/etc/waagent.conf\n", "skipped"),
        ("ConditionPathExists=!/etc/waagent.conf\n", "starts"),
        ("ConditionPathExists=/etc/passwd\n", "starts"),
        ("ConditionFileNotEmpty=/etc/passwd\n", "starts"),
        ("ConditionFileIsExecutable=/etc/passwd\n", "skipped"),
        ("ConditionDirectoryNotEmpty=/etc/agent.d\n", "skipped"),
        ("ConditionPathExistsGlob=/etc/pass*\n", "starts"),
        ("ConditionPathExists=/dev/vmbus/hv_kvp\n", "starts"),
        ("ConditionPathExists=/sys/firmware/efi\n", "unknown"),
        ("ConditionPathExists=!/run/agent/disabled\n", "starts"),
        ("ConditionKernelCommandLine=agent\n", "skipped"),
        ("ConditionKernelCommandLine=!agent=off\n", "starts"),
        ("ConditionKernelCommandLine=root\n", "starts"),
        ("ConditionKernelCommandLine=ro\n", "starts"),
        ("ConditionEnvironment=!KERNEL_CMDLINE=cloud-init=disabled\n", "starts"),
        ("ConditionEnvironment=LANG\n", "unknown"),
        ("ConditionFirstBoot=yes\n", "unknown"),
        ("ConditionSecurity=tpm2\n", "unknown"),
        ("ConditionSecurity=selinux\n", "skipped"),
        ("ConditionSecurity=!apparmor\n", "starts"),
        ("ConditionSecurity=grsecurity\n", "skipped"),
        ("ConditionSecurity=audit\n", "unknown"),
        ("ConditionFirmware=device-tree\n", "skipped"),
        ("ConditionFirmware=smbios-field(sys_vendor = QEMU)\n", "skipped"),
        ("ConditionFirmware=smbios-field(sys_vendor $= Microsoft*)\n", "starts"),
        ("ConditionFirmware=smbios-field(product_serial = 1)\n", "unknown"),
        ("ConditionMemory=>=512G\n", "skipped"),
        ("ConditionMemory=>=512M\n", "starts"),
        ("ConditionMemory=>=8G\n", "unknown"),
        ("ConditionMemory=<512M\n", "skipped"),
        ("ConditionMemory=much\n", "unknown"),
        ("ConditionCPUs=64\n", "skipped"),
        ("ConditionCPUs=>1\n", "unknown"),
        ("ConditionCPUs=!=0\n", "starts"),
        ("ConditionControlGroupController=memory\n", "unknown"),
        ("ConditionPathIsMountPoint=/data\n", "skipped"),
        ("ConditionPathIsMountPoint=!/data\n", "starts"),
        ("AssertPathIsMountPoint=/data\n", "fails"),
        ("ConditionPathIsMountPoint=/\n", "starts"),
        ("ConditionPathIsMountPoint=/mnt/resource\n", "unknown"),
        ("ConditionPathIsEncrypted=/\n", "skipped"),
        ("ConditionKernelVersion=>=5\n", "unknown"),
        ("ConditionCapability=CAP_SYS_TIME\n", "starts"),
        ("ConditionUser=1000\n", "skipped"),
        ("AssertPathExists=/etc/agent.key\n", "fails"),
        ("AssertVirtualization=vm\n", "starts"),
    ],
)
def test_conditions_come_out_as_on_azure(tmp_path, lines, state):
    assert answer(tmp_path, with_unit(lines))[0] == state


def test_a_condition_on_a_command_line_that_is_not_known_is_unknown(tmp_path):
    assert answer(tmp_path, with_unit("ConditionKernelCommandLine=!agent=off\n"), command_line=None)[0] == "unknown"


@pytest.mark.parametrize(
    ("path", "text", "state"),
    [
        (f"{ETC}/agent.service.d/azure.conf", "[Service]\nExecStart=\nExecStart=/opt/agent\n", "fails"),
        (f"{ETC}/agent.service.d/azure.conf", "[Service]\nExecStart=\n", "fails"),
        (f"{ETC}/agent.service.d/azure.conf", "[Service]\nExecStart=\nExecStart=-/opt/agent\n", "starts"),
        (f"{ETC}/agent.service.d/azure.conf", '[Service]\nExecStart=\nExecStart="/usr/sbin/waagent" \\\n  -daemon\n', "starts"),
        (f"{ETC}/agent.service.d/azure.conf", "[Service]\nExecStart=\nExecStart=waagent\n", "starts"),
        (f"{ETC}/agent.service.d/azure.conf", "[Service]\nExecStartPre=/opt/check\n", "fails"),
        (f"{ETC}/agent.service.d/azure.conf", "[Service]\nExecStartPost=-/opt/check\n", "starts"),
        (f"{ETC}/agent.service.d/azure.txt", "[Service]\nExecStart=\n", "starts"),
        (f"{ETC}/agent.service.d/azure.conf", "# [Service]\n; ExecStart=\n", "starts"),
        (f"{LIB}/service.d/10-all.conf", "[Unit]\nConditionVirtualization=container\n", "skipped"),
        (f"{ETC}/agent.service.d/azure.conf", "[Service]\nUser=agent\n", "fails"),
        (f"{ETC}/agent.service.d/azure.conf", "[Service]\nUser=agent\nDynamicUser=yes\n", "starts"),
        (f"{ETC}/agent.service.d/azure.conf", "[Service]\nUser=root\n", "starts"),
        (f"{ETC}/agent.service.d/azure.conf", "[Service]\nEnvironmentFile=/etc/default/agent\n", "fails"),
        (f"{ETC}/agent.service.d/azure.conf", "[Service]\nEnvironmentFile=-/etc/default/agent\n", "starts"),
        (f"{ETC}/agent.service.d/azure.conf", "[Unit]\nRequires=gone.service\n", "fails"),
        (f"{ETC}/agent.service.d/azure.conf", "[Unit]\nWants=gone.service\nAfter=gone.service\n", "starts"),
        (f"{ETC}/agent.service.d/azure.conf", "[Unit]\nRequires=basic.target systemd-fsck@dev-sda1.service\nBindsTo=dev-sda.device\n", "fails"),
    ],
)
def test_drop_ins_count_and_programs_are_looked_for(tmp_path, path, text, state):
    assert answer(tmp_path, {path: text})[0] == state


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"/usr/sbin/waagent": None}, "/usr/sbin/waagent is not there"),
        ({"/usr/sbin/waagent": ""}, "/usr/sbin/waagent is empty"),
        ({"/usr/bin/python3": None}, "/usr/bin/python3 is not there; /usr/sbin/waagent needs it"),
        ({"/usr/bin/python3": "->python3.99"}, "/usr/bin/python3 is not there (a link to python3.99); /usr/sbin/waagent needs it"),
    ],
)
def test_why_a_program_cannot_run_is_told(tmp_path, files, words):
    assert answer(tmp_path, files) == ("fails", f"ExecStart=/usr/sbin/waagent -daemon: {words}")


def test_a_unit_that_needs_a_masked_one_fails_and_both_places_are_told(tmp_path):
    files = {f"{ETC}/agent.service.d/azure.conf": "[Unit]\nRequires=proxy.service\n", f"{ETC}/proxy.service": "->/dev/null"}
    assert answer(tmp_path, files) == ("fails", "Requires=proxy.service: which is masked")


@pytest.mark.parametrize("name", ["a-b-c.service", "a-b-.service", "a-.service", "service"])
def test_drop_ins_of_every_prefix_are_read(tmp_path, name):
    files = {
        f"{LIB}/a-b-c.service": AGENT,
        f"{ETC}/multi-user.target.wants/a-b-c.service": f"->{LIB}/a-b-c.service",
        f"{LIB}/{name}.d/x.conf": "[Unit]\nConditionVirtualization=no\n",
    }
    assert answer(tmp_path, files, "a-b-c.service")[0] == "skipped"


def test_of_drop_ins_of_one_name_the_administrator_s_counts(tmp_path):
    files = {f"{LIB}/agent.service.d/x.conf": "[Service]\nExecStart=\n", f"{ETC}/agent.service.d/x.conf": "->/dev/null"}
    assert answer(tmp_path, files)[0] == "starts"


def test_an_instance_starts_by_its_template(tmp_path):
    files = {
        f"{LIB}/agent@.service": AGENT.replace("/usr/sbin/waagent", "/usr/bin/%i"),
        "/usr/bin/one": "#!/bin/sh\n",
        f"{ETC}/multi-user.target.wants/agent@one.service": f"->{LIB}/agent@.service",
        f"{ETC}/multi-user.target.wants/agent@two.service": f"->{LIB}/agent@.service",
    }
    assert answer(tmp_path / "one", files, "agent@one.service")[0] == "starts"
    assert answer(tmp_path / "two", files, "agent@two.service")[0] == "fails"
    assert answer(tmp_path / "masked", {**files, f"{ETC}/agent@.service": "->/dev/null"}, "agent@one.service")[0] == "masked"


@pytest.mark.parametrize(
    ("needed", "files", "state"),
    [
        ("vpn@office.service", {}, "fails"),
        ("vpn@office.service", {f"{LIB}/vpn@.service": "[Service]\nExecStart=/usr/sbin/waagent\n"}, "starts"),
        ("systemd-cryptsetup@data.service", {}, "starts"),  # a generator writes it
        ("bus.service", {"/etc/init.d/bus": "#!/bin/sh\n"}, "starts"),
        ("bus.service", {"/etc/init.d/bus": "#!/bin/sh\n", f"{ETC}/bus.service": f"->{LIB}/bus-broker.service"}, "fails"),
    ],
)
def test_a_required_unit_needs_its_file_or_its_template(tmp_path, needed, files, state):
    whole = {"/lib64/libc.so.6": "library", f"{LIB}/agent.service": f"[Unit]\nRequires={needed}\n" + AGENT}
    assert answer(tmp_path, {**whole, **files})[0] == state


@pytest.mark.parametrize("target", [f"{LIB}/agent.service", f"{LIB}/another.service", "/opt/agent/agent.service"])
def test_a_link_to_no_unit_hides_the_script_of_its_name(tmp_path, target):
    script = {"/etc/init.d/agent": "#!/bin/sh\n", "/etc/rc3.d/S20agent": "->../init.d/agent", f"{LIB}/agent.service": None}
    write_tree(tmp_path, {path: text for path, text in {**GOOD, **script}.items() if text is not None})
    assert services.will_start(unit_files.Units(LiveTree(str(tmp_path))), ["agent"]).state == "starts"
    write_tree(tmp_path, {f"{ETC}/agent.service": f"->{target}"})
    assert services.will_start(unit_files.Units(LiveTree(str(tmp_path))), ["agent"]).state == "missing"
    assert services.state(LiveTree(str(tmp_path)), ["agent"]) == "missing"


def test_an_alias_is_the_unit_that_it_means(tmp_path):
    files = {f"{ETC}/sshd.service": f"->{LIB}/agent.service", f"{ETC}/sshd.service.d/x.conf": "[Unit]\nConditionVirtualization=no\n"}
    assert answer(tmp_path / "a", files, "sshd.service")[0] == "skipped"
    assert answer(tmp_path / "b", {f"{ETC}/sshd.service": f"->{LIB}/gone.service"}, "sshd.service")[0] == "missing"


def test_a_socket_needs_its_service(tmp_path):
    files = {
        f"{LIB}/agent.socket": "[Socket]\nListenStream=22\n[Install]\nWantedBy=sockets.target\n",
        f"{ETC}/sockets.target.wants/agent.socket": f"->{LIB}/agent.socket",
    }
    assert answer(tmp_path / "a", files, "agent.socket")[0] == "starts"
    assert answer(tmp_path / "b", {**files, f"{ETC}/agent.service": "->/dev/null"}, "agent.socket") == ("fails", "agent.service is masked: a link to /dev/null")


def test_units_that_require_each_other_have_an_end(tmp_path):
    files = {
        f"{ETC}/agent.service.d/x.conf": "[Unit]\nRequires=agent.service other.service\n",
        f"{LIB}/other.service": AGENT + "[Unit]\nRequires=agent.service\n",
    }
    assert answer(tmp_path, files)[0] == "starts"


def test_many_units_that_require_many_are_each_asked_once(tmp_path):
    others = [f"other{number}.service" for number in range(40)]
    files = {f"{LIB}/{name}": AGENT.replace("Description=Agent\n", f"Requires={' '.join(others)}\n") for name in others}
    assert answer(tmp_path, {**files, **with_unit(f"Requires={' '.join(others)}\n")})[0] == "starts"


def test_aliases_in_a_ring_are_a_missing_unit(tmp_path):
    assert answer(tmp_path, {f"{ETC}/a.service": f"->{ETC}/b.service", f"{ETC}/b.service": f"->{ETC}/a.service"}, "a.service")[0] == "missing"


def test_a_unit_larger_than_any_is_unknown(tmp_path):
    assert answer(tmp_path, {f"{LIB}/agent.service": "#" * 2000000})[0] == "unknown"


def test_cloud_init_is_pulled_by_its_generator(tmp_path):
    generators = "/usr/lib/systemd/system-generators"
    files = {f"{ETC}/cloud-init.target.wants/agent.service": f"->{LIB}/agent.service", f"{ETC}/multi-user.target.wants/agent.service": None}
    assert answer(tmp_path / "a", {**files, f"{generators}/cloud-init-generator": "program"})[0] == "starts"
    assert answer(tmp_path / "b", {**files, f"{generators}/systemd-fstab-generator": "program"})[0] == "disabled"
    masked = {f"{generators}/cloud-init-generator": "program", "/etc/systemd/system-generators/cloud-init-generator": "->/dev/null"}
    assert answer(tmp_path / "c", {**files, **masked})[0] == "disabled"
    whole = {**files, f"{generators}/cloud-init-generator": "program", "/lib64/libc.so.6": "library"}
    assert answer(tmp_path / "d", {**whole, f"{LIB}/cloud-init.target": "[Unit]\n"})[0] == "starts"
    assert answer(tmp_path / "e", whole)[0] == "disabled"


@pytest.mark.parametrize(
    ("files", "state"),
    [
        ({"/etc/init.d/agent": "#!/bin/sh\n", "/etc/rc3.d/S20agent": "->../init.d/agent"}, "starts"),
        ({"/etc/init.d/agent": "#!/bin/sh\n"}, "disabled"),
        ({"/etc/init.d/agent": "#!/sbin/openrc-run\n", "/etc/runlevels/default/agent": "->/etc/init.d/agent"}, "starts"),
        ({"/etc/init/agent.conf": "start on runlevel [2345]\n"}, "starts"),
        ({}, "missing"),
    ],
)
def test_a_guest_without_systemd_is_asked_in_its_own_way(tmp_path, files, state):
    write_tree(tmp_path, {"/etc/inittab": "id:3:initdefault:\n", f"{LIB}/agent.service": AGENT, **WANTED, **files})
    assert services.will_start(unit_files.Units(LiveTree(str(tmp_path))), ["agent"]).state == state


def test_of_several_names_of_one_thing_the_best_is_told(tmp_path):
    write_tree(tmp_path, GOOD)
    for program in ("usr/sbin/waagent", "usr/bin/python3"):
        (tmp_path / program).chmod(0o755)
    found = unit_files.Units(LiveTree(str(tmp_path)))
    assert services.will_start(found, ["waagent", "agent"]).state == "starts"
    assert services.will_start(found, ["waagent", "other"]).state == "missing"


def test_every_unit_of_this_machine_gets_an_answer():
    found = unit_files.Units(LiveTree("/"))
    names = sorted(name for folder in unit_files.FOLDERS for name in found.names(folder) if name.endswith((".service", ".socket")) and "@." not in name)
    states = {name: units.will_start(found, name, "root=/dev/sda1").state for name in names}
    assert set(states.values()) <= set(units.STATES)
    assert {name: states[name] for name in ("dbus.service", "systemd-logind.service") if name in states} == {
        name: "starts" for name in ("dbus.service", "systemd-logind.service") if name in states
    }


def test_aliases_that_lead_to_each_other_are_told_by_the_link(tmp_path):
    write_tree(tmp_path, {f"{ETC}/one.service": f"->{ETC}/two.service", f"{ETC}/two.service": f"->{ETC}/one.service"})
    found = unit_files.Units(LiveTree(str(tmp_path))).find("one.service")
    assert (found.state, found.path) == ("missing", f"{ETC}/two.service")


class Whole(LiveTree):
    """A guest's own root."""

    has_own_root = True


@pytest.mark.parametrize(
    ("settings", "state"),
    [
        ("WorkingDirectory=/opt/build", "fails"),
        ("RootDirectory=/srv/jail", "fails"),
        ("WorkingDirectory=/opt/build\nRuntimeDirectory=agent", "fails"),
        ("WorkingDirectory=-/opt/build", "starts"),
        ("WorkingDirectory=~", "starts"),
        ("WorkingDirectory=/var/lib/agent/work\nStateDirectory=agent", "starts"),
        ("WorkingDirectory=/run/agent", "starts"),
        ("WorkingDirectory=/etc", "starts"),
        ("WorkingDirectory=/etc/fstab", "fails"),
        ("RootImage=/srv/agent.raw", "fails"),
        ("ReadWritePaths=/etc /var/lib/build", "fails"),
        ("ReadWritePaths=/etc -/var/lib/build", "starts"),
        ("BindReadOnlyPaths=/srv/home:/home", "fails"),
        ("BindReadOnlyPaths=/etc:/home", "starts"),
        ("LoadCredential=key:/etc/build/key", "fails"),
        ("LoadCredential=key", "starts"),
        ("ReadOnlyPaths=/var/lib/made", "starts"),
        ("RootDirectory=/srv/inner", "starts"),
        ("RootDirectory=/srv/empty", "fails"),
        ("RootDirectory=/srv/empty\nBindReadOnlyPaths=/usr", "starts"),
        ("ExecCondition=/usr/bin/test -e /etc/vmware-tools", "fails"),
        ("ExecStartPost=/bin/[ -f /usr/share/none ]", "fails"),
        ("ExecStartPre=/bin/sh -c 'exit 1'", "fails"),
        ("ExecStartPre=/bin/sh -c 'exit 0'", "starts"),
        ("ExecStartPre=/bin/sh -c 'true; exit'", "starts"),
        ("ExecStartPre=/bin/sh -c 'test -e /etc/none || exit 0'", "starts"),
        ("ExecStartPre=/bin/sh -c 'test -e /etc/none && exit 0'", "fails"),
        ("ExecStartPre=/bin/sh -c 'for name in a; do test -e /etc/none; done'", "starts"),
        ("ExecStartPre=/bin/sh -c 'systemctl is-active x || exit 1'", "starts"),
        ("ExecCondition=/bin/grep -q VMware /sys/class/dmi/id/sys_vendor", "fails"),
        ("ExecCondition=/bin/grep -qi microsoft /sys/class/dmi/id/sys_vendor", "starts"),
        ("ExecCondition=/bin/sh -c '! grep -q root /etc/passwd'", "fails"),
        ("ExecCondition=/bin/grep -q root /etc/passwd", "starts"),
        ("ExecCondition=/bin/grep -qw roo /etc/passwd", "fails"),
        ("ExecCondition=/bin/grep -q ^none: /etc/passwd", "starts"),
        ("ExecStartPre=/bin/cat /etc/none", "fails"),
        ("ExecStartPre=/bin/rm -f /etc/none", "starts"),
        ("ExecStartPre=/bin/cat /run/none", "starts"),
        ("ExecStartPre=/bin/sh /opt/keys\nExecStartPre=/bin/cat /etc/none", "starts"),
        ("ExecStartPre=-/bin/sh -c 'date > /etc/none'\nExecStartPre=/bin/cat /etc/none", "starts"),
        ("ExecStartPre=/bin/grep -q root /etc/passwd\nExecStartPre=/bin/cat /etc/none", "fails"),
        ("ExecStartPost=/bin/kill $MAINPID", "fails"),
        ("ExecStartPost=/bin/kill -HUP $MAINPID", "starts"),
        ("ExecStartPre=-/usr/bin/test -d /etc/none", "starts"),
        ("StandardInput=file:/srv/none", "fails"),
        ("StandardInput=file:/etc/fstab", "starts"),
        ("StandardInput=tty-fail\nTTYPath=/dev/tty99", "fails"),
        ("StandardInput=tty-force\nTTYPath=/dev/tty12", "starts"),
        ("TTYPath=/dev/tty99", "starts"),
        ("StandardOutput=file:/srv/none/out", "fails"),
        ("StandardError=append:/srv/none/out", "fails"),
        ("StandardOutput=append:/var/log/agent/out\nLogsDirectory=agent", "starts"),
        ("StandardOutput=truncate:/etc/out", "starts"),
        ("StandardOutput=journal+console", "starts"),
        ("PAMName=none", "fails"),
        ("PAMName=login", "starts"),
        ("SupplementaryGroups=root builders", "fails"),
        ("SupplementaryGroups=root 4", "starts"),
        ("Group=builders", "fails"),
        ("Group=root", "starts"),
        ("ExecStartPost=/bin/false", "fails"),
        ("ExecStartPost=-/bin/false", "starts"),
    ],
)
def test_a_service_needs_what_it_is_laid_out_with(tmp_path, settings, state):
    more = {
        "/etc/group": "root:x:0:\n",
        "/etc/fstab": "",
        "/etc/pam.d/login": "",
        "/srv/empty/x": "",
        "/srv/inner/usr/sbin/waagent": "",
        "/usr/lib/tmpfiles.d/made.conf": "d /var/lib/made 0755 root root -\n",
        **{f"/bin/{name}": ELF_X86_64.decode() for name in ("sh", "grep", "cat", "rm", "kill")},
    }
    write_tree(tmp_path, {**GOOD, **more, f"{LIB}/agent.service": AGENT.replace("[Service]", f"[Service]\n{settings}")})
    for program in (*tmp_path.glob("usr/*bin/*"), *tmp_path.glob("bin/*")):
        program.chmod(0o755)
    assert units.will_start(unit_files.Units(Whole(str(tmp_path))), "agent.service").state == state


@pytest.mark.parametrize(
    ("needed", "state"),
    [
        ("[Service]\nType=oneshot\nExecStart=/usr/sbin/waagent\n", "fails"),
        ("[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/usr/sbin/waagent\n", "starts"),
        ("[Service]\nExecStart=/usr/sbin/waagent\n", "starts"),
    ],
)
def test_a_service_ends_with_the_one_that_it_is_bound_to(tmp_path, needed, state):
    write_tree(tmp_path, {**GOOD, f"{LIB}/agent.service": "[Unit]\nBindsTo=first.service\nAfter=first.service\n" + AGENT, f"{LIB}/first.service": needed})
    (tmp_path / "usr/sbin/waagent").chmod(0o755)
    (tmp_path / "usr/bin/python3").chmod(0o755)
    assert units.will_start(unit_files.Units(LiveTree(str(tmp_path))), "agent.service").state == state


@pytest.mark.parametrize(
    ("condition", "files", "state"),
    [
        ("KernelVersion=>=5.10", {"/lib/modules/6.1.0-28-amd64/modules.dep": "a"}, "starts"),
        ("KernelVersion=>= 5.10 <6", {"/lib/modules/6.1.0-28-amd64/modules.dep": "a"}, "skipped"),
        ("KernelVersion=5.10.*", {"/lib/modules/6.1.0-28-amd64/modules.dep": "a"}, "skipped"),
        ("KernelVersion=<6.1.0-30", {"/lib/modules/6.1.0-28-amd64/modules.dep": "a"}, "starts"),
        ("KernelVersion=>=6", {"/lib/modules/6.1.0/modules.dep": "a", "/lib/modules/5.10.0/modules.dep": "a"}, "unknown"),
        ("Version=systemd >=300", {"/usr/lib/systemd/libsystemd-shared-258.so": "a"}, "skipped"),
        ("Version=systemd >=300", {"/usr/lib/systemd/libsystemd-shared-257.so": "a"}, "unknown"),
        ("FirstBoot=yes", {"/etc/machine-id": "\n", "/usr/lib/systemd/libsystemd-shared-252.so": "a"}, "skipped"),
        ("FirstBoot=yes", {"/etc/machine-id": "\n", "/usr/lib/systemd/libsystemd-shared-241.so": "a"}, "starts"),
        ("FirstBoot=yes", {"/usr/lib/systemd/libsystemd-shared-252.so": "a"}, "unknown"),
        ("PathIsMountPoint=/data", {"/etc/fstab": "/dev/sdb1 /data ext4 defaults 0 2\n"}, "unknown"),
        ("PathIsMountPoint=/srv/my-data", {f"{ETC}/srv-my\\x2ddata.mount": "[Mount]\n"}, "unknown"),
        ("Firmware=uefi", {"/boot/grub/i386-pc/core.img": "a"}, "skipped"),
        ("Firmware=uefi", {"/boot/grub/i386-pc/core.img": "a", "/boot/efi/EFI/BOOT/BOOTX64.EFI": "a"}, "unknown"),
        ("Security=apparmor", {"/etc/apparmor.d/sshd": "a"}, "starts"),
        ("Security=smack", {"/etc/apparmor.d/sshd": "a"}, "skipped"),
        ("Credential=own", {"/usr/lib/systemd/libsystemd-shared-252.so": "a"}, "skipped"),
        ("Credential=own", {"/usr/lib/systemd/libsystemd-shared-252.so": "a", "/etc/credstore/own": "a"}, "unknown"),
    ],
)
def test_conditions_on_the_machine_are_decided_by_what_the_guest_has(tmp_path, condition, files, state):
    assert answer(tmp_path, {**files, f"{LIB}/agent.service": AGENT.replace("[Service]", f"Condition{condition}\n[Service]")})[0] == state


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("[Unit]\nJobTimeoutSec=500ms\n", "fails"),
        ("[Service]\nType=notify\nTimeoutStartSec=10ms\n", "fails"),
        ("[Service]\nType=oneshot\nTimeoutSec=1ms\n", "fails"),
        ("[Unit]\nJobTimeoutSec=30s\n", "starts"),
        ("[Unit]\nJobTimeoutSec=0\n", "starts"),
        ("[Unit]\nJobTimeoutSec=500ms\nDefaultDependencies=no\n", "starts"),
        ("[Unit]\nJobRunningTimeoutSec=500ms\n", "starts"),
        ("[Service]\nTimeoutStartSec=10ms\n", "starts"),  # of Type=simple
        ("[Service]\nType=oneshot\nTimeoutStartSec=10ms\nTimeoutStartSec=infinity\n", "starts"),
    ],
)
def test_a_service_without_time_to_start_fails(tmp_path, text, state):
    assert answer(tmp_path, {f"{ETC}/agent.service.d/x.conf": text})[0] == state


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("ExecStart=/usr/sbin/waagent", "fails"),
        ("ExecStartPost=bin/waagent", "fails"),
        ("Type=oneshot\nRestart=always", "fails"),
        ("PAMName=login\nKillMode=process", "fails"),
        ("ExecStart=\nExecStart=/usr/sbin/waagent ; /usr/sbin/waagent", "fails"),
        ("Type=oneshot\nExecStart=/usr/sbin/waagent", "starts"),
        ("ExecStart=\nExecStart=/usr/sbin/waagent 'a ; b'", "starts"),
        ("ExecStartPost=-bin/waagent", "starts"),
        ("Restart=always\nKillMode=process", "starts"),
    ],
)
def test_a_service_that_systemd_refuses_fails(tmp_path, text, state):
    assert answer(tmp_path, {f"{ETC}/agent.service.d/x.conf": f"[Service]\n{text}\n"})[0] == state


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("ListenStream=\n", "fails"),
        ("ListenStream=\nListenStream=[::]:22\n", "starts"),
        ("Accept=yes\nService=agent.service\n", "fails"),
        ("Accept=yes\nMaxConnections=0\n", "fails"),
        ("Accept=yes\nMaxConnections=64\n", "starts"),
    ],
)
def test_a_socket_that_systemd_refuses_fails(tmp_path, text, state):
    files = {
        f"{LIB}/agent.socket": f"[Socket]\nListenStream=22\n{text}[Install]\nWantedBy=sockets.target\n",
        f"{LIB}/agent@.service": "[Service]\nExecStart=/usr/sbin/waagent -i\n",
        f"{ETC}/sockets.target.wants/agent.socket": f"->{LIB}/agent.socket",
    }
    assert answer(tmp_path, files, "agent.socket")[0] == state


def test_a_unit_may_begin_with_the_mark_of_its_octets_order():
    settings = unit_files.parse("\ufeff[Unit]\nDescription=x\n", "/etc/systemd/system/x.service")
    assert [(setting.section, setting.key, setting.line) for setting in settings] == [("Unit", "Description", 2)]


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("[Service]\nType=notify\n", "fails"),
        ("[Unit]\nExecStart=/bin/true\n[Service]\nUser=root\n", "fails"),
        ("[service]\nExecStart=/bin/true\n", "fails"),
        ("[Service]\nType=oneshot\nRemainAfterExit=yes\n", "fails"),
        ("[Service]\nType=oneshot\nExecStop=/bin/true\n", "fails"),
        ("[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStop=/bin/true\n", "starts"),
        ("[Unit]\nSuccessAction=none\n[Service]\nType=oneshot\n", "starts"),
    ],
)
def test_a_service_without_a_program_is_refused(tmp_path, text, state):
    write_tree(tmp_path, {f"{ETC}/one.service": text, f"{ETC}/multi-user.target.wants/one.service": f"->{ETC}/one.service"})
    assert units.will_start(unit_files.Units(LiveTree(str(tmp_path))), "one.service").state != "fails"  # of a few files nothing is told
    write_tree(tmp_path, {"/lib/x86_64-linux-gnu/libc.so.6": "x"})
    assert (units.will_start(unit_files.Units(LiveTree(str(tmp_path))), "one.service").state == "fails") is (state == "fails")
