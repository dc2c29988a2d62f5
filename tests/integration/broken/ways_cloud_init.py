# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps cloud-init from provisioning, and systemd-boot from starting its entry."""

from integration.broken.overlay import DoesNotApply
from integration.broken.ways_root import drop_in, masked

CONF = "/etc/cloud/cloud.cfg"
LAST = "/etc/cloud/cloud.cfg.d/99-z.cfg"
MODULES = "/usr/lib/python3/dist-packages"
LOADER = "/boot/efi/loader"


def cloud(change):
    """Return the way in which change (takes a Layer) is done to an image that cloud-init provisions."""
    return lambda layer: (layer.needs(CONF), change(layer))


def configured(text):
    return cloud(lambda layer: layer.write(LAST, text))


def without_lines(*words):
    """Return the way in which the lines of cloud.cfg that hold one of the words are gone."""

    def change(layer):
        lines = layer.read(CONF).splitlines(True)
        kept = [line for line in lines if line.strip() not in {f"- {word}" for word in words}]
        if kept == lines:
            raise DoesNotApply(f"no line of {words}")
        layer.write(CONF, "".join(kept))

    return cloud(change)


def entry(change):
    """Return the way in which the text (str) of each entry of systemd-boot is another."""

    def way(layer):
        paths = layer.tree.glob(f"{LOADER}/entries/*.conf")
        if not paths:
            raise DoesNotApply("there is no entry of systemd-boot")
        for path in paths:
            layer.write(path, change(layer.read(path)))

    return way


def loader_conf(text):
    return lambda layer: (layer.needs(f"{LOADER}/loader.conf"), layer.write(f"{LOADER}/loader.conf", text))


def named(suffix):
    """Return the way in which each entry has a boot counter."""

    def way(layer):
        paths = layer.tree.glob(f"{LOADER}/entries/*.conf")
        if not paths:
            raise DoesNotApply("there is no entry of systemd-boot")
        for path in paths:
            layer.write(path.replace(".conf", f"{suffix}.conf"), layer.read(path))
            layer.remove(path)

    return way


def unified(change):
    """Return the way in which the bytes of the unified kernel image are others."""

    def way(layer):
        paths = layer.tree.glob("/boot/efi/EFI/Linux/*.efi")
        if not paths:
            raise DoesNotApply("there is no unified kernel image")
        for path in paths:
            layer.write(path, change(layer.tree.read_bytes(path)))

    return way


def of_another_root(octets):
    """Return a unified kernel image whose command line looks for another root."""
    at = octets.index(b"root=UUID=") + len(b"root=UUID=")
    return octets[:at] + b"11111111-2222-3333-4444-555555555555" + octets[at + 36 :]


#: {what was done: how}
def _found(layer, pattern):
    paths = layer.tree.glob(pattern)
    if not paths:
        raise DoesNotApply(f"there is no {pattern}")
    return paths


