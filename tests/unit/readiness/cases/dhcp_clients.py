# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of DHCP clients and their files, of queues, and of what ifup runs before a card."""

from unit.readiness.cases.network_routes import _FILE, _INTERFACES, _KEYFILE, _ifupdown, _keyfile, _networkd
from unit.readiness.guest_tree import UNITS, WANTS

_CONF, _DHCPCD = "/etc/dhcp/dhclient.conf", "/etc/dhcpcd.conf"
_SCRIPT = {"/sbin/dhclient-script": ("program", "#!/bin/sh\n")}
_HOOK, _BEFORE, _DEFAULTS = "/etc/dhcp/dhclient-enter-hooks.d/own", "/etc/network/if-pre-up.d/own", "/etc/default/networking"
_CLASSLESS = "option rfc3442-classless-static-routes code 121 = array of unsigned integer 8;\nrequest subnet-mask, routers, rfc3442-classless-static-routes;\n"
_LINK = "/etc/systemd/network/10-a.link"


def _dhclient(text, **files):
    return {**_ifupdown(""), **_SCRIPT, _CONF: text, **files}


def _dhcpcd(text):
    without = {path: content for path, content in _ifupdown("").items() if path != "/sbin/dhclient"}
    return {**without, "/sbin/dhcpcd": "program", _DHCPCD: text}


def _before(*lines):
    return {**_ifupdown(""), _BEFORE: ("program", "\n".join(("#!/bin/sh", *lines, "")))}


def _link(text):
    return {**_networkd(""), _LINK: "[Match]\nOriginalName=eth*\n[Link]\nNamePolicy=keep kernel\n" + text}


