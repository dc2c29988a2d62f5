# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on old guests that were prepared by hand: what their time did not have yet is told, and nothing else is held against them."""

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.catalogue import all_rules
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.evaluate import evaluate
from unit.old_guests import debian, red_hat, suse
from unit.old_guests.guests import write_guest

#: What no kernel and no package of that time has: drivers of NVMe disks, of accelerated networking and MANA, hv_balloon, Hyper-V's daemons.
OF_ITS_TIME = "R18a R26a R26b R26c R54"
#: A kernel of which the version does not tell whether the fix was brought to it.
UNTOLD = "R25"

#: {guest: (what is an error, what is a warning or a note)}.
EXPECTED = {
    "Red Hat 5.11": (red_hat.RHEL5, "", f"{UNTOLD} R38 R42f"),
    "Red Hat 6.10": (red_hat.RHEL6, "", "R42f"),
    "Red Hat 7.9": (red_hat.RHEL7, "", "R30a R42f"),
    # no Hyper-V drivers, NUMA tables that are misread, no Linux Integration Services
    "Red Hat 6.2": (red_hat.RHEL62, "R17a R17c R21 R22", f"R17b {UNTOLD} R42f"),
    "Oracle 6.9 with UEK 2": (red_hat.ORACLE6, "R17a R17c R24", "R17b R42f"),
    "SUSE 11 SP4": (suse.SLES11, "", "R42f"),
    "SUSE 12 SP5": (suse.SLES12, "", f"{UNTOLD} R42f"),
    "Debian 7": (debian.DEBIAN7, "", f"{UNTOLD} R42f"),
    "Debian 8": (debian.DEBIAN8, "", f"{UNTOLD} R42f"),
    "Debian 9": (debian.DEBIAN9, "", f"{UNTOLD} R42f"),
    "Debian 10": (debian.DEBIAN10, "", f"{UNTOLD} R42f"),
    "Ubuntu 12.04": (debian.UBUNTU12, "", f"{UNTOLD} R42f"),
    "Ubuntu 14.04": (debian.UBUNTU14, "", f"{UNTOLD} R42e R42g"),
    "Ubuntu 16.04": (debian.UBUNTU16, "", UNTOLD),
    "Ubuntu 18.04": (debian.UBUNTU18, "", ""),
}


def findings(root):
    return {found.id: found for found in evaluate(Context(LiveTree(str(root))), all_rules())}


@pytest.mark.parametrize("name", EXPECTED)
def test_an_old_guest_is_told_what_it_lacks_and_no_more(name, tmp_path):
    guest, errors, others = EXPECTED[name]

    found = findings(write_guest(tmp_path, guest)).values()

    wrong = {finding.id: finding.severity for finding in found if finding.status in ("failed", "unknown")}
    assert {key for key, severity in wrong.items() if severity == "error"} == set(errors.split())
    assert {key for key, severity in wrong.items() if severity != "error"} == set(f"{OF_ITS_TIME} {others}".split())
    assert {finding.id for finding in found if finding.status == "unknown"} <= {UNTOLD}


def test_red_hat_6_2_is_told_of_the_integration_services_and_of_numa(tmp_path):
    found = findings(write_guest(tmp_path, red_hat.RHEL62))

    assert found["R22"].evidence[0].text == "kernel 2.6.32-220.el6.x86_64 has no driver of the Linux Integration Services"
    assert found["R21"].evidence[0].path == "/boot/grub/grub.conf" and found["R21"].reason.startswith("numa=off is missing.")


def test_a_kernel_of_red_hat_5_without_numa_off_is_an_error_and_one_of_6_10_with_it_a_warning(tmp_path):
    """2.6.18 is from before 2.6.37, and 2.6.32-754 has what came with it."""
    old, new = write_guest(tmp_path / "5", red_hat.RHEL5), write_guest(tmp_path / "6", red_hat.RHEL6)
    for root, before, after in ((old, " numa=off", ""), (new, "rootdelay=300", "rootdelay=300 numa=off")):
        menu = root / "boot/grub/grub.conf"
        menu.write_text(menu.read_text().replace(before, after))

    assert [(findings(root)["R21"].status, findings(root)["R21"].severity) for root in (old, new)] == [("failed", "error"), ("failed", "warning")]


def test_what_a_kernel_without_a_list_of_built_in_drivers_has_is_read_from_its_configuration(tmp_path):
    """Linux before 2.6.33 has no modules.builtin; the code page of Red Hat 5's FAT is built in."""
    root, version = write_guest(tmp_path, red_hat.RHEL5), red_hat.RHEL5_KERNEL
    (root / f"lib/modules/{version}/modules.builtin").unlink()
    (root / f"lib/modules/{version}/kernel/fs/nls/nls_cp437.ko").unlink()
    index = root / f"lib/modules/{version}/modules.dep"
    index.write_text(index.read_text().replace("kernel/fs/nls/nls_cp437.ko:\n", ""))
    statuses = []
    for line in ("CONFIG_NLS_CODEPAGE_437=y\n", "# CONFIG_NLS_CODEPAGE_437 is not set\n"):
        (root / f"boot/config-{version}").write_text(f"CONFIG_SERIAL_8250_CONSOLE=y\n{line}")
        statuses.append(findings(root)["R20a"].status)

    assert statuses == ["passed", "failed"]


@pytest.mark.parametrize("guest", [debian.DEBIAN7, debian.DEBIAN8], ids=["Debian 7", "Debian 8"])
def test_a_network_that_no_runlevel_starts_is_an_error(guest, tmp_path):
    root = write_guest(tmp_path, guest)
    (root / "etc/rcS.d/S10networking").unlink()

    assert findings(root)["R34a"].status == "failed"


@pytest.mark.parametrize(("change", "status"), [("", "passed"), ("manual\n", "failed")])
def test_a_job_of_upstart_that_is_manual_is_not_started(change, status, tmp_path):
    root = write_guest(tmp_path, debian.UBUNTU12)
    with open(root / "etc/init/walinuxagent.conf", "a") as job:
        job.write(change)

    assert findings(root)["R40b"].status == status


def test_cloud_init_of_python_2_tells_its_version(tmp_path):
    """0.7.5 of Ubuntu 14.04 has it as a StrictVersion."""
    found = findings(write_guest(tmp_path, debian.UBUNTU14))["R42e"]

    assert found.status == "failed" and "0.7" in found.evidence[0].text
