# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of the network."""

from unit.core.elf_files import library, program
from unit.readiness.cases.common import MANAGED_BY_NETWORKMANAGER, PROFILE
from unit.readiness.guest_tree import GRUB_CFG, IN_INITRAMFS, INITRAMFS, UNITS, WANTS, initramfs

#: cloud-init that leaves the network to others.
LEFT_ALONE = {"/etc/cloud/cloud.cfg.d/99-x.cfg": "network: {config: disabled}\n"}

_NM = "/etc/NetworkManager/conf.d/own.conf"
#: A whole system whose D-Bus knows NetworkManager.
_LIBC = {"/lib/x86_64-linux-gnu/libc.so.6": library()}
_BUS, _POLICY = "/usr/share/dbus-1/system.conf", "/usr/share/dbus-1/system.d/org.freedesktop.NetworkManager.conf"
_OWN = "<busconfig><policy user='root'><allow own='org.freedesktop.NetworkManager'/></policy></busconfig>\n"
_LOCAL, _DAEMON = "/etc/dbus-1/system-local.conf", "/usr/bin/dbus-daemon"
_INCLUDING = f'<busconfig><include ignore_missing="yes">{_LOCAL}</include></busconfig>\n'
_WITH_BUS = {**MANAGED_BY_NETWORKMANAGER, **_LIBC, _BUS: _INCLUDING, _POLICY: _OWN, _DAEMON: program()}
_STATE, _FIRST = "/var/lib/NetworkManager/NetworkManager.state", "/etc/NetworkManager/system-connections/first.nmconnection"
_BY_DHCLIENT = {
    "/etc/network/interfaces": "auto eth0\niface eth0 inet dhcp\n",
    f"{WANTS}/networking.service": ("link", f"{UNITS}/networking.service"),
    f"{UNITS}/networking.service": "[Install]\n",
    "/sbin/dhclient": "program",
}

