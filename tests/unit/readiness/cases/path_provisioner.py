# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of the step provisioner: programs that cannot start, files that cannot be read, a user that nobody makes."""

from unit.readiness.cases.common import BY_AGENT, GRUB_DEFAULT, WAAGENT, WITHOUT_CLOUD_INIT
from unit.readiness.guest_tree import CMDLINE, FILES, GRUB_CFG, UNITS, WANTS

_CLOUD = "/etc/cloud/cloud.cfg"
_OWN = "/etc/cloud/cloud.cfg.d/95-own.cfg"
_SYSTEM = "/etc/systemd/system"
_SOURCES = "/etc/cloud/cloud.cfg.d/91-azure_datasource.cfg"
_AGENT = "/usr/lib/python3/dist-packages/azurelinuxagent/common/version.py"
_MADE_BY_AGENT = "Provisioning.RegenerateSshHostKeyPair=y\n"
_NET, _MANAGER = "/usr/lib/python3/dist-packages/cloudinit/net", "/etc/systemd/system.conf.d/own.conf"
_DISTROS = "/usr/lib/python3/dist-packages/cloudinit/distros"
_CLOUD_INIT = {"/usr/bin/cloud-init": "#!/usr/bin/python3\n# EASY-INSTALL\n"}
_BLOCK_LIST = "datasource:\n  Azure:\n    apply_network_config: false\ndatasource_list:\n - Azure\n"
_ID = "0123456789abcdef0123456789abcdef\n"


def _key_unit(name, condition, machine_id):
    """Return a guest's files whose cloud-init makes no host keys, with a unit that does where its condition holds."""
    unit = f"[Unit]\n{condition}[Service]\nType=oneshot\nExecStart=/bin/true\n"
    return {_OWN: "ssh_genkeytypes: []\n", f"/usr/lib/systemd/system/{name}": unit, "/etc/machine-id": machine_id}


def _kernel(parameter):
    """Return the guest's files with one more parameter on the command line."""
    return {
        "/boot/grub/grub.cfg": GRUB_CFG.replace(CMDLINE, f"{CMDLINE} {parameter}"),
        "/etc/default/grub": GRUB_DEFAULT.replace(CMDLINE, f"{CMDLINE} {parameter}"),
    }


def _unit(text):
    return f"[Unit]\n{text}\n[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n"


#: A guest in which the agent makes the user.
BY_AGENT_FILES = {"/etc/waagent.conf": BY_AGENT, **WITHOUT_CLOUD_INIT}

#: A guest whose automounter starts.
_AUTOFS = {
    f"{UNITS}/autofs.service": "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n",
    f"{WANTS}/autofs.service": ("link", f"{UNITS}/autofs.service"),
}

_NOCLOUD = "/var/lib/cloud/seed/nocloud"
_SEED = {f"{_NOCLOUD}/meta-data": "instance-id: build\n", f"{_NOCLOUD}/user-data": "#cloud-config\n"}
_LOCAL = "/usr/local/lib/python3.11/dist-packages"
_OF_3_11 = {
    "/usr/bin/python3": ("link", "python3.11"),
    "/usr/bin/python3.11": "program",
    "/usr/lib/python3.11/os.py": "",
    "/usr/lib/python3.11/encodings/__init__.py": "",
}


def _shadowed(package, module, folder=_LOCAL):
    """Return the files of a package that is whole, and of one in /usr/local that is not."""
    return {f"/usr/lib/python3/dist-packages/{package}/{module}": "", f"{folder}/{package}/__init__.py": "", f"{folder}/{package}/other.py": ""}


