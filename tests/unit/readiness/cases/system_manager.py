# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of the start behind the root: targets, mounts, encrypted devices, settings of the kernel."""

from unit.readiness.cases.common import DEV_NULL, FSTAB
from unit.readiness.guest_tree import ELF_X86_64, GRUB_CFG, UNITS, UUID

SYSTEM = "/etc/systemd/system"
#: systemd's own targets, as far as the start needs them.
TARGETS = {
    f"{UNITS}/default.target": ("link", "graphical.target"),
    f"{UNITS}/graphical.target": "[Unit]\nRequires=multi-user.target\n",
    f"{UNITS}/multi-user.target": "[Unit]\nRequires=basic.target\n",
    f"{UNITS}/basic.target": "[Unit]\nRequires=sysinit.target\n",
    f"{UNITS}/sysinit.target": "[Unit]\nWants=local-fs.target swap.target\n",
    f"{UNITS}/local-fs.target": "[Unit]\nOnFailure=emergency.target\n",
    f"{UNITS}/rescue.target": "[Unit]\nRequires=sysinit.target rescue.service\n",
    f"{UNITS}/emergency.target": "[Unit]\nRequires=emergency.service\n",
    f"{UNITS}/systemd-udevd.service": "[Service]\n",
    f"{UNITS}/systemd-udev-trigger.service": "[Service]\nExecStart=-/bin/sh\n",
    f"{UNITS}/systemd-remount-fs.service": "[Service]\n",
}


#: What pulls the unit done.service in.
WANTED = {f"{SYSTEM}/multi-user.target.wants/done.service": ("link", f"{SYSTEM}/done.service")}
UDEV = {
    f"/usr/lib/udev/rules.d/{name}.rules": 'ACTION=="remove", GOTO="end"\n' for name in ("50-udev-default", "60-persistent-storage", "80-drivers", "99-systemd")
}


_GENERATORS, _MASKS = f"{UNITS[:-7]}/system-generators", "/etc/systemd/system-generators"
#: The kernel mounts the root to write.
_ROOT_WRITTEN = {"/boot/grub/grub.cfg": GRUB_CFG.replace(" ro ", " rw ")}
#: A line for the root with other options.
ROOT = f"UUID={UUID} / ext4 {{}} 0 1\n"
#: Services of systemd that take credentials.
_TAKES_CREDENTIALS = {
    f"{UNITS}/systemd-sysctl.service": "[Service]\nExecStart=/bin/true\nLoadCredential=sysctl.extra\n",
    f"{UNITS}/systemd-tmpfiles-setup.service": "[Service]\nExecStart=/bin/true\nLoadCredential=tmpfiles.extra\n",
}
_TMPFILES = {"/usr/bin/systemd-tmpfiles": ELF_X86_64}


def fstab(line):
    """Return the guest's files with one more line of fstab, its second."""
    return {"/etc/fstab": FSTAB + line + "\n"}


#: /etc of a root that is read-only, made by the initramfs, which has the root below /sysroot.
_OF_THE_INITRAMFS = fstab(
    "overlay /etc overlay lowerdir=/sysroot/etc,upperdir=/sysroot/var/lib/overlay/2/etc,workdir=/sysroot/var/lib/overlay/2/work-etc,x-initrd.mount 0 0"
)


def mount_unit(settings, pulled="requires"):
    """Return the guest's files with the mount unit data.mount, which local-fs.target pulls in."""
    return unit_of("data", settings, pulled)


def unit_of(name, settings, pulled="requires"):
    """Return the guest's files with a mount unit of that name, which local-fs.target pulls in."""
    return {f"{SYSTEM}/{name}.mount": "[Mount]\n" + settings, f"{SYSTEM}/local-fs.target.{pulled}/{name}.mount": ("link", f"{SYSTEM}/{name}.mount")}


def crypttab(line, fstab_line=""):
    """Return the guest's files with a crypttab, and a line of fstab."""
    return {"/etc/crypttab": "# name device key options\n" + line + "\n", **(fstab(fstab_line) if fstab_line else {})}


ENCRYPTED_ROOT = {**crypttab("root_crypt UUID=1-2 none luks,discard"), "/boot/grub/grub.cfg": GRUB_CFG.replace(f"UUID={UUID}", "/dev/mapper/root_crypt")}

#: A guest in which systemd reads fstab.
_GENERATED = {**TARGETS, f"{_GENERATORS}/systemd-fstab-generator": "program"}

