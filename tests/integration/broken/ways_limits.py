# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What starves a machine: too little memory, too few processes, files or bytes, by sysctl, the command line, systemd's settings and PAM's limits."""

from integration.broken.overlay import DoesNotApply
from integration.broken.ways_boot import parameters
from integration.broken.ways_root import written


def sysctl(text, path="/etc/sysctl.d/zz-own.conf"):
    return written(path, text + "\n")


def manager(text, path="/etc/systemd/system.conf.d/own.conf"):
    return written(path, f"[Manager]\n{text}\n")


def limits(text, path="/etc/security/limits.d/own.conf"):
    return written(path, text + "\n")


def slice_of(name, text):
    return written(f"/etc/systemd/system/{name}.d/own.conf", f"[Slice]\n{text}\n")


def credential(service, name, text, store="/etc/credstore"):
    """Return how a service of systemd is handed a file of a store, where it asks for one."""

    def change(layer):
        unit = f"/usr/lib/systemd/system/{service}.service"
        layer.needs(unit)
        if "Credential=" not in layer.read(unit):
            raise DoesNotApply(f"{service} takes no credential")
        layer.write(f"{store}/{name}", text + "\n")

    return change


#: {what was done: how}
WAYS = {
    "sysctl has a pattern that lets no module be loaded": sysctl("kernel.mod*_disabled = 1"),
    "sysctl has a pattern for the hops of packets": sysctl("net/ipv4/ip_default_tt? = 1"),
    "a credential lets no module be loaded": credential("systemd-sysctl", "sysctl.extra", "kernel.modules_disabled = 1"),
    "a credential of a package lets no module be loaded": credential("systemd-sysctl", "sysctl.extra", "kernel.modules_disabled = 1", "/usr/lib/credstore"),
    "a credential removes the server's files": credential("systemd-tmpfiles-setup", "tmpfiles.extra", "R /etc/ssh"),
    "a credential has udev delete every disk": credential(
        "systemd-udev-load-credentials", "udev.rules.99-own", 'SUBSYSTEM=="block", KERNEL=="sd*", ATTR{device/delete}="1"'
    ),
    "a slice gives every session one process": slice_of("user-.slice", "TasksMax=1"),
    "a slice gives every session 1 MiB": slice_of("user.slice", "MemoryMax=1M"),
    "a slice gives all services one process": slice_of("system.slice", "TasksMax=1"),
    "a slice gives all services 1 MiB": slice_of("system.slice", "MemoryMax=1M"),
    "a slice gives all services no processor": slice_of("system.slice", "CPUQuota=1%"),
    "a slice gives all services no network": slice_of("system.slice", "IPAddressDeny=any"),
    "a slice gives the whole system few processes": slice_of("-.slice", "TasksMax=50"),
    "systemd gives its services no time": manager("DefaultTimeoutStartSec=1ms"),
    "systemd gives its services no search path": manager("DefaultEnvironment=PATH=/opt/none"),
    "systemd gives its services few capabilities": manager("CapabilityBoundingSet=CAP_NET_ADMIN"),
    "systemd lets nobody become root": manager("NoNewPrivileges=yes"),
    "sysctl lets packets die on the way": sysctl("net.ipv4.ip_default_ttl = 1"),
    "sysctl gives connections no memory": sysctl("net.ipv4.tcp_mem = 0 0 0"),
    "sysctl gives connections no buffer": sysctl("net.ipv4.tcp_rmem = 1 1 1"),
    "sysctl gives connections one port": sysctl("net.ipv4.ip_local_port_range = 40000 40000"),
    "sysctl has a queue that swallows all": sysctl("net.core.default_qdisc = blackhole"),
    "sysctl keeps no neighbour": sysctl("net.ipv4.neigh.default.gc_thresh3 = 0"),
    "sysctl lets no connection wait": sysctl("net.core.somaxconn = 0\nnet.ipv4.tcp_syncookies = 0"),
    "sysctl has a program that loads no module": sysctl("kernel.modprobe = /bin/false"),
    "sysctl gives services no files of their own": sysctl("user.max_mnt_namespaces = 0"),
    "sysctl takes all memory for huge pages": sysctl("vm.nr_hugepages = 100000"),
    "sysctl keeps all memory free": sysctl("vm.min_free_kbytes = 2097152"),
    "sysctl promises nobody memory": sysctl("vm.overcommit_memory = 2\nvm.overcommit_ratio = 1"),
    "sysctl promises kilobytes of memory": sysctl("vm.overcommit_kbytes = 1024\nvm.overcommit_memory = 2", "/usr/lib/sysctl.d/zz-own.conf"),
    "sysctl allows few threads": sysctl("kernel.threads-max = 60"),
    "sysctl allows few processes": sysctl("kernel/pid_max=330"),
    "sysctl allows few open files": sysctl("fs.file-max = 64"),
    "sysctl allows a process fewer files than systemd gives it": sysctl("fs.nr_open = 65536"),
    "sysctl allows few mappings": sysctl("vm.max_map_count = 8"),
    "the command line takes all memory for huge pages": parameters("hugepages=20000"),
    "the command line takes pages of 1 GiB": parameters("default_hugepagesz=1G hugepagesz=1G hugepages=64"),
    "the command line takes the memory that it leaves": parameters("mem=768M hugepages=300"),
    "systemd gives every service one task": manager("DefaultTasksMax=1"),
    "the kernel allows fewer files than ssh asks for": lambda layer: (
        manager("DefaultLimitNOFILE=1024:65536")(layer),
        layer.write("/etc/sysctl.d/zz-own.conf", "fs.nr_open = 65536\n"),
        layer.write("/etc/systemd/system/ssh.service.d/z.conf", "[Service]\nLimitNOFILE=131072\n"),
    ),
    "systemd gives every service three files": manager("DefaultLimitNOFILE=3"),
    "systemd gives every service one process": manager("DefaultLimitNPROC=1"),
    "systemd gives every service little memory": manager("DefaultLimitAS=1M"),
    "systemd gives every service little memory, in its own file": lambda layer: layer.append("/etc/systemd/system.conf", "[Manager]\nDefaultLimitDATA=64K\n"),
    "systemd gives every service a second": manager("DefaultLimitCPU=1"),
    "systemd lets no service write a file": manager("DefaultLimitFSIZE=0", "/usr/lib/systemd/system.conf.d/own.conf"),
    "PAM gives every session little memory": limits("* hard as 1000"),
    "PAM gives every session three files": limits("* - nofile 3"),
    "PAM gives every session no data": limits("* hard data 16"),
    "PAM gives every session no stack": limits("* hard stack 4"),
    "PAM gives every session no time": limits("* - cpu 0"),
    "PAM lets no session write a file": limits("* hard fsize 0"),
    "PAM gives every session one process": lambda layer: layer.append("/etc/security/limits.conf", "* hard nproc 1\n"),
    "PAM locks every session in": limits("* - chroot /srv/none"),
    "PAM lets nobody have a session": limits("%azureuser - maxlogins 0"),
    "PAM lets no session become root": limits("* - nonewprivs 1"),
}

