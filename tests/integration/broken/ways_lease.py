# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps a lease from being taken, a user from being made, and anybody from getting past PAM, by the files that a build leaves."""

from integration.broken.overlay import DoesNotApply
from integration.broken.ways_cloud_init import configured
from integration.broken.ways_login import pam
from integration.broken.ways_network import DHCP, IN_DROP, firewalld, ifupdown, iptables, nftables, ufw
from integration.broken.ways_root import SSHD, drop_in, networkd, written
from integration.broken.ways_siblings import useradd

_CARD = "auto eth0\niface eth0 inet dhcp\n"
_CLASSLESS = "option rfc3442-classless-static-routes code 121 = array of unsigned integer 8;\nrequest subnet-mask, routers, rfc3442-classless-static-routes;\n"
_LINK, _DEFAULTS, _BEFORE = "/etc/systemd/network/10-a.link", "/etc/default/networking", "/etc/network/if-pre-up.d/own"
_REDIRECTED = "*nat\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n%s\nCOMMIT\n"


def both(*changes):
    """Return the way in which all of several things are done."""
    return lambda layer: [change(layer) for change in changes]


def dhclient(text):
    """Return the way in which ifupdown sets the card up, by a dhclient with this at the end of its file."""
    return both(ifupdown(_CARD), lambda layer: layer.append("/etc/dhcp/dhclient.conf", text))


def beside(path, text, mode=0o644, card=_CARD):
    """Return the way in which ifupdown sets the card up, and has a file."""
    return both(ifupdown(card), written(path, text, mode))


def first(path, text):
    return lambda layer: layer.first(path, text)


def without_run_sshd(text):
    """Return the way in which ssh's service has other directories below /run; systemd from 257 on makes sshd's own itself, by systemd-tmpfiles."""

    def change(layer):
        if layer.tree.exists("/usr/lib/tmpfiles.d/20-systemd-ssh-generator.conf"):
            raise DoesNotApply("systemd makes /run/sshd")
        drop_in("ssh", f"[Service]\n{text}\n")(layer)

    return change