BROKEN_FILES = [
    ("R70o", {**_GENERATED, f"{_MASKS}/systemd-fstab-generator": DEV_NULL}, (f"{_MASKS}/systemd-fstab-generator", None)),
    ("R70o", {**_GENERATED, f"{_MASKS}/systemd-fstab-generator": ""}, (f"{_MASKS}/systemd-fstab-generator", None)),
    ("R70o", {**TARGETS, f"{_GENERATORS}/systemd-getty-generator": "program"}, (f"{_GENERATORS}/systemd-fstab-generator", None)),
    (
        "R70o",
        {**_GENERATED, **_ROOT_WRITTEN, f"{_MASKS}/systemd-fstab-generator": DEV_NULL, **fstab("/dev/mapper/vg-var /var ext4 defaults 0 2")},
        (f"{_MASKS}/systemd-fstab-generator", None),
    ),
    ("R69a", {**TARGETS, f"{SYSTEM}/default.target": ("link", f"{UNITS}/rescue.target")}, (f"{SYSTEM}/default.target", None)),
    ("R69a", {**TARGETS, f"{SYSTEM}/default.target": ("link", f"{UNITS}/emergency.target")}, (f"{SYSTEM}/default.target", None)),
    ("R69a", {**TARGETS, f"{SYSTEM}/default.target": DEV_NULL}, (f"{SYSTEM}/default.target", None)),
    ("R69a", {**TARGETS, f"{SYSTEM}/default.target": ("link", "/usr/lib/systemd/system/kiosk.target")}, (f"{SYSTEM}/default.target", None)),
    ("R69a", {f"{SYSTEM}/default.target": ("link", "/usr/lib/systemd/system/graphical.target")}, (f"{SYSTEM}/default.target", None)),
    (
        "R69a",
        {**TARGETS, f"{UNITS}/kiosk.target": "[Unit]\nRequires=basic.target\n", f"{SYSTEM}/default.target": ("link", f"{UNITS}/kiosk.target")},
        (f"{SYSTEM}/default.target", None),
    ),
    ("R69a", {"/usr/lib/systemd/systemd": None, "/etc/inittab": "# levels\nid:1:initdefault:\n"}, ("/etc/inittab", 2)),
    ("R69b", {**TARGETS, f"{SYSTEM}/local-fs.target": DEV_NULL}, (f"{SYSTEM}/local-fs.target", None)),
    ("R69b", {**TARGETS, f"{SYSTEM}/system.slice": DEV_NULL}, (f"{SYSTEM}/system.slice", None)),
    ("R69b", {**TARGETS, f"{SYSTEM}/-.slice": DEV_NULL}, (f"{SYSTEM}/-.slice", None)),
    ("R69b", {**TARGETS, f"{SYSTEM}/systemd-udevd.service": DEV_NULL}, (f"{SYSTEM}/systemd-udevd.service", None)),
    ("R69b", {**TARGETS, f"{SYSTEM}/multi-user.target": ""}, (f"{SYSTEM}/multi-user.target", None)),
    ("R69b", {**TARGETS, f"{UNITS}/systemd-udevd.service": "[Service]\nExecStart=/lib/systemd/no-such-udevd\n"}, (f"{UNITS}/systemd-udevd.service", 2)),
    *[
        (
            "R69c",
            {**TARGETS, f"{SYSTEM}/done.service": f"[Unit]\n{unit}[Service]\nType=oneshot\nExecStart={command}\n", **WANTED},
            (f"{SYSTEM}/done.service", line),
        )
        for command, unit, line in (
            ("/sbin/poweroff", "", 4),
            ("-/usr/sbin/shutdown -h now", "", 4),
            ("/usr/bin/systemctl --no-block reboot", "", 4),
            ("/usr/bin/systemctl isolate rescue.target", "", 4),
            ('/bin/sh -c "echo built; poweroff"', "", 4),
            ("/sbin/init 0", "", 4),
            ("/bin/true", "SuccessAction=poweroff-force\n", 2),
        )
    ],
    ("R69c", {**TARGETS, "/etc/rc.local": ("program", "#!/bin/sh\nif false; then\n reboot\nfi\n/sbin/poweroff\nexit 0\n")}, ("/etc/rc.local", 5)),
    ("R69c", {**TARGETS, "/etc/cron.d/build": "# x\n@reboot root /sbin/shutdown -r now\n"}, ("/etc/cron.d/build", 2)),
    ("R69c", {**TARGETS, "/etc/cron.d/build": "*/5 * * * * root /sbin/shutdown -h now\n"}, ("/etc/cron.d/build", 1)),
    ("R69c", {**TARGETS, "/var/spool/cron/crontabs/root": "* * * * * systemctl poweroff\n"}, ("/var/spool/cron/crontabs/root", 1)),
    ("R69d", {**UDEV, "/etc/udev/rules.d/80-drivers.rules": DEV_NULL}, ("/etc/udev/rules.d/80-drivers.rules", None)),
    ("R69d", {**UDEV, "/etc/udev/rules.d/99-systemd.rules": ""}, ("/etc/udev/rules.d/99-systemd.rules", None)),
    ("R69d", {**UDEV, "/etc/udev/rules.d/80-drivers.rules": "# taken out\n\n  # RUN\n"}, ("/etc/udev/rules.d/80-drivers.rules", None)),
    ("R70g", {"/etc/fstab": ROOT.format("errors=remount-ro,ro")}, ("/etc/fstab", 1)),
    ("R70g", {"/etc/fstab": ""}, ("/etc/fstab", None)),
    ("R70g", {"/etc/fstab": None}, ("/etc/fstab", None)),
    ("R70h", {"/etc/fstab": ROOT.format("errors=remount-ro,noexec")}, ("/etc/fstab", 1)),
    ("R70h", fstab("UUID=ABCD-1234 /usr ext4 defaults,user 0 2"), ("/etc/fstab", 2)),
    ("R70h", unit_of("usr", "What=/dev/disk/by-uuid/ABCD-1234\nWhere=/usr\nType=ext4\nOptions=ro,noexec\n"), (f"{SYSTEM}/usr.mount", 2)),
    ("R70i", fstab("tmpfs /etc tmpfs defaults 0 0"), ("/etc/fstab", 2)),
    ("R70i", unit_of("etc", "What=tmpfs\nWhere=/etc\nType=tmpfs\n"), (f"{SYSTEM}/etc.mount", 2)),
    ("R70i", fstab("tmpfs /var/ tmpfs size=1g 0 0"), ("/etc/fstab", 2)),
    ("R70i", fstab("proc /etc proc defaults 0 0"), ("/etc/fstab", 2)),
    ("R70r", {"/usr/bin/mount": None, "/lib64/libc.so.6": "library"}, ("/usr/bin/mount", None)),
    ("R70q", unit_of("srv-data", "What=tmpfs\nWhere=/srv/other\nType=tmpfs\n", "requires"), (f"{SYSTEM}/srv-data.mount", 3)),
    ("R70q", unit_of("srv-data", "Where=/srv/data\nType=tmpfs\n"), (f"{SYSTEM}/srv-data.mount", 2)),
    ("R70q", unit_of("srv-my-data", "What=tmpfs\nWhere=/srv/my-data\nType=tmpfs\n"), (f"{SYSTEM}/srv-my-data.mount", 3)),
    ("R70i", {**fstab("tmpfs /usr/lib/modules tmpfs defaults 0 0"), "/usr/lib/modules/own/modules.dep": ""}, ("/etc/fstab", 2)),
    ("R70p", fstab("devtmpfs /dev devtmpfs nodev,nosuid,noexec 0 0"), ("/etc/fstab", 2)),
    ("R70p", fstab("proc /proc/ proc rw,ro 0 0"), ("/etc/fstab", 2)),
    ("R70p", fstab("tmpfs /run tmpfs nosuid,ro 0 0"), ("/etc/fstab", 2)),
    ("R70p", fstab("cgroup2 /sys/fs/cgroup cgroup2 ro 0 0"), ("/etc/fstab", 2)),
    ("R70p", fstab("sysfs /sys sysfs ro 0 0"), ("/etc/fstab", 2)),
    ("R70a", fstab("UUID=ABCD-1234 /data ext4 defaults,noatim 0 2"), ("/etc/fstab", 2)),
    ("R70a", fstab("UUID=ABCD-1234 /boot/efi vfat umask=0077,errors=remount-rw 0 2"), ("/etc/fstab", 2)),
    ("R70a", fstab("UUID=ABCD-1234 /data xfs defaults,errors=remount-ro 0 2"), ("/etc/fstab", 2)),
    ("R70a", fstab("UUID=ABCD-1234 /data btrfs subvol=@,data=ordered 0 2"), ("/etc/fstab", 2)),
    ("R70a", fstab("tmpfs /tmp tmpfs sise=2G 0 0"), ("/etc/fstab", 2)),
    ("R13c", mount_unit("What=/dev/disk/by-label/data\nWhere=/data\nType=ext4\n"), (f"{SYSTEM}/data.mount", 2)),
    ("R70a", mount_unit("What=/dev/disk/by-label/DATA\nWhere=/data\nType=ext4\nOptions=noatime,subvol=@\n"), (f"{SYSTEM}/data.mount", 2)),
    ("R70b", fstab("/srv/of-the-build /etc/hostname none bind 0 0"), ("/etc/fstab", 2)),
    ("R70b", fstab("/etc/hostname/of-the-build /mnt/build none bind 0 0"), ("/etc/fstab", 2)),
    ("R70b", {**fstab("/srv/of-the-build /mnt/build none bind 0 0"), "/usr/lib/systemd/systemd": None, "/sbin/init": "init"}, ("/etc/fstab", 2)),
    ("R70b", mount_unit("What=/var/lib/gone.raw\nWhere=/data\nType=btrfs\nOptions=loop\n[Unit]\nConditionPathExists=/etc\n"), (f"{SYSTEM}/data.mount", 2)),
    ("R70b", fstab("/srv/image.iso /mnt/image iso9660 loop,ro 0 0"), ("/etc/fstab", 2)),
    ("R70b", fstab("UUID=ABCD-1234 /etc/hostname ext4 defaults 0 2"), ("/etc/fstab", 2)),
    ("R70c", fstab("server:/export /mnt/export nfs defaults,nofail 0 0"), ("/etc/fstab", 2)),
    ("R70c", fstab("//server/share /mnt/share cifs defaults 0 0"), ("/etc/fstab", 2)),
    ("R70c", fstab("user@server:/ /mnt/server fuse.sshfs defaults 0 0"), ("/etc/fstab", 2)),
    ("R70d", fstab(".host:/share /mnt/hgfs fuse.vmhgfs-fuse defaults,allow_other 0 0"), ("/etc/fstab", 2)),
    ("R70d", fstab("vmhgfs-fuse /mnt/hgfs fuse defaults,allow_other 0 0"), ("/etc/fstab", 2)),
    ("R70d", fstab("projects /srv/projects vboxsf uid=1000,gid=1000 0 0"), ("/etc/fstab", 2)),
    ("R70d", fstab("share /mnt/share virtiofs defaults 0 0"), ("/etc/fstab", 2)),
    ("R70d", fstab("share /mnt/share 9p trans=virtio,version=9p2000.L 0 0"), ("/etc/fstab", 2)),
    ("R70d", mount_unit("What=.host:/\nWhere=/data\nType=fuse.vmhgfs-fuse\n"), (f"{SYSTEM}/data.mount", 2)),
    ("R70j", fstab("UUID=ABCD-1234 /data etx4 defaults 0 2"), ("/etc/fstab", 2)),
    ("R70j", fstab("UUID=ABCD-1234 /data ext5 defaults,nofail 0 2"), ("/etc/fstab", 2)),
    ("R70j", mount_unit("What=/dev/disk/by-uuid/ABCD-1234\nWhere=/data\nType=ex4\n"), (f"{SYSTEM}/data.mount", 2)),
    ("R13f", mount_unit("What=/dev/vdb1\nWhere=/data\nType=ext4\n"), (f"{SYSTEM}/data.mount", 2)),
    ("R13f", mount_unit("What=/dev/disk/by-path/pci-0000:00:07.0-part1\nWhere=/data\nType=ext4\n"), (f"{SYSTEM}/data.mount", 2)),
    ("R70b", fstab("overlay /srv overlay lowerdir=/etc:/gone,upperdir=/var/up,workdir=/var/work 0 0"), ("/etc/fstab", 2)),
    ("R70b", _OF_THE_INITRAMFS, ("/etc/fstab", 2)),
    ("R70b", {**fstab("overlay /srv overlay lowerdir=/sysroot/etc,upperdir=/var/up,workdir=/var/up 0 0"), "/var/up/x": ""}, ("/etc/fstab", 2)),
    ("R70f", fstab(r"UUID=ABCD-1234 /data ext4 x-systemd.requires=dev-vdb.device 0 0"), ("/etc/fstab", 2)),
    ("R70f", fstab(r"UUID=ABCD-1234 /data ext4 x-systemd.requires=dev-disk-by\x2duuid-1\x2d2.device 0 0"), ("/etc/fstab", 2)),
    ("R70f", fstab("UUID=ABCD-1234 /data ext4 x-systemd.requires=/dev/disk/by-label/keys 0 0"), ("/etc/fstab", 2)),
    ("R71b", crypttab("data UUID=ABCD-1234 /root/gone luks", "/dev/mapper/data /data ext4 defaults 0 2"), ("/etc/crypttab", 2)),
    ("R13c", crypttab("data UUID=11111111-2222-3333-4444-555555555555 none luks", "/dev/mapper/data /data ext4 defaults 0 2"), ("/etc/fstab", 2)),
    *[
        (
            "R69c",
            {**TARGETS, f"{SYSTEM}/done.service": f"[Unit]\n{unit}\n[Service]\nType=oneshot\nExecStart=/opt/gone/check\n", **WANTED},
            (f"{SYSTEM}/done.service", 2),
        )
        for unit in ("OnFailure=poweroff.target", "FailureAction=reboot-force")
    ],
    *[
        (
            "R69c",
            {
                **TARGETS,
                f"{SYSTEM}/end.timer": f"[Timer]\n{timer}\n",
                f"{SYSTEM}/end.service": "[Service]\nExecStart=/sbin/poweroff\n",
                f"{SYSTEM}/timers.target.wants/end.timer": ("link", f"{SYSTEM}/end.timer"),
            },
            (f"{SYSTEM}/end.service", 2),
        )
        for timer in ("OnBootSec=5min", "OnStartupSec=1\nUnit=end.service", "OnCalendar=minutely", "OnCalendar=*:0/5", "OnCalendar=*-*-* *:*:00")
    ],
    ("R70e", fstab("server:/export /mnt/export nfs defaults 0 0"), ("/etc/fstab", 2)),
    ("R70e", fstab("UUID=ABCD-1234 /data ext4 _netdev 0 0"), ("/etc/fstab", 2)),
    ("R70f", fstab("UUID=ABCD-1234 /data ext4 x-systemd.requires=zfs-import.service 0 0"), ("/etc/fstab", 2)),
    ("R70f", {**fstab("UUID=ABCD-1234 /data ext4 x-systemd.requires=gone.target 0 0"), f"{SYSTEM}/gone.target": DEV_NULL}, ("/etc/fstab", 2)),
    ("R71a", crypttab("temporary /dev/sda3 /dev/urandom tmp=ext4,cipher=aes-xts-plain64"), ("/etc/crypttab", 2)),
    ("R71a", crypttab("temporary /dev/disk/by-path/pci-0000-part3 /dev/random tmp"), ("/etc/crypttab", 2)),
    ("R71b", ENCRYPTED_ROOT, ("/etc/crypttab", 2)),
    ("R71b", crypttab("data UUID=1-2 none luks", "/dev/mapper/data /data ext4 defaults 0 2"), ("/etc/crypttab", 2)),
    ("R20c", {"/etc/sysctl.d/99-hardening.conf": "kernel.kptr_restrict = 2\nkernel.modules_disabled = 1\n"}, ("/etc/sysctl.d/99-hardening.conf", 2)),
    ("R20c", {"/usr/lib/sysctl.d/50-hardening.conf": "-kernel/modules_disabled=1\n"}, ("/usr/lib/sysctl.d/50-hardening.conf", 1)),
    # a pattern means each name that no line has in full
    ("R20c", {"/etc/sysctl.d/99-hardening.conf": "kernel.mod*_disabled = 1\n"}, ("/etc/sysctl.d/99-hardening.conf", 1)),
    ("R20c", {"/etc/sysctl.d/99-hardening.conf": "kernel/modules_disable[d] = 1\n"}, ("/etc/sysctl.d/99-hardening.conf", 1)),
    ("R20c", {"/etc/sysctl.d/99-hardening.conf": "kernel.modules_disabled = 0\n  - kernel.modules_disabled = 1\n"}, ("/etc/sysctl.d/99-hardening.conf", 2)),
    # systemd hands its services the files of the stores that they ask for, and these come last
    ("R20c", {**_TAKES_CREDENTIALS, "/etc/credstore/sysctl.extra": "kernel.modules_disabled=1\n"}, ("/etc/credstore/sysctl.extra", 1)),
    (
        "R20c",
        {
            "/usr/lib/systemd/system/systemd-sysctl.service": "[Service]\nExecStart=/bin/true\nImportCredential=sysctl.*\n",
            "/usr/lib/credstore/sysctl.extra": "# build\nkernel.modules_disabled=1\n",
            "/etc/sysctl.d/99-own.conf": "kernel.modules_disabled=0\n",
        },
        ("/usr/lib/credstore/sysctl.extra", 2),
    ),
    ("R69h", {**_TAKES_CREDENTIALS, **_TMPFILES, "/etc/credstore/tmpfiles.extra": "R /etc/ssh\n"}, ("/etc/credstore/tmpfiles.extra", 1)),
    ("R57", fstab("LABEL=var /var ext4 defaults,nodev,nosuid,noexec 0 2"), ("/etc/fstab", 2)),
    ("R57", fstab("LABEL=agent /var/lib/waagent ext4 users,nofail 0 2"), ("/etc/fstab", 2)),
]

