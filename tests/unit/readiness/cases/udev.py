# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of rules of udev that take the disk or the card away."""

from unit.readiness.guest_tree import IN_INITRAMFS, INITRAMFS, initramfs

from unit.readiness.cases.common import FSTAB

_RULES = "/etc/udev/rules.d/99-own.rules"
_NEW = {"/usr/lib/systemd/libsystemd-shared-255.so": ""}
#: What makes rules and .link files of the credentials of the stores, of which udevd wants the one.
_BY_CREDENTIALS = {
    "/etc/systemd/system/sysinit.target.wants/systemd-udev-load-credentials.service": "",
    "/usr/lib/systemd/system/systemd-udev-load-credentials.service": "[Service]\nExecStart=/bin/true\nImportCredential=udev.rules.*\n",
    "/etc/systemd/system/sysinit.target.wants/systemd-network-generator.service": "",
    "/usr/lib/systemd/system/systemd-network-generator.service": "[Service]\nExecStart=/bin/true\nImportCredential=network.link.*\n",
}
_CREDENTIAL = "/etc/credstore/udev.rules.99-own"
_OF_LINK = "/usr/lib/credstore/network.link.10-own"
_UNBOUND = 'SUBSYSTEM=="scsi", ATTR{type}=="0", ATTR{delete}="1"\n'
_SMALL = "[Match]\nDriver=hv_netvsc\n[Link]\nMTUBytes=68\n"

_BOUND = 'ACTION=="add", SUBSYSTEM=="vmbus", ATTR{class_id}=="{%s}", ATTR{driver_override}="uio_hv_generic"'
_NET, _SCSI, _IDE = "f8615163-df3e-46c5-913f-f2d2f965ed0e", "ba6163d9-04a1-4d29-b605-72e2ffb1dc7f", "32412632-86cb-44a2-9b5c-50d1417354f5"
_IN_IMAGE = "etc/udev/rules.d/10-own.rules"


def _image(text, names=IN_INITRAMFS):
    return {INITRAMFS: initramfs(names, {_IN_IMAGE: text + "\n"})}


def _udev(text, **files):
    return {_RULES: "# own\n" + text + "\n", **files}