#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    *[
        ("R42k", {_OWN: f"# own\n{text}\n"}, (_OWN, 2))
        for text in (
            "users: null",
            "users:",
            "cloud_init_modules: null",
            "groups: null",
            "groups: 5",
            "users: [default, null]",
            "users: [default, 5]",
            "system_info: {default_user: {groups: null}}",
            "system_info: {default_user: {sudo: null}}",
            "system_info: {default_user: {sudo: true}}",
            "system_info: {default_user: {uid: first}}",
            "system_info: {default_user: {snapuser: builder@example.com}}",
        )
    ],
    ("R40g", {**BY_AGENT_FILES, "/etc/default/useradd": "SHELL=/bin/bash\nSHELL=/usr/bin/zsh\n"}, ("/etc/default/useradd", 2)),
    ("R40g", {**BY_AGENT_FILES, "/etc/default/useradd": "SHELL=/usr/sbin/nologin\n"}, ("/etc/default/useradd", 1)),
    ("R40g", {_OWN: "system_info:\n  default_user:\n    name: admin\n    shell: /usr/bin/zsh\n"}, (_OWN, 4)),
    ("R40h", {**BY_AGENT_FILES, "/etc/passwd.lock": ""}, ("/etc/passwd.lock", None)),
    ("R40h", {"/etc/login.defs": "UID_MIN 1000\nUID_MAX 999\n"}, ("/etc/login.defs", 1)),
    ("R40h", {"/etc/login.defs": "# x\nUMASK 777\n"}, ("/etc/login.defs", 2)),
    ("R40h", {"/etc/login.defs": "UMASK 022\nHOME_MODE 0000\n"}, ("/etc/login.defs", 2)),
    ("R40h", {"/etc/default/useradd": "EXPIRE=2020-01-01\n"}, ("/etc/default/useradd", 1)),
    ("R40h", {"/home": ("link", "/data/home")}, ("/home", None)),
    ("R40h", {"/home": "a file"}, ("/home", None)),
    ("R40h", {"/etc/fstab": "UUID=1 / ext4 defaults 0 1\n/home /home none bind,ro 0 0\n"}, ("/etc/fstab", 2)),
    *[
        ("R40h", {"/etc/fstab": f"UUID=1 / ext4 defaults 0 1\ntmpfs /home tmpfs {options} 0 0\n"}, ("/etc/fstab", 2))
        for options in ("mode=0700", "nosuid,size=4k", "nr_inodes=2")
    ],
    ("R40h", {**_AUTOFS, "/etc/auto.master": "# homes\n/home  /etc/auto.home --timeout=60\n"}, ("/etc/auto.master", 2)),
    ("R40h", {**_AUTOFS, "/etc/auto.master.d/home.autofs": "/home auto.home\n"}, ("/etc/auto.master.d/home.autofs", 1)),
    *[
        ("R40b", {f"{_SYSTEM}/walinuxagent.service.d/z.conf": f"[Service]\n{text}\n"}, (f"{_SYSTEM}/walinuxagent.service.d/z.conf", 2))
        for text in (
            "ProtectSystem=strict",
            "ProtectSystem=full",
            "ProtectHome=read-only",
            "ReadOnlyPaths=/etc",
            "PrivateDevices=yes",
            "CapabilityBoundingSet=CAP_NET_ADMIN",
            "RuntimeMaxSec=5",
            "InaccessiblePaths=/var",
        )
    ],
    ("R42k", {_OWN: "allow_public_ssh_keys: false\n"}, (_OWN, 1)),
    ("R42k", {_OWN: "system_info:\n  default_user:\n    name: a\n    no_create_home: true\n"}, (_OWN, 4)),
    ("R42k", {_OWN: "system_info:\n  default_user:\n    name: a\n    expiredate: '2020-01-01'\n"}, (_OWN, 4)),
    ("R42k", {_OWN: "system_info:\n  distro: slackware\n", f"{_DISTROS}/debian.py": ""}, (_OWN, 2)),
    ("R42m", {"/etc/cloud/ds-identify.cfg": "# x\npolicy: disabled\n"}, ("/etc/cloud/ds-identify.cfg", 2)),
    ("R42m", {"/etc/cloud/ds-identify.cfg": "datasource: Ec2\n"}, ("/etc/cloud/ds-identify.cfg", 1)),
    *[
        ("R42k", {_OWN: f"system_info:\n  default_user:\n    name: a\n    {text}\n"}, (_OWN, 4))
        for text in ("uid: 0", "uid: '1'", "selinux_user: staff_u", "primary_group: nope")
    ],
    ("R42k", {_OWN: "system_info:\n  default_user:\n    groups: [adm]\n    create_groups: false\n"}, (_OWN, 3)),
    ("R42o", {_OWN: "system_info:\n  network:\n    renderers: [netplan, nplan]\n"}, (_OWN, 3)),
    ("R42o", {_OWN: "system_info:\n  network:\n    renderers: [sysconfig]\n"}, (_OWN, 3)),
    ("R42o", {_OWN: "system_info:\n  network:\n    renderers: [eni]\n", f"{_NET}/renderers.py": '    "netplan": netplan,\n'}, (_OWN, 3)),
    ("R42p", {_MANAGER: "[Manager]\nDefaultEnvironment=A=b http_proxy=http://proxy:3128\n"}, (_MANAGER, 2)),
    (
        "R42p",
        {f"{_SYSTEM}/cloud-init.service.d/z.conf": "[Service]\nEnvironmentFile=/etc/proxy\n", "/etc/proxy": "# x\nHTTP_PROXY=http://proxy:3128\n"},
        ("/etc/proxy", 2),
    ),
    (
        "R42p",
        {f"{_SYSTEM}/cloud-init-local.service.d/z.conf": '[Service]\nEnvironment="http_proxy=http://p:1" no_proxy=example.com\n'},
        (f"{_SYSTEM}/cloud-init-local.service.d/z.conf", 2),
    ),
    *[
        ("R45b", {**BY_AGENT_FILES, "/etc/waagent.conf": BY_AGENT + text}, ("/etc/waagent.conf", BY_AGENT.count("\n") + 1))
        for text in (
            "OS.PasswordPath=/etc/none\nProvisioning.DeleteRootPassword=y\n",
            "Lib.Dir=/proc/waagent\n",
            "Lib.Dir=/etc/passwd/waagent\n",
            "OS.SshDir=/etc/sshd\n",
            "OS.OpensslPath=/usr/bin/openssl3\n",
            "Pid.File=/nonexist/x.pid\n",
            "DVD.MountPoint=/etc/passwd/x\n",
        )
    ],
    *[
        ("R42q", {_OWN: f"# own\n{text}\n"}, (_OWN, 2))
        for text in (
            "bootcmd:\n  - [systemctl, mask, --now, ssh]",
            "runcmd:\n  - systemctl stop ssh",
            "runcmd:\n  - echo x; rm -rf /home/*",
            "runcmd:\n  - rm -rf /home/*/.ssh",
            "runcmd:\n  - rm -f /home/*/.ssh/authorized_keys",
            "runcmd:\n  - [rm, -r, /etc/ssh]",
            "runcmd:\n  - [userdel, -r, azureuser]",
            "runcmd:\n  - usermod --expiredate 1 azureuser",
            "runcmd:\n  - ip link set eth0 down",
            "runcmd:\n  - touch /etc/nologin",
            "runcmd:\n  - iptables -P INPUT DROP",
            "runcmd:\n  - [sh, -c, 'sleep 1; systemctl disable --now ssh']",
        )
    ],
    ("R40h", {"/etc/login.defs": "UID_MIN 1000\nHOME_MODE 0777\n"}, ("/etc/login.defs", 2)),
    ("R40h", {"/etc/login.defs": "UMASK 002\n"}, ("/etc/login.defs", 1)),
    ("R40h", {**BY_AGENT_FILES, "/etc/default/useradd": "HOME=/srv/people\n"}, ("/etc/default/useradd", 1)),
    ("R42k", {_OWN: "user: builder\n"}, (_OWN, 1)),
    ("R42k", {_OWN: "user:\n  name: builder\n"}, (_OWN, 1)),
    *[
        ("R49g", {**BY_AGENT_FILES, "/etc/waagent.conf": BY_AGENT + _MADE_BY_AGENT + text, **files}, ("/etc/waagent.conf", place))
        for text, files, place in (
            ("Provisioning.SshHostKeyPairType=dsa\n", {}, BY_AGENT.count("\n") + 2),
            ("Provisioning.SshHostKeyPairType=ed25519\n", {"/etc/ssh/sshd_config": "HostKey /etc/ssh/ssh_host_rsa_key\n"}, BY_AGENT.count("\n") + 2),
            ("", {"/etc/ssh/sshd_config": "HostKey /etc/ssh/ssh_host_ed25519_key\n"}, None),
        )
    ],
    ("R45b", {**BY_AGENT_FILES, "/var/lib/waagent": ("link", "/data/waagent")}, ("/var/lib/waagent", None)),
    ("R45b", {**BY_AGENT_FILES, "/var/lib/waagent": "a file"}, ("/var/lib/waagent", None)),
    ("R45b", {**BY_AGENT_FILES, "/var/lib": ("link", "/data/lib")}, ("/var/lib/waagent", None)),
    ("R45b", {**BY_AGENT_FILES, "/etc/waagent.conf": "ResourceDisk.MountPoint=/usr/\n" + BY_AGENT.replace("Format=n", "Format=y")}, ("/etc/waagent.conf", 1)),
    ("R57", {"/var/lib/waagent/disable_agent": ""}, ("/var/lib/waagent/disable_agent", None)),
    ("R42n", {_OWN: "power_state:\n  mode: poweroff\n"}, (_OWN, 2)),
    ("R42n", {_OWN: "bootcmd:\n  - [systemctl, reboot]\n"}, (_OWN, 1)),
    ("R42n", {_OWN: "runcmd:\n  - sleep 5; poweroff\n"}, (_OWN, 1)),
    ("R40b", {f"{UNITS}/walinuxagent.service": _unit("ConditionVirtualization=vmware")}, (f"{UNITS}/walinuxagent.service", 2)),
    ("R40b", {f"{UNITS}/walinuxagent.service": "[Service]\nExecStart=/usr/bin/gone\n[Install]\n"}, (f"{UNITS}/walinuxagent.service", 2)),
    (
        "R40b",
        {"/etc/systemd/system/walinuxagent.service.d/x.conf": "[Unit]\nConditionVirtualization=!microsoft\n"},
        ("/etc/systemd/system/walinuxagent.service.d/x.conf", 2),
    ),
    ("R40f", {_AGENT: None}, ("/usr/sbin/waagent", 1)),
    (
        "R40f",
        {
            "/usr/bin/python3": ("link", "python3.12"),
            "/usr/bin/python3.12": "program",
            _AGENT: None,
            "/usr/lib/python3.11/site-packages/azurelinuxagent/common/version.py": "AGENT_VERSION = '2.9'\n",
        },
        ("/usr/lib/python3.11/site-packages/azurelinuxagent", None),
    ),
    ("R42a", _kernel("ds=nocloud-net;seedfrom=http://10.0.2.2:8080/"), ("/etc/default/grub", 4)),
    ("R42a", {_SOURCES: _BLOCK_LIST, "/usr/lib/python3/dist-packages/cloudinit/version.py": '__VERSION__ = "23.4"\n'}, (_SOURCES, 4)),
    ("R42d", {f"{UNITS}/cloud-final.service": _unit("ConditionPathExists=/etc/never")}, (f"{UNITS}/cloud-final.service", 2)),
    ("R42i", {**_CLOUD_INIT, "/usr/lib/python3/dist-packages/cloudinit/version.py": None}, ("/usr/bin/cloud-init", 1)),
    ("R42i", {**_CLOUD_INIT, **_OF_3_11, **_shadowed("cloudinit", "cmd/main.py")}, (f"{_LOCAL}/cloudinit", None)),
    ("R40f", {**_OF_3_11, **_shadowed("azurelinuxagent", "agent.py")}, (f"{_LOCAL}/azurelinuxagent", None)),
    (
        "R40f",
        {**_OF_3_11, _AGENT: None, f"{_LOCAL}/azurelinuxagent/agent.py": "import os\n\n\ndef main(\n"},
        (f"{_LOCAL}/azurelinuxagent/agent.py", 4),
    ),
    (
        "R42i",
        {**_CLOUD_INIT, **_OF_3_11, f"{_LOCAL}/cloudinit/cmd/main.py": "import os\n", f"{_LOCAL}/cloudinit/__init__.py": "VERSION = '\n"},
        (f"{_LOCAL}/cloudinit/__init__.py", 1),
    ),
    ("R42i", {**_CLOUD_INIT, "/usr/bin/python3": ("link", "python3.12"), "/usr/bin/python3.12": "program"}, ("/usr/lib/python3.12", None)),
    ("R42i", {**_CLOUD_INIT, **_OF_3_11, f"{_LOCAL}/sitecustomize.py": "import sys\nsys.exit(1)\n"}, (f"{_LOCAL}/sitecustomize.py", 2)),
    ("R40f", {**_OF_3_11, f"{_LOCAL}/own.pth": "# x\nimport os; os._exit(0)\n"}, (f"{_LOCAL}/own.pth", 2)),
    ("R42j", {_OWN: "ssh_pwauth: [\n"}, (_OWN, None)),
    ("R42j", {_OWN: "\tusers: []\n"}, (_OWN, None)),
    ("R42k", {_OWN: "# own\nusers: []\n"}, (_OWN, 2)),
    ("R42k", {_OWN: "users:\n  default: false\n"}, (_OWN, 1)),
    ("R42q", {_OWN: "runcmd: [usermod -s /usr/sbin/nologin azureuser]\n"}, (_OWN, 1)),
    ("R42q", {_OWN: "runcmd:\n- [chsh, -s, /bin/false, azureuser]\n"}, (_OWN, 1)),
    ("R42b", {_SOURCES: "datasource_list: [ NoCloud, Azure ]\n", **_SEED}, (f"{_NOCLOUD}/meta-data", None)),
    ("R42k", {_OWN: "users:\n- name: builder\n  sudo: true\n"}, (_OWN, 1)),
    ("R42k", {_CLOUD: FILES[_CLOUD].replace(" - users-groups\n", "")}, (_CLOUD, 2)),
    ("R42k", {_CLOUD: FILES[_CLOUD].replace(" - ssh\n", "")}, (_CLOUD, 2)),
    ("R42l", _kernel("cc: ssh_pwauth: true end_cc"), ("/etc/default/grub", 4)),
    ("R42l", _kernel("network-config=disabled"), ("/etc/default/grub", 4)),
    ("R43", _kernel("cloud-init=disabled"), ("/boot/grub/grub.cfg", 3)),
    ("R49g", {_OWN: "ssh_genkeytypes: []\n"}, (_OWN, 1)),
    ("R49g", {"/lib64/libc.so.6": "library"}, ("/usr/bin/ssh-keygen", None)),
    ("R49g", {_OWN: "# own\nssh_genkeytypes: [dsa, xmss]\n"}, (_OWN, 2)),
    (
        "R49g",
        {
            _OWN: "ssh_genkeytypes: []\n",
            "/usr/lib/systemd/system/sshd-keygen@.service": "[Service]\nType=oneshot\nExecStart=/bin/true\n",
            "/usr/lib/systemd/system/sshd-keygen@.service.d/disable-sshd-keygen-if-cloud-init-active.conf": "[Unit]\n"
            "ConditionPathExists=!/run/systemd/generator.early/multi-user.target.wants/cloud-init.target\n",
        },
        (_OWN, 1),
    ),
    ("R49g", {_OWN: "ssh_keys:\n  rsa_private: none\n"}, (_OWN, 1)),
    ("R49g", {_OWN: "ssh_keys: {}\nssh_genkeytypes: [rsa]\n"}, (_OWN, 1)),
    ("R42s", {_OWN: "disk_setup:\n  /dev/sda:\n    table_type: gpt\n    layout: true\n    overwrite: true\n"}, (_OWN, 1)),
    ("R42k", {_OWN: "system_info:\n  default_user:\n    homedir: /proc/azureuser\n"}, (_OWN, 3)),
    ("R42k", {_OWN: "system_info:\n  default_user:\n    homedir: /etc/passwd/azureuser\n"}, (_OWN, 3)),
    ("R42q", {_OWN: "bootcmd:\n  - sleep 2h\n"}, (_OWN, 1)),
    ("R42q", {_OWN: "runcmd:\n  - [apt-get, -y, purge, openssh-server]\n"}, (_OWN, 1)),
    # as Debian 13's unit, and one of the name that SUSE's has, in a guest that has booted
    ("R49g", _key_unit("sshd-keygen.service", "ConditionFirstBoot=yes\n", _ID), (_OWN, 1)),
    ("R49g", _key_unit("sshdgenkeys.service", "ConditionFirstBoot=true\n", _ID), (_OWN, 1)),
    ("R45a", {"/etc/waagent.conf": None}, ("/etc/waagent.conf", None)),
    ("R47a", {"/usr/bin/sudo": None, "/usr/local/bin/sudo": "program"}, ("/usr/local/bin/sudo", None)),
    (
        "R12b",
        {"/etc/systemd/system/multi-user.target.wants/dphys-swapfile.service": ("link", f"{UNITS}/dphys-swapfile.service")},
        ("/etc/systemd/system/multi-user.target.wants/dphys-swapfile.service", None),
    ),
    ("R12b", {_OWN: "a: 1\nswap:\n  filename: /swap.img\n  size: 2147483648\n"}, (_OWN, 2)),
    ("R12b", {"/etc/rc.local": "#!/bin/sh\nswapon /swap.img\n"}, ("/etc/rc.local", 2)),
    ("R12b", {"/etc/rc.local": "#!/bin/sh\nswapon -s\nswapon -p 5 $FILE\n"}, ("/etc/rc.local", 3)),
    (
        "R12d",
        {"/etc/crypttab": "swap /dev/sdz2 /dev/urandom swap,noauto\n", "/etc/fstab": "/dev/mapper/swap none swap sw 0 0\n"},
        ("/etc/crypttab", 1),
    ),
    ("R12d", {"/etc/crypttab": "cryptswap1 /dev/sda3 /dev/urandom swap,offset=1024,cipher=aes-xts-plain64\n"}, ("/etc/crypttab", 1)),
    (
        "R55a",
        {"/etc/systemd/system/chrony.service.d/platform.conf": "[Service]\nExecStart=\nExecStart=/usr/sbin/chronyd -f /run/made-at-boot.conf\n"},
        ("/etc/systemd/system/chrony.service.d/platform.conf", 3),
    ),
]