#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    *[
        ("R34g", {**_WITH_BUS, _LOCAL: text}, (_LOCAL, line))
        for text, line in (("<busconfig>\n<policy>\n</busconfig>\n", 3), ("", 1), ("<config/>\n", 1), ("<busconfig/>\nmore\n", 2))
    ],
    ("R34b", {**MANAGED_BY_NETWORKMANAGER, _STATE: "[main]\nNetworkingEnabled=false\n"}, (_STATE, 2)),
    ("R34b", {**MANAGED_BY_NETWORKMANAGER, _FIRST: PROFILE, _NM: "[keyfile]\npath=/etc/other\n"}, ("/usr/lib/NetworkManager/conf.d/00-server.conf", 2)),
    ("R34h", {**MANAGED_BY_NETWORKMANAGER, _NM: "# x\n[main\nplugins=keyfile\n"}, (_NM, 2)),
    ("R34h", {**MANAGED_BY_NETWORKMANAGER, _NM: "plugins=keyfile\n"}, (_NM, 1)),
    (
        "R34h",
        {**MANAGED_BY_NETWORKMANAGER, "/etc/NetworkManager/NetworkManager.conf": "[main]\nplugins\n"},
        ("/etc/NetworkManager/NetworkManager.conf", 2),
    ),
    *[
        (
            "R34b",
            {**LEFT_ALONE, "/etc/systemd/network/10-azure.network": f"[Match]\nName=eth0\n{match}[Network]\nDHCP=yes\n{more}"},
            ("/etc/systemd/network/10-azure.network", line),
        )
        for match, more, line in (
            ("Host=build\n", "", 3),
            ("Architecture=arm64\n", "", 3),
            ("", "[DHCPv4]\nUseRoutes=no\n", 6),
            ("", "[DHCPv4]\nUseGateway=false\n", 6),
        )
    ],
    *[
        ("R34b", {**LEFT_ALONE, "/etc/systemd/network/10-azure.network": text}, ("/etc/systemd/network/10-azure.network", line))
        for text, line in (("", None), ("[Network]\nDHCP=yes\n", None), ("[Match]\nDriver=virtio_net\n[Network]\nDHCP=yes\n", 2))
    ],
    (
        "R35d",
        {"/etc/systemd/network/10-own.link": "[Match]\nOriginalName=eth*\n[Link]\nMACAddress=52:54:00:12:34:56\n"},
        ("/etc/systemd/network/10-own.link", 4),
    ),
    ("R35d", {"/etc/systemd/network/10-own.link": "[Match]\nDriver=hv_netvsc\n[Link]\nMACAddressPolicy=random\n"}, ("/etc/systemd/network/10-own.link", 4)),
    (
        "R35d",
        {**MANAGED_BY_NETWORKMANAGER, "/etc/NetworkManager/conf.d/own.conf": "[connection]\nethernet.cloned-mac-address=random\n"},
        ("/etc/NetworkManager/conf.d/own.conf", 2),
    ),
    (
        "R35d",
        {
            **MANAGED_BY_NETWORKMANAGER,
            "/etc/NetworkManager/system-connections/card.nmconnection": PROFILE + "[ethernet]\ncloned-mac-address=52:54:00:12:34:56\n",
        },
        ("/etc/NetworkManager/system-connections/card.nmconnection", 5),
    ),
    ("R34a", {f"{WANTS}/systemd-networkd.service": None, "/etc/systemd/network/10-azure.network": None}, ("/etc/systemd/system", None)),
    (
        "R34a",
        {f"{WANTS}/systemd-networkd.service": None, f"{WANTS}/NetworkManager.service": ("link", f"{UNITS}/NetworkManager.service")},
        ("/etc/systemd/system", None),
    ),
    (
        "R34g",
        {f"{UNITS}/systemd-networkd.service": "[Unit]\nConditionVirtualization=vmware\n[Service]\nExecStart=/bin/true\n[Install]\n"},
        (f"{UNITS}/systemd-networkd.service", 2),
    ),
    (
        "R34g",
        {f"{UNITS}/systemd-networkd.service": "[Service]\nExecStart=/usr/lib/systemd/systemd-networkd\n[Install]\n"},
        (f"{UNITS}/systemd-networkd.service", 2),
    ),
    (
        "R34b",
        {
            "/etc/systemd/network/10-azure.network": "[Match]\nName=ens3\n\n[Network]\nDHCP=yes\n",
            f"{WANTS}/cloud-init.service": None,
            f"{WANTS}/cloud-init-local.service": None,
        },
        ("/etc/systemd/network/10-azure.network", 2),
    ),
    (
        "R34b",
        {**MANAGED_BY_NETWORKMANAGER, "/etc/NetworkManager/system-connections/ens3.nmconnection": PROFILE + "interface-name=ens3\n"},
        ("/usr/lib/NetworkManager/conf.d/00-server.conf", 2),
    ),
    (
        "R34b",
        {**MANAGED_BY_NETWORKMANAGER, "/etc/NetworkManager/system-connections/any.nmconnection": PROFILE + "[ipv4]\nmethod=disabled\n"},
        ("/etc/NetworkManager/system-connections/any.nmconnection", 5),
    ),
    (
        "R34b",
        {
            "/etc/systemd/network/10-azure.network": "[Match]\nName=en*\n\n[Network]\nDHCP=yes\n",
            f"{WANTS}/cloud-init.service": None,
            f"{WANTS}/cloud-init-local.service": None,
        },
        ("/etc/systemd/network/10-azure.network", 2),
    ),
    (
        "R34b",
        {
            "/etc/systemd/network/10-azure.network": None,
            f"{WANTS}/cloud-init.service": None,
            f"{WANTS}/cloud-init-local.service": None,
            "/etc/network/interfaces": "iface eth0 inet dhcp\n",
        },
        ("/etc/network/interfaces", 1),
    ),
    ("R34c", {"/etc/systemd/network/10-azure.network": "[Match]\nName=eth0\n\n[Network]\nAddress=10.1.2.3/24\n"}, ("/etc/systemd/network/10-azure.network", 5)),
    (
        "R34c",
        {"/etc/systemd/network/05-own.network": "[Match]\nName=eth0\nVirtualization=!kvm\n[Network]\nAddress=10.1.2.3/24\n"},
        ("/etc/systemd/network/05-own.network", 5),
    ),
    ("R34c", {"/etc/network/interfaces": "auto eth0\niface eth0 inet static\n  address 10.1.2.3\n"}, ("/etc/network/interfaces", 2)),
    (
        "R34d",
        {"/etc/systemd/network/10-azure.network": "[Match]\nMACAddress=52:54:00:12:34:56\n\n[Network]\nDHCP=yes\n"},
        ("/etc/systemd/network/10-azure.network", 2),
    ),
    ("R34d", {"/etc/sysconfig/network/ifcfg-eth0": "BOOTPROTO='dhcp'\nLLADDR='52:54:00:12:34:56'\n"}, ("/etc/sysconfig/network/ifcfg-eth0", 2)),
    ("R34e", {"/etc/sysconfig/network/dhcp": '# x\nDHCLIENT_SET_HOSTNAME="yes"\n'}, ("/etc/sysconfig/network/dhcp", 2)),
    (
        "R34c",
        {"/boot/grub/grub.cfg": GRUB_CFG.replace("rootdelay=300", "rootdelay=300 ip=10.1.0.37::10.1.0.1:255.255.254.0:web1:eth0:none")},
        ("/boot/grub/grub.cfg", 3),
    ),
    ("R35b", {"/etc/systemd/network/10-lan.link": "[Match]\nOriginalName=eth*\n\n[Link]\nName=lan0\n", **LEFT_ALONE}, ("/etc/systemd/network/10-lan.link", 5)),
    (
        "R35b",
        {"/etc/udev/rules.d/10-lan.rules": 'SUBSYSTEM=="net", ACTION=="add", DRIVERS=="?*", ATTR{type}=="1", KERNEL=="eth*", NAME="lan0"\n', **LEFT_ALONE},
        ("/etc/udev/rules.d/10-lan.rules", 1),
    ),
    (
        "R35c",
        {INITRAMFS: initramfs(IN_INITRAMFS, {"etc/systemd/network/10-lan.link": "[Match]\nOriginalName=eth*\n[Link]\nName=lan0\n"}), **LEFT_ALONE},
        (INITRAMFS, None),
    ),
    (
        "R35c",
        {INITRAMFS: initramfs(IN_INITRAMFS, {"lib/udev/rules.d/70-net.rules": 'SUBSYSTEM=="net", KERNEL=="eth*", NAME="lan0"\n'}), **LEFT_ALONE},
        (INITRAMFS, None),
    ),
    ("R72", {"/etc/resolv.conf": ("link", "../run/systemd/resolve/stub-resolv.conf")}, ("/etc/resolv.conf", None)),
    ("R72", {"/etc/resolv.conf": "# here\nnameserver 192.168.122.1\n"}, ("/etc/resolv.conf", 2)),
    ("R34f", {"/etc/systemd/network/10-azure.network": "[Match]\nName=eth0\n\n[Network]\nBond=bond0\n"}, ("/etc/systemd/network/10-azure.network", 5)),
    (
        "R35",
        {"/etc/udev/rules.d/70-persistent-net.rules": '# card\nSUBSYSTEM=="net", ATTR{address}=="52:54:00:12:34:56", NAME="eth0"\n'},
        ("/etc/udev/rules.d/70-persistent-net.rules", 2),
    ),
    *[
        ("R35", {path: f'SUBSYSTEM=="net", ATTR{{address}}=="52:54:00:12:34:56", NAME="{name}"\n'}, (path, 1))
        for path, name in (
            ("/etc/udev/rules.d/60-net.rules", "eth0"),
            ("/etc/udev/rules.d/60-net.rules", "$env{OWN}"),
            ("/etc/udev/rules.d/70-persistent-net.rules", "lan0"),
        )
    ],
    ("R35", {"/etc/systemd/network/10-x.link": "[Match]\nMACAddress=52:54:00:12:34:56\n[Link]\nName=eth0\n"}, ("/etc/systemd/network/10-x.link", 2)),
    (
        "R35",
        {"/etc/systemd/network/10-x.link": "[Match]\nPermanentMACAddress=52:54:00:12:34:56\n[Link]\nNamePolicy=path\n"},
        ("/etc/systemd/network/10-x.link", 2),
    ),
    ("R36", {"/usr/lib/udev/rules.d/10-azure-unmanaged-sriov.rules": None}, ("/etc/udev/rules.d", None)),
    ("R38", {"/usr/lib/udev/rules.d/80-azure-disk.rules": None}, ("/usr/lib/udev/rules.d", None)),
    (
        "R39b",
        {
            "/etc/network/interfaces": "auto eth0\niface eth0 inet dhcp\n",
            f"{WANTS}/networking.service": ("link", f"{UNITS}/networking.service"),
            f"{UNITS}/networking.service": "[Install]\n",
        },
        ("/sbin/dhclient", None),
    ),
    ("R34g", {**MANAGED_BY_NETWORKMANAGER, **_LIBC, _POLICY: _OWN}, (_BUS, None)),
    ("R34g", {**MANAGED_BY_NETWORKMANAGER, **_LIBC, _BUS: "<busconfig/>\n", _POLICY: _OWN.replace("NetworkManager", "NetworkManager1")}, (_POLICY, None)),
    ("R39b", {**_BY_DHCLIENT, "/usr/sbin/ip": program(["libmnl.so.0"])}, ("/usr/sbin/ip", None)),
    ("R39b", {**_BY_DHCLIENT, "/usr/sbin/ip": None, "/sbin/ip": ("link", "/bin/ip"), "/lib/x86_64-linux-gnu/libc.so.6": library()}, ("/sbin/ip", None)),
]

