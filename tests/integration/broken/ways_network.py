# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps the first card from its address, by each manager of networks, and what its firewall lets through."""

from integration.broken.ways_boot import NETWORK
from integration.broken.ways_root import masked, networkd

NM_PROFILE = "/etc/NetworkManager/system-connections/first.nmconnection"
NM_CONF = "/etc/NetworkManager/conf.d/z.conf"
NETPLAN = "/etc/netplan/50-first.yaml"
INTERFACES = "/etc/network/interfaces"
DHCP = "[Match]\nName=eth0\n[Network]\nDHCP=yes\n"
_NO_DEFAULT = "[main]\nno-auto-default=*\n"


def network_manager(profile="", conf="", mode=0o600):
    """Return the way in which NetworkManager has a profile and settings, on an image that it sets up."""

    def change(layer):
        layer.needs("/etc/systemd/system/multi-user.target.wants/NetworkManager.service")
        if layer.tree.exists("/etc/cloud/cloud.cfg"):  # which writes a profile of its own, that would win
            layer.write("/etc/cloud/cloud.cfg.d/98-network.cfg", "network: {config: disabled}\n")
        if profile:
            layer.write(NM_PROFILE, "[connection]\nid=first\nuuid=11111111-2222-3333-4444-555555555555\ntype=ethernet\n" + profile, mode)
        if conf:
            layer.write(NM_CONF, conf)

    return change


def netplan(text, more=None):
    """Return the way in which netplan has a file, on an image that has netplan and networkd."""

    def change(layer):
        layer.needs("/usr/sbin/netplan", NETWORK)
        layer.remove(NETWORK)
        layer.write(NETPLAN, text, 0o600)
        if more:
            layer.write("/etc/netplan/90-more.yaml", more, 0o600)

    return change


def netctl(profile):
    """Return the way in which netctl sets the card up in networkd's place, on an image that has networkd."""

    def change(layer):
        layer.needs(NETWORK, "/etc/systemd/system/multi-user.target.wants/systemd-networkd.service")
        layer.remove(NETWORK)
        layer.write("/usr/lib/netctl/network", "#!/bin/bash\n", 0o755)
        layer.write("/usr/sbin/dhcpcd", "#!/bin/sh\n", 0o755)
        layer.write("/usr/lib/systemd/system/netctl@.service", "[Service]\nType=notify\nExecStart=/usr/lib/netctl/network start %I\n")
        layer.link("/etc/systemd/system/multi-user.target.wants/netctl@first.service", "/usr/lib/systemd/system/netctl@.service")
        layer.write("/etc/netctl/first", profile)

    return change


def ifupdown(text, before=""):
    """Return the way in which ifupdown sets the card up in networkd's place, on an image that has both."""

    def change(layer):
        layer.needs("/sbin/ifup", NETWORK, "/etc/systemd/system/multi-user.target.wants/systemd-networkd.service")
        layer.remove(NETWORK, "/etc/systemd/system/multi-user.target.wants/systemd-networkd.service")
        layer.write(INTERFACES, before + "auto lo\niface lo inet loopback\n" + text)

    return change


def loaded(program, name, files):
    """Return the way in which a firewall's program and unit are there, and its files."""

    def change(layer):
        layer.write(program, b"#!/bin/sh\n", 0o755)
        layer.write(f"/usr/lib/systemd/system/{name}.service", f"[Service]\nType=oneshot\nExecStart={program}\n[Install]\nWantedBy=multi-user.target\n")
        layer.link(f"/etc/systemd/system/multi-user.target.wants/{name}.service", f"/usr/lib/systemd/system/{name}.service")
        for path, text in files.items():
            layer.write(path, text)

    return change


def nftables(text, more=None):
    return loaded("/usr/sbin/nft", "nftables", {"/etc/nftables.conf": text, **(more or {})})


def iptables(text):
    return loaded("/usr/sbin/netfilter-persistent", "netfilter-persistent", {"/etc/iptables/rules.v4": text})


def firewalld(zone, text):
    return loaded(
        "/usr/sbin/firewalld",
        "firewalld",
        {"/etc/firewalld/firewalld.conf": f"DefaultZone={zone}\n", f"/etc/firewalld/zones/{zone}.xml": f'<?xml version="1.0"?>\n{text}\n'},
    )


