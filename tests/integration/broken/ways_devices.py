# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What takes a device or its driver away: rules of udev, options of modules, signatures that are asked for."""

from integration.broken.ways_boot import early, parameters, with_file
from integration.broken.ways_root import written

_BOUND = 'SUBSYSTEM=="vmbus", ATTR{class_id}=="{%s}", ATTR{driver_override}="uio_hv_generic"'


def udev(text, path="/etc/udev/rules.d/99-own.rules"):
    return written(path, text + "\n")


def modprobe(text):
    return written("/etc/modprobe.d/own.conf", text + "\n")


#: {what was done: how}
WAYS = {
    "modprobe gives the disk's driver no number": modprobe("options hv_storvsc storvsc_ringbuffer_size=abc"),
    "modprobe gives the card's driver a number that is too large": modprobe("options hv_netvsc ring_size=99999999999999"),
    "modprobe has the disk's driver divide by nothing": modprobe("options hv_storvsc storvsc_vcpus_per_sub_channel=0"),
    "modprobe has no disk looked for": modprobe("options scsi_mod scan=none"),
    "the command line gives the disk's driver no number": parameters("hv_storvsc.storvsc_ringbuffer_size=64K"),
    "IMA runs signed programs alone": written("/etc/ima/ima-policy", "# own\nappraise func=BPRM_CHECK appraise_type=imasig\n"),
    "IMA appraises what is root's": parameters("ima_policy=appraise_tcb ima_appraise=enforce"),
    "udev deletes every device of SCSI": udev('ACTION=="add", SUBSYSTEM=="scsi", ATTR{delete}="1"'),
    "udev deletes every disk": udev('SUBSYSTEM=="block", KERNEL=="sd*", ATTR{device/delete}="1"'),
    "udev holds every disk up": lambda layer: (
        layer.needs("/etc/initramfs-tools"),
        udev('SUBSYSTEM=="block", KERNEL=="sd*", RUN+="/bin/sleep 300"')(layer),
        layer.append("/etc/fstab", f"{layer.read('/etc/fstab').split()[0]} /srv ext4 defaults 0 2\n"),
    ),
    "udev takes the disk off its driver": udev('SUBSYSTEM=="block", ENV{ID_VENDOR}=="Msft", ATTR{device/driver/unbind}="%b"'),
    "udev write-protects every disk": udev('SUBSYSTEM=="block", KERNEL=="sd*", RUN+="/sbin/blockdev --setro $devnode"', "/usr/lib/udev/rules.d/99-own.rules"),
    "udev takes the card off its driver": udev('SUBSYSTEM=="net", DRIVERS=="hv_netvsc", ATTR{device/driver/unbind}="%b"'),
    "udev gives the card a driver for programs, before it has its own": lambda layer: (
        udev(_BOUND % "f8615163-df3e-46c5-913f-f2d2f965ed0e")(layer),
        early(lambda members: [members.pop(name) for name in list(members) if "/hv_netvsc.ko" in name])(layer),
    ),
    "udev of the initramfs gives the disk a driver for programs": early(
        with_file("etc/udev/rules.d/10-own.rules", (_BOUND % "ba6163d9-04a1-4d29-b605-72e2ffb1dc7f").encode() + b"\n")
    ),
    "udev takes the card off its driver on its bus": udev('SUBSYSTEM=="vmbus", ATTR{class_id}=="{f8615163-*", ATTR{driver/unbind}="%k"'),
    "udev removes the card's driver": udev('SUBSYSTEM=="net", KERNEL=="eth*", RUN+="/sbin/modprobe -r hv_netvsc"'),
    "udev leaves the card packets too small for DHCP": udev('SUBSYSTEM=="net", KERNEL=="eth*", ATTR{mtu}="68"'),
}

#: {what was done: how}, which is right
CONTROLS = {
    "modprobe gives a driver what it has not": modprobe("options hv_netvsc nosuch=1\noptions hv_storvsc storvsc_ringbuffer_size=1048576\noptions nosuch x=y"),
    "the command line looks for disks at once": parameters("scsi_mod.scan=sync hv_storvsc.nosuch=1"),
    "IMA measures": lambda layer: (
        written("/etc/ima/ima-policy", "measure func=BPRM_CHECK\nmeasure func=FILE_CHECK uid=0\n")(layer),
        parameters("ima_policy=tcb ima_appraise=log")(layer),
    ),
    "modules are asked for the signatures that they have": parameters("module.sig_enforce=1 lockdown=integrity"),
    "udev deletes the disks of another host": udev('SUBSYSTEM=="scsi", ATTR{vendor}=="VMware*", ATTR{delete}="1"'),
    "udev sets the disk as Azure's guides have it": udev(
        'SUBSYSTEM=="block", ATTRS{model}=="Virtual Disk*", ATTR{device/timeout}="300", ATTR{queue/scheduler}="none"'
    ),
    "udev holds every disk up for a moment": udev('SUBSYSTEM=="block", KERNEL=="sd*", RUN+="/bin/sleep 3"'),
    "udev's own settings": written("/etc/udev/udev.conf", "event_timeout=1\nchildren_max=1\nresolve_names=never\n"),
    "udev hides what is no disk": udev('SUBSYSTEM=="block", KERNEL=="sr*", ENV{SYSTEMD_READY}="0"\nSUBSYSTEM=="block", KERNEL=="sd*", ENV{UDISKS_IGNORE}="1"'),
    "udev gives a second card a driver for programs": udev('SUBSYSTEM=="vmbus", KERNEL=="7ad35d50-*", ATTR{driver_override}="uio_hv_generic"'),
    "udev gives cards of PCI a driver for programs": udev('SUBSYSTEM=="pci", ATTR{vendor}=="0x15b3", ATTR{driver_override}="vfio-pci"'),
    "udev has a card of another host unbound": udev('SUBSYSTEM=="net", DRIVERS=="virtio_net", ATTR{device/driver/unbind}="%b"'),
    "udev sets the card up": udev('SUBSYSTEM=="net", KERNEL=="eth*", ATTR{mtu}="1400", RUN+="/sbin/ethtool -K %k tso off"'),
}