#: {what was done: how}
WAYS = {
    "networkd: DHCP answers to a port that it does not use": networkd(DHCP + "[DHCPv4]\nListenPort=10068\n"),
    "networkd: every packet is lost": networkd(DHCP + "[NetworkEmulator]\nParent=root\nLossRate=100%\n"),
    "networkd: a bucket with too few tokens": networkd(DHCP + "[TokenBucketFilter]\nRate=8\nBurstBytes=100\nLimitBytes=100\n"),
    "networkd: a queue of a byte": networkd(DHCP + "[BFIFO]\nParent=root\nLimitBytes=1\n"),
    "networkd: a queue of no packet": networkd(DHCP + "[PFIFO]\nParent=root\nPacketLimit=0\n"),
    "networkd: everything goes out by the card itself": networkd(DHCP + "DefaultRouteOnDevice=yes\n"),
    "a link file gives the card packets too small for DHCP": written(_LINK, "[Match]\nOriginalName=eth*\n[Link]\nNamePolicy=keep kernel\nMTUBytes=68\n"),
    "dhclient refuses Azure's server": dhclient("reject 168.63.129.16;\n"),
    "dhclient refuses Azure's server on one card": dhclient('interface "eth0" {\n  reject 168.63.0.0/16;\n}\n'),
    "dhclient wants what Azure does not send": dhclient("require netbios-scope;\n"),
    "dhclient asks for no route": beside("/etc/dhcp/dhclient.conf", "request domain-name;\n"),
    "dhclient has routes of its own": dhclient("supersede rfc3442-classless-static-routes 0,192,168,1,1;\n"),
    "dhclient has a gateway of its own": beside("/etc/dhcp/dhclient.conf", "supersede routers 192.168.1.1;\nrequest subnet-mask, routers;\n"),
    "dhclient starts a script that is not there": dhclient('script "/usr/local/sbin/none";\n'),
    "dhclient's script is ended by a hook": beside("/etc/dhcp/dhclient-enter-hooks.d/own", "exit 0\n"),
    "dhclient's script is gone": both(ifupdown(_CARD), lambda layer: layer.remove("/sbin/dhclient-script")),
    "ifupdown: a script before it fails": beside(_BEFORE, "#!/bin/sh\nexit 1\n", 0o755),
    "ifupdown: a script before it has no interpreter": beside(_BEFORE, "#!/usr/bin/none\nexit 0\n", 0o755),
    "ifupdown: a shell before it fails": ifupdown(_CARD + "  pre-up sh -c 'exit 1'\n"),
    "ifupdown: rules before it are not there": ifupdown(_CARD + "  pre-up iptables-restore < /etc/iptables.none\n"),
    "ifupdown: a test before it fails": ifupdown(_CARD + "  pre-up test -e /etc/none\n"),
    "ifupdown: a test for a card of another bus": ifupdown(_CARD + "  pre-up test -e /sys/class/net/ens192\n"),
    "ifupdown: its service sets nothing up": beside(_DEFAULTS, "CONFIGURE_INTERFACES=no\n"),
    "ifupdown: its service leaves the card out": beside(_DEFAULTS, 'EXCLUDE_INTERFACES="eth0 wlan0"\n'),
    "ifupdown: a script for the card's configuration fails": ifupdown("auto eth0\nmapping eth0\n  script /bin/false\niface eth0 inet dhcp\n"),
    "ifupdown: another card has an unknown method": ifupdown(_CARD + "iface ens3 inet dchp\n"),
    "ssh has no directory below /run": without_run_sshd("RuntimeDirectory="),
    "ssh has another directory below /run": without_run_sshd("RuntimeDirectory=\nRuntimeDirectory=ssh"),
    "ssh's directory below /run is everybody's": drop_in("ssh", "[Service]\nRuntimeDirectoryMode=0777\n"),
    "sshd is in a VRF": first(SSHD, "RDomain blue\n"),
    "sshd listens in a VRF": first(SSHD, "ListenAddress 0.0.0.0 rdomain blue\n"),
    "sshd gives files alone": first(SSHD, "ForceCommand internal-sftp\n"),
    "new users have to change their password": useradd("PASS_MAX_DAYS", "0"),
    "new users get no group": useradd("GID_MIN", "60001"),
    "new users get no subordinate numbers": useradd("SUB_UID_MAX", "100000"),
    "all subordinate numbers are taken": written("/etc/subuid", "builder:100000:600000000\n"),
    "a script before useradd fails": written("/etc/shadow-maint/useradd-pre.d/own", "#!/bin/sh\nexit 1\n", 0o755),
    "a text is among the scripts behind useradd": written("/etc/shadow-maint/useradd-post.d/README", "Scripts for useradd.\n"),
    "new users expire at a time that is none": written("/etc/default/useradd", "SHELL=/bin/sh\nEXPIRE=never\n"),
    "PAM asks for the environment of an account": pam("account required pam_env.so"),
    "PAM's limits are not there": pam("session required pam_limits.so conf=/etc/security/none.conf"),
    "PAM asks for an audit that does not run": pam("session required pam_loginuid.so require_auditd"),
    "PAM has a list without a file": pam("account required pam_listfile.so item=user sense=deny"),
    "PAM is silent about a module that is not there": pam("-account required pam_ours.so"),
    "PAM does not understand a line": pam("account requierd pam_unix.so"),
    "PAM does not understand what follows an answer": pam("account [success=okay default=ignore] pam_unix.so"),
    "PAM jumps behind its last line": lambda layer: layer.replace("/etc/pam.d/common-account", "success=1", "success=9"),
    "PAM lets nobody pass": lambda layer: layer.write(
        "/etc/pam.d/common-account", "account [success=1 default=ignore] pam_unix.so\naccount requisite pam_deny.so\n"
    ),
    "nftables: ssh is sent to another port": nftables(
        "table ip nat {\n chain x {\n  type nat hook prerouting priority -100;\n  tcp dport 22 redirect to :2222\n }\n}\n"
    ),
    "iptables: ssh is sent to another machine": iptables(_REDIRECTED % "-A PREROUTING -p tcp --dport 22 -j DNAT --to-destination 10.9.9.9"),
    "iptables: the platform is sent to another machine": iptables(_REDIRECTED % "-A OUTPUT -d 168.63.129.16 -p tcp -j DNAT --to-destination 10.9.9.9"),
    "firewalld: a rich rule comes before the zone": firewalld(
        "public", '<zone><service name="ssh"/><rule priority="-10"><service name="ssh"/><drop/></rule></zone>'
    ),
    "firewalld: another zone has every source": both(
        firewalld("public", '<zone><service name="ssh"/></zone>'),
        written("/etc/firewalld/zones/own.xml", '<zone target="%%REJECT%%"><source address="0.0.0.0/0"/></zone>\n'),
    ),
    "cloud-init writes a configuration that sshd does not take": configured("write_files:\n  - {path: /etc/ssh/sshd_config, content: 'NoSuchKeyword yes'}\n"),
    "cloud-init adds whom sshd lets in": configured("runcmd:\n  - echo 'AllowUsers builder' >> /etc/ssh/sshd_config\n"),
    "cloud-init closes the logins": configured("write_files:\n  - {path: /etc/nologin, content: closed}\n"),
    "cloud-init's state has no place": configured("system_info:\n  paths:\n    cloud_dir: /proc/cloud\n"),
    "cloud-init has a password that is to be changed": configured("password: secret\n"),
}