#: (rule that does not concern the right guest, files with which it does, and holds)
RIGHT_FILES = [
    ("R34h", {**MANAGED_BY_NETWORKMANAGER, _NM: "[main]\nplugins=keyfile\n"}),
    ("R34e", {"/etc/sysconfig/network/dhcp": 'DHCLIENT_SET_HOSTNAME="no"\n'}),
    ("R72", {"/etc/resolv.conf": "nameserver 168.63.129.16\n"}),
]

#: (rule, files that resemble its fault, and are right)
_KEPT = [
    ("R34g", {**MANAGED_BY_NETWORKMANAGER, **_LIBC, _BUS: "<busconfig/>\n", "/etc/dbus-1/system.d/nm.conf": _OWN}),
    ("R34g", {**MANAGED_BY_NETWORKMANAGER, **_LIBC, "/etc/dbus-1/system.conf": _OWN}),
    ("R39b", _BY_DHCLIENT),
    ("R39b", {**_BY_DHCLIENT, "/usr/sbin/ip": None, "/sbin/ip": ("link", "/usr/lib/systemd/systemd"), "/lib/x86_64-linux-gnu/libc.so.6": library()}),
    ("R34h", {**MANAGED_BY_NETWORKMANAGER, _NM: "\n# x\n[main]\nplugins = keyfile\n  dns=default\n[logging]\n"}),
    (
        "R34b",
        {
            **LEFT_ALONE,
            "/etc/systemd/network/10-azure.network": "[Match]\nName=eth0\nHost=!build\nArchitecture=x86-64\n[Network]\nDHCP=yes\n[DHCPv4]\nUseDNS=no\n",
        },
    ),
    ("R35d", {"/etc/systemd/network/10-own.link": "[Match]\nOriginalName=*\n[Link]\nNamePolicy=keep kernel\nMACAddressPolicy=persistent\n"}),
    ("R35d", {"/etc/systemd/network/10-own.link": "[Match]\nDriver=virtio_net\n[Link]\nMACAddressPolicy=random\n"}),
    (
        "R35d",
        {
            **MANAGED_BY_NETWORKMANAGER,
            "/etc/NetworkManager/conf.d/own.conf": "[connection]\nethernet.cloned-mac-address=preserve\nwifi.cloned-mac-address=random\n",
        },
    ),
    (
        "R35d",  # a file of /etc stands for that of the package
        {
            **MANAGED_BY_NETWORKMANAGER,
            "/usr/lib/NetworkManager/conf.d/own.conf": "[connection]\nethernet.cloned-mac-address=random\n",
            "/etc/NetworkManager/conf.d/own.conf": "# nothing\n",
        },
    ),
    (
        "R35d",  # the last file counts
        {
            **MANAGED_BY_NETWORKMANAGER,
            "/etc/NetworkManager/conf.d/10-own.conf": "[connection]\nethernet.cloned-mac-address=random\n",
            "/etc/NetworkManager/conf.d/90-azure.conf": "[connection]\nethernet.cloned-mac-address=preserve\n",
        },
    ),
]