#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    *[
        ("R34k", _dhclient(text), (_CONF, line))
        for text, line in (
            ("# own\nreject 168.63.129.16;\n", 2),
            ("reject 10.0.0.0/8,\n  168.63.0.0/16;\n", 1),
            ('interface "eth0" {\n  reject 168.63.129.16;\n}\n', 2),
            ("require subnet-mask, ntp-servers;\n", 1),
            ("request domain-name, domain-name-servers;\n", 1),
            (_CLASSLESS + "supersede rfc3442-classless-static-routes 0, 192, 168, 1, 1;\n", 3),
            ("supersede routers 192.168.1.1;\n", 1),
            ("supersede subnet-mask 0.0.0.0;\n", 1),
        )
    ],
    ("R34k", _dhclient("", **{_HOOK: "# own\nexit 0\n"}), (_HOOK, 2)),
    *[
        ("R34k", _dhcpcd(text), (_DHCPCD, line))
        for text, line in (
            ("hostname\ndenyinterfaces wlan0 eth*\n", 2),
            ("allowinterfaces ens3\n", 1),
            ("interface eth0\nstatic ip_address=192.168.1.9/24\n", 2),
            ("blacklist 168.63.129.16\n", 1),
            ("whitelist 192.168.1.1\n", 1),
            ("nogateway\n", 1),
            ("nooption routers, classless_static_routes\n", 1),
            ("require ntp_servers\n", 1),
            ("interface ens3\nmetric 9\ninterface eth0\nnodhcp\n", 4),
        )
    ],
    ("R34b", _networkd("[DHCPv4]\nListenPort=10068\n"), (_FILE, 6)),
    ("R34b", _networkd("[NetworkEmulator]\nParent=root\nLossRate=100%\n"), (_FILE, 7)),
    ("R34b", _networkd("[NetworkEmulator]\nDelaySec=1min\n"), (_FILE, 6)),
    ("R34b", _networkd("[TokenBucketFilter]\nRate=1K\nBurstBytes=5000\nLatencySec=1s\n"), (_FILE, 6)),
    ("R34b", _networkd("[BFIFO]\nParent=root\nLimitBytes=100\n"), (_FILE, 7)),
    ("R34b", _networkd("[CAKE]\nBandwidth=64\n"), (_FILE, 6)),
    ("R34i", _networkd("DefaultRouteOnDevice=yes\n"), (_FILE, 5)),
    ("R35e", _link("MTUBytes=68\n"), (_LINK, 5)),
    ("R34b", _before("exit 1"), (_BEFORE, 2)),
    ("R34b", _before("logger up", "/bin/false"), (_BEFORE, 3)),
    ("R34b", {**_before(), _DEFAULTS: "CONFIGURE_INTERFACES=no\n"}, (_DEFAULTS, 1)),
    ("R34b", {**_before(), _DEFAULTS: "VERBOSE=no\nEXCLUDE_INTERFACES='wlan0 eth*'\n"}, (_DEFAULTS, 2)),
    ("R34b", _ifupdown("  pre-up sh -c 'exit 1'\n"), (_INTERFACES, 4)),
    ("R34b", _ifupdown("  pre-up /bin/true && false\n"), (_INTERFACES, 4)),
    ("R34b", _ifupdown("mapping eth0\n  script /bin/false\n"), (_INTERFACES, 6)),
    ("R34b", {**_ifupdown("iface ens3 inet dchp\n"), "/lib/udev/ifupdown-hotplug": "x"}, (_INTERFACES, 5)),
    *[
        ("R34b", {**_ifupdown(lines), "/lib/udev/ifupdown-hotplug": "x"}, (_INTERFACES, line))
        for lines, line in (
            ("iface ens3 inet dhcp inherits base\n", 5),
            ("iface ens3 inet dhcp inherits base\niface base inet dhcp\n", 5),
            ("iface base inet6 auto\niface ens3 inet dhcp inherits base\n", 6),
            ("iface ens3 inherits base\n", 5),
            ("iface ens3 inet dhcp inherits\n", 5),
        )
    ],
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    *[
        ("R34k", _dhclient(text))
        for text in (
            "",
            "reject 192.168.122.1;\nreject 10.0.0.0/8;\n",
            'interface "ens3" {\n  reject 168.63.129.16;\n  supersede routers 192.168.1.1;\n}\n',
            "require subnet-mask, domain-name-servers;\nalso request interface-mtu;\n",
            "supersede dhcp-server-identifier 255.255.255.255;\nsend dhcp-client-identifier = hardware;\ntimeout 300;\nretry 60;\n",
            'lease {\n  interface "eth0";\n  option routers 192.168.1.1;\n  reject 168.63.129.16;\n}\n',
            '#reject 168.63.129.16;\nprepend domain-name-servers 127.0.0.1;\nsupersede domain-name "example.org";\n',
            'append domain-search "example.org";\nsupersede domain-name-servers 1.1.1.1, 9.9.9.9;\n',
            _CLASSLESS,
        )
    ],
    ("R34k", _dhclient("", **{_HOOK: '[ "$interface" = eth9 ] || return 0\nexit 1\n', "/etc/dhcp/dhclient-enter-hooks.d/own.bak": "exit 1\n"})),
    *[
        ("R34k", _dhcpcd(text))
        for text in (
            "hostname\nclientid\npersistent\noption rapid_commit\noption domain_name_servers, domain_name, domain_search, host_name\n"
            "option classless_static_routes\nrequire dhcp_server_identifier\nslaac private\n",
            "denyinterfaces veth* docker0\nnoipv6rs\n",
            "allowinterfaces eth0 eth1\nnooption host_name\n",
            "interface ens3\nstatic ip_address=192.168.1.9/24\nstatic routers=192.168.1.1\nnogateway\n",
            "profile static_eth0\nstatic ip_address=192.168.1.23/24\n",
        )
    ],
    ("R34b", _networkd("[DHCPv4]\nListenPort=68\nRequestOptions=119 121\nSendHostname=no\n")),
    ("R34b", _networkd("[NetworkEmulator]\nParent=root\nLossRate=1%\nDelaySec=20ms\n")),
    ("R34b", _networkd("[TokenBucketFilter]\nRate=100M\nBurstBytes=64K\nLimitBytes=1M\n[CAKE]\nBandwidth=1G\n")),
    ("R34b", _networkd("[FairQueueing]\nParent=root\nPacketLimit=10000\n")),
    ("R35e", _link("MTUBytes=1400\n")),
    ("R34b", _before('[ "$IFACE" = eth9 ] || exit 0', "exit 1")),
    ("R34b", _before("/sbin/iptables-restore < /etc/iptables.up.rules || true", "exit 0")),
    ("R34b", _before("if [ -e /etc/closed ]; then", "  exit 1", "fi")),
    ("R34b", {**_ifupdown(""), "/etc/network/if-pre-up.d/own.sh": ("program", "#!/bin/sh\nexit 1\n"), "/etc/network/if-pre-up.d/README": "exit 1\n"}),
    ("R34b", {**_before(), _DEFAULTS: "#CONFIGURE_INTERFACES=no\nEXCLUDE_INTERFACES=wlan0\n"}),
    ("R34b", {**_ifupdown("allow-hotplug eth0\n"), _DEFAULTS: "CONFIGURE_INTERFACES=no\n"}),  # udev starts it
    ("R34b", {**_ifupdown("iface ens3 inet manual\niface wlan0 inet6 auto\niface ens4 inherits ens3\n"), "/lib/udev/ifupdown-hotplug": "x"}),
    ("R34b", _ifupdown("  pre-up sh -c 'exit 0'\n  up false\n  pre-up test -e /etc/none || exit 0\n")),
]

_SCRIPTS, _NETWORK = "/etc/sysconfig/network-scripts", "/etc/sysconfig/network"
_WITHOUT_NETWORKD = {path: content for path, content in _ifupdown("").items() if content is None or path.startswith("/etc/cloud") or path == "/sbin/dhclient"}