#: (rule that does not concern the right guest, files with which it does, and holds)
RIGHT_FILES = [
    ("R42i", _CLOUD_INIT),
    ("R42i", {**_CLOUD_INIT, **_OF_3_11, **_shadowed("cloudinit", "cmd/main.py"), f"{_LOCAL}/cloudinit/cmd/main.py": ""}),  # a whole one
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    *[
        ("R42k", {_OWN: text})
        for text in (
            "cloud_init_modules: [disk_setup, mounts, cc_users_groups, cc_ssh.py]\n",
            "users: [default, [builder, admin]]\n",
            "users: [default, {name: default}]\ngroups: [docker, {admins: [root]}]\n",
            "groups: docker\nuser: null\n",
            "system_info: {default_user: {uid: 1500, groups: 'adm, audio', inactive: '30'}}\n",
            "cloud_final_modules: null\n",
        )
    ],
    ("R40h", {"/etc/login.defs": "HOME_MODE 0755\nUMASK 002\n"}),
    ("R40h", {"/etc/login.defs": "UMASK 002\n", "/var/lib/dpkg/status": ""}),
    ("R40h", {"/etc/login.defs": "UMASK 000\n", "/etc/ssh/sshd_config": "StrictModes no\n"}),
    ("R40h", {"/etc/default/useradd": "HOME=/srv/people\n"}),  # cloud-init asks the system where the home is
    ("R42k", {_OWN: "user:\n  lock_passwd: true\nusers: []\n"}),
    *[
        ("R49g", {**BY_AGENT_FILES, "/etc/waagent.conf": BY_AGENT + _MADE_BY_AGENT + text, **files})
        for text, files in (
            ("Provisioning.SshHostKeyPairType=auto\n", {"/etc/ssh/sshd_config": "HostKey /etc/ssh/ssh_host_ed25519_key\n"}),
            ("Provisioning.SshHostKeyPairType=ecdsa\n", {}),
            ("", {"/etc/ssh/sshd_config": "HostKey /etc/ssh/ssh_host_rsa_key\nHostKey /etc/ssh/ssh_host_ed25519_key\n"}),
        )
    ],
    ("R45b", {**BY_AGENT_FILES, "/etc/waagent.conf": BY_AGENT.replace("Format=n", "Format=y") + "ResourceDisk.MountPoint=/mnt\n"}),
    *[
        ("R42k", {_OWN: f"system_info:\n  default_user:\n    name: a\n{text}"})
        for text in (
            "    uid: 1500\n    primary_group: daemon\n",
            "    groups: [adm]\n    primary_group: nope\n",  # made with the others
            "    groups: [daemon]\n    create_groups: false\n",
            "    inactive: '5'\n    lock_passwd: true\n    ssh_redirect_user: true\n",
        )
    ],
    ("R42k", {_OWN: "groups:\n - nope\nsystem_info:\n  default_user:\n    name: a\n    primary_group: nope\n"}),
    ("R42k", {_OWN: "system_info:\n  default_user:\n    selinux_user: staff_u\n", "/etc/selinux/config": "SELINUX=permissive\n"}),
    ("R42o", {_OWN: "system_info:\n  network:\n    renderers: [netplan, networkd]\n", "/usr/lib/systemd/systemd-networkd": ""}),
    *[
        ("R42q", {_OWN: text + "\n"})
        for text in (
            "runcmd:\n  - systemctl stop ssh\n  - systemctl start ssh",
            "runcmd:\n  - [systemctl, restart, ssh]\n  - userdel -r builder\n  - rm -rf /home/builder /tmp/x",
            "runcmd:\n  - 'if [ -e /x ]; then systemctl stop ssh; fi'",
            "bootcmd:\n  - systemctl mask apt-daily.timer\nruncmd:\n  - rm -f /etc/ssh/sshd_config.d/50-build.conf",
            "runcmd: []",
        )
    ],
    ("R42o", {_OWN: "system_info:\n  network:\n    activators: [netplan]\n"}),
    ("R42p", {_MANAGER: "[Manager]\nDefaultEnvironment=http_proxy=http://proxy:3128 no_proxy=169.254.169.254,168.63.129.16\n"}),
    ("R42p", {_MANAGER: "[Manager]\nDefaultEnvironment=http_proxy=http://proxy:3128 NO_PROXY=*\n"}),
    ("R42p", {_MANAGER: "[Manager]\nDefaultEnvironment=https_proxy=http://proxy:3128\n", "/etc/environment": "http_proxy=http://proxy:3128\n"}),
    *[
        ("R45b", {**BY_AGENT_FILES, "/etc/waagent.conf": BY_AGENT + text})
        for text in (
            "OS.PasswordPath=/etc/none\nProvisioning.DeleteRootPassword=n\n",
            "Lib.Dir=/var/lib/own/waagent\nOS.HomeDir=/nohome\nOS.OpensslPath=None\n",
            "Pid.File=/run/own/x.pid\nDVD.MountPoint=/mnt/none/x\n",
            "HttpProxy.Host=proxy.corp\nHttpProxy.Port=3128\nOS.EnableFIPS=y\n",
        )
    ],
    ("R45b", {**BY_AGENT_FILES, "/var/lib/waagent": ("link", "../../data"), "/data/ovf-env.xml.seen": ""}),
    ("R45b", {**BY_AGENT_FILES, "/var/lib/waagent": ("link", "/gone"), "/etc/waagent.conf": BY_AGENT + "Lib.Dir=/var/opt/waagent\n"}),
    ("R45b", {"/etc/waagent.conf": WAAGENT + "OS.SshDir=/etc/sshd\nDVD.MountPoint=/etc/passwd/x\n"}),  # cloud-init makes the user
    ("R40h", {"/etc/fstab": "UUID=1 / ext4 defaults 0 1\n/home /home none bind,rw 0 0\n/srv /srv none bind,ro 0 0\n"}),
    ("R40h", {"/etc/fstab": "UUID=1 / ext4 defaults 0 1\ntmpfs /home tmpfs size=10%,mode=0755,nr_inodes=10k 0 0\ntmpfs /srv tmpfs mode=0700 0 0\n"}),
    ("R40h", {**_AUTOFS, "/etc/auto.master": "/net -hosts\n/misc /etc/auto.misc\n# /home /etc/auto.home\n/home -null\n"}),
    ("R40h", {"/etc/auto.master": "/home /etc/auto.home\n"}),
    *[
        ("R40b", {f"{_SYSTEM}/walinuxagent.service.d/z.conf": f"[Service]\n{text}\n"})
        for text in (
            "NoNewPrivileges=yes",
            "ProtectSystem=strict\nReadWritePaths=/etc /home /var /run",
            "ReadOnlyPaths=/usr /boot",
            "CPUQuota=75%\nMemoryMax=512M",
        )
    ],
    ("R40h", {"/etc/passwd.lock": "4711"}),
    ("R40h", {"/etc/login.defs": "UID_MIN 1000\nUID_MAX 60000\nUMASK 077\nHOME_MODE 0700\n"}),
    ("R40h", {"/etc/default/useradd": "EXPIRE=\nHOME=/srv/home\n# HOME=/gone\n"}),
    ("R40h", {"/home": ("link", "/srv/home"), "/srv/home/x": ""}),
    (
        "R42k",
        {
            _OWN: "allow_public_ssh_keys: true\nsystem_info:\n  distro: debian\n  default_user:\n    name: a\n    expiredate: '2999-01-01'\n",
            f"{_DISTROS}/debian.py": "",
        },
    ),
    ("R42k", {_OWN: "system_info:\n  distro: opensuse-leap\n", f"{_DISTROS}/debian.py": "", f"{_DISTROS}/opensuse_leap.py": ""}),
    ("R40g", {**BY_AGENT_FILES, "/etc/default/useradd": "# SHELL=/bin/zsh\nSHELL=/bin/sh\n"}),
    ("R40g", {_OWN: "system_info:\n  default_user:\n    name: admin\n    shell: /bin/sh\n"}),
    ("R42m", {"/etc/cloud/ds-identify.cfg": "# policy: disabled\ndatasource: Azure\npolicy: search,found=first\n"}),
    ("R42m", {"/etc/cloud/ds-identify.cfg": "policy: disabled\ndatasource: Ec2\ndatasource: None, Azure # Ec2\npolicy: enabled\n"}),
    ("R42n", {_OWN: "power_state: {mode: reboot}\nruncmd:\n  - [shutdown, -c]\n  - reboot\n  - echo halted\n"}),
    ("R42n", {_OWN: "power_state: {mode: poweroff, condition: false}\n"}),
    ("R40b", {f"{UNITS}/walinuxagent.service": _unit("ConditionVirtualization=|vmware\nConditionVirtualization=|microsoft")}),
    ("R40f", {"/usr/bin/python3": ("link", "python3.12"), "/usr/bin/python3.12": "program"}),
    ("R40f", {**_OF_3_11, f"{_LOCAL}/azurelinuxagent/other.py": ""}),  # no package
    ("R40f", {**_OF_3_11, **_shadowed("azurelinuxagent", "agent.py", _LOCAL.replace("3.11", "3.9"))}),  # of another Python
    ("R40f", {**_OF_3_11, f"{_LOCAL}/sitecustomize.py": "import sys\nif sys.argv[1:] == ['x']:\n    sys.exit(1)\nraise RuntimeError\n"}),
    ("R40f", {**_OF_3_11, f"{_LOCAL.replace('3.11', '3.9')}/sitecustomize.py": "raise SystemExit\n", f"{_LOCAL}/own.pth": "/opt/own\nsys.exit(1)\n"}),
    ("R42a", _kernel("ds=Azure")),
    ("R42a", {_SOURCES: _BLOCK_LIST}),
    ("R42a", {_SOURCES: "datasource_list: [Azure, None]  # not [ Ec2 ]\n"}),
    ("R42k", {_OWN: "users:\n- default\n- name: builder\n"}),
    ("R42k", {_CLOUD: FILES[_CLOUD].replace(" - users-groups\n", " - [users_groups, always]\n").replace(" - ssh\n", " - {name: ssh, frequency: once}\n")}),
    ("R42j", {_OWN: "# own\n", "/etc/cloud/cloud.cfg.d/README": "not: [yaml\n"}),
    ("R42l", _kernel("ds=Azure quiet")),
    ("R43", _kernel("cloud-init=disabled cloud-init=enabled")),
    ("R43", {"/etc/waagent.conf": WAAGENT}),
    ("R49g", {_OWN: "ssh_genkeytypes: [ed25519]\n"}),
    ("R49g", {"/lib64/libc.so.6": "library", "/usr/bin/ssh-keygen": "program"}),
    ("R49g", {"/lib64/libc.so.6": "library", _OWN: "ssh_keys:\n  ed25519_private: |\n    -----BEGIN OPENSSH PRIVATE KEY-----\n    x\n"}),
    ("R49g", {_OWN: "ssh_genkeytypes: [xmss]\nssh_deletekeys: false\n", "/etc/ssh/ssh_host_rsa_key": "key"}),
    ("R49g", {_OWN: "ssh_genkeytypes: ed25519\n"}),
    ("R49g", {_OWN: "ssh_keys:\n  ed25519_private: |\n    -----BEGIN OPENSSH PRIVATE KEY-----\n    x\n"}),
    ("R42s", {_OWN: "disk_setup:\n  /dev/sda:\n    table_type: gpt\n    layout: true\n    overwrite: false\n"}),
    ("R42s", {_OWN: "disk_setup:\n  ephemeral0:\n    table_type: gpt\n    layout: [100]\n    overwrite: true\n"}),
    ("R42k", {_OWN: "system_info:\n  default_user:\n    homedir: /srv/people/azureuser\n"}),
    ("R42q", {_OWN: "bootcmd:\n  - sleep 5\nruncmd:\n  - sleep 2h\n  - apt-get -y purge cloud-init\n"}),
    ("R49g", {_OWN: "ssh_genkeytypes: []\n", "/usr/lib/systemd/system/sshd-keygen@.service": ""}),
    ("R49g", _key_unit("sshd-keygen.service", "ConditionFirstBoot=yes\n", "uninitialized\n")),
    ("R49g", _key_unit("sshd-keygen.service", "ConditionFirstBoot=no\n", _ID)),
    ("R49g", _key_unit("sshd-keygen.service", "", _ID)),
    ("R47", {"/etc/sudoers": "Defaults env_reset\nDefaults targetpw\nDefaults !targetpw\nroot ALL=(ALL:ALL) ALL\n"}),
    ("R12b", {"/etc/systemd/system/dev-zram0.swap": "[Swap]\nWhat=/dev/zram0\n"}),
    ("R12b", {_OWN: "swap:\n  filename: /mnt/swapfile\n  size: 2147483648\n"}),
    ("R12b", {"/etc/rc.local": "#!/bin/sh\nswapon -a\nswapon --show > /var/log/swaps\n[ -e /mnt/swap ] && swapon -p 5 '/mnt/swap' || exit 0\n"}),
    ("R12d", {"/etc/crypttab": "swap /dev/sdz2 /dev/urandom swap,noauto\n"}),
    ("R12d", {"/etc/crypttab": "data UUID=1 none luks\n# cswap /dev/sda3 /dev/urandom swap\n"}),
    ("R13a", {"/etc/fstab": FILES["/etc/fstab"] + "/dev/disk/by-id/dm-uuid-LVM-abc /srv ext4 defaults 0 2\n"}),
    ("R55a", {f"{UNITS}/chrony.service": "[Service]\nEnvironment=OPTIONS=-F\nExecStart=/bin/true $OPTIONS 2 -f /etc/chrony/chrony.conf\n[Install]\n"}),
]
