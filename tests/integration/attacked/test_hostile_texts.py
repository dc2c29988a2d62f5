# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that no real system has: each module that reads them names the file, in bounded time and memory."""

import shutil

import bounds
import pytest
from bounds import MIB
from integration.interrupted import running
from integration.interrupted.exploring import CASES
from unit.trees import write_tree

MOST_MEMORY = 400 * MIB

#: {case: the files that its module reads}
READ = {
    "sudoers_clean": ["/etc/sudoers", "/etc/sudoers.d/more"],
    "waagent_conf": ["/etc/waagent.conf"],
    "fstab_clean": ["/etc/fstab"],
    "chrony_clock": ["/etc/chrony/chrony.conf", "/etc/chrony/conf.d/kvm.conf"],
    "cloud_init_early": ["/etc/cloud/cloud.cfg"],
    "modprobe_allow": ["/etc/modprobe.d/cis.conf"],
    "sshd_options, drop-in": ["/etc/ssh/sshd_config", "/etc/ssh/sshd_config.d/a.conf"],
    "guest_generalize, accounts locked": ["/etc/passwd", "/etc/shadow", "/etc/ssh/sshd_config"],
    "network_dhcp, ifupdown": ["/etc/network/interfaces", "/etc/network/interfaces.d/ens3", "/etc/udev/rules.d/70-persistent-net.rules"],
    "network_dhcp, networkd": ["/etc/systemd/network/lan.network"],
    "network_dhcp, networkmanager": ["/etc/NetworkManager/system-connections/lan.nmconnection"],
    "network_dhcp, netplan": ["/etc/netplan/00-installer.yaml"],
    "network_dhcp, ifcfg": ["/etc/sysconfig/network-scripts/ifcfg-ens192", "/etc/sysconfig/network"],
    "network_dhcp, wicked": ["/etc/sysconfig/network/ifcfg-eth1", "/etc/sysconfig/network/dhcp"],
    "grub_cmdline, debian12": ["/etc/default/grub", "/etc/default/grub.d/init-select.cfg", "/boot/grub/grub.cfg"],
    "grub_cmdline, rhel9": ["/boot/loader/entries/ab12-5.14.0-427.13.1.el9_4.x86_64.conf", "/etc/kernel/cmdline"],
    "grub_cmdline, rhel6": ["/boot/grub/menu.lst"],
    "grub_cmdline, alpine": ["/boot/extlinux.conf", "/etc/update-extlinux.conf"],
    "initrd_modules, initramfs-tools": ["/etc/initramfs-tools/modules", "/lib/modules/6.1.0-13-amd64/modules.dep"],
    "initrd_modules, mkinitcpio": ["/etc/mkinitcpio.conf"],
    "initrd_modules, mkinitrd-suse": ["/etc/sysconfig/kernel"],
    "swap_off, all of it": ["/etc/fstab", "/etc/systemd/system/var-lib-more.swap"],
}
TEXTS = {"100 MB of lines": (b"# nothing\n", 10**7), "one line of 10 MB": (b"a", 10**7), "one line of 10 MB of blanks": (b" ", 10**7)}

#: Lines that are long and may be read: {what: (beginning, what is repeated, how often)}.
LONG = {
    "words": (b"a", b" b", 10**5),
    "blanks": (b"a=", b" ", 2 * 10**5),
    "quotes": (b'a="', b'\\"', 10**5),
    "commas": (b"a b=", b"c,", 10**5),
    "continued lines": (b"a \\\n", b"b \\\n", 5 * 10**4),
}

#: What includes what is included, 300 deep. {case: (path of the first, {path: text} of number n)}
CHAINS = {
    "sudoers_clean": lambda number: {f"/etc/sudoers{number or ''}": f"@include /etc/sudoers{number + 1}\n"},
    "chrony_clock": lambda number: {f"/etc/chrony/chrony.conf{number or ''}": f"include /etc/chrony/chrony.conf{number + 1}\n"},
    "sshd_options, drop-in": lambda number: {f"/etc/ssh/sshd_config{number or ''}": f"Include /etc/ssh/sshd_config{number + 1}\n"},
    "network_dhcp, ifupdown": lambda number: {f"/etc/network/interfaces{number or ''}": f"source /etc/network/interfaces{number + 1}\n"},
}


@pytest.fixture
def place(tmp_path):
    """Return a function that makes the guest of a case and returns its place."""

    def make(name):
        for folder in ("guest", "tmp"):
            (tmp_path / folder).mkdir()
        CASES[name].build(tmp_path)
        return tmp_path

    yield make
    shutil.rmtree(tmp_path)


def assert_bounded(ended):
    assert ended.state in ("done", "failed"), ended.words
    assert ended.seconds < bounds.SECONDS, ended
    assert ended.memory < MOST_MEMORY, ended.memory // MIB


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(("name", "path"), [(name, path) for name, paths in READ.items() for path in paths])
def test_a_file_that_no_system_has_is_refused_by_name(place, name, path, text):
    guest = place(name)
    file = guest / "guest" / path.lstrip("/")
    assert file.exists()
    piece, times = TEXTS[text]
    file.write_bytes(piece * times)
    ended = running.run(CASES[name], guest, most_memory=MOST_MEMORY)
    assert_bounded(ended)
    assert ended.state == "failed" and path in ended.words, ended
    assert file.stat().st_size == times * len(piece)


@pytest.mark.slow
@pytest.mark.parametrize("text", LONG)
@pytest.mark.parametrize(("name", "path"), [(name, path) for name, paths in READ.items() for path in paths])
def test_a_long_line_takes_time_in_proportion(place, name, path, text):
    guest = place(name)
    beginning, piece, times = LONG[text]
    (guest / "guest" / path.lstrip("/")).write_bytes(beginning + piece * times + b"\n")
    assert_bounded(running.run(CASES[name], guest, most_memory=MOST_MEMORY))


@pytest.mark.parametrize("name", CHAINS)
def test_what_includes_itself_again_and_again_ends(place, name):
    guest = place(name)
    for number in range(300):
        write_tree(guest / "guest", CHAINS[name](number))
    assert_bounded(running.run(CASES[name], guest, most_memory=MOST_MEMORY))
