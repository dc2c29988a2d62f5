# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent and the clock of old guests: their files are found, set once, and the rest of them stays as it was."""

import pytest
from unit.old_guests import debian, red_hat, suse
from unit.old_guests.guests import write_guest

#: {guest: (tree, version of the agent, lines of its configuration that change: (before, after), lines that it did not have)}.
AGENTS = {
    "Red Hat 5.11": (red_hat.RHEL5, "2.7.0.6", [("ResourceDisk.SwapSizeMB=2048", "ResourceDisk.SwapSizeMB=4096")], []),
    "Red Hat 6.10": (red_hat.RHEL6, "2.7.0.6", [("ResourceDisk.SwapSizeMB=2048", "ResourceDisk.SwapSizeMB=4096")], []),
    "Red Hat 7.9": (red_hat.RHEL7, "2.2.46", [("ResourceDisk.EnableSwap=n", "ResourceDisk.EnableSwap=y")], ["ResourceDisk.SwapSizeMB=4096"]),
    "SUSE 11 SP4": (suse.SLES11, "2.2.45", [("ResourceDisk.SwapSizeMB=2048", "ResourceDisk.SwapSizeMB=4096")], []),
    "SUSE 12 SP5": (suse.SLES12, "2.9.1.1", [("ResourceDisk.EnableSwap=n", "ResourceDisk.EnableSwap=y")], ["ResourceDisk.SwapSizeMB=4096"]),
    "Debian 7": (debian.DEBIAN7, "2.2.45", [("ResourceDisk.EnableSwap=n", "ResourceDisk.EnableSwap=y")], ["ResourceDisk.SwapSizeMB=4096"]),
    "Debian 9": (debian.DEBIAN9, "2.2.45", [("ResourceDisk.EnableSwap=n", "ResourceDisk.EnableSwap=y")], ["ResourceDisk.SwapSizeMB=4096"]),
    "Ubuntu 12.04": (debian.UBUNTU12, "2.2.45", [("ResourceDisk.EnableSwap=n", "ResourceDisk.EnableSwap=y")], ["ResourceDisk.SwapSizeMB=4096"]),
    "Ubuntu 18.04": (
        debian.UBUNTU18,
        "2.2.45",
        [("ResourceDisk.Format=n", "ResourceDisk.Format=y"), ("ResourceDisk.EnableSwap=n", "ResourceDisk.EnableSwap=y")],
        ["ResourceDisk.SwapSizeMB=4096"],
    ),
}
SWAP = {"ResourceDisk.Format": True, "ResourceDisk.EnableSwap": True, "ResourceDisk.SwapSizeMB": 4096}

#: {guest: (tree, its chrony.conf, how chrony's own packages of that time wrote it)}.
CLOCKS = {
    "Red Hat 7.9": (red_hat.RHEL7, "etc/chrony.conf", "server 0.rhel.pool.ntp.org iburst\nmakestep 1.0 3\nrtcsync\n"),
    "SUSE 12 SP5": (suse.SLES12, "etc/chrony.conf", "! pool pool.ntp.org iburst\ndriftfile /var/lib/chrony/drift\nmakestep 1.0 3\n"),
    "Debian 10": (debian.DEBIAN10, "etc/chrony/chrony.conf", "pool 2.debian.pool.ntp.org iburst\nrtcsync\nmakestep 1 3\n"),
    "Ubuntu 16.04": (debian.UBUNTU16, "etc/chrony/chrony.conf", "server 0.debian.pool.ntp.org offline minpoll 8\nkeyfile /etc/chrony/chrony.keys\n"),
    "Ubuntu 18.04": (debian.UBUNTU18, "etc/chrony/chrony.conf", "pool ntp.ubuntu.com iburst maxsources 4\nmakestep 1 3\n"),
}
REFCLOCK = "refclock PHC /dev/ptp_hyperv poll 3 dpoll -2 offset 0 stratum 2"
WITHOUT_CHRONY = {"Red Hat 5.11": red_hat.RHEL5, "SUSE 11 SP4": suse.SLES11, "Debian 7": debian.DEBIAN7, "Debian 9": debian.DEBIAN9}


@pytest.mark.parametrize("name", AGENTS)
def test_the_swap_of_the_resource_disk_is_set_once_and_the_other_lines_stay(name, tmp_path, run_module):
    tree, version, changed, added = AGENTS[name]
    root = write_guest(tmp_path, tree)
    before = (root / "etc/waagent.conf").read_text().splitlines()

    first, second = run_module("waagent_conf", root=root, settings=SWAP), run_module("waagent_conf", root=root, settings=SWAP)

    assert (first.get("msg"), first["agent_version"], first["changed"], second["changed"]) == (None, version, True, False)
    replaced = dict(changed)
    assert (root / "etc/waagent.conf").read_text().splitlines() == [replaced.get(line, line) for line in before] + added


def test_an_agent_that_does_not_know_the_key_is_told_of(tmp_path, run_module):
    """Debian 9 came with 2.2.18, which decides by Provisioning.Enabled."""
    root = write_guest(tmp_path, debian.DEBIAN9)
    (root / "usr/lib/python3/dist-packages/azurelinuxagent/common/version.py").write_text("AGENT_VERSION = '2.2.18'\n")

    result = run_module("waagent_conf", root=root, settings={"Provisioning.Agent": "waagent"})

    assert "the installed agent 2.2.18 ignores it, as all do before 2.2.45" in str(result["warnings"])


@pytest.mark.parametrize("name", CLOCKS)
def test_chrony_gets_the_clock_of_the_host_once_and_keeps_its_servers(name, tmp_path, run_module):
    tree, path, stock = CLOCKS[name]
    root = write_guest(tmp_path, tree)
    (root / path).write_text(stock)

    first, second = run_module("chrony_clock", root=root), run_module("chrony_clock", root=root)

    assert [result.get("msg") for result in (first, second)] == [None] * 2
    assert (first["path"], first["changed"], second["changed"]) == (f"/{path}", True, False)
    lines = (root / path).read_text().splitlines()
    steps = [line for line in lines if line.startswith("makestep")]
    assert (lines[0], lines.count(REFCLOCK), steps) == (stock.splitlines()[0], 1, ["makestep 1.0 -1"])


@pytest.mark.parametrize("name", WITHOUT_CHRONY)
def test_a_guest_of_ntp_alone_is_told_that_it_has_no_chrony_and_stays_as_it_was(name, tmp_path, run_module):
    root = write_guest(tmp_path, WITHOUT_CHRONY[name])
    before = sorted(str(path) for path in root.rglob("*"))

    result = run_module("chrony_clock", root=root)

    assert "install chrony first" in result["msg"]
    assert sorted(str(path) for path in root.rglob("*")) == before
