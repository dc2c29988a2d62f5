# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What takes a device or its driver away: rules of udev, options of modules, signatures that are asked for."""

from integration.broken.ways_boot import parameters
from integration.broken.ways_root import written


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
    "udev takes the disk off its driver": udev('SUBSYSTEM=="block", ENV{ID_VENDOR}=="Msft", ATTR{device/driver/unbind}="%b"'),
    "udev write-protects every disk": udev('SUBSYSTEM=="block", KERNEL=="sd*", RUN+="/sbin/blockdev --setro $devnode"', "/usr/lib/udev/rules.d/99-own.rules"),
    "udev takes the card off its driver": udev('SUBSYSTEM=="net", DRIVERS=="hv_netvsc", ATTR{device/driver/unbind}="%b"'),
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
    "udev hides what is no disk": udev('SUBSYSTEM=="block", KERNEL=="sr*", ENV{SYSTEMD_READY}="0"\nSUBSYSTEM=="block", KERNEL=="sd*", ENV{UDISKS_IGNORE}="1"'),
    "udev has a card of another host unbound": udev('SUBSYSTEM=="net", DRIVERS=="virtio_net", ATTR{device/driver/unbind}="%b"'),
    "udev sets the card up": udev('SUBSYSTEM=="net", KERNEL=="eth*", ATTR{mtu}="1400", RUN+="/sbin/ethtool -K %k tso off"'),
}