RIGHT_FILES = [("R69a", TARGETS), ("R70o", _GENERATED), ("R70r", {"/lib64/libc.so.6": "library"})]

CONTROLS = [
    ("R70o", {**_GENERATED, f"{_MASKS}/systemd-gpt-auto-generator": DEV_NULL}),
    (
        "R70o",
        {
            **_GENERATED,
            f"{_MASKS}/systemd-fstab-generator": DEV_NULL,
            f"{UNITS}/local-fs.target.wants/systemd-remount-fs.service": ("link", "../systemd-remount-fs.service"),
        },
    ),
    ("R70o", {**_GENERATED, f"{_MASKS}/systemd-fstab-generator": "own program"}),
    ("R70o", {**_GENERATED, **_ROOT_WRITTEN, f"{_MASKS}/systemd-fstab-generator": DEV_NULL}),
    ("R69c", {**TARGETS, f"{SYSTEM}/done.service": "[Service]\nExecStart=/sbin/poweroff\n"}),  # enabled by nobody
    ("R69c", {**TARGETS, f"{SYSTEM}/done.service": "[Unit]\nConditionVirtualization=vmware\n[Service]\nExecStart=/sbin/poweroff\n", **WANTED}),
    ("R69c", {**TARGETS, f"{SYSTEM}/done.service": '[Service]\nExecStart=/bin/sh -c "test -e /x && reboot"\nExecStop=/sbin/poweroff\n', **WANTED}),
    ("R69c", {**TARGETS, f"{SYSTEM}/done.service": "[Service]\nExecStart=/sbin/shutdown -c\nExecStart=/usr/bin/systemctl start x\n", **WANTED}),
    ("R69c", {**TARGETS, "/etc/rc.local": "#!/bin/sh\npoweroff\n"}),  # may not be run
    ("R69c", {**TARGETS, "/etc/rc.local": ("program", "#!/bin/sh\nif [ -e /x ]; then\n  reboot\nfi\n# poweroff\nexit 0\npoweroff\n")}),
    ("R69c", {**TARGETS, "/etc/cron.d/night": "0 4 * * 0 root /sbin/reboot\n"}),
    ("R69c", {**TARGETS, "/etc/cron.d/night": "*/5 4 * * * root /sbin/reboot\n*/5 * * * * root /usr/bin/reboot-notifier\n"}),
    ("R69d", {**UDEV, "/etc/udev/rules.d/80-net-setup-link.rules": DEV_NULL}),
    ("R69d", {**UDEV, "/etc/udev/rules.d/80-drivers.rules": 'ACTION!="remove", ENV{MODALIAS}=="?*", RUN{builtin}+="kmod load"\n'}),
    ("R69d", {path.replace("/usr", "", 1): text for path, text in UDEV.items()}),
    ("R70g", {"/etc/fstab": ROOT.format("ro,rw,errors=remount-ro")}),
    ("R70g", {"/etc/fstab": ROOT.format("ro") + "overlay /etc overlay lowerdir=/etc 0 0\n"}),  # read-only on purpose
    ("R70g", {"/etc/fstab": "", "/boot/grub/grub.cfg": GRUB_CFG.replace(f"root=UUID={UUID}", "root=gpt-auto")}),
    ("R70g", {"/etc/fstab": "", "/boot/grub/grub.cfg": GRUB_CFG.replace(" ro ", " ro rw ")}),
    ("R70h", {"/etc/fstab": ROOT.format("noexec,exec")}),
    ("R70h", fstab("UUID=ABCD-1234 /home ext4 defaults,noexec 0 2")),
    ("R70h", fstab("UUID=ABCD-1234 /usr ext4 defaults,group,nouser 0 2")),  # group means nosuid and nodev alone
    ("R70i", fstab("tmpfs /tmp tmpfs defaults 0 0")),
    ("R70i", fstab("tmpfs /etc/sysconfig tmpfs defaults 0 0")),  # which has nothing in it
    ("R70i", {**fstab("/srv/pam.d /etc/pam.d none bind 0 0"), "/srv/pam.d/sshd": ""}),
    ("R70p", fstab("devtmpfs /dev devtmpfs nosuid,noexec,nodev,dev 0 0")),
    ("R70p", fstab("tmpfs /dev/shm tmpfs nodev,nosuid,noexec 0 0")),
    ("R70p", fstab("tmpfs /run tmpfs rw,noexec,nosuid,nodev,mode=0755 0 0")),
    ("R70p", fstab("sysfs /sys sysfs nosuid,nodev,noexec 0 0")),
    ("R70p", fstab("proc /proc proc nosuid,noexec,nodev,hidepid=2 0 0")),
    ("R70i", fstab("tmpfs /etc tmpfs noauto 0 0")),
    ("R70i", fstab("proc /srv/jail/proc proc defaults 0 0")),
    ("R70r", {"/lib64/libc.so.6": "library"}),
    ("R70r", {"/lib64/libc.so.6": "library", "/usr/bin/mount": None, "/bin/mount": "program"}),
    ("R70q", unit_of(r"srv-my\x2ddata", "What=tmpfs\nWhere=/srv/my-data/\nType=tmpfs\n", "requires")),
    ("R70q", unit_of("srv-data", "What=tmpfs\nType=tmpfs\n", "requires")),
    ("R70q", unit_of("-", "What=/dev/sda1\nWhere=/\n", "requires")),
    ("R70q", {f"{SYSTEM}/srv-data.mount": "[Mount]\nWhat=tmpfs\nWhere=/srv/other\n"}),  # which nobody wants
    ("R70i", fstab("tmpfs /var/tmp tmpfs defaults 0 0")),
    ("R70i", fstab("UUID=ABCD-1234 /usr ext4 defaults 0 2")),
    ("R13c", mount_unit("What=/dev/disk/by-uuid/ABCD-1234\nWhere=/data\nType=vfat\n")),
    ("R13c", mount_unit("What=server:/export\nWhere=/data\nType=nfs\n", "wants")),
    ("R13c", {f"{SYSTEM}/data.mount": "[Mount]\nWhat=/dev/disk/by-label/data\nWhere=/data\n"}),
    ("R69a", {**TARGETS, f"{SYSTEM}/default.target": ("link", f"{UNITS}/multi-user.target")}),
    (
        "R69a",
        {
            **TARGETS,
            f"{SYSTEM}/default.target": ("link", "/lib/systemd/system/multi-user.target"),
            "/lib/systemd/system/multi-user.target": "[Unit]\nRequires=basic.target\n",
        },
    ),
    ("R69a", {**TARGETS, f"{UNITS}/kiosk.target": "[Unit]\nRequires=multi-user.target\n", f"{SYSTEM}/default.target": ("link", f"{UNITS}/kiosk.target")}),
    ("R69a", {"/usr/lib/systemd/systemd": None, "/etc/inittab": "id:3:initdefault:\n"}),
    ("R69b", {**TARGETS, f"{SYSTEM}/user.slice": DEV_NULL, f"{SYSTEM}/slices.target": DEV_NULL, f"{SYSTEM}/machine.slice": DEV_NULL}),
    ("R69b", {**TARGETS, f"{SYSTEM}/ctrl-alt-del.target": DEV_NULL, f"{SYSTEM}/sleep.target": DEV_NULL}),
    ("R70a", fstab("UUID=ABCD-1234 /data ext4 defaults,noatime,commit=60,errors=remount-ro,x-systemd.device-timeout=9,usrjquota=aquota.user,jqfmt=vfsv1 0 2")),
    ("R70a", fstab("UUID=ABCD-1234 /data xfs rw,relatime,attr2,inode64,logbufs=8,logbsize=32k,noquota,prjquota 0 0")),
    ("R70a", fstab("UUID=ABCD-1234 /data btrfs rw,subvol=/@,compress=zstd:1,space_cache=v2,discard=async,ssd 0 0")),
    ("R70a", fstab("UUID=ABCD-1234 /boot/efi vfat umask=0077,shortname=winnt,iocharset=ascii,codepage=437,errors=remount-ro 0 2")),
    ("R70a", fstab("tmpfs /tmp tmpfs rw,nosuid,nodev,size=50%,nr_inodes=1m,mode=1777,inode64,huge=within_size 0 0")),
    ("R70a", fstab("UUID=ABCD-1234 /data ext4 noauto,of-another-kernel 0 0")),
    ("R70a", fstab("server:/export /mnt nfs hard,intr,proto=tcp,nofail 0 0")),
    ("R70a", fstab("UUID=ABCD-1234 /data ext4 defaults,comment=cloudconfig,context=system_u:object_r:tmp_t:s0 0 2")),
    ("R70b", {**fstab("/srv/data /mnt/data none bind 0 0"), "/srv/data/file": ""}),
    ("R70b", fstab("/srv/of-the-build /mnt/build none bind,noauto 0 0")),
    ("R70b", fstab("/srv/of-the-build /mnt/build none bind 0 0")),  # which systemd makes
    # as systemd has it for its machines
    ("R70b", mount_unit("What=/var/lib/gone.raw\nWhere=/data\nType=btrfs\nOptions=loop\n[Unit]\nConditionPathExists=/var/lib/gone.raw\n", "wants")),
    ("R13c", mount_unit("What=/dev/disk/by-label/data\nWhere=/data\nType=ext4\n[Unit]\nConditionVirtualization=kvm\n")),
    ("R70b", fstab("//server/share /mnt/share cifs nofail,credentials=/root/share 0 0")),
    ("R70b", fstab("/mnt/disk* /mnt/pool fuse.mergerfs defaults,nofail 0 0")),
    ("R70i", fstab("/data/etc /etc/ssh none bind 0 0\nUUID=ABCD-1234 /data ext4 defaults 0 2")),
    ("R70b", fstab("/run/of-a-service /mnt/service none bind 0 0")),
    ("R70b", {**fstab("/srv/hosts /etc/hostname none bind 0 0"), "/srv/hosts": "web\n"}),
    ("R70b", fstab("UUID=ABCD-1234 /no/such/place ext4 defaults 0 2")),
    ("R70b", fstab("proc /proc proc defaults 0 0")),
    ("R70c", {**fstab("server:/export /mnt nfs4 nofail 0 0"), "/usr/sbin/mount.nfs": "program"}),
    ("R70d", fstab(".host:/ /mnt/hgfs fuse.vmhgfs-fuse nofail,allow_other 0 0")),
    ("R70d", fstab("share /mnt/share vboxsf noauto 0 0")),
    ("R70d", fstab("vmhgfs-fuse /mnt/hgfs fuse nofail,allow_other 0 0")),
    ("R70d", fstab("sshfs#user@host:/ /mnt/far fuse defaults 0 0")),
    ("R70d", fstab("share /mnt/share 9p x-systemd.automount 0 0")),
    ("R70j", fstab("UUID=ABCD-1234 /data ext3 defaults 0 2")),
    ("R70j", fstab("/dev/sr0 /media udf,iso9660 ro 0 0")),
    ("R70j", fstab("UUID=ABCD-1234 /data auto defaults 0 2")),
    ("R70j", fstab("/srv /mnt none bind 0 0")),
    ("R70j", fstab("tmpfs /tmp tmpfs size=1g 0 0")),
    ("R70j", fstab("user@server:/ /mnt fuse.sshfs defaults 0 0")),
    ("R70j", fstab("UUID=ABCD-1234 /data xfs defaults 0 0")),
    ("R13f", mount_unit("What=/dev/disk/by-uuid/ABCD-1234\nWhere=/data\nType=vfat\n")),
    ("R13f", {f"{SYSTEM}/data.mount": "[Mount]\nWhat=/dev/vdb1\nWhere=/data\n"}),
    ("R70b", {**fstab("overlay /srv overlay lowerdir=/etc,upperdir=/var/up,workdir=/var/work 0 0"), "/var/up/x": "", "/var/work/x": ""}),
    ("R70b", fstab("overlay /srv overlay lowerdir=/run/lower 0 0")),
    # as SLE Micro and MicroOS have it, whose initramfs makes the mount
    ("R70b", {**_OF_THE_INITRAMFS, "/var/lib/overlay/2/etc/x": "", "/var/lib/overlay/2/work-etc/x": ""}),
    ("R70b", {**fstab("/sysroot/var/own /etc/own none bind,x-initrd.mount 0 0"), "/var/own/x": "", "/etc/own/x": ""}),
    ("R70f", fstab(r"UUID=ABCD-1234 /data ext4 x-systemd.requires=dev-disk-by\x2duuid-ABCD\x2d1234.device 0 0")),
    ("R71b", {**crypttab("data UUID=ABCD-1234 /root/key luks", "/dev/mapper/data /data ext4 defaults 0 2"), "/root/key": "key"}),
    ("R71b", crypttab("data UUID=ABCD-1234 /run/key luks", "/dev/mapper/data /data ext4 defaults 0 2")),
    ("R13c", crypttab("data UUID=ABCD-1234 none luks", "/dev/mapper/data /data ext4 defaults 0 2")),
    ("R69c", {**TARGETS, f"{SYSTEM}/done.service": "[Unit]\nOnFailure=poweroff.target\n[Service]\nExecStart=/bin/true\n", **WANTED}),
    (
        "R69c",
        {
            **TARGETS,
            f"{SYSTEM}/end.timer": "[Timer]\nOnCalendar=Sun 04:00\n",
            f"{SYSTEM}/end.service": "[Service]\nExecStart=/sbin/reboot\n",
            f"{SYSTEM}/timers.target.wants/end.timer": ("link", f"{SYSTEM}/end.timer"),
        },
    ),
    ("R70e", fstab("server:/export /mnt nfs nofail,_netdev 0 0")),
    ("R70e", fstab("server:/export /mnt nfs noauto,x-systemd.automount 0 0")),
    ("R70f", fstab("UUID=ABCD-1234 /data ext4 x-systemd.requires=ssh.service,x-systemd.after=no-such.service 0 0")),
    ("R70f", fstab("UUID=ABCD-1234 /data ext4 x-systemd.requires=srv.mount,x-systemd.requires=/srv 0 0")),
    ("R71a", crypttab("temporary PARTUUID=1-2 /dev/urandom tmp")),
    ("R71a", crypttab("swap1 /dev/sda3 /dev/urandom swap")),
    ("R71a", crypttab("data /dev/sda3 /etc/keys/data luks")),
    ("R71b", {**crypttab("data UUID=1-2 /etc/keys/data luks"), "/etc/keys/data": "key"}),
    ("R71b", crypttab("data UUID=1-2 none luks,nofail")),
    ("R71b", crypttab("data UUID=1-2 none luks,tpm2-device=auto")),
    ("R71b", crypttab("data UUID=1-2 none luks,noauto")),
    ("R20c", {"/etc/sysctl.d/99-hardening.conf": "kernel.modules_disabled = 0\n# kernel.modules_disabled = 1\n"}),
    # systemd writes the last value alone
    ("R20c", {"/etc/sysctl.d/10-own.conf": "kernel.modules_disabled = 1\n", "/etc/sysctl.d/99-own.conf": "kernel.modules_disabled = 0\n"}),
    ("R20c", {"/etc/sysctl.d/10-own.conf": "kernel.modules_disabled = 0\n", "/etc/sysctl.d/99-own.conf": "kernel.mod*_disabled = 1\n"}),
    ("R20c", {"/etc/sysctl.d/99-own.conf": "-kernel.modules_disabled\nkernel.mod*_disabled = 1\n"}),
    ("R20c", {"/etc/sysctl.d/99-own.conf": "kernel*modules_disabled = 1\nkernel.modules_disabled\n"}),
    ("R20c", {"/etc/sysctl.d/99-own.conf": "kernel.modules_disabled = 1\n", "/etc/systemd/system/systemd-sysctl.service": ""}),
    ("R20c", {**_TAKES_CREDENTIALS, "/etc/credstore/sysctl.other": "kernel.modules_disabled=1\n"}),
    ("R20c", {"/etc/credstore/sysctl.extra": "kernel.modules_disabled=1\n"}),
    ("R69h", {**_TAKES_CREDENTIALS, **_TMPFILES, "/etc/credstore/tmpfiles.extra": "R /etc/ssh/moduli\n"}),
    ("R69h", {**_TMPFILES, "/etc/credstore/tmpfiles.extra": "R /etc/ssh\n"}),
    ("R20c", {"/etc/sysctl.d/50-same.conf": "kernel.kptr_restrict = 2\n", "/usr/lib/sysctl.d/50-same.conf": "kernel.modules_disabled = 1\n"}),
    ("R57", fstab("LABEL=var /var ext4 noexec,exec,nofail 0 2")),
    ("R57", fstab("LABEL=var /var ext4 group,nofail 0 2")),
    ("R57", fstab("LABEL=log /var/log ext4 noexec,nofail 0 2")),
]