def ufw(defaults, rules=""):
    return loaded(
        "/usr/sbin/ufw",
        "ufw",
        {"/etc/ufw/ufw.conf": "ENABLED=yes\n", "/etc/default/ufw": defaults, "/etc/ufw/user.rules": f"*filter\n:ufw-user-input - [0:0]\n{rules}COMMIT\n"},
    )


#: Chains of nftables and iptables whose last word is no.
INPUT_OF_NFT = """table inet f {
 chain in {
  type filter hook input priority 0; policy drop;
  ct state established,related accept
  %s
 }
}
"""
INPUT_OF_IPTABLES = """*filter
:INPUT DROP [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
%s
COMMIT
"""
IN_DROP = 'DEFAULT_INPUT_POLICY="DROP"\nDEFAULT_OUTPUT_POLICY="ACCEPT"\nDEFAULT_FORWARD_POLICY="DROP"\n'

#: {what was done: how}
WAYS = {
    # netctl
    "netctl: a fixed address": netctl("Interface=eth0\nConnection=ethernet\nIP=static\nAddress=('192.168.1.5/24')\nGateway='192.168.1.1'\n"),
    "netctl: for the card of the old machine": netctl("Interface=ens3\nConnection=ethernet\nIP=dhcp\n"),
    "netctl: by a client that is not there": netctl("Interface=eth0\nConnection=ethernet\nIP=dhcp\nDHCPClient=udhcpc\n"),
    # networkd
    "networkd: a no-break space before a key": networkd("[Match]\nName=eth0\n[Network]\n\u00a0DHCP=yes\n"),
    "networkd: a line that is no UTF-8": networkd("[Match]\nName=eth0\n[Network]\nDescription=caf\udce9\nDHCP=yes\n"),
    "networkd: no key of its match is known": networkd("[Match]\nNaem=eth0\n[Network]\nDHCP=yes\n"),
    "ifupdown: the mark of the octets' order": ifupdown("auto eth0\niface eth0 inet dhcp\n", "\ufeff"),
    "ifupdown: an option behind no card": ifupdown("auto eth0\n  mtu 1400\niface eth0 inet dhcp\n"),
    "NetworkManager: a blank behind the method": network_manager("interface-name=eth0\n[ipv4]\nmethod=auto \n", _NO_DEFAULT),
    "NetworkManager: IPv6 without a method": network_manager("[ipv4]\nmethod=auto\n[ipv6]\naddr-gen-mode=eui64\n", _NO_DEFAULT),
    "networkd: for VMware alone": networkd("[Match]\nName=eth0\nVirtualization=vmware\n[Network]\nDHCP=yes\n"),
    "networkd: for the host of the build": networkd("[Match]\nName=eth0\nHost=build\n[Network]\nDHCP=yes\n"),
    "networkd: for another processor": networkd("[Match]\nName=eth0\nArchitecture=arm64\n[Network]\nDHCP=yes\n"),
    "networkd: for another command line": networkd("[Match]\nName=eth0\nKernelCommandLine=build\n[Network]\nDHCP=yes\n"),
    "networkd: for wireless cards": networkd("[Match]\nType=wlan\n[Network]\nDHCP=yes\n"),
    "networkd: for the driver of the old machine": networkd("[Match]\nDriver=virtio_net\n[Network]\nDHCP=yes\n"),
    "networkd: for the slot of the old machine": networkd("[Match]\nPath=pci-0000:00:03.0\n[Network]\nDHCP=yes\n"),
    "networkd: the card stays down": networkd("[Match]\nName=eth0\n[Link]\nActivationPolicy=down\n[Network]\nDHCP=yes\n"),
    "networkd: the card is not brought up": networkd("[Match]\nName=eth0\n[Link]\nActivationPolicy=manual\n[Network]\nDHCP=yes\n"),
    "networkd: the card gets the address of the old one": networkd("[Match]\nName=eth0\n[Link]\nMACAddress=52:54:00:12:34:56\n[Network]\nDHCP=yes\n"),
    "networkd: DHCP of IPv6 alone": networkd("[Match]\nName=eth0\n[Network]\nDHCP=ipv6\n"),
    "networkd: no DHCP": networkd("[Match]\nName=eth0\n[Network]\nDHCP=no\n"),
    "networkd: no routes": networkd("[Match]\nName=eth0\n[Network]\nDHCP=yes\n[DHCPv4]\nUseRoutes=no\n"),
    "networkd: no gateway": networkd("[Match]\nName=eth0\n[Network]\nDHCP=yes\n[DHCPv4]\nUseGateway=no\n"),
    "networkd: the card is a part of a bond": lambda layer: (
        networkd("[Match]\nName=eth0\n[Network]\nBond=bond0\n")(layer),
        layer.write("/etc/systemd/network/10-bond.netdev", "[NetDev]\nName=bond0\nKind=bond\n"),
    ),
    "networkd: a drop-in has a fixed address": networkd("[Network]\nDHCP=no\nAddress=192.0.2.9/24\n", f"{NETWORK}.d/z.conf"),
    "networkd: the file is empty": networkd(""),
    "networkd: the file is masked": lambda layer: (layer.needs(NETWORK), layer.link(NETWORK, "/dev/null")),
    "networkd: the file has another name": lambda layer: (layer.write(NETWORK + ".off", layer.read(NETWORK)), layer.remove(NETWORK)),
    "networkd: Azure's platform is a blackhole": networkd(DHCP + "[Route]\nDestination=168.63.129.16/32\nType=blackhole\n"),
    "networkd: everybody is unreachable": networkd(DHCP + "[Route]\nDestination=0.0.0.0/0\nType=unreachable\n"),
    "networkd: everything to the old gateway": networkd(DHCP + "[Route]\nGateway=192.168.1.1\nGatewayOnLink=yes\n"),
    "networkd: a rule rejects Azure's platform": networkd(DHCP + "[RoutingPolicyRule]\nTo=168.63.129.16\nType=prohibit\n"),
    "networkd: the card is in a VRF": lambda layer: (
        networkd(DHCP + "VRF=blue\n")(layer),
        layer.write("/etc/systemd/network/10-vrf.netdev", "[NetDev]\nName=blue\nKind=vrf\n[VRF]\nTable=10\n"),
    ),
    "networkd: routes in a table that nobody asks": networkd(DHCP + "[DHCPv4]\nRouteTable=100\n"),
    "networkd: packets too small for DHCP": networkd(DHCP + "[Link]\nMTUBytes=68\n"),
    "a link file gives the card the address of the old one": networkd(
        "[Match]\nOriginalName=eth*\n[Link]\nNamePolicy=keep\nMACAddress=52:54:00:12:34:56\n", "/etc/systemd/network/10-a.link"
    ),
    "a link file gives every card an address of chance": networkd(
        "[Match]\nOriginalName=*\n[Link]\nNamePolicy=keep\nMACAddressPolicy=random\n", "/etc/systemd/network/10-a.link"
    ),
    # NetworkManager
    "NetworkManager: a fixed address": network_manager("interface-name=eth0\n[ipv4]\nmethod=manual\naddress1=192.0.2.9/24,192.0.2.1\n"),
    "NetworkManager: no address": network_manager("interface-name=eth0\n[ipv4]\nmethod=disabled\n[ipv6]\nmethod=disabled\n"),
    "NetworkManager: not at boot": network_manager("interface-name=eth0\nautoconnect=false\n[ipv4]\nmethod=auto\n", "[main]\nno-auto-default=*\n"),
    "NetworkManager: for another card": network_manager("interface-name=ens3\n[ipv4]\nmethod=auto\n", "[main]\nno-auto-default=*\n"),
    "NetworkManager: for the address of the old card": network_manager(
        "[ethernet]\nmac-address=52:54:00:12:34:56\n[ipv4]\nmethod=auto\n", "[main]\nno-auto-default=*\n"
    ),
    "NetworkManager: the address of the old card": network_manager(
        "interface-name=eth0\n[ethernet]\ncloned-mac-address=52:54:00:12:34:56\n[ipv4]\nmethod=auto\n"
    ),
    "NetworkManager: an address of chance": network_manager(conf="[connection]\nethernet.cloned-mac-address=random\n"),
    "NetworkManager: for one user": network_manager("interface-name=eth0\npermissions=user:builder:;\n[ipv4]\nmethod=auto\n", "[main]\nno-auto-default=*\n"),
    "NetworkManager: no route": network_manager("interface-name=eth0\n[ipv4]\nmethod=auto\nnever-default=true\nignore-auto-routes=true\n"),
    "NetworkManager: Azure's platform is a blackhole": network_manager(
        "interface-name=eth0\n[ipv4]\nmethod=auto\nroute1=168.63.129.16/32\nroute1_options=type=blackhole\n"
    ),
    "NetworkManager: everything to the old gateway": network_manager("interface-name=eth0\n[ipv4]\nmethod=auto\nroute1=0.0.0.0/0,192.168.1.1,10\n"),
    "NetworkManager: a rule rejects everything": network_manager("interface-name=eth0\n[ipv4]\nmethod=auto\nrouting-rule1=priority 5 from all blackhole\n"),
    "NetworkManager: routes in a table that nobody asks": network_manager("interface-name=eth0\n[ipv4]\nmethod=auto\nroute-table=100\n"),
    "NetworkManager: packets too small for DHCP": network_manager("interface-name=eth0\n[ethernet]\nmtu=68\n[ipv4]\nmethod=auto\n"),
    "NetworkManager: a gateway and no address": network_manager(
        "interface-name=eth0\n[ipv4]\nmethod=auto\ngateway=192.168.1.1\n", "[main]\nno-auto-default=*\n"
    ),
    "NetworkManager: a script takes the card down": lambda layer: (
        network_manager("interface-name=eth0\n[ipv4]\nmethod=auto\n")(layer),
        layer.write("/etc/NetworkManager/dispatcher.d/99-own", "#!/bin/sh\nip link set eth0 down\n", 0o755),
    ),
    "NetworkManager: no card is managed": network_manager(conf="[keyfile]\nunmanaged-devices=*\n"),
    "NetworkManager: Ethernet is not managed": network_manager(conf="[keyfile]\nunmanaged-devices=type:ethernet\n"),
    "NetworkManager: eth0 is not managed": network_manager(conf="[device-eth]\nmatch-device=interface-name:eth*\nmanaged=0\n"),
    "NetworkManager: nothing by itself": network_manager(conf="[main]\nno-auto-default=*\n"),
    "NetworkManager: a file that all may read": network_manager("interface-name=eth0\n[ipv4]\nmethod=auto\n", "[main]\nno-auto-default=*\n", 0o644),
    "NetworkManager: a part of a bridge": network_manager("interface-name=eth0\nmaster=br0\nslave-type=bridge\n"),
    "NetworkManager: its configuration is no keyfile": network_manager(conf="[main\nplugins=keyfile\n\0"),
    "NetworkManager is masked": lambda layer: (network_manager()(layer), masked("NetworkManager.service")(layer)),
    "NetworkManager is gone": lambda layer: (network_manager()(layer), layer.remove("/usr/sbin/NetworkManager")),
    "NetworkManager's system bus is masked": lambda layer: (network_manager()(layer), masked("dbus.service")(layer), masked("dbus.socket")(layer)),
    "NetworkManager's library is gone": lambda layer: (
        network_manager()(layer),
        layer.remove("/usr/lib/x86_64-linux-gnu/libndp.so.0"),
    ),
    # netplan
    "netplan: no YAML": netplan("network:\n  version: 2\n\tethernets: {}\n"),
    # since 1.1 the generator goes on behind what it refuses, but not in that definition
    "netplan: a name in the place of a number": netplan("network:\n  version: 2\n  ethernets:\n    eth0:\n      mtu: jumbo\n      dhcp4: true\n"),
    "netplan: name servers without their key": netplan("network:\n  version: 2\n  ethernets:\n    eth0:\n      nameservers: 192.0.2.1\n      dhcp4: true\n"),
    "netplan: a word that it does not know": netplan(
        "network:\n  version: 2\n  ethernets:\n    eth0:\n      nameserver: {addresses: [192.0.2.1]}\n      dhcp4: true\n"
    ),
    "netplan: a word that it does not know in a match": netplan(
        "network:\n  version: 2\n  ethernets:\n    eth0:\n      match: {nam: eth0}\n      dhcp4: true\n"
    ),
    "netplan: a section that it does not know": netplan("network:\n  version: 2\n  ethernet:\n    eth0:\n      dhcp4: true\n"),
    "netplan: a fixed address": netplan("network:\n  version: 2\n  ethernets:\n    eth0:\n      addresses: [192.0.2.9/24]\n"),
    "netplan: for another card": netplan("network:\n  version: 2\n  ethernets:\n    ens3:\n      dhcp4: true\n"),
    "netplan: for the address of the old card": netplan(
        "network:\n  version: 2\n  ethernets:\n    first:\n      match: {macaddress: '52:54:00:12:34:56'}\n      dhcp4: true\n"
    ),
    "netplan: another name": netplan("network:\n  version: 2\n  ethernets:\n    first:\n      match: {name: ens*}\n      set-name: lan0\n      dhcp4: true\n"),
    "netplan: a later file turns DHCP off": netplan(
        "network:\n  version: 2\n  ethernets:\n    eth0: {dhcp4: true}\n", "network:\n  version: 2\n  ethernets:\n    eth0: {dhcp4: false}\n"
    ),
    "netplan: for NetworkManager, which is not there": netplan("network:\n  version: 2\n  renderer: NetworkManager\n  ethernets:\n    eth0: {dhcp4: true}\n"),
    "netplan: not brought up": netplan("network:\n  version: 2\n  ethernets:\n    eth0: {dhcp4: true, activation-mode: 'off'}\n"),
    "netplan: the address of the old card": netplan("network:\n  version: 2\n  ethernets:\n    eth0: {dhcp4: true, macaddress: '52:54:00:12:34:56'}\n"),
    "netplan: no routes": netplan("network:\n  version: 2\n  ethernets:\n    eth0: {dhcp4: true, dhcp4-overrides: {use-routes: false}}\n"),
    "netplan: a part of a bridge": netplan(
        "network:\n  version: 2\n  ethernets:\n    eth0: {}\n  bridges:\n    br0: {interfaces: [eth0], addresses: [192.0.2.9/24]}\n"
    ),
    "netplan: Azure's platform is a blackhole": netplan(
        "network:\n  version: 2\n  ethernets:\n    eth0:\n      dhcp4: true\n      routes: [{to: 168.63.129.16/32, type: blackhole}]\n"
    ),
    "netplan: everything to the old gateway": netplan(
        "network:\n  version: 2\n  ethernets:\n    eth0:\n      dhcp4: true\n      routes: [{to: default, via: 192.168.1.1, on-link: true}]\n"
    ),
    "netplan: the card is in a VRF": netplan(
        "network:\n  version: 2\n  ethernets:\n    eth0: {dhcp4: true}\n  vrfs:\n    blue: {table: 10, interfaces: [eth0]}\n"
    ),
    "netplan: packets too small for DHCP": netplan("network:\n  version: 2\n  ethernets:\n    eth0: {dhcp4: true, mtu: 68}\n"),
    "netplan: its generator is gone": lambda layer: (
        netplan("network:\n  version: 2\n  ethernets:\n    eth0: {dhcp4: true}\n")(layer),
        layer.remove(*layer.tree.glob("/usr/lib/systemd/system-generators/netplan")),
    ),
    # ifupdown
    "ifupdown: a fixed address": ifupdown("auto eth0\niface eth0 inet static\n  address 192.0.2.9/24\n"),
    "ifupdown: for another card": ifupdown("auto ens3\niface ens3 inet dhcp\n"),
    "ifupdown: by hand": ifupdown("auto eth0\niface eth0 inet manual\n"),
    "ifupdown: not at boot": ifupdown("iface eth0 inet dhcp\n"),
    "ifupdown: nothing": ifupdown(""),
    "ifupdown: the address of the old card": ifupdown("auto eth0\niface eth0 inet dhcp\n  hwaddress ether 52:54:00:12:34:56\n"),
    "ifupdown: an unknown method": ifupdown("auto eth0\niface eth0 inet dchp\n"),
    "ifupdown: a part of a bridge": ifupdown("auto br0\niface br0 inet static\n  address 192.0.2.9/24\n  bridge_ports eth0\n"),
    "ifupdown: a command takes the card down": ifupdown("auto eth0\niface eth0 inet dhcp\n  post-up ip link set eth0 down\n"),
    "ifupdown: a command before the card fails": ifupdown("auto eth0\niface eth0 inet dhcp\n  pre-up false\n"),
    "ifupdown: everything to the old gateway": ifupdown("auto eth0\niface eth0 inet dhcp\n  up ip route replace default via 192.168.1.1 dev eth0 onlink\n"),
    "ifupdown: Azure's platform is a blackhole": ifupdown("auto eth0\niface eth0 inet dhcp\n  pre-up ip route add blackhole 168.63.129.16\n"),
    "ifupdown: the card is in another namespace": ifupdown("auto eth0\niface eth0 inet dhcp\n  up ip link set $IFACE netns build\n"),
    "ifupdown: a script behind it empties the card": lambda layer: (
        ifupdown("auto eth0\niface eth0 inet dhcp\n")(layer),
        layer.write("/etc/network/if-up.d/zz-own", "#!/bin/sh\nip addr flush dev eth0\n", 0o755),
    ),
    "ifupdown: ip, which sets the address, is gone": lambda layer: (ifupdown("auto eth0\niface eth0 inet dhcp\n")(layer), layer.remove("/usr/bin/ip")),
    "NetworkManager: D-Bus has no file of its own": lambda layer: (layer.needs("/usr/sbin/NetworkManager"), layer.remove("/usr/share/dbus-1/system.conf")),
    "NetworkManager: D-Bus knows no such name": lambda layer: layer.remove("/usr/share/dbus-1/system.d/org.freedesktop.NetworkManager.conf"),
    "NetworkManager: D-Bus has no socket": lambda layer: (layer.needs("/usr/sbin/NetworkManager"), layer.remove("/usr/lib/systemd/system/dbus.socket")),
    "ip is gone, by which cloud-init asks": lambda layer: (layer.needs("/usr/bin/cloud-init"), layer.remove("/usr/bin/ip")),
    "ifupdown: a file that it sources is not there": ifupdown("source /etc/network/interfaces.d/first\n"),
    "ifupdown: no DHCP client": lambda layer: (
        ifupdown("auto eth0\niface eth0 inet dhcp\n")(layer),
        layer.remove(*[path for path in ("/sbin/dhclient", "/usr/sbin/dhclient", "/sbin/dhcpcd") if layer.tree.lstat(path)][:1]),
    ),
    "ifupdown: networking is masked": lambda layer: (ifupdown("auto eth0\niface eth0 inet dhcp\n")(layer), masked("networking.service")(layer)),
    # firewalls
    "nftables: the provisioning address is refused": nftables(
        "table inet f {\n chain out {\n  type filter hook output priority 0; policy accept;\n  ip daddr 168.63.129.16 drop\n }\n}\n"
    ),
    "nftables: an included file drops all": nftables(
        'include "/etc/nftables.d/*.nft"\n',
        {"/etc/nftables.d/a.nft": "table ip f {\n chain in {\n  type filter hook input priority 0; policy drop;\n  iif lo accept\n }\n}\n"},
    ),
    "iptables: nothing in": iptables("*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n"),
    "iptables: nothing out": iptables("*filter\n:INPUT ACCEPT [0:0]\n:OUTPUT DROP [0:0]\n-A OUTPUT -o lo -j ACCEPT\nCOMMIT\n"),
    "iptables: a last rule rejects": iptables(INPUT_OF_IPTABLES % "-A INPUT -p tcp --dport 443 -j ACCEPT\n-A INPUT -j REJECT"),
    "firewalld: the zone drops": firewalld("drop", '<zone target="DROP"><short>Drop</short></zone>'),
    "firewalld: a zone without ssh": firewalld("mine", '<zone><short>Mine</short><service name="https"/></zone>'),
    "ufw: all is refused": ufw(IN_DROP),
    "ufw: another service is allowed": ufw(IN_DROP, "-A ufw-user-input -p tcp --dport 443 -j ACCEPT\n"),
    "ufw: nothing out": ufw(IN_DROP.replace('OUTPUT_POLICY="ACCEPT"', 'OUTPUT_POLICY="DROP"'), "-A ufw-user-input -p tcp --dport 22 -j ACCEPT\n"),
}

