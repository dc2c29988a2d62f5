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
_NETCTL, _UNIT_OF_NETCTL = "/etc/netctl", f"{UNITS}/netctl@.service"
_ASKING = "Description='A basic dhcp ethernet connection'\nInterface=eth0\nConnection=ethernet\nIP=dhcp\n"
_BOUND = f"{UNITS.replace('/usr/lib', '/etc')}/netctl@first.service.d/profile.conf"


def _by_netctl(*profiles, unit="netctl@first", more=None):
    """Return the files of a guest that netctl sets up; profiles: str, of the first and the second."""
    template = f"{UNITS}/{unit.partition('@')[0]}@.service" if "@" in unit else f"{UNITS}/{unit}.service"
    return {
        **_WITHOUT,
        template: "[Service]\nExecStart=/usr/lib/netctl/network start %I\n",
        f"{WANTS}/{unit}.service": ("link", template),
        "/usr/lib/netctl/network": ("program", "#! /bin/bash\n"),
        **{f"{_NETCTL}/{name}": text for name, text in zip(("first", "second"), profiles)},
        **(more or {}),
    }


_BY_IFPLUGD = "netctl-ifplugd@eth0"
_FIXED = "Interface=eth0\nConnection=ethernet\nIP=static\nAddress=('192.168.1.5/24')\nGateway='192.168.1.1'\n"
#: A manager that Debian enables, and that has nothing to do.
_IDLE = {f"{WANTS}/systemd-networkd.service": ("link", f"{UNITS}/systemd-networkd.service")}
_OPENRC = {
    **_WITHOUT,
    "/usr/lib/systemd/systemd": None,
    "/sbin/init": _PROGRAM,
    "/etc/init.d/networking": ("program", "#!/sbin/openrc-run\n"),
    "/etc/runlevels/boot/networking": ("link", "/etc/init.d/networking"),
}
_NETIFRC = "/etc/conf.d/net"
_BY_NETIFRC = {
    **{path: content for path, content in _OPENRC.items() if "networking" not in path},
    "/etc/init.d/net.lo": ("program", "#!/sbin/openrc-run\n"),
    "/etc/init.d/net.eth0": ("link", "net.lo"),
    "/etc/runlevels/default/net.eth0": ("link", "/etc/init.d/net.eth0"),
}

#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R34b", {**_BY_DHCPCD, _DHCPCD: "interface eth0\nstatic ip_address=192.168.1.5/24\n"}, (_DHCPCD, 2)),
    ("R34b", {**_BY_DHCPCD, _DHCPCD: "hostname\ndenyinterfaces eth*\n"}, (_DHCPCD, 2)),
    ("R34b", {**_BY_DHCPCD, _DHCPCD: "allowinterfaces ens192\n"}, (_DHCPCD, 1)),
    ("R34b", {**_BY_CONNMAN, _CONNMAN: "[General]\nNetworkInterfaceBlacklist=vmnet,eth\n"}, (_CONNMAN, 2)),
    ("R34b", {**_OPENRC, _INTERFACES: "auto eth0\niface eth0\n\taddress 192.168.1.5/24\n"}, (_INTERFACES, 2)),
    ("R34b", {**_OPENRC, _INTERFACES: "auto eth0\niface eth0\n"}, (_INTERFACES, 2)),
    ("R34b", _by_netctl(_FIXED), (f"{_NETCTL}/first", 3)),
    ("R34b", _by_netctl(_ASKING.replace("=eth0", "=ens3")), (f"{_NETCTL}/first", 2)),
    ("R34b", _by_netctl(_ASKING.replace("=ethernet", "=wireless")), (f"{_NETCTL}/first", 3)),
    ("R34b", _by_netctl(_ASKING.replace("=dhcp", "=DHCP")), (f"{_NETCTL}/first", 4)),
    ("R34b", _by_netctl(_ASKING.replace("IP=dhcp\n", "")), (f"{_NETCTL}/first", None)),
    ("R34b", _by_netctl(_ASKING + "Auth8021X=yes\n"), (f"{_NETCTL}/first", 5)),
    ("R34b", _by_netctl("Interface=br0\nConnection=bridge\nBindsToInterfaces=(eth0 eth1)\nIP=dhcp\n"), (f"{_NETCTL}/first", 3)),
    ("R34b", _by_netctl(more={f"{_NETCTL}/eth0-first": _ASKING}, unit="netctl@eth0-first"), (f"{_NETCTL}/eth0/first", None)),
    ("R34b", _by_netctl(_ASKING, more={_BOUND: "[Unit]\nBindsTo=sys-subsystem-net-devices-ens3.device\n"}), (_BOUND, 2)),
    ("R34b", _by_netctl(_ASKING, unit=_BY_IFPLUGD.replace("eth0", "ens3")), None),
    ("R34b", _by_netctl(_FIXED, unit=_BY_IFPLUGD), (_NETCTL, None)),
    ("R34b", _by_netctl(_ASKING, _FIXED + "ExcludeAuto=no\nPriority=5\n", unit=_BY_IFPLUGD), (f"{_NETCTL}/second", 3)),
    ("R34b", {**_by_netctl(_FIXED), **_IDLE}, (f"{_NETCTL}/first", 3)),
    ("R34b", {**_by_netctl(_FIXED, unit="netctl"), "/var/lib/netctl/netctl.state": "first\n"}, (f"{_NETCTL}/first", 3)),
    ("R34b", {**_BY_NETIFRC, _NETIFRC: '# own\nconfig_eth0="192.168.1.5/24"\nroutes_eth0="default via 192.168.1.1"\n'}, (_NETIFRC, 2)),
    ("R34b", {**_BY_NETIFRC, _NETIFRC: 'config_eth0="null"\n'}, (_NETIFRC, 1)),
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
    *[
        (rule, files)
        for rule in ("R34a", "R34b")
        for files in (
            _by_netctl(_ASKING),
            {**_by_netctl(_ASKING), **_IDLE},
            _by_netctl(_ASKING, more={_BOUND: "[Unit]\nBindsTo=sys-subsystem-net-devices-eth0.device\n"}),
            _by_netctl(more={f"{_NETCTL}/eth0-first": _ASKING.replace("=eth0", "='eth0'")}, unit="netctl@eth0\\x2dfirst"),
            _by_netctl(_ASKING, _FIXED, unit=_BY_IFPLUGD),
            {**_by_netctl(_ASKING, unit="netctl"), "/var/lib/netctl/netctl.state": "first\n"},
            _BY_NETIFRC,
            {**_BY_NETIFRC, _NETIFRC: 'modules="dhcpcd"\nconfig_eth0="dhcp"\nconfig_eth1="192.168.1.5/24"\n'},
            {**_BY_NETIFRC, _NETIFRC: 'config_eth0="\n  192.168.1.5/24\n  dhcp"\n'},
        )
    ],
    ("R34b", {**_BY_CONNMAN, **_IDLE}),
    ("R72", {**_by_netctl(_ASKING), "/etc/resolv.conf": "nameserver 192.168.1.1\n"}),
    (
        "R34b",
        {
            **_BY_DHCPCD,
            f"{UNITS}/networking.service": "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n",
            f"{WANTS}/networking.service": ("link", f"{UNITS}/networking.service"),
            _INTERFACES: "auto lo\niface lo inet loopback\n",
        },
    ),
]
