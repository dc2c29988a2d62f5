# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of managers that nothing here changes, and of what Alpine calls and writes in its own way."""

from unit.readiness.guest_tree import ELF_X86_64, UNITS, WANTS

_PROGRAM = ("program", ELF_X86_64)
_WITHOUT = {
    f"{WANTS}/cloud-init.service": None,
    f"{WANTS}/cloud-init-local.service": None,
    f"{WANTS}/systemd-networkd.service": None,
    "/etc/systemd/network/10-azure.network": None,
}
_INTERFACES, _DHCPCD, _CONNMAN = "/etc/network/interfaces", "/etc/dhcpcd.conf", "/etc/connman/main.conf"


def _by(unit, program):
    template = unit.partition("@")[0] + "@.service" if "@" in unit else f"{unit}.service"
    return {
        **_WITHOUT,
        f"{UNITS}/{template}": f"[Service]\nExecStart={program}\n[Install]\nWantedBy=multi-user.target\n",
        f"{WANTS}/{unit}.service": ("link", f"{UNITS}/{template}"),
        program: _PROGRAM,
    }


_BY_DHCPCD, _BY_CONNMAN = _by("dhcpcd", "/usr/sbin/dhcpcd"), _by("connman", "/usr/sbin/connmand")
_OPENRC = {
    **_WITHOUT,
    "/usr/lib/systemd/systemd": None,
    "/sbin/init": _PROGRAM,
    "/etc/init.d/networking": ("program", "#!/sbin/openrc-run\n"),
    "/etc/runlevels/boot/networking": ("link", "/etc/init.d/networking"),
}

#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R34b", {**_BY_DHCPCD, _DHCPCD: "interface eth0\nstatic ip_address=192.168.1.5/24\n"}, (_DHCPCD, 2)),
    ("R34b", {**_BY_DHCPCD, _DHCPCD: "hostname\ndenyinterfaces eth*\n"}, (_DHCPCD, 2)),
    ("R34b", {**_BY_DHCPCD, _DHCPCD: "allowinterfaces ens192\n"}, (_DHCPCD, 1)),
    ("R34b", {**_BY_CONNMAN, _CONNMAN: "[General]\nNetworkInterfaceBlacklist=vmnet,eth\n"}, (_CONNMAN, 2)),
    ("R34b", {**_OPENRC, _INTERFACES: "auto eth0\niface eth0\n\taddress 192.168.1.5/24\n"}, (_INTERFACES, 2)),
    ("R34b", {**_OPENRC, _INTERFACES: "auto eth0\niface eth0\n"}, (_INTERFACES, 2)),
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    *[(rule, files) for files in (_BY_DHCPCD, _BY_CONNMAN, _by("dhcpcd@eth0", "/usr/sbin/dhcpcd")) for rule in ("R34a", "R34b")],
    ("R34b", {**_BY_DHCPCD, _DHCPCD: "hostname\noption rapid_commit\ninterface eth1\nstatic ip_address=192.168.1.5/24\n"}),
    ("R34b", {**_BY_DHCPCD, _DHCPCD: "denyinterfaces veth* docker0\n#static ip_address=192.168.1.5/24\n"}),
    ("R34b", {**_BY_CONNMAN, _CONNMAN: "[General]\nNetworkInterfaceBlacklist=vmnet,vboxnet,virbr,veth\n"}),
    *[
        ("R34b", {**_OPENRC, _INTERFACES: f"auto eth0\niface eth0{text}\n"})
        for text in ("\n\tuse dhcp", " inet dhcp", "\n\tuse dhcp\n\taddress 192.168.1.5/24")
    ],
    (
        "R34a",
        {
            **{path: content for path, content in _OPENRC.items() if not path.startswith("/etc/runlevels")},
            "/etc/init.d/networkmanager": ("program", "#!/sbin/openrc-run\n"),
            "/etc/runlevels/default/networkmanager": ("link", "/etc/init.d/networkmanager"),
        },
    ),
]
