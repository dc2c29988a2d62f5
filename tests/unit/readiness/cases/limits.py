# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of what starves a machine: settings of the kernel, of systemd and of PAM that leave too little memory, too few processes or files."""

from unit.readiness.guest_tree import ELF_X86_64, GRUB_CFG, UNITS

_SYSCTL, _OWN = "/etc/sysctl.d/99-own.conf", "/etc/sysctl.d/50-own.conf"
_SYSTEM, _DROP_IN = "/etc/systemd/system.conf", "/etc/systemd/system.conf.d/50-own.conf"
_LIMITS, _MORE = "/etc/security/limits.conf", "/etc/security/limits.d/90-own.conf"
_SECURITY = "/usr/lib/x86_64-linux-gnu/security"
_OF_AGENT = "/etc/systemd/system/walinuxagent.service.d/own.conf"
_OF_CLOUD_INIT = (_OF_AGENT.replace("walinuxagent", "cloud-init-local"), 2)
_SYSTEMD = {"/usr/lib/systemd/libsystemd-shared-252.so": ""}
#: A guest whose sshd sets the limits of a session.
_LIMITED = {
    "/etc/ssh/sshd_config": "UsePAM yes\nClientAliveInterval 180\n",
    "/etc/pam.d/sshd": "account required pam_unix.so\nsession required pam_limits.so\n",
    f"{_SECURITY}/pam_unix.so": ELF_X86_64,
    f"{_SECURITY}/pam_limits.so": ELF_X86_64,
}
_OF_SSH = f"{UNITS}/ssh.service.d/z.conf"


def _sysctl(text, **files):
    return {_SYSCTL: text + "\n", **files}


def _limits(text):
    return {**_LIMITED, _MORE: text + "\n"}


def _manager(text):
    return {_DROP_IN: "[Manager]\n" + text + "\n"}


def _slice(name, text):
    return {f"/etc/systemd/system/{name}.d/own.conf": "[Slice]\n" + text + "\n"}


def _drop_in(name):
    return f"/etc/systemd/system/{name}.d/own.conf"


_LOGIND = "/etc/systemd/logind.conf"
_OWN_SLICE = {"/etc/systemd/system/ssh.service.d/own.conf": "[Service]\nSlice=own.slice\n"}
_ENVIRONMENT = "/etc/environment"