CONTROLS = {
    "ifupdown: a test for its own card": ifupdown(_CARD + "  pre-up test -e /sys/class/net/eth0\n"),
    "networkd: a usual port of DHCP": networkd(DHCP + "[DHCPv4]\nListenPort=68\nRequestOptions=119 121\nSendHostname=no\n"),
    "networkd: some packets are lost": networkd(DHCP + "[NetworkEmulator]\nParent=root\nLossRate=1%\nDelaySec=20ms\n"),
    "networkd: a fair queue": networkd(DHCP + "[FairQueueing]\nParent=root\n"),
    "a link file with smaller packets": written(_LINK, "[Match]\nOriginalName=eth*\n[Link]\nNamePolicy=keep kernel\nMTUBytes=1400\n"),
    "dhclient refuses others": dhclient("reject 192.168.122.1;\nreject 10.0.0.0/8;\ntimeout 300;\nretry 60;\nsend dhcp-client-identifier = hardware;\n"),
    "dhclient has another card": dhclient('interface "ens3" {\n  reject 168.63.129.16;\n  supersede routers 192.168.1.1;\n}\n'),
    "dhclient wants what Azure sends": dhclient("require subnet-mask, domain-name-servers;\nalso request interface-mtu;\n"),
    "ifupdown: defaults": beside(_DEFAULTS, 'CONFIGURE_INTERFACES=yes\nEXCLUDE_INTERFACES="wlan*"\nVERBOSE=yes\n'),
    "ifupdown: udev starts the card": beside(_DEFAULTS, "CONFIGURE_INTERFACES=no\n", card="allow-hotplug eth0\niface eth0 inet dhcp\n"),
    "ifupdown: a script for another card": beside(_BEFORE, '#!/bin/sh\n[ "$IFACE" = eth5 ] || exit 0\nexit 1\n', 0o755),
    "ifupdown: a script that may fail": beside(_BEFORE, "#!/bin/sh\n/sbin/iptables-restore < /etc/iptables.up.rules || true\nexit 0\n", 0o755),
    "ssh's directory is made by tmpfiles": both(
        drop_in("ssh", "[Service]\nRuntimeDirectory=\n"), written("/etc/tmpfiles.d/sshd.conf", "d /run/sshd 0755 root root -\n")
    ),
    "new users have a password for a year": both(useradd("PASS_MAX_DAYS", "365"), useradd("PASS_MIN_DAYS", "1"), useradd("PASS_WARN_AGE", "7")),
    "new users have no subordinate numbers": useradd("SUB_UID_COUNT", "0"),
    "a script before useradd": written("/etc/shadow-maint/useradd-pre.d/own", "#!/bin/sh\nlogger useradd\nexit 0\n", 0o755),
    "PAM asks for the environment of a session": pam("session required pam_env.so readenv=1 envfile=/etc/default/locale"),
    "PAM is silent about a module that need not be there": pam("-account optional pam_ours.so"),
    "sshd is hardened as a benchmark has it": first(
        SSHD,
        "PermitRootLogin no\nPermitEmptyPasswords no\nCiphers aes256-gcm@openssh.com,aes256-ctr\nMACs hmac-sha2-512-etm@openssh.com\n"
        "KexAlgorithms curve25519-sha256,diffie-hellman-group16-sha512\nLogLevel VERBOSE\nMaxStartups 10:30:60\nDenyUsers games nobody\nPermitUserRC no\n",
    ),
    "sshd is one of a jump host": lambda layer: layer.append(
        SSHD,
        "\nMatch User jump\n  PermitTTY no\n  ForceCommand /usr/sbin/nologin\n  AllowTcpForwarding yes\nMatch Group sftponly\n  ChrootDirectory /srv/%u\n"
        "  ForceCommand internal-sftp\nMatch Address 10.0.0.0/8\n  PasswordAuthentication yes\n",
    ),
    "nftables: as a benchmark has it": nftables(
        "flush ruleset\ntable inet filter {\n chain input {\n  type filter hook input priority 0; policy drop;\n  iif lo accept\n"
        "  ip protocol tcp ct state established accept\n  ip protocol udp ct state established accept\n  tcp dport ssh ct state new limit rate 9/hour accept\n"
        " }\n chain output {\n  type filter hook output priority 0; policy drop;\n  ct state established,related,new accept\n }\n}\n"
    ),
    "nftables: a port of the web is sent elsewhere": nftables(
        "table ip nat {\n chain x {\n  type nat hook prerouting priority -100;\n  tcp dport 80 redirect to :8080\n }\n}\n"
    ),
    "iptables: ssh is let in ten times a minute": iptables(
        "*filter\n:INPUT DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
        "-A INPUT -p tcp --dport 22 -m recent --update --seconds 60 --hitcount 6 --name SSH -j DROP\n-A INPUT -p tcp --dport 22 -j ACCEPT\nCOMMIT\n"
    ),
    "ufw: ssh from a network alone": ufw(IN_DROP, "-A ufw-user-input -s 10.0.0.0/8 -p tcp --dport 22 -j ACCEPT\n"),
    "firewalld: a zone of some sources": both(
        firewalld("public", '<zone><service name="ssh"/></zone>'),
        written("/etc/firewalld/zones/own.xml", '<zone target="DROP"><source address="203.0.113.0/24"/></zone>\n'),
    ),
    "cloud-init hardens sshd": configured("write_files:\n  - {path: /etc/ssh/sshd_config.d/10-own.conf, content: 'PermitRootLogin no'}\n"),
    "cloud-init has a password that is not to be changed": configured("password: secret\nchpasswd: {expire: false}\n"),
}