CONTROLS = (
    _KEPT
    + [
        ("R34b", {**MANAGED_BY_NETWORKMANAGER, **files})
        for files in [
            {"/etc/NetworkManager/system-connections/any.nmconnection": PROFILE},
            {"/etc/NetworkManager/system-connections/eth0.nmconnection": PROFILE + "interface-name=eth0\n[ipv4]\nmethod=auto\n"},
            {"/etc/sysconfig/network-scripts/ifcfg-eth0": "DEVICE=eth0\nONBOOT=yes\nBOOTPROTO=dhcp\n"},
            {"/etc/NetworkManager/conf.d/00-server.conf": "# replaces the one of the package\n"},
        ]
    ]
    + [
        ("R34c", files)
        for files in [
            {
                "/etc/netplan/a.yaml": "network: {ethernets: {eth0: {dhcp4: true, nameservers: {addresses: [1.1.1.1]}}},"
                " bridges: {br0: {addresses: [10.9.0.1/24]}}}\n"
            },
            {"/etc/NetworkManager/system-connections/wg0.nmconnection": "[connection]\ntype=wireguard\n[ipv4]\nmethod=manual\naddress1=10.8.0.1/24\n"},
            {"/etc/systemd/network/05-home.network": "[Match]\nName=eth0\nVirtualization=kvm\n[Network]\nAddress=192.168.1.5/24\n"},
            {"/etc/systemd/network/wg0.network": "[Match]\nName=wg0\n[Network]\nAddress=10.8.0.1/24\n"},
            {"/etc/network/interfaces": "auto br0\niface br0 inet static\n address 10.9.0.1/24\n bridge_ports none\n"},
            {"/etc/sysconfig/network-scripts/ifcfg-virbr0": "DEVICE=virbr0\nTYPE=Bridge\nIPADDR=10.9.0.1\n"},
        ]
    ]
    + [
        ("R34d", {"/etc/netplan/50-cloud-init.yaml": "network: {ethernets: {ens3: {match: {macaddress: '52:54:00:12:34:56'}}}}\n"}),  # it is written again
        (
            "R34c",
            {
                "/boot/grub/grub.cfg": GRUB_CFG.replace(
                    "rootdelay=300", "rootdelay=300 ip=dhcp ip=:::::eth0:dhcp ip=10.1.0.37::10.1.0.1:255.255.254.0::eth0:dhcp"
                )
            },
        ),
        (
            "R35c",
            {
                INITRAMFS: initramfs(
                    IN_INITRAMFS,
                    {
                        "etc/udev/rules.d/70-persistent-net.rules": 'SUBSYSTEM=="net", ATTR{address}=="52:54:00:12:34:56", KERNEL=="eth*", NAME="eth1"\n',
                        "usr/lib/systemd/network/99-default.link": "[Match]\nOriginalName=*\n[Link]\nNamePolicy=keep kernel path\n",
                    },
                ),
                **LEFT_ALONE,
            },
        ),
        ("R35b", {"/etc/systemd/network/10-lan.link": "[Match]\nMACAddress=52:54:00:12:34:56\n[Link]\nName=lan0\n"}),
        ("R35b", {"/usr/lib/systemd/network/99-default.link": "[Match]\nOriginalName=*\n[Link]\nNamePolicy=keep kernel database onboard slot path\n"}),
        (
            "R35b",
            {
                "/etc/systemd/network/10-lan.link": "[Match]\nDriver=hv_netvsc\n[Link]\nName=lan0\n",
                **LEFT_ALONE,
                "/etc/systemd/network/10-azure.network": "[Match]\nName=lan*\n[Network]\nDHCP=yes\n",
            },
        ),
        ("R35", {"/etc/systemd/network/10-lan.link": "[Match]\nMACAddress=52:54:00:99:99:99\n[Link]\nName=lan9\n"}),
        ("R35", {"/etc/udev/rules.d/60-lan.rules": 'SUBSYSTEM=="net", ACTION=="add", ATTR{address}=="52:54:00:99:99:99", NAME="lan9"\n'}),
        ("R35", {"/etc/systemd/network/10-lan.link": "[Match]\nDriver=hv_netvsc\n[Link]\nName=lan0\n"}),
        ("R35b", {"/usr/lib/systemd/network/73-usb-net-by-mac.link": "[Match]\nPath=*-usb-*\n[Link]\nNamePolicy=mac\n", **LEFT_ALONE}),
        (
            "R34b",
            {
                "/etc/systemd/network/10-lan.link": "[Match]\nDriver=hv_netvsc\n[Link]\nName=lan0\n",
                **LEFT_ALONE,
                "/etc/systemd/network/10-azure.network": "[Match]\nName=lan*\n[Network]\nDHCP=yes\n",
            },
        ),
        ("R35b", {"/etc/udev/rules.d/10-x.rules": 'SUBSYSTEM=="net", KERNEL=="wlan*", NAME="lan0"\nSUBSYSTEM=="block", KERNEL=="sda", NAME="disk"\n'}),
        (
            "R72",
            {
                "/etc/resolv.conf": ("link", "../run/systemd/resolve/stub-resolv.conf"),
                f"{WANTS}/systemd-resolved.service": ("link", f"{UNITS}/systemd-resolved.service"),
                f"{UNITS}/systemd-resolved.service": "[Install]\n",
            },
        ),
        (
            "R72",
            {
                "/etc/resolv.conf": "nameserver 10.0.2.3\n",
                "/etc/network/interfaces": "auto eth0\niface eth0 inet dhcp\n",
                f"{WANTS}/networking.service": ("link", f"{UNITS}/networking.service"),
                f"{UNITS}/networking.service": "[Install]\n",
            },
        ),
    ]
)
CONTROLS += [
    ("R34b", {**MANAGED_BY_NETWORKMANAGER, _FIRST: PROFILE, _STATE: "[main]\nNetworkingEnabled=true\nWirelessEnabled=false\n"}),
    ("R34b", {**MANAGED_BY_NETWORKMANAGER, "/etc/other/first": PROFILE, _NM: "[keyfile]\npath=/etc/other\n"}),
    ("R34g", {**_WITH_BUS, _LOCAL: '<!DOCTYPE busconfig SYSTEM "http://x/y.dtd">\n<busconfig>\n</busconfig>\n'}),
    ("R34g", {**_WITH_BUS, _LOCAL: "<busconfig>\n", _BUS: "<busconfig/>\n"}),  # nothing reads it
    ("R34g", {**_WITH_BUS, _LOCAL: "<busconfig>\n", "/usr/bin/dbus-broker-launch": program()}),
    ("R34g", {**_WITH_BUS, "/etc/dbus-1/system.d/own.conf": "<busconfig>\n"}),
    ("R34g", {**_WITH_BUS, _LOCAL: '<!DOCTYPE busconfig [<!ENTITY a "a">]>\n<busconfig>&a;\n'}),
]