#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R73d", _slice("user-.slice", "TasksMax=1"), (_drop_in("user-.slice"), 2)),
    ("R73d", {**_OWN_SLICE, **_slice("own.slice", "TasksMax=1")}, (_drop_in("own.slice"), 2)),
    ("R73d", _slice("user.slice", "MemoryMax=1M"), (_drop_in("user.slice"), 2)),
    ("R73d", _slice("user.slice", "# build\nMemoryHigh=512K"), (_drop_in("user.slice"), 3)),
    ("R73d", _slice("system.slice", "TasksMax=4"), (_drop_in("system.slice"), 2)),
    ("R73d", _slice("system.slice", "CPUQuota=1%"), (_drop_in("system.slice"), 2)),
    ("R73d", _slice("system.slice", "MemoryMax=1%"), (_drop_in("system.slice"), 2)),
    ("R73d", _slice("system.slice", "IPAddressDeny=any\nIPAddressAllow=localhost"), (_drop_in("system.slice"), 2)),
    ("R73d", _slice("-.slice", "TasksMax=50"), (_drop_in("-.slice"), 2)),
    ("R73d", {"/usr/lib/systemd/system/system.slice": "[Slice]\nMemoryMax=16M\n"}, ("/usr/lib/systemd/system/system.slice", 2)),
    ("R73d", {"/usr/lib/systemd/libsystemd-shared-237.so": "", _LOGIND: "[Login]\nUserTasksMax=1\n"}, (_LOGIND, 2)),
    ("R73e", _manager("DefaultTimeoutStartSec=1ms"), (_DROP_IN, 2)),
    ("R73e", {_SYSTEM: "[Manager]\nDefaultTimeoutStartSec=0.01s\n"}, (_SYSTEM, 2)),
    ("R73e", _manager("DefaultTimeoutStartSec=1s"), (_DROP_IN, 2)),
    ("R73f", _manager("DefaultEnvironment=PATH=/opt/none"), (_DROP_IN, 2)),
    ("R73f", _manager("DefaultEnvironment=PYTHONHOME=/opt/python"), (_DROP_IN, 2)),
    ("R73f", {_OF_AGENT: "[Service]\nEnvironment=PATH=/opt/none\n"}, (_OF_AGENT, 2)),
    ("R73f", {_OF_AGENT: "[Service]\nEnvironment=A=b\nEnvironment=LANG=C PYTHONHOME=/opt/python:/x\n"}, (_OF_AGENT, 3)),
    ("R73f", {_OF_AGENT.replace("walinuxagent", "cloud-init-local"): "[Service]\nEnvironment=PYTHONHOME=/opt\n"}, _OF_CLOUD_INIT),
    ("R73f", _manager('DefaultEnvironment=LANG=C "PATH=/bin"'), (_DROP_IN, 2)),
    *[
        ("R73f", {_OF_AGENT: f"[Service]\nEnvironment=LANG=C {value}\n"}, (_OF_AGENT, 2))
        for value in (
            "PYTHONHASHSEED=none",
            "PYTHONMALLOC=jemalloc",
            "PYTHONUTF8=yes",
            "PYTHONIOENCODING=latin1x",
            "PYTHONTRACEMALLOC=all",
            "PYTHONINTMAXSTRDIGITS=100",
        )
    ],
    *[
        ("R73f", {_OF_AGENT: f"[Service]\nEnvironment={value}\n", "/usr/lib/python3.13/os.py": ""}, (_OF_AGENT, 2))
        for value in ("PYTHON_GIL=0", "PYTHON_CPU_COUNT=none", "PYTHON_FROZEN_MODULES=yes", "PYTHONPLATLIBDIR=lib64")
    ],
    ("R73f", {_OF_AGENT: "[Service]\nEnvironmentFile=-/etc/default/own\n", "/etc/default/own": "LANG=C\nPYTHONHOME=/opt\n"}, ("/etc/default/own", 2)),
    (
        "R73f",
        {_OF_AGENT: "[Service]\nEnvironmentFile=/etc/default/own\nEnvironment=PATH=/usr/bin\n", "/etc/default/own": "PATH=/opt\n"},
        ("/etc/default/own", 1),
    ),
    ("R73f", _manager("DefaultEnvironment=PYTHONHASHSEED=4294967296"), (_DROP_IN, 2)),
    ("R73f", {_OF_AGENT: "[Service]\nEnvironment=PYTHONWARNINGS=error::DeprecationWarning\n"}, (_OF_AGENT, 2)),
    ("R73f", _manager("CapabilityBoundingSet=CAP_NET_ADMIN CAP_SETUID"), (_DROP_IN, 2)),
    ("R73f", _manager("CapabilityBoundingSet=~CAP_SETUID CAP_SYS_PTRACE"), (_DROP_IN, 2)),
    ("R73f", _manager("NoNewPrivileges=yes"), (_DROP_IN, 2)),
    ("R73g", {_ENVIRONMENT: "LANG=C\nPATH=/opt/none\n"}, (_ENVIRONMENT, 2)),
    ("R73g", {_ENVIRONMENT: 'PATH=""\n'}, (_ENVIRONMENT, 1)),
    ("R73h", _sysctl("net.ipv4.ip_default_ttl = 1"), (_SYSCTL, 1)),
    ("R73h", _sysctl("net.ipv4.tcp_mem = 0 0 0"), (_SYSCTL, 1)),
    ("R73h", _sysctl("net.ipv4.tcp_rmem = 1 1 1"), (_SYSCTL, 1)),
    ("R73h", _sysctl("net/ipv4/tcp_wmem = 1\t64\t64"), (_SYSCTL, 1)),
    ("R73h", _sysctl("net.ipv4.ip_local_port_range = 40000 40000"), (_SYSCTL, 1)),
    ("R73h", _sysctl("net.core.default_qdisc = blackhole"), (_SYSCTL, 1)),
    ("R73h", _sysctl("net.ipv4.neigh.default.gc_thresh3 = 0"), (_SYSCTL, 1)),
    ("R73h", _sysctl("net.ipv4.tcp_syncookies = 0\nnet.core.somaxconn = 0"), (_SYSCTL, 2)),
    ("R20d", _sysctl("kernel.modprobe = /bin/false"), (_SYSCTL, 1)),
    ("R20d", _sysctl("kernel.modprobe ="), (_SYSCTL, 1)),
    ("R20d", {"/sbin/modprobe": ("link", "/bin/kmod")}, ("/sbin/modprobe", None)),
    ("R20d", {"/sbin/modprobe": ""}, ("/sbin/modprobe", None)),
    ("R20d", {"/lib/x86_64-linux-gnu/libc.so.6": "library"}, ("/sbin/modprobe", None)),
    ("R73b", _sysctl("user.max_mnt_namespaces = 0"), (_SYSCTL, 1)),
    ("R73b", _sysctl("fs.mount-max = 8"), (_SYSCTL, 1)),
    ("R73a", _sysctl("vm.nr_hugepages = 256"), (_SYSCTL, 1)),
    ("R73a", _sysctl("# huge\nvm/nr_hugepages=100000"), (_SYSCTL, 2)),
    ("R73a", {**_sysctl("vm.nr_hugepages = 1"), "/boot/grub/grub.cfg": GRUB_CFG.replace("rootdelay=300", "rootdelay=300 default_hugepagesz=1G")}, (_SYSCTL, 1)),
    ("R73a", {_OWN: "vm.nr_hugepages = 4\n", **_sysctl("-vm.nr_hugepages = 0x10000")}, (_SYSCTL, 1)),
    ("R73a", _sysctl("vm.min_free_kbytes = 1048576"), (_SYSCTL, 1)),
    ("R73a", _sysctl("vm.overcommit_memory = 2\nvm.overcommit_ratio = 1"), (_SYSCTL, 2)),
    ("R73a", {_OWN: "vm.overcommit_ratio = 0\n", **_sysctl("vm.overcommit_memory = 2")}, (_OWN, 1)),
    ("R73a", _sysctl("vm.overcommit_memory = 2\nvm.overcommit_kbytes = 65536"), (_SYSCTL, 2)),
    ("R73a", _sysctl("vm.overcommit_memory = 2\nvm.overcommit_kbytes = 4194304\nvm.overcommit_ratio = 2"), (_SYSCTL, 3)),
    ("R73b", _sysctl("kernel.threads-max = 50"), (_SYSCTL, 1)),
    ("R73b", _sysctl("kernel.pid_max = 320"), (_SYSCTL, 1)),
    ("R73b", {"/usr/lib/sysctl.d/50-pid-max.conf": "kernel.pid_max = 4194304\n", **_sysctl("kernel/pid_max=330")}, (_SYSCTL, 1)),
    ("R73b", _sysctl("fs.file-max = 100"), (_SYSCTL, 1)),
    ("R73b", _sysctl("fs.file-max = 0"), (_SYSCTL, 1)),
    ("R73b", _sysctl("vm.max_map_count = 16"), (_SYSCTL, 1)),
    ("R73b", _sysctl("fs.epoll.max_user_watches = 1"), (_SYSCTL, 1)),
    ("R73b", {**_SYSTEMD, **_sysctl("fs.nr_open = 65536")}, (_SYSCTL, 1)),
    ("R73b", {**_manager("DefaultLimitNOFILE=1024:1048576"), **_sysctl("fs.nr_open = 524288")}, (_SYSCTL, 1)),
    ("R73b", _sysctl("fs.nr_open = 256"), (_SYSCTL, 1)),
    ("R73b", {"/usr/lib/sysctl.d/50-own.conf": "kernel.threads-max = 50\n"}, ("/usr/lib/sysctl.d/50-own.conf", 1)),
    ("R73b", {"/etc/sysctl.conf": "kernel.threads-max=50\n", "/etc/sysctl.d/99-sysctl.conf": ("link", "../sysctl.conf")}, ("/etc/sysctl.d/99-sysctl.conf", 1)),
    ("R73c", _manager("DefaultTasksMax=1"), (_DROP_IN, 2)),
    ("R73c", _manager("DefaultTasksMax=0.1%"), (_DROP_IN, 2)),
    # a service's own limit, which systemd can neither set nor leave
    *[
        (
            "R73b",
            {
                **_SYSTEMD,
                **_manager("DefaultLimitNOFILE=65536"),
                **_sysctl("fs.nr_open = 65536"),
                f"{UNITS}/{name}.service.d/z.conf": f"[Service]\nLimitNOFILE={limit}\n",
            },
            (f"{UNITS}/{name}.service.d/z.conf", 2),
        )
        for name, limit in (("ssh", "131072"), ("walinuxagent", "1024:131072"), ("cloud-init", "1024:infinity"))
    ],
    ("R73c", {_SYSTEM: "[Manager]\n#LogLevel=info\nDefaultLimitNOFILE=3\n"}, (_SYSTEM, 3)),
    ("R73c", _manager("DefaultLimitNOFILE=4:524288"), (_DROP_IN, 2)),
    ("R73c", _manager("DefaultLimitNPROC=1"), (_DROP_IN, 2)),
    ("R73c", _manager("DefaultLimitAS=4M"), (_DROP_IN, 2)),
    ("R73c", _manager("DefaultLimitDATA=512K:infinity"), (_DROP_IN, 2)),
    ("R73c", _manager("DefaultLimitSTACK=4096"), (_DROP_IN, 2)),
    ("R73c", _manager("DefaultLimitFSIZE=0"), (_DROP_IN, 2)),
    ("R73c", _manager("DefaultLimitCPU=1s"), (_DROP_IN, 2)),
    ("R73c", {"/usr/lib/systemd/system.conf.d/60-own.conf": "[Manager]\nDefaultTasksMax=2\n", **_manager("DefaultTasksMax=512")}, None),
    ("R46m", _limits("* hard as 1000"), (_MORE, 1)),
    ("R46m", {**_LIMITED, _LIMITS: "# own\n*\t-\tnofile\t3\n"}, (_LIMITS, 2)),
    ("R46m", _limits("* soft as 1000"), (_MORE, 1)),
    ("R46m", _limits("* - data 100 # of the build"), (_MORE, 1)),
    ("R46m", _limits("* hard stack 8"), (_MORE, 1)),
    ("R46m", _limits("* hard fsize 0"), (_MORE, 1)),
    ("R46m", _limits("* hard cpu 0"), (_MORE, 1)),
    ("R46m", _limits("* hard nproc 1"), (_MORE, 1)),
    ("R46m", _limits("azureuser hard nproc 1"), (_MORE, 1)),
    ("R46m", _limits("* - chroot /srv/none"), (_MORE, 1)),
    ("R46m", _limits("@azureuser - nonewprivs 1"), (_MORE, 1)),
    ("R46h", _limits("% - maxlogins 0"), (_MORE, 1)),
    ("R46h", _limits("@azureuser hard maxlogins 0"), (_MORE, 1)),
    ("R46m", _limits("1000: hard nofile 4\n* hard nofile 65535"), (_MORE, 1)),
    ("R46m", {**_LIMITED, _LIMITS: "* hard nofile 65535\n", _MORE: "* hard nofile 2\n"}, (_MORE, 1)),
    ("R46m", {**_limits("* hard nofile 1048576"), **_sysctl("fs.nr_open = 524288")}, (_MORE, 1)),
    ("R46m", {**_limits("* - nofile 2097152"), "/var/lib/dpkg/status": ""}, (_MORE, 1)),
]