#: {what was done: how}
CONTROLS = {
    "networkd: NUL where the file was not written to its end": networkd(DHCP + 64 * "\0"),
    "NetworkManager: IPv6 without a method, and a profile of its own": network_manager("[ipv4]\nmethod=auto\n[ipv6]\naddr-gen-mode=eui64\n"),
    "ifupdown: a file that it includes is wrong": lambda layer: (
        ifupdown("auto eth0\niface eth0 inet dhcp\nsource /etc/network/more\n")(layer),
        layer.write("/etc/network/more", "iface ens3 inet dchp\n"),
    ),
    "netctl: DHCP": netctl("Description='A basic dhcp ethernet connection'\nInterface=eth0\nConnection=ethernet\nIP=dhcp\n"),
    "networkd: for Hyper-V": networkd("[Match]\nName=eth0\nVirtualization=microsoft\n[Network]\nDHCP=yes\n"),
    "networkd: for every virtual machine": networkd("[Match]\nType=ether\nVirtualization=vm\n[Network]\nDHCP=yes\n"),
    "networkd: for the card's driver": networkd("[Match]\nDriver=hv_netvsc\n[Network]\nDHCP=yes\n"),
    "networkd: not for VMware": networkd("[Match]\nName=eth0\nVirtualization=!vmware\n[Network]\nDHCP=yes\n"),
    "networkd: always up": networkd(
        "[Match]\nName=eth0\n[Link]\nActivationPolicy=always-up\n[Network]\nDHCP=ipv4\n[DHCPv4]\nUseDomains=yes\nRouteMetric=100\n"
    ),
    "networkd: routes of an administrator": networkd(
        DHCP + "[Route]\nDestination=10.0.0.0/8\nType=unreachable\nMetric=4294967295\n[Route]\nDestination=10.9.0.0/16\nGateway=_dhcp4\n"
        "[Route]\nDestination=168.63.0.0/16\nType=blackhole\n[RoutingPolicyRule]\nFrom=10.9.0.0/16\nTable=100\n[Link]\nMTUBytes=9000\n"
    ),
    "networkd: a gateway of the old network, which is waited for": networkd(DHCP + "Gateway=192.168.1.1\n"),
    "networkd: a drop-in of the administrator": networkd("[DHCPv4]\nUseMTU=no\n", f"{NETWORK}.d/z.conf"),
    "a link file keeps addresses": networkd(
        "[Match]\nOriginalName=*\n[Link]\nNamePolicy=keep kernel\nMACAddressPolicy=persistent\n", "/etc/systemd/network/99-default.link"
    ),
    "NetworkManager: a profile for every card": network_manager("[ipv4]\nmethod=auto\n[ipv6]\nmethod=auto\n"),
    "NetworkManager: a profile for eth0": network_manager("interface-name=eth0\n[ipv4]\nmethod=auto\n", "[main]\nno-auto-default=*\n"),
    "NetworkManager: a profile for another card": network_manager("interface-name=ens3\n[ipv4]\nmethod=auto\n"),
    "NetworkManager: routes of an administrator": network_manager(
        "interface-name=eth0\n[ethernet]\nmtu=1400\nmac-address-blacklist=52:54:00:12:34:56;\n"
        "[ipv4]\nmethod=auto\nroute-metric=50\nroute1=10.9.0.0/16,10.0.0.1\nroute2=192.0.2.0/24\nroute2_options=type=blackhole\n"
    ),
    "NetworkManager: a script for other times": lambda layer: (
        network_manager("interface-name=eth0\n[ipv4]\nmethod=auto\n")(layer),
        layer.write("/etc/NetworkManager/dispatcher.d/99-own", '#!/bin/sh\nif [ "$2" = down ]; then\n  ip link set eth0 down\nfi\n', 0o755),
    ),
    "NetworkManager: an address is kept": network_manager(conf="[connection]\nethernet.cloned-mac-address=preserve\n"),
    "NetworkManager: containers are not managed": network_manager(
        conf="[keyfile]\nunmanaged-devices=interface-name:veth*;interface-name:docker0;driver:mlx5_core\n"
    ),
    "NetworkManager: a file that all may read, and one by itself": network_manager(
        "interface-name=eth0\n[ipv4]\nmethod=manual\naddress1=192.0.2.9/24\n", "", 0o644
    ),
    "netplan: flow style": netplan("{network: {version: 2, ethernets: {eth0: {dhcp4: yes}}}}\n"),
    "netplan: for every card": netplan("network:\n  version: 2\n  ethernets:\n    all-en:\n      match: {name: 'e*'}\n      dhcp4: on\n      dhcp6: false\n"),
    "netplan: the driver": netplan("network:\n  version: 2\n  ethernets:\n    first:\n      match: {driver: hv_netvsc}\n      dhcp4: true\n"),
    "netplan: a name in the place of a number, behind DHCP": netplan("network:\n  version: 2\n  ethernets:\n    eth0:\n      dhcp4: true\n      mtu: jumbo\n"),
    "netplan: a gateway that is no address in another file": netplan(
        "network:\n  version: 2\n  ethernets:\n    eth0: {dhcp4: true}\n", "network:\n  version: 2\n  ethernets:\n    ens192: {gateway4: 192.0.2.300}\n"
    ),
    "netplan: name servers": netplan("network:\n  version: 2\n  ethernets:\n    eth0:\n      dhcp4: true\n      nameservers: {addresses: [192.0.2.53]}\n"),
    "netplan: routes of an administrator": netplan(
        "network:\n  version: 2\n  ethernets:\n    eth0:\n      dhcp4: true\n      mtu: 1400\n      dhcp4-overrides: {route-metric: 50}\n"
        "      routes: [{to: 10.9.0.0/16, via: 10.0.0.1, on-link: true}, {to: 192.0.2.0/24, type: blackhole}]\n"
    ),
    "netplan: a tunnel": netplan(
        "network:\n  version: 2\n  ethernets:\n    eth0: {dhcp4: true}\n  tunnels:\n    wg0: {mode: wireguard, key: abc, addresses: [10.9.0.2/24]}\n"
    ),
    "ifupdown: hotplug": ifupdown("allow-hotplug eth0\niface eth0 inet dhcp\n"),
    "ifupdown: and IPv6": ifupdown("auto eth0\niface eth0 inet dhcp\niface eth0 inet6 auto\n"),
    "ifupdown: commands of an administrator": ifupdown(
        "auto eth0\niface eth0 inet dhcp\n  gateway 192.168.1.1\n  pre-up ip link set $IFACE down || true\n  up ip route add 10.9.0.0/16 via 10.0.0.1 || true\n"
        "  up ethtool -K $IFACE tso off\n  down ip link set $IFACE down\n"
    ),
    "ifupdown: in a directory": lambda layer: (
        ifupdown("source /etc/network/interfaces.d/*\n")(layer),
        layer.write("/etc/network/interfaces.d/first", "auto eth0\niface eth0 inet dhcp\n"),
    ),
    "nftables: ssh is let in": nftables(INPUT_OF_NFT % "iif lo accept\n  tcp dport { 22, 443 } accept"),
    "nftables: only forwarding is dropped": nftables("table inet f {\n chain fwd {\n  type filter hook forward priority 0; policy drop;\n }\n}\n"),
    "iptables: ssh is let in": iptables(INPUT_OF_IPTABLES % "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT"),
    "firewalld: a zone with ssh": firewalld("mine", '<zone><short>Mine</short><service name="ssh"/></zone>'),
    "ufw: ssh is allowed": ufw(IN_DROP, "-A ufw-user-input -p tcp --dport 22 -j ACCEPT\n"),
}