WAYS = {
    "the log of cloud-init is a directory": cloud(lambda layer: layer.directory("/var/log/cloud-init.log")),
    "the instance of cloud-init is a directory": cloud(lambda layer: layer.directory("/var/lib/cloud/instance")),
    "cloud-init's file of sudo is a directory": cloud(lambda layer: layer.directory("/etc/sudoers.d/90-cloud-init-users")),
    "passwd and usermod are gone": cloud(lambda layer: layer.remove("/usr/bin/passwd", "/usr/sbin/usermod")),
    "cloud-init looks for no data": configured("datasource_list: [ None ]\n"),
    "cloud-init looks in another cloud": configured("datasource_list: [ NoCloud, ConfigDrive ]\n"),
    "cloud-init looks for Ec2": configured("datasource_list: [Ec2]\n"),
    "cloud-init is switched off by a file": cloud(lambda layer: layer.write("/etc/cloud/cloud-init.disabled", "")),
    "cloud-init's configuration is no YAML": configured("users:\n\t- default\n"),
    "cloud-init's main configuration is no YAML": cloud(lambda layer: layer.append(CONF, "\n: [\n")),
    "cloud-init's main configuration is gone": cloud(lambda layer: layer.remove(CONF)),
    "cloud-init's main configuration is empty": cloud(lambda layer: layer.write(CONF, "")),
    "cloud-init makes no user": configured("users: []\n"),
    "cloud-init makes another user": configured("users:\n  - name: builder\n"),
    "cloud-init's modules of the beginning are none": configured("cloud_init_modules: []\n"),
    "cloud-init makes users no more": without_lines("users_groups", "users-groups"),
    "cloud-init writes no keys": without_lines("ssh"),
    "cloud-init's user has a shell that is not there": configured("system_info:\n  default_user:\n    name: admin\n    shell: /usr/bin/zsh\n"),
    "cloud-init's user is locked out": configured("system_info:\n  default_user:\n    name: admin\n    shell: /usr/sbin/nologin\n"),
    "cloud-init's user has root's number": configured("system_info:\n  default_user:\n    name: admin\n    uid: 0\n"),
    "cloud-init's user is one of SELinux": configured("system_info:\n  default_user:\n    name: admin\n    selinux_user: staff_u\n"),
    "cloud-init's user has a group that is not there": configured("system_info:\n  default_user:\n    name: admin\n    groups: []\n    primary_group: nope\n"),
    "cloud-init's user has groups that nobody makes": configured(
        "system_info:\n  default_user:\n    name: admin\n    groups: [nope]\n    create_groups: false\n"
    ),
    "cloud-init writes the network for a manager that is none": configured("system_info:\n  network:\n    renderers: [nplan]\n"),
    "cloud-init's first commands mask ssh": configured("bootcmd:\n  - [systemctl, mask, --now, ssh]\n"),
    "cloud-init has a list of users that is empty": configured("users:\n"),
    "cloud-init has a user that is none": configured("users:\n  - default\n  -\n"),
    "cloud-init has groups that are none": configured("groups:\n"),
    "cloud-init has no first stage": configured("cloud_init_modules:\n"),
    "cloud-init gives no rule of sudo": configured("system_info:\n  default_user:\n    sudo:\n"),
    "cloud-init is told a merge_how that is none": configured("merge_how: append\nssh_pwauth: false\n"),
    "cloud-init's main configuration is left out by its merge_how": cloud(lambda layer: layer.first(CONF, "merge_how: list(append)\n")),
    "cloud-init's first file takes the place of the others": cloud(
        lambda layer: layer.write("/etc/cloud/cloud.cfg.d/01-own.cfg", "merge_how: dict(replace)\nusers: [{name: builder}]\n")
    ),
    "cloud-init makes a user first whose group is there": configured("users: [default, {name: video}]\n"),
    "cloud-init makes a user first whose number is taken": configured("users: [default, {name: builder, uid: 33}]\n"),
    "cloud-init makes a user first without a home, with keys": configured("users: [default, {name: backup2, system: true, ssh_authorized_keys: [a]}]\n"),
    "cloud-init writes the keys before it makes the user": configured("cloud_init_modules: [ssh, users-groups]\n"),
    "cloud-init has a module that is a number": configured("cloud_init_modules: [users-groups, ssh, 5]\n"),
    "cloud-init has a password that is empty": configured("password:\n"),
    "cloud-init's source is empty": configured("datasource:\n"),
    "cloud-init's distribution is empty": configured("system_info: {distro: }\n"),
    "cloud-init's rule of sudo is none": configured("system_info: {default_user: {sudo: 'ALL=(ALL) NOPASSWD'}}\n"),
    "cloud-init's rule of sudo is not closed": configured("system_info: {default_user: {sudo: ['ALL=(ALL NOPASSWD:ALL']}}\n"),
    "cloud-init's system is empty": configured("system_info:\n"),
    "cloud-init's default user is empty": configured("system_info:\n  default_user:\n"),
    "cloud-init's keys are empty": configured("ssh_authorized_keys:\n"),
    "cloud-init's host keys are not to be published": configured("ssh_publish_hostkeys: false\n"),
    "cloud-init's user has expired in the list": configured("users: [{name: default, expiredate: '2020-01-01'}]\n"),
    "cloud-init's user has a colon in its name": configured("system_info: {default_user: {gecos: 'Azure: admin'}}\n"),
    "cloud-init's commands remove the homes": configured("runcmd:\n  - rm -rf /home\n"),
    "cloud-init's commands find the keys and delete them": configured("runcmd:\n  - find / -xdev -name authorized_keys -delete\n"),
    "cloud-init's commands empty the homes' keys": configured("runcmd:\n  - ': > /home/azureuser/.ssh/authorized_keys'\n"),
    "cloud-init's commands empty the server's configuration": configured("runcmd:\n  - ': > /etc/ssh/sshd_config'\n"),
    "cloud-init's commands move the accounts": configured("runcmd:\n  - mv /etc/passwd /etc/passwd.bak\n"),
    "cloud-init's commands have the account expire": configured("runcmd:\n  - [chage, -E, '0', azureuser]\n"),
    "cloud-init's commands close the home": configured("runcmd:\n  - chmod 000 /home/azureuser\n"),
    "cloud-init's commands give the home to root": configured("runcmd:\n  - chown -R root:root /home/azureuser\n"),
    "cloud-init's commands remove the server's keys": configured("runcmd:\n  - rm -f /etc/ssh/ssh_host_*\n"),
    "cloud-init's commands have it begin again for ever": configured("runcmd:\n  - cloud-init clean --reboot\n"),
    "cloud-init's commands close the firewall": configured("runcmd:\n  - iptables -P INPUT DROP\n"),
    "cloud-init makes another user by the old key": configured("user: builder\n"),
    "cloud-init asks a proxy": cloud(
        lambda layer: layer.write("/etc/systemd/system.conf.d/z.conf", "[Manager]\nDefaultEnvironment=http_proxy=http://proxy:3128\n")
    ),
    "cloud-init powers the machine off": configured("power_state:\n  mode: poweroff\n  delay: now\n"),
    "cloud-init's first commands power the machine off": configured("bootcmd:\n  - [poweroff]\n"),
    "cloud-init has a fixed address": configured("network:\n  version: 2\n  ethernets:\n    eth0: {addresses: [192.0.2.9/24]}\n"),
    "cloud-init is of another instance for ever": cloud(
        lambda layer: (
            layer.write(LAST, "manual_cache_clean: true\n"),
            layer.write("/var/lib/cloud/instance/obj.pkl", b"x"),
            layer.write("/var/lib/cloud/data/instance-id", "old\n"),
        )
    ),
    "ds-identify is told to switch cloud-init off": cloud(lambda layer: layer.write("/etc/cloud/ds-identify.cfg", "policy: disabled\n")),
    "ds-identify is told another cloud": cloud(lambda layer: layer.write("/etc/cloud/ds-identify.cfg", "datasource: Ec2\n")),
    "cloud-init's first unit is masked": cloud(masked("cloud-init-local.service")),
    "cloud-init's unit for the network is masked": cloud(lambda layer: [masked(name)(layer) for name in ("cloud-init.service", "cloud-init-network.service")]),
    "cloud-init's unit for its configuration is masked": cloud(masked("cloud-config.service")),
    "cloud-init's target is masked": cloud(masked("cloud-init.target")),
    "cloud-init's main unit is masked": cloud(
        lambda layer: (layer.needs("/usr/lib/systemd/system/cloud-init-main.service"), masked("cloud-init-main.service")(layer))
    ),
    "cloud-init's first unit is for VMware": cloud(drop_in("cloud-init-local", "[Unit]\nConditionVirtualization=vmware\n")),
    "cloud-init's program is gone": cloud(lambda layer: layer.remove("/usr/bin/cloud-init")),
    "cloud-init's package of Python is gone": cloud(lambda layer: layer.remove(f"{MODULES}/cloudinit")),
    "cloud-init's data source is gone": cloud(lambda layer: layer.remove(f"{MODULES}/cloudinit/sources/DataSourceAzure.py")),
    "a file of cloud-init is empty": cloud(lambda layer: layer.write(f"{MODULES}/cloudinit/cmd/main.py", "")),
    "cloud-init's YAML is gone": cloud(lambda layer: layer.remove(f"{MODULES}/yaml")),
    "what cloud-init's requests imports is gone": cloud(lambda layer: layer.remove(f"{MODULES}/urllib3")),
    "cloud-init's target is gone": cloud(lambda layer: layer.remove("/usr/lib/systemd/system/cloud-init.target")),
    "cloud-init's requests is gone": cloud(lambda layer: layer.remove(f"{MODULES}/requests")),
    "cloud-init's generator is gone": cloud(
        lambda layer: layer.remove(*[path for path in ("/usr/lib/systemd/system-generators/cloud-init-generator",) if layer.tree.lstat(path)])
    ),
    # systemd-boot
    "systemd-boot: no entry": lambda layer: layer.remove(*layer.tree.glob(f"{LOADER}/entries/*.conf")),
    "systemd-boot: an entry's kernel is not there": entry(lambda text: text.replace("/linux\n", "/linux.old\n")),
    "systemd-boot: an entry's initramfs is not there": entry(lambda text: text.replace("/initrd.img", "/initrd.old")),
    "systemd-boot: an entry has no initramfs": entry(lambda text: "".join(line for line in text.splitlines(True) if not line.startswith("initrd"))),
    "systemd-boot: an entry has no kernel": entry(lambda text: "".join(line for line in text.splitlines(True) if not line.startswith("linux"))),
    "systemd-boot: an entry has no options": entry(lambda text: "".join(line for line in text.splitlines(True) if not line.startswith("options"))),
    "systemd-boot: another root": entry(lambda text: text.replace("root=UUID=", "root=UUID=1")),
    "systemd-boot: an entry is for another processor": entry(lambda text: text + "architecture aa64\n"),
    "systemd-boot: the menu waits for ever": loader_conf("timeout menu-force\n"),
    "systemd-boot: single": entry(lambda text: text.replace("options ", "options single ")),
    "systemd-boot: the default is a tool": lambda layer: (
        loader_conf("timeout 3\ndefault memtest*\n")(layer),
        layer.write(f"{LOADER}/entries/memtest.conf", "title Memory test\nefi /EFI/BOOT/BOOTX64.EFI\n"),
    ),
    "systemd-boot: the default powers off": loader_conf("timeout 3\nauto-poweroff yes\ndefault auto-poweroff\n"),
    "systemd-boot: the default restarts": loader_conf("timeout 3\nauto-reboot 1\ndefault auto-*\n"),
    "systemd-boot: the default is a shell": lambda layer: (
        loader_conf("timeout 3\ndefault auto-efi-shell\n")(layer),
        layer.write("/boot/efi/shellx64.efi", "MZ"),
    ),
    "systemd-boot: an entry's device tree is not there": entry(lambda text: text + "devicetree /board.dtb\n"),
    "systemd-boot: a tool sorts before Linux": lambda layer: (
        loader_conf("timeout 3\n")(layer),
        layer.write(f"{LOADER}/entries/memtest.conf", "title Memory test\nsort-key 0\nefi /EFI/BOOT/BOOTX64.EFI\n"),
    ),
    "systemd-boot: the kernel is cut off": lambda layer: [layer.cut(path) for path in _found(layer, "/boot/efi/*/*/linux")],
    "systemd-boot: the initramfs is cut off": lambda layer: [layer.cut(path) for path in _found(layer, "/boot/efi/*/*/initrd*")],
    "unified kernel image: cut off": unified(lambda octets: octets[: len(octets) // 2]),
    "unified kernel image: empty": unified(lambda octets: b""),
    "unified kernel image: another root": unified(of_another_root),
    "unified kernel image: no kernel in it": unified(lambda octets: octets.replace(b".linux\0\0", b".linuy\0\0", 1)),
    "unified kernel image: no command line": unified(lambda octets: octets.replace(b".cmdline", b".cmdlinf", 1)),
    "unified kernel image: gone": lambda layer: layer.remove(*layer.tree.glob("/boot/efi/EFI/Linux/*.efi")),
    "unified kernel image: a text": unified(lambda octets: b"oops\n" * 1000),
}


#: {what was done: how}
CONTROLS = {
    "passwd is gone, and usermod is not": cloud(lambda layer: layer.remove("/usr/bin/passwd")),
    "cloud-init's log is there": cloud(lambda layer: layer.write("/var/log/cloud-init.log", "")),
    "cloud-init's main configuration is joined to a list": cloud(
        lambda layer: (layer.first(CONF, "merge_how: list(append)+dict(recurse_list)+str()\n"), layer.write(LAST, "users: [{name: builder}]\n"))
    ),
    "cloud-init makes a user first whose group is there, and is the first": configured("users: [default, {name: video, primary_group: video}]\n"),
    "cloud-init's rule of sudo is the usual one": configured("system_info: {default_user: {sudo: 'ALL=(ALL) NOPASSWD:ALL'}}\n"),
    "cloud-init publishes no host keys": configured("ssh_publish_hostkeys: {enabled: false}\n"),
    "cloud-init looks at Azure first": configured("datasource_list: [ Azure, NoCloud, None ]\n"),
    "cloud-init's user has another name": configured("system_info:\n  default_user:\n    name: operator\n    lock_passwd: true\n    gecos: Operator\n"),
    "cloud-init's user has a number and a group": configured("system_info:\n  default_user:\n    name: admin\n    uid: 1500\n    primary_group: users\n"),
    "cloud-init takes the first card by DHCP alone": configured("datasource:\n  Azure:\n    apply_network_config: false\n"),
    "cloud-init asks a proxy, but not for Azure": cloud(
        lambda layer: layer.write(
            "/etc/systemd/system.conf.d/z.conf", "[Manager]\nDefaultEnvironment=http_proxy=http://proxy:3128 no_proxy=169.254.169.254,168.63.129.16\n"
        )
    ),
    "cloud-init's commands clean up": configured("runcmd:\n  - userdel -r builder\n  - rm -rf /home/builder\n  - [systemctl, restart, ssh]\n"),
    "cloud-init deletes the host keys": configured("ssh_deletekeys: true\ndisable_root: false\n"),
    "cloud-init makes users more": configured("users:\n  - default\n  - name: backup\n    system: true\n"),
    "cloud-init leaves the disk as it is": configured("growpart: {mode: off}\nresize_rootfs: false\n"),
    "cloud-init's commands find what is old and delete it": configured(
        "runcmd:\n  - find /tmp -delete\n  - find /home -name '*.bak' -delete\n  - ': > /etc/machine-id'\n  - usermod -e '' azureuser\n"
    ),
    "cloud-init's commands make the server's keys anew": configured("runcmd:\n  - rm -f /etc/ssh/ssh_host_*\n  - ssh-keygen -A\n"),
    "cloud-init has another user, and groups": configured("users: [default, {name: builder}]\ngroups: [docker]\nuser:\n"),
    "cloud-init runs commands": configured("runcmd:\n  - [systemctl, restart, chrony]\nbootcmd:\n  - echo hello\n"),
    "cloud-init has no passwords": configured("ssh_pwauth: false\ndisable_root: true\n"),
    "cloud-init leaves the network to the guest": configured("network: {config: disabled}\n"),
    "cloud-init upgrades": configured("package_update: true\npackage_upgrade: true\n"),
    "ds-identify lets cloud-init start always": cloud(lambda layer: layer.write("/etc/cloud/ds-identify.cfg", "policy: enabled\n")),
    "ds-identify is told Azure": cloud(lambda layer: layer.write("/etc/cloud/ds-identify.cfg", "datasource: Azure\n")),
    "cloud-init's last unit is masked": cloud(masked("cloud-init-hotplugd.socket")),
    "systemd-boot: an entry more whose kernel is not there, and the default": lambda layer: (
        loader_conf("default zz-*\n")(layer),
        layer.write(f"{LOADER}/entries/zz-old.conf", layer.read(_found(layer, f"{LOADER}/entries/*.conf")[0]).replace("/linux\n", "/linux.old\n")),
    ),
    "systemd-boot: there is a tool, too": lambda layer: (
        loader_conf("timeout 3\n")(layer),
        layer.write(f"{LOADER}/entries/memtest.conf", "title Memory test\nefi /EFI/BOOT/BOOTX64.EFI\n"),
    ),
    "systemd-boot: there is a tool behind Linux": lambda layer: (
        loader_conf("timeout 3\n")(layer),
        layer.write(f"{LOADER}/entries/0.conf", "title Memory test\nsort-key zz\nefi /EFI/BOOT/BOOTX64.EFI\n"),
    ),
    "systemd-boot: a default that powers off, and is in no menu": loader_conf("timeout 3\ndefault auto-poweroff\n"),
    "systemd-boot: the menu has an entry that powers off": loader_conf("timeout 3\nauto-poweroff yes\nauto-reboot yes\n"),
    "systemd-boot: no try is left": named("+0-3"),
    "systemd-boot: keys are to be enrolled": loader_conf("timeout 3\nsecure-boot-enroll force\neditor no\n"),
    "systemd-boot: a default that matches nothing": loader_conf("timeout 3\ndefault other-*\n"),
    "systemd-boot: a boot counter": named("+3"),
    "systemd-boot: a long timeout": loader_conf("timeout 30\neditor no\n"),
    "systemd-boot: comments": entry(lambda text: "# made by kernel-install\n\n" + text),
    "systemd-boot: the processor is named": entry(lambda text: text + "architecture x64\n"),
    "systemd-boot: two lines of options": entry(lambda text: text + "options quiet\n"),
}