#: (rule that does not concern the right guest, files with which it does, and holds)
RIGHT_FILES = [("R46m", _limits("* hard core 0\n* soft nofile 65535\n* hard nofile 65535\n* hard nproc 4096"))]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    ("R73d", {**_OWN_SLICE, **_slice("own.slice", "TasksMax=100\nMemoryMax=512M")}),
    ("R73d", _slice("own.slice", "TasksMax=1")),  # nothing that is needed is in it
    ("R73f", {_OF_AGENT: "[Service]\nEnvironment=PYTHONPATH=/none PATH=/usr/sbin:/usr/bin:/bin:/sbin\n"}),
    ("R73f", {_OF_AGENT: "[Service]\nEnvironment=PYTHONHOME=/opt/python\n", "/opt/python/lib/python3.11/os.py": ""}),
    ("R73f", {_OF_AGENT: "[Service]\nEnvironment=PATH=/opt/none\nEnvironment=\n"}),
    ("R73f", {_OF_AGENT: "[Service]\nEnvironment=PYTHONHASHSEED=random PYTHONUTF8=1 PYTHONIOENCODING=utf-8:strict PYTHONMALLOC=malloc\n"}),
    ("R73f", {_OF_AGENT: "[Service]\nEnvironment=PYTHONHASHSEED=none\nEnvironment=PYTHONHASHSEED=0\n"}),
    ("R73f", {_OF_AGENT: "[Service]\nEnvironment=PYTHONWARNINGS=ignore\n"}),
    ("R73f", {_OF_AGENT: "[Service]\nEnvironment=PYTHON_GIL=0 PYTHON_CPU_COUNT=none PYTHONPLATLIBDIR=lib\n", "/usr/lib/python3.11/os.py": ""}),
    ("R73f", {_OF_AGENT: "[Service]\nEnvironment=PYTHON_GIL=1 PYTHON_CPU_COUNT=2 PYTHONINTMAXSTRDIGITS=0\n", "/usr/lib/python3.13/os.py": ""}),
    ("R73f", {_OF_AGENT: "[Service]\nEnvironmentFile=-/etc/default/none\nEnvironmentFile=/etc/default/own\n", "/etc/default/own": "#PATH=/opt\nOPTS=-v\n"}),
    ("R73f", {_OF_AGENT.replace("walinuxagent", "apt-daily"): "[Service]\nEnvironment=PATH=/opt/none\n"}),
    ("R73d", _slice("user-.slice", "TasksMax=33%\nMemoryMax=infinity\nCPUQuota=20%")),
    ("R73d", _slice("user.slice", "CPUQuota=1%\nMemoryMax=80%\nAllowedCPUs=63")),
    ("R73d", _slice("-.slice", "MemoryMax=1M\nCPUQuota=1%")),  # the root slice has neither
    ("R73d", _slice("system.slice", "TasksMax=0\nMemoryMax=2G\nIPAddressDeny=192.0.2.0/24\nAllowedCPUs=63")),
    ("R73d", _slice("system.slice", "IPAddressDeny=any\nIPAddressAllow=localhost 10.0.0.0/8 168.63.129.16")),
    ("R73d", _slice("machine.slice", "TasksMax=1\nMemoryMax=1M")),
    ("R73d", {"/usr/lib/systemd/libsystemd-shared-252.so": "", _LOGIND: "[Login]\nUserTasksMax=1\nKillUserProcesses=yes\n"}),
    ("R73e", _manager("DefaultTimeoutStartSec=30s\nDefaultTimeoutStopSec=1s\nDefaultStartLimitBurst=0\nRuntimeWatchdogSec=10")),
    ("R73e", _manager("DefaultTimeoutStartSec=0")),
    ("R73e", {_SYSTEM: "[Manager]\nDefaultTimeoutStartSec=1ms\n", **_manager("DefaultTimeoutStartSec=infinity")}),
    ("R73f", _manager("DefaultEnvironment=PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin LD_PRELOAD=/usr/lib/none.so LD_LIBRARY_PATH=/opt/none")),
    ("R73f", _manager("DefaultEnvironment=PATH=/opt/none\nDefaultEnvironment=PATH=/usr/sbin:/bin:/usr/bin\nCPUAffinity=63")),
    ("R73f", _manager("CapabilityBoundingSet=~CAP_SYS_RAWIO CAP_SYS_PTRACE\nNoNewPrivileges=no")),
    ("R73f", _manager("CapabilityBoundingSet=CAP_KILL\nCapabilityBoundingSet=~")),
    ("R73g", {_ENVIRONMENT: 'PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"\nLD_LIBRARY_PATH=/opt/none\n'}),
    ("R73g", {_ENVIRONMENT: "#PATH=/opt\nMYPATH=/opt\nLANG=C.UTF-8\n"}),
    ("R73h", _sysctl("net.ipv4.ip_default_ttl = 64\nnet.ipv4.tcp_mem = 65536 131072 262144\nnet.ipv4.ip_local_port_range = 1024 65535")),
    ("R73h", _sysctl("net.core.somaxconn = 0\nnet.ipv4.tcp_rmem = 4096 131072 6291456\nnet.ipv4.tcp_wmem = 4096 16384 4194304")),
    ("R73h", _sysctl("net.core.default_qdisc = fq\nnet.ipv4.icmp_echo_ignore_all = 1\nnet.ipv4.tcp_syncookies = 0\nnet.core.somaxconn = 128")),
    ("R73h", {_OWN: "net.ipv4.ip_default_ttl = 1\n", **_sysctl("net.ipv4.ip_default_ttl = 64")}),
    ("R73h", _sysctl("net.ipv4.ip_local_port_range = 60000 1\nnet.ipv4.tcp_mem = 0\nnet.core.rmem_max = 0")),  # the kernel refuses them
    ("R20d", _sysctl("kernel.modprobe = /bin/sh")),
    ("R20d", {"/sbin/modprobe": ("link", "../bin/kmod"), "/bin/kmod": ("link", "/usr/lib/systemd/systemd")}),
    ("R20d", _sysctl("kernel.core_pattern = |/bin/false\nkernel.panic = 10\nvm.panic_on_oom = 2")),
    ("R73b", _sysctl("user.max_user_namespaces = 0\nfs.mount-max = 100000")),
    ("R73a", _sysctl("vm.nr_hugepages = 128")),
    ("R73a", {_OWN: "vm.nr_hugepages = 100000\n", **_sysctl("vm.nr_hugepages = 0")}),
    (
        "R73a",
        {_OWN: "vm.nr_hugepages = 100000\n", _SYSCTL: "", "/usr/lib/sysctl.d/99-own.conf": "x = 1\n", "/etc/sysctl.d/60-own.conf": "vm/nr_hugepages = 8\n"},
    ),
    ("R73a", {"/usr/lib/sysctl.d/99-own.conf": "vm.nr_hugepages = 100000\n", **_sysctl("vm.swappiness = 10")}),
    ("R73a", _sysctl("vm.overcommit_memory = 2\nvm.overcommit_ratio = 80")),
    ("R73a", _sysctl("vm.overcommit_memory = 2")),
    ("R73a", _sysctl("vm.overcommit_memory = 1\nvm.overcommit_ratio = 1")),
    ("R73a", _sysctl("vm.overcommit_memory = 2\nvm.overcommit_ratio = 0\nvm.overcommit_kbytes = 4194304")),
    ("R73a", _sysctl("vm.min_free_kbytes = 65536\nvm.nr_overcommit_hugepages = 100000")),
    ("R73b", _sysctl("kernel.threads-max = 30000\nkernel.pid_max = 32768\nfs.file-max = 65535\nvm.max_map_count = 262144\nfs.nr_open = 1048576")),
    ("R73b", _sysctl("kernel.pid_max = 100\nfs.nr_open = 1")),  # the kernel refuses both
    ("R73b", {_OWN: "kernel.threads-max = 50\n", **_sysctl("kernel.threads-max = 15000")}),
    ("R73b", {"/etc/sysctl.conf": "kernel.threads-max = 50\n"}),  # systemd does not read it
    ("R73b", {**_SYSTEMD, **_manager("DefaultLimitNOFILE=65536"), **_sysctl("fs.nr_open = 65536")}),
    ("R73b", _sysctl("# kernel.threads-max = 50\n;fs.file-max = 1\nkernel.threads-max = many")),
    # above the kernel's own number systemd sets as many as there are
    *[
        ("R73b", {**_SYSTEMD, **_sysctl("fs.nr_open = 1048576"), _OF_SSH: f"[Service]\nLimitNOFILE={limit}\n"})
        for limit in ("infinity", "1024:524288", "1048576")
    ],
    ("R73b", {**_SYSTEMD, **_manager("DefaultLimitNOFILE=1024:65536"), **_sysctl("fs.nr_open = 65536"), _OF_SSH: "[Service]\nLimitNOFILE=2147483584\n"}),
    ("R73b", {**_SYSTEMD, **_manager("DefaultLimitNOFILE=1024:65536"), **_sysctl("fs.nr_open = 65536"), _OF_SSH: "[Service]\nLimitNOFILE=infinity\n"}),
    (
        "R73b",
        {**_SYSTEMD, **_manager("DefaultLimitNOFILE=65536"), **_sysctl("fs.nr_open = 65536"), f"{UNITS}/other.service": "[Service]\nLimitNOFILE=131072\n"},
    ),
    ("R73c", _manager("DefaultTasksMax=15%\nDefaultLimitNOFILE=1024:524288\nDefaultLimitCORE=0\nDefaultLimitMEMLOCK=64K\nDefaultLimitNPROC=4096")),
    ("R73c", {_SYSTEM: "[Manager]\nDefaultTasksMax=1\n", **_manager("DefaultTasksMax=4096")}),
    ("R73c", {_SYSTEM: "[Manager]\nDefaultLimitAS=4M\n", **_manager("DefaultLimitAS=")}),
    ("R73c", {"/usr/lib/systemd/system.conf.d/50-own.conf": "[Manager]\nDefaultTasksMax=1\n", **_manager("#DefaultTasksMax=1")}),
    ("R73c", _manager("DefaultTasksMax=0\nDefaultLimitNOFILE=many")),  # systemd leaves both out
    ("R73c", {_SYSTEM: "#[Manager]\n#DefaultLimitNOFILE=3\n[Other]\nDefaultLimitNOFILE=3\n"}),
    ("R73c", _manager("DefaultLimitCPU=infinity\nDefaultLimitFSIZE=10G\nDefaultLimitSTACK=8M\nDefaultLimitCPU=1h 30min")),
    ("R73c", _manager("SystemCallArchitectures=x86")),
    ("R46m", _limits("root hard nofile 3\nbuilder hard as 1000\n@students hard nproc 2\n:999 hard as 10")),
    ("R46m", {**_LIMITED, _LIMITS: "* hard nofile 2\n", _MORE: "* hard nofile 65535\n"}),
    ("R46m", _limits("* hard as unlimited\n* hard memlock 64\n* hard core 0\n* hard priority 0\n* - fsize -1")),
    ("R46m", _limits("* soft nofile 3\n* hard nofile 4096")),
    (
        "R46m",
        {**_limits("* - nofile 2097152"), "/var/lib/dpkg/status": "", "/lib/x86_64-linux-gnu/security/pam_limits.so": ELF_X86_64 + b"/proc/sys/fs/nr_open"},
    ),
    ("R46m", _limits("* - chroot /\nbuilder - nonewprivs 1\n@students - chroot /srv/none")),
    ("R46h", _limits("%builders - maxlogins 0\n% - maxlogins 100")),
    ("R46m", _limits("@azureuser hard nofile 4096\n* hard nofile 4")),
    ("R46m", _limits("# * hard as 10\n* hard as\n* hard as few")),
    ("R46m", {**_limits("* hard as 10"), "/etc/pam.d/sshd": "account required pam_unix.so\n"}),
    ("R46m", {**_limits("* hard as 10"), "/etc/ssh/sshd_config": "UsePAM no\nClientAliveInterval 180\n"}),
    ("R46m", {**_limits("* hard nofile 1048576"), "/var/lib/dpkg/status": ""}),
]
