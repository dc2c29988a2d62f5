# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of texts that Python would take apart otherwise than the programs do, and of profiles and stanzas that their readers refuse.

What is said of each was tried with the programs: systemd 252 and 257, OpenSSH 9.2, ifupdown 0.8.41, NetworkManager 1.42 and 1.52, sudo 1.9.13.
"""

from unit.readiness.cases.common import MANAGED_BY_NETWORKMANAGER
from unit.readiness.guest_tree import FILES, UNITS, WANTS

_NETWORK, _DROP_IN = "/etc/systemd/network/10-azure.network", "/etc/systemd/network/10-azure.network.d/own.conf"
_INTERFACES, _KEYFILE = "/etc/network/interfaces", "/etc/NetworkManager/system-connections/first.nmconnection"
_SSHD, _SUDOERS, _FSTAB = "/etc/ssh/sshd_config", "/etc/sudoers", "/etc/fstab"
_ALONE = {"/etc/cloud/cloud.cfg.d/98-network.cfg": "network: {config: disabled}\n"}
_BY_IFUPDOWN = {
    **_ALONE,
    f"{WANTS}/systemd-networkd.service": None,
    _NETWORK: None,
    "/lib/udev/ifupdown-hotplug": "",
    f"{UNITS}/networking.service": "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n",
    f"{WANTS}/networking.service": ("link", f"{UNITS}/networking.service"),
}
_PROFILE = "[connection]\nid=first\ntype=ethernet\ninterface-name=eth0\n"
_AUTO = "[ipv4]\nmethod=auto\n"


def _networkd(text, more=None):
    return {**_ALONE, _NETWORK: text, **(more or {})}


def _ifupdown(text):
    return {**_BY_IFUPDOWN, _INTERFACES: text}


def _keyfile(text):
    return {**MANAGED_BY_NETWORKMANAGER, _KEYFILE: text}


def _unit(name):
    return {f"{UNITS}/{name}.service": b"[Unit]\nDescription=caf\xe9\n[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n"}


_DHCP = "auto eth0\niface eth0 inet dhcp\n"

BROKEN_FILES = [
    # a no-break space, and a form feed, are a part of the word to systemd
    ("R34b", _networkd("[Match]\nName=eth0\n[Network]\n\u00a0DHCP=yes\n"), (_NETWORK, 2)),
    ("R34b", _networkd("[Match]\n\u00a0Name=eth0\n[Network]\nDHCP=yes\n"), None),
    ("R34b", _networkd("[Match]\nName=\u00a0eth0\n[Network]\nDHCP=yes\n"), None),
    ("R34b", _networkd("[Match]\nName=eth0\n[Network]\n\x0cDHCP=yes\n"), (_NETWORK, 2)),
    ("R34b", _networkd("[Match]\nNa\0me=eth0\n[Network]\nDHCP=yes\n"), None),
    ("R34b", _networkd("[Match]\nNaem=eth0\n[Network]\nDHCP=yes\n"), None),
    # it leaves a file out that has a line which is no UTF-8
    ("R34b", _networkd(b"[Match]\nName=eth0\n[Network]\nDescription=caf\xe9\nDHCP=yes\n"), (_NETWORK, 4)),
    ("R34b", _networkd(FILES[_NETWORK], {_DROP_IN: b"[Network]\nDescription=caf\xe9\n"}), (_DROP_IN, 2)),
    *[
        (rule, _unit(name), (f"{UNITS}/{name}.service", 2))
        for rule, name in (("R46b", "ssh"), ("R40b", "walinuxagent"), ("R34g", "systemd-networkd"), ("R42d", "cloud-init-local"))
    ],
    ("R34b", _ifupdown("\ufeffauto lo\niface lo inet loopback\n" + _DHCP), (_INTERFACES, 1)),
    ("R34b", _ifupdown("auto eth0\n\u00a0iface eth0 inet dhcp\n"), (_INTERFACES, 2)),
    ("R34b", _ifupdown("auto eth0\n  mtu 1400\niface eth0 inet dhcp\n"), (_INTERFACES, 2)),
    ("R34b", _ifupdown(_DHCP + "auto eth1\niface eth1 inet dhpc\n"), (_INTERFACES, 4)),
    ("R34b", _ifupdown(_DHCP + "  hwaddress\n"), (_INTERFACES, 3)),
    ("R34b", {**_ifupdown("source interfaces.d/*\n"), "/etc/network/interfaces.d/a": "auto eth0\nmtu 1400\niface eth0 inet dhcp\n"}, None),
    ("R34b", _keyfile(_PROFILE + "[ipv4]\nmethod=auto \n"), (_KEYFILE, 6)),
    ("R34b", _keyfile(_PROFILE + "[ipv4]\n\u00a0method=auto\n"), (_KEYFILE, 5)),
    ("R34b", _keyfile(_PROFILE + "[ipv4]\ndns=10.0.0.4;\n"), (_KEYFILE, 5)),
    ("R34b", _keyfile(_PROFILE + "[ipv4]\nmethod=dhcp\n"), (_KEYFILE, 6)),
    ("R34b", _keyfile(_PROFILE + _AUTO + "[ipv6]\naddr-gen-mode=stable-privacy\n"), (_KEYFILE, 7)),
    ("R34b", _keyfile(_PROFILE + _AUTO + "; of the build\n"), (_KEYFILE, 7)),
    ("R34b", _keyfile(_PROFILE.replace("eth0\n", "eth0 \n") + _AUTO), (_KEYFILE, 4)),
    ("R34b", _keyfile("\ufeff" + _PROFILE + _AUTO), (_KEYFILE, 1)),
    ("R46d", {_SSHD: "Port 22\n\u00a0PermitRootLogin no\n"}, (_SSHD, 2)),
    ("R46d", {_SSHD: "Port 22\n\x0cPermitRootLogin no\n"}, (_SSHD, 2)),
    ("R46d", {_SSHD: "Port 22\nPermitRootLogin no\0\nUsePAM yes\n"}, (_SSHD, 2)),
]

CONTROLS = [
    *[
        ("R34b", _networkd(text))
        for text in (
            "[Match]\nName=eth0\n[Network]\nDHCP=yes\n" + 64 * "\0",
            "\0[Match]\nName=eth0\0\n[Network]\nDHCP=yes\0\n",
            "[Match]\rName=eth0\r[Network]\rDHCP=yes\r",
            b"# caf\xe9\n[Match]\nName=eth0\n[Network]\nDHCP=yes\n",
            "[Match]\nName=eth0\nOwn=1\n[Network]\nDescription=caf\u00e9\nDHCP=yes\n",
        )
    ],
    (
        "R46b",
        {f"{UNITS}/ssh.service": b"[Unit]\n# caf\xe9\nDescription=caf\xc3\xa9\n[Service]\nExecStart=/bin/true\0\n[Install]\nWantedBy=multi-user.target\n"},
    ),
    *[
        ("R34b", _ifupdown(text))
        for text in (
            _DHCP + 64 * "\0",
            "auto eth0\0\niface eth0 inet dhcp\0 x\n",
            _DHCP + "  mtu 1400\nmapping eth1\n  script /usr/local/sbin/map\niface eth2 inet6 auto\niface work inet inherits eth0\n",
        )
    ],
    ("R34b", {**_ifupdown(_DHCP + "source interfaces.d/*\n"), "/etc/network/interfaces.d/a": "auto eth5\nmtu 1400\n"}),
    *[
        ("R34b", _keyfile(text))
        for text in (
            _PROFILE + "[ipv4]\nmethod=auto\0\n",
            _PROFILE,
            _PROFILE + "autoconnect=true \n\n  # of the build\n[ipv4] \n  method =auto\n[ipv6]\nmethod=ignore\n[proxy]\n[ethernet]\n",
            (_PROFILE + _AUTO).replace("\n", "\r\n"),
        )
    ],
    *[("R46d", {_SSHD: text}) for text in ("Port 22\n" + 64 * "\0", "Port 22\x0c\n\0\0\nPermitRootLogin no\r\n", b"# caf\xe9\nPort 22\n")],
    *[("R47a", {_SUDOERS: FILES[_SUDOERS] + text}) for text in (64 * "\0", "\0\0\n%sudo ALL=(ALL:ALL) ALL\n")],
    ("R47a", {_SUDOERS: "\0" + FILES[_SUDOERS]}),
    ("R70j", {_FSTAB: FILES[_FSTAB] + "UUID=11111111-2222-3333-4444-555555555555 data nofs defaults 0 0\n"}),
]