#: {what was done: how}, which is right
CONTROLS = {
    "sysctl turns the loading of modules off, and on again behind it": sysctl("kernel.modules_disabled = 1\nkernel.modules_disabled = 0"),
    "sysctl leaves modules out of a pattern": sysctl("-kernel.modules_disabled\nkernel.mod*_disabled = 1"),
    "a credential hardens the kernel": credential("systemd-sysctl", "sysctl.extra", "kernel.kptr_restrict = 2\nnet.ipv4.conf.*.rp_filter = 1"),
    "a credential that sysctl does not take": credential("systemd-sysctl", "sysctl.own", "kernel.modules_disabled = 1"),
    "a credential makes a directory": credential("systemd-tmpfiles-setup", "tmpfiles.extra", "d /srv/own 0755 root root -"),
    "ssh asks for more files than the kernel allows": lambda layer: layer.write(
        "/etc/systemd/system/ssh.service.d/z.conf", "[Service]\nLimitNOFILE=2147483584\n"
    ),
    "systemd asks for more files than the kernel allows": manager("DefaultLimitNOFILE=2147483584"),
    "ssh asks for all files": lambda layer: layer.write("/etc/systemd/system/ssh.service.d/z.conf", "[Service]\nLimitNOFILE=infinity\n"),
    "slices of a hardening": lambda layer: (
        slice_of("user-.slice", "TasksMax=33%\nMemoryMax=80%\nCPUQuota=200%")(layer),
        slice_of("system.slice", "MemoryMax=90%\nAllowedCPUs=63\nIPAddressDeny=192.0.2.0/24")(layer),
        slice_of("-.slice", "MemoryMax=10M\nCPUQuota=1%")(layer),
        written("/etc/systemd/logind.conf.d/own.conf", "[Login]\nUserTasksMax=1\nKillUserProcesses=yes\n")(layer),
    ),
    "systemd's settings of an administrator": manager(
        "CPUAffinity=63\nDefaultTimeoutStartSec=30s\nDefaultTimeoutStopSec=5s\nRuntimeWatchdogSec=10\nDefaultStartLimitBurst=0\n"
        "DefaultEnvironment=PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin LD_PRELOAD=/usr/lib/none.so\nCapabilityBoundingSet=~CAP_SYS_RAWIO"
    ),
    "sysctl's network of a hardening": sysctl(
        "net.ipv4.tcp_syncookies = 1\nnet.core.somaxconn = 0\nnet.ipv4.conf.all.rp_filter = 1\nnet.ipv4.icmp_echo_ignore_all = 1\n"
        "net.ipv6.conf.all.disable_ipv6 = 1\nnet.ipv4.ip_local_port_range = 32768 60999\nnet.core.default_qdisc = fq_codel\n"
        "user.max_user_namespaces = 0\nkernel.kexec_load_disabled = 1\nkernel.panic = 10\nvm.panic_on_oom = 2\nkernel.modprobe = /sbin/modprobe"
    ),
    "a search path for every session": written("/etc/environment", "PATH=/opt/none\nLD_LIBRARY_PATH=/opt/none\n"),
    "sysctl of a hardening": sysctl(
        "vm.overcommit_memory = 2\nvm.overcommit_ratio = 80\nkernel.pid_max = 65536\nfs.file-max = 65535\nvm.nr_hugepages = 64\nvm.min_free_kbytes = 65536"
    ),
    "sysctl takes no huge pages after all": lambda layer: (
        sysctl("vm.nr_hugepages = 100000", "/etc/sysctl.d/10-own.conf")(layer),
        sysctl("vm.nr_hugepages = 0")(layer),
    ),
    "the command line takes few huge pages": parameters("hugepages=64 transparent_hugepage=madvise"),
    "systemd's limits of a hardening": manager(
        "DefaultTasksMax=4096\nDefaultLimitNOFILE=65535:524288\nDefaultLimitCORE=0\nDefaultLimitNPROC=8192\nSystemCallArchitectures=native"
    ),
    # its module keeps to what the kernel gives
    "PAM gives every session more files than the kernel has": limits("* hard nofile 4194304\n* soft nofile 3"),
    "PAM's limits of a hardening": limits("* hard core 0\n* - nofile 65535\n* hard nproc 4096\n@builders hard as 1000\nbuilder hard nofile 3"),
    "PAM's limits are taken back": lambda layer: (limits("* hard as 1000", "/etc/security/limits.d/10-own.conf")(layer), limits("* - as unlimited")(layer)),
}
