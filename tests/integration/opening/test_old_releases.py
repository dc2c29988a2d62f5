# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All roles on recorded trees of old releases, as their installers left them: what was wrong, what is right afterwards, and that a second run does nothing."""

import json
import os
import re
import subprocess
import sys

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.catalogue import all_rules
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.evaluate import evaluate
from lab import playing

from . import old_releases

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may change its root directory")

#: In one play, since each has its own minute.
FAST = {"Ubuntu 12.04": old_releases.UBUNTU12}
SLOW = {
    "Debian 7": old_releases.DEBIAN7,
    "Debian 8": old_releases.DEBIAN8,
    "Debian 9": old_releases.DEBIAN9,
    "Debian 10": old_releases.DEBIAN10,
    "Ubuntu 14.04": old_releases.UBUNTU14,
    "Ubuntu 16.04": old_releases.UBUNTU16,
    "Ubuntu 18.04": old_releases.UBUNTU18,
    "Red Hat 5.11": old_releases.RHEL5,
    "Red Hat 6.10": old_releases.RHEL6,
    "Red Hat 7.9": old_releases.RHEL7,
    "SUSE 11 SP4": old_releases.SLES11,
    "SUSE 12 SP5": old_releases.SLES12,
}
RELEASES = {**FAST, **SLOW}
NAMES = [*FAST, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)]
#: {release: variables}; nobody has an agent for a guest whose Python is 2.4.
VARIABLES = {"Red Hat 5.11": {"prepare_guest_agent": False}}
#: Those that Azure's list of guests that boot from NVMe disks has.
WITH_NVME = ("Ubuntu 18.04", "Red Hat 7.9")
CONSOLE = ["console=tty1", "console=ttyS0,115200n8", "earlyprintk=ttyS0,115200"]
#: What installers leave of the old machine, on each of them: no driver of Hyper-V's disks, a fixed address, no agent, swap.
ERRORS = "R17a R34c R40a"
#: What no kernel and no package of that time has.
LEFT = "R26a R26b R26c R54"
#: {release: (errors of its besides, warnings and notes that are left besides)}. R25 is what nobody can tell of a kernel by its version.
EXPECTED = {
    "Debian 7": ("R34b R35 R43", "R18a R25 R42f"),
    "Debian 8": ("R34b R35 R43", "R18a R25 R42f"),
    "Debian 9": ("R34b R43", "R18a R25 R42f"),
    "Debian 10": ("R34b R43", "R18a R25 R42f"),
    "Ubuntu 12.04": ("R34b R35 R43", "R18a R25 R42f"),
    "Ubuntu 14.04": ("R34b R35 R43", "R18a R25"),
    "Ubuntu 16.04": ("R42a", "R18a R25"),
    "Ubuntu 18.04": ("R34b R42a", ""),
    "Red Hat 5.11": ("R21 R34b R34d R43", "R18a R25 R38 R42f"),
    "Red Hat 6.10": ("R34b R34d R35 R43", "R18a R42f"),
    "Red Hat 7.9": ("R43", "R42f"),
    "SUSE 11 SP4": ("R34b R35 R43", "R18a R42f"),
    "SUSE 12 SP5": ("R34b R35 R43", "R18a R18b R25 R42f"),
}
#: {release: errors that are left}
LEFT_ERRORS = {"Red Hat 5.11": {"R40a", "R43"}}


def written(release, root):
    """Write a release below root, with the menu that its own program makes, and return root."""
    release.write(root)
    if not release.menu:
        return root
    (root / release.menu.lstrip("/")).unlink(missing_ok=True)
    program = "grub2-mkconfig" if "grub2" in release.menu else "grub-mkconfig"
    subprocess.run(["chroot", root, f"/usr/sbin/{program}", "-o", release.menu], check=True)
    return root


def wrong(root):
    """Return ({ids of errors}, {ids of warnings and notes}) that a verdict on a tree finds."""
    found = [finding for finding in evaluate(Context(LiveTree(str(root))), all_rules()) if finding.status in ("failed", "unknown")]
    errors = {finding.id for finding in found if finding.severity == "error"}
    return errors, {finding.id for finding in found} - errors


class Prepared:
    """Recorded trees that were prepared in one play. roots: {release: its root directory}; before, after: {release: its verdict, as of wrong()};
    predicted, first, second: the plays, predicted in check mode, for the fast ones alone."""

    def __init__(self, releases, folder):
        self.roots = {name: written(release, folder / name) for name, release in releases.items()}
        self.root_parameters = {name: roots_of(name, self.roots[name]) for name in releases}
        self.before = {name: wrong(root) for name, root in self.roots.items()}
        self.predicted = self._prepare(check=True) if releases is FAST else None
        self.first = self._prepare()
        self.after = {name: wrong(root) for name, root in self.roots.items()}
        self.second = self._prepare()

    def _prepare(self, check=False):
        hosts = {
            name: {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "prepare_root": str(root), **VARIABLES.get(name, {})}
            for name, root in self.roots.items()
        }
        inventory = json.dumps({"all": {"hosts": hosts}})
        return playing.role(inventory, "prepare", {"prepare_image_kind": "generalized"}, check=check, options=("--forks", "2"), timeout=3000)