def _of_service(name, files):
    return {
        **_WITHOUT_NETWORKD,
        f"{UNITS}/{name}.service": "[Service]\nExecStart=/bin/true\n[Install]\n",
        f"{WANTS}/{name}.service": ("link", f"{UNITS}/{name}.service"),
        **files,
    }


def _ifcfg(more="", **files):
    return _of_service("network", {f"{_SCRIPTS}/ifcfg-eth0": "DEVICE=eth0\nONBOOT=yes\nBOOTPROTO=dhcp\n" + more, **files})


def _wicked(more="", **files):
    return _of_service("wicked", {f"{_NETWORK}/ifcfg-eth0": "BOOTPROTO='dhcp'\nSTARTMODE='auto'\n" + more, **files})


RIGHT_FILES = [("R34k", _dhclient("reject 192.168.122.1;\n"))]
BROKEN_FILES += [
    ("R34b", _ifcfg(**{_NETWORK: "NETWORKING=no\n"}), (_NETWORK, 1)),
    ("R34b", _ifcfg(**{_NETWORK: "NETWORKING=yes\nGATEWAYDEV=eth1\n"}), (_NETWORK, 2)),
    ("R34b", _ifcfg("GATEWAYDEV=bond0\n"), (f"{_SCRIPTS}/ifcfg-eth0", 4)),
    ("R34b", _ifcfg("MTU=68\n"), (f"{_SCRIPTS}/ifcfg-eth0", 4)),
    ("R34i", _ifcfg(**{f"{_SCRIPTS}/route-eth0": "# own\nblackhole 168.63.129.16\n"}), (f"{_SCRIPTS}/route-eth0", 2)),
    ("R34i", _ifcfg(**{f"{_SCRIPTS}/route-eth0": "unreachable default\n"}), (f"{_SCRIPTS}/route-eth0", 1)),
    ("R34i", _ifcfg(**{f"{_SCRIPTS}/rule-eth0": "to 168.63.129.16 prohibit\n"}), (f"{_SCRIPTS}/rule-eth0", 1)),
    ("R34b", _wicked("DHCLIENT_SET_DEFAULT_ROUTE='no'\n"), (f"{_NETWORK}/ifcfg-eth0", 3)),
    ("R34b", _wicked(**{f"{_NETWORK}/dhcp": 'DHCLIENT_SET_DEFAULT_ROUTE="no"\n'}), (f"{_NETWORK}/dhcp", 1)),
    ("R34b", _wicked("MTU='68'\n"), (f"{_NETWORK}/ifcfg-eth0", 3)),
    (
        "R34b",
        _wicked(**{"/etc/wicked/local.xml": '<config>\n <addrconf><dhcp4><ignore-server ip="168.63.129.16" /></dhcp4></addrconf>\n</config>\n'}),
        ("/etc/wicked/local.xml", 2),
    ),
    ("R34b", _keyfile("[ipv4]\nmethod=auto\ndhcp-reject-servers=168.63.0.0/16;\n"), (_KEYFILE, 6)),
]
CONTROLS += [
    ("R34b", _ifcfg("MTU=1400\nPEERDNS=no\nHOTPLUG=no\n", **{_NETWORK: "NETWORKING=yes\nGATEWAYDEV=eth0\nHOSTNAME=x\n"})),
    ("R34b", _ifcfg("DEFROUTE=yes\n", **{_NETWORK: "GATEWAYDEV=eth1\n"})),
    (
        "R34i",
        _ifcfg(
            **{
                f"{_SCRIPTS}/route-eth0": "10.9.0.0/16 via 10.0.0.1 dev eth0\ndefault via 10.0.0.1 table 100\nblackhole 192.168.0.0/16\n",
                f"{_SCRIPTS}/rule-eth0": "from 10.0.0.5 table 100\nto 192.168.0.0/16 prohibit\nfrom 10.9.0.0/16 blackhole\n",
            }
        ),
    ),
    ("R34i", _ifcfg(**{f"{_SCRIPTS}/route-eth0": "ADDRESS0=10.9.0.0\nNETMASK0=255.255.0.0\nGATEWAY0=10.0.0.1\n"})),
    ("R34b", _wicked("DHCLIENT_SET_DEFAULT_ROUTE='yes'\nMTU='1400'\n", **{f"{_NETWORK}/dhcp": 'DHCLIENT_SET_DEFAULT_ROUTE="yes"\n'})),
    ("R34b", _wicked(**{"/etc/wicked/local.xml": '<config><addrconf><dhcp4><ignore-server ip="192.168.1.1" /></dhcp4></addrconf></config>\n'})),
    ("R34b", _keyfile("[ipv4]\nmethod=auto\ndhcp-reject-servers=192.168.122.1;\n")),
]