#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R81", _udev('ACTION=="add", SUBSYSTEM=="scsi", ATTR{delete}="1"'), (_RULES, 2)),
    ("R81", _udev('SUBSYSTEM=="scsi", ATTR{type}=="0", ATTR{state}="offline"'), (_RULES, 2)),
    ("R81", _udev('SUBSYSTEM=="block", KERNEL=="sd*", ATTR{device/delete}="1"'), (_RULES, 2)),
    ("R81", _udev('SUBSYSTEM=="block", ENV{ID_VENDOR}=="Msft", \\\n  ATTR{device/driver/unbind}="%b"'), (_RULES, 2)),
    ("R81", _udev('KERNEL=="sd?", SUBSYSTEM=="block", RUN+="/bin/sh -c \'echo 1 > /sys/block/%k/device/delete\'"'), (_RULES, 2)),
    ("R81", _udev('SUBSYSTEM=="block", KERNEL=="sd*", RUN+="/sbin/blockdev --setro $devnode"'), (_RULES, 2)),
    ("R81", _udev('SUBSYSTEM=="block", ENV{DEVTYPE}=="partition", ENV{SYSTEMD_READY}="0"'), (_RULES, 2)),
    ("R81", {"/usr/lib/udev/rules.d/90-own.rules": 'SUBSYSTEM=="block", ENV{SYSTEMD_READY}="0"\n'}, ("/usr/lib/udev/rules.d/90-own.rules", 1)),
    ("R81", {**_BY_CREDENTIALS, _CREDENTIAL: _UNBOUND}, (_CREDENTIAL, 1)),
    ("R35e", {**_BY_CREDENTIALS, _OF_LINK: _SMALL}, (_OF_LINK, 4)),
    ("R81b", _udev('SUBSYSTEM=="block", KERNEL=="sd*", RUN+="/bin/sleep 300"'), (_RULES, 2)),
    ("R81b", _udev('SUBSYSTEM=="block", ENV{DEVTYPE}=="partition", PROGRAM=="/bin/sh -c \'sleep 5min; true\'", SYMLINK+="own"'), (_RULES, 2)),
    ("R81b", _udev('SUBSYSTEM=="block", KERNEL=="sda*", IMPORT{program}="/usr/bin/sleep infinity"'), (_RULES, 2)),
    ("R35e", _udev('SUBSYSTEM=="net", DRIVERS=="hv_netvsc", ATTR{device/driver/unbind}="%b"'), (_RULES, 2)),
    ("R35e", _udev('SUBSYSTEM=="net", KERNEL=="eth*", ATTR{mtu}="68"'), (_RULES, 2)),
    ("R35e", _udev('SUBSYSTEM=="net", ACTION=="add", RUN+="/sbin/ip link set %k down"'), (_RULES, 2)),
    ("R35e", _udev('SUBSYSTEM=="net", KERNEL=="eth0", RUN+="/sbin/ip link set $name netns build"'), (_RULES, 2)),
    ("R35e", _udev('SUBSYSTEM=="net", RUN+="/sbin/modprobe -r hv_netvsc"'), (_RULES, 2)),
    ("R35e", _udev('SUBSYSTEM=="net", ENV{ID_NET_MANAGED_BY}="io.own"', **_NEW), (_RULES, 2)),
    ("R81", _image(_BOUND % _SCSI), (f"{INITRAMFS}: /{_IN_IMAGE}", 1)),
    ("R81", _image('SUBSYSTEM=="vmbus", KERNEL=="00000000-0000-8899-*", ATTR{driver_override}="uio_hv_generic"'), (f"{INITRAMFS}: /{_IN_IMAGE}", 1)),
    ("R81", _udev('SUBSYSTEM=="vmbus", ATTR{class_id}=="{ba6163d9-*", ATTR{driver/unbind}="%k"'), (_RULES, 2)),
    ("R35e", _image(_BOUND % _NET), (f"{INITRAMFS}: /{_IN_IMAGE}", 1)),
    ("R35e", _udev(_BOUND % _NET), (_RULES, 2)),
    ("R35e", _udev('SUBSYSTEM=="vmbus", ENV{MODALIAS}=="vmbus:635161f8*", ATTR{driver/unbind}="$kernel"'), (_RULES, 2)),
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    ("R81", _udev(_BOUND % _SCSI)),  # the initramfs has given it its driver by then
    ("R81", _udev('SUBSYSTEM=="vmbus", ATTR{class_id}=="{ba6163d9-*", ATTR{driver_override}="hv_storvsc"')),
    ("R81", _image('SUBSYSTEM=="pci", ATTR{vendor}=="0x15b3", ATTR{driver_override}="vfio-pci"')),
    ("R81", _image(_BOUND % _NET)),
    ("R35e", _udev('SUBSYSTEM=="vmbus", KERNEL=="7ad35d50-c05b-47ab-b3a0-56a9a845852b", ATTR{driver_override}="uio_hv_generic"')),  # DPDK's second card
    ("R35e", _udev('SUBSYSTEM=="pci", ATTR{vendor}=="0x15b3", ATTR{driver_override}="vfio-pci"')),
    ("R35e", _udev('SUBSYSTEM=="vmbus", ATTR{class_id}=="{da0a7802-e377-4aac-8e77-0558eb1073f8}", ATTR{driver_override}="uio_hv_generic"')),
    ("R81", {_CREDENTIAL: _UNBOUND}),  # nothing makes rules of it
    ("R81", {**_BY_CREDENTIALS, "/etc/credstore/udev.conf.99-own": _UNBOUND}),
    ("R81", {**_BY_CREDENTIALS, _CREDENTIAL: _UNBOUND, _RULES: "# own\n"}),  # what is in /etc has the name first
    ("R81b", _udev('SUBSYSTEM=="block", KERNEL=="sd*", RUN+="/bin/sleep 5"')),
    ("R81b", _udev('SUBSYSTEM=="block", KERNEL=="sr*", RUN+="/bin/sleep 300"')),
    ("R81b", _udev('SUBSYSTEM=="block", KERNEL=="sd*", RUN+="/bin/sh -c \'sleep 300 &\'"')),
    ("R81b", _udev('SUBSYSTEM=="net", RUN+="/bin/sleep 300"')),
    ("R81b", _udev('SUBSYSTEM=="block", KERNEL=="sd*", RUN+="/bin/sleep 300"', **{"/etc/fstab": FSTAB})),  # nothing waits for a device
    ("R35e", {_OF_LINK: _SMALL}),
    ("R81", _udev('SUBSYSTEM=="scsi", ATTR{vendor}=="VMware*", ATTR{delete}="1"')),
    ("R81", _udev('ACTION=="remove", SUBSYSTEM=="scsi", ATTR{delete}="1"')),
    ("R81", _udev('SUBSYSTEM=="block", KERNEL=="sr*", ENV{SYSTEMD_READY}="0"')),
    ("R81", _udev('SUBSYSTEM=="block", KERNEL=="sd*", ATTRS{model}=="Virtual Disk*", ATTR{device/timeout}="300", ATTR{queue/scheduler}="none"')),
    ("R81", _udev('SUBSYSTEM=="block", ENV{ID_FS_LABEL}=="build", ENV{SYSTEMD_READY}="0", ENV{UDISKS_IGNORE}="1"')),
    ("R81", _udev('SUBSYSTEM=="usb", DRIVER=="usb-storage", ATTR{authorized}="0", RUN+="/bin/sh -c \'echo 1 > /sys/block/sdz/device/delete\'"')),
    ("R81", _udev('SUBSYSTEM=="block", KERNEL=="sd*", ATTR{driver/unbind}="1"')),  # no device has this identifier
    ("R35e", _udev('SUBSYSTEM=="net", DRIVERS=="virtio_net", ATTR{device/driver/unbind}="%b"')),
    ("R35e", _udev('SUBSYSTEM=="net", DRIVERS=="hv_netvsc", ATTR{device/driver/unbind}="1"')),
    ("R35e", _udev('SUBSYSTEM=="net", KERNEL=="eth*", ATTR{mtu}="1400", RUN+="/sbin/ethtool -K %k tso off"')),
    ("R35e", _udev('SUBSYSTEM=="net", KERNEL=="wlan*", RUN+="/sbin/ip link set %k down"')),
    ("R35e", _udev('ACTION=="remove", SUBSYSTEM=="net", RUN+="/sbin/ip link set %k down"')),
    ("R35e", _udev('SUBSYSTEM=="net", ENV{ID_NET_MANAGED_BY}="io.systemd.Network"', **_NEW)),
    ("R35e", _udev('SUBSYSTEM=="net", ENV{ID_NET_MANAGED_BY}="io.own"', **{"/usr/lib/systemd/libsystemd-shared-252.so": ""})),
]