@pytest.fixture(scope="module")
def fast(tmp_path_factory):
    return Prepared(FAST, tmp_path_factory.mktemp("fast"))


@pytest.fixture(scope="module")
def slow(tmp_path_factory):
    return Prepared(SLOW, tmp_path_factory.mktemp("slow"))


@pytest.fixture
def prepared(name, request):
    """The play in which a release was prepared."""
    return request.getfixturevalue("fast" if name in FAST else "slow")


def starting_lines(name, root):
    """Return the lines ([[str]]) of a release's menu that start a kernel or another program, as words."""
    path = RELEASES[name].menu or next(path for path in ("/boot/grub/grub.conf", "/boot/grub/menu.lst") if (root / path[1:]).is_file())
    return [line.split() for line in re.findall(r"^\s*(?:linux|linux16|kernel)\s+\S.*$", (root / path[1:]).read_text(), re.MULTILINE)]


def roots_of(name, root):
    """Return the root= of each kernel of a release's menu ([[str]])."""
    return [[word for word in words if word.startswith("root=")] for words in starting_lines(name, root)]


def changes(play, name):
    """Return the tasks ([str]) of a play that changed a release."""
    return [task.partition(" : ")[2] for task in play.changed_tasks() if task.startswith(f"{name}: ")]


@pytest.mark.parametrize("name", NAMES)
def test_what_its_installer_left_is_told_and_mended(name, prepared):
    errors, left = EXPECTED[name]

    assert prepared.before[name][0] == set(f"{ERRORS} {errors}".split())
    assert prepared.after[name][0] == LEFT_ERRORS.get(name, set())
    assert prepared.after[name][1] == set(f"{LEFT} {left}".split())


@pytest.mark.parametrize("name", NAMES)
def test_a_second_run_does_nothing(name, prepared):
    first, second = prepared.first, prepared.second

    assert changes(first, name) and changes(second, name) == []
    assert not [task for play in (first, second) for task in play.failed_tasks() if task.startswith(f"{name}: ")]


@pytest.mark.parametrize("name", FAST)
def test_check_mode_predicts_what_is_done(name, prepared):
    """But for services: which of them are there then is not known before chrony's package has come."""
    assert changes(prepared.predicted, name) == [task for task in changes(prepared.first, name) if not task.startswith("Services | ")]


@pytest.mark.parametrize("name", NAMES)
def test_every_kernel_of_the_menu_has_the_serial_console_and_its_root(name, prepared):
    root = prepared.roots[name]
    lines = starting_lines(name, root)
    kernels = [words for words in lines if "vmlinuz" in words[1]]

    assert kernels and roots_of(name, root) == prepared.root_parameters[name]
    for words in kernels:
        assert [word for word in words if word.startswith(("console=", "earlyprintk="))] == CONSOLE, words
        assert not {"quiet", "splash", "splash=silent", "rhgb", "crashkernel=auto", "$vt_handoff"} & set(words), words
        assert not [word for word in words if word.startswith("resume=")], words
    others = [words[2:] for words in lines if words not in kernels]
    assert others in ([], [[], ["console=ttyS0,115200n8"]])  # memtest86+


@pytest.mark.parametrize("name", NAMES)
def test_the_initramfs_has_the_drivers_and_no_swap_of_the_old_machine(name, prepared):
    release, root = RELEASES[name], prepared.roots[name]
    image = root / release.guest["kernels"][release.kernel][1][1:]
    members = subprocess.run(["cpio", "-t", "--quiet"], stdin=image.open("rb"), capture_output=True, text=True, check=True).stdout.splitlines()

    found = {member.rpartition("/")[2].partition(".ko")[0].replace("-", "_") for member in members if ".ko" in member}
    assert {"hv_vmbus", "hv_storvsc", "hv_netvsc", "sd_mod"} <= found
    assert ({"nvme", "nvme_core", "pci_hyperv"} <= found) == (name in WITH_NVME)
    assert not [member for member in members if member.endswith(("95resume.conf", "70-persistent-net.rules"))]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_the_fixed_address_is_left_to_count(name, prepared):
    root = prepared.roots[name]
    folders = [root / "etc" / folder for folder in ("network", "netplan", "sysconfig/network", "sysconfig/network-scripts", "cloud/cloud.cfg.d")]
    files = [path for folder in folders if folder.is_dir() for path in folder.rglob("*") if path.is_file() and not path.name.endswith((".bak", "~"))]

    assert not [str(path) for path in files if "192.0.2.7" in path.read_text()]
