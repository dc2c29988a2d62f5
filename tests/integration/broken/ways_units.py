# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps a needed unit from starting: settings that systemd refuses, conditions that are false on Azure, generators that do not run."""

from integration.broken.ways_boot import parameters
from integration.broken.ways_cloud_init import configured
from integration.broken.ways_commands import once, rc_local, service
from integration.broken.ways_root import AGENT, drop_in, sshd, with_agent, written

GENERATORS = "/usr/lib/systemd/system-generators"
_WAITING = "systemd-networkd-wait-online.service"


def online(options):
    """Return the way in which the agent waits for the network, and networkd's program that tells of it has such options."""
    program = "/usr/lib/systemd/systemd-networkd-wait-online"

    def change(layer):
        layer.needs(f"/usr/lib/systemd/system/{_WAITING}")
        layer.link(f"/etc/systemd/system/{_WAITING}", f"/usr/lib/systemd/system/{_WAITING}")
        layer.link(f"/etc/systemd/system/network-online.target.wants/{_WAITING}", f"/usr/lib/systemd/system/{_WAITING}")
        drop_in("systemd-networkd-wait-online", f"[Service]\nExecStart=\nExecStart={program} {options}\n")(layer)
        drop_in(AGENT, "[Unit]\nWants=network-online.target\nAfter=network-online.target\n")(layer)

    return change


def masked_generator(name):
    return lambda layer: (layer.needs(f"{GENERATORS}/{name}"), layer.link(f"/etc/systemd/system-generators/{name}", "/dev/null"))


def without_keygen(text):
    """Return the way in which cloud-init alone makes host keys, and is configured so."""
    return lambda layer: (configured(text)(layer), layer.link("/etc/systemd/system/sshd-keygen.service", "/dev/null"))


def written_for_python(name, text):
    """Return the way in which a file is written where the system's Python looks first for packages."""

    def change(layer):
        folder = layer.tree.glob("/usr/lib/python3.*/os.py")[0].split("/")[3]
        layer.write(f"/usr/local/lib/{folder}/dist-packages/{name}", text)

    return change


def by_socket(masked=False):
    """Return the way in which a socket starts sshd for each connection."""
    folder = "/etc/systemd/system"

    def change(layer):
        layer.remove(f"{folder}/multi-user.target.wants/ssh.service", f"{folder}/sshd.service")
        layer.write(f"{folder}/ssh.socket", "[Socket]\nListenStream=22\nAccept=yes\n[Install]\nWantedBy=sockets.target\n")
        layer.link(f"{folder}/sockets.target.wants/ssh.socket", f"{folder}/ssh.socket")
        layer.write("/usr/lib/systemd/system/ssh@.service", "[Service]\nExecStart=-/usr/sbin/sshd -i\nStandardInput=socket\nRuntimeDirectory=sshd\n")
        if masked:
            layer.link(f"{folder}/ssh@.service", "/dev/null")

    return change


#: {what was done: how}
WAYS = {
    "ssh waits for a machine with more memory than most": drop_in("ssh", "[Unit]\nConditionMemory=>=512G\n"),
    "the agent waits for a machine with more processors than most": with_agent(drop_in(AGENT, "[Unit]\nConditionCPUs=>=64\n")),
    "ssh starts on VMware alone, by a look for a text": drop_in("ssh", "[Service]\nExecCondition=/usr/bin/grep -q VMware /sys/class/dmi/id/sys_vendor\n"),
    "ssh's last command fails in a shell": drop_in("ssh", "[Service]\nExecStartPost=/bin/sh -c 'exit 1'\n"),
    "ssh is ended by its own last command": drop_in("ssh", "[Service]\nExecStartPost=/bin/kill $MAINPID\n"),
    "ssh copies first what is not there": drop_in("ssh", "[Service]\nExecStartPre=/bin/cp /etc/ssh/banner.build /etc/issue.net\n"),
    "ssh may only do what most services do": drop_in("ssh", "[Service]\nSystemCallFilter=@system-service\n"),
    "ssh's sessions may set no priority": drop_in("ssh", "[Service]\nSystemCallFilter=~@resources\n"),
    "ssh may not run another program": drop_in("ssh", "[Service]\nSystemCallFilter=~execve\n"),
    "ssh does not see /run": drop_in("ssh", "[Service]\nInaccessiblePaths=/run\n"),
    "ssh's sessions have one process": drop_in("ssh", "[Service]\nLimitNPROC=1\n"),
    "the agent may give no file away": with_agent(drop_in(AGENT, "[Service]\nSystemCallFilter=~@chown\n")),
    "the agent may make no account": with_agent(drop_in(AGENT, "[Service]\nNoExecPaths=/usr/sbin\n")),
    "the agent is to tell that it has started": with_agent(drop_in(AGENT, "[Service]\nType=notify\n")),
    "ssh's unit has two programs": drop_in("ssh", "[Service]\nExecStart=/usr/sbin/sshd -D -p 2222\n"),
    "ssh's unit stays with PAM and ends by process": drop_in("ssh", "[Service]\nPAMName=sshd\n"),
    "the agent's unit is done at once and always starts again": drop_in(AGENT, "[Service]\nType=oneshot\nRestart=always\n"),
    "ssh wants another kernel": drop_in("ssh", "[Unit]\nConditionKernelVersion=>=99\n"),
    "ssh wants a first boot": drop_in("ssh", "[Unit]\nConditionFirstBoot=yes\n"),
    "ssh wants Smack": drop_in("ssh", "[Unit]\nConditionSecurity=smack\n"),
    "ssh wants QEMU's firmware": drop_in("ssh", "[Unit]\nConditionFirmware=smbios-field(sys_vendor = QEMU)\n"),
    "ssh insists on a mount that is not there": drop_in("ssh", "[Unit]\nAssertPathIsMountPoint=/data\n"),
    "the agent wants a credential": drop_in(AGENT, "[Unit]\nConditionCredential=azure\n"),
    "ssh wants the 65th processor": drop_in("ssh", "[Service]\nCPUAffinity=64\n"),
    "ssh wants memory of another node": drop_in("ssh", "[Service]\nNUMAPolicy=bind\nNUMAMask=1\n"),
    "ssh is root without what root may": drop_in("ssh", "[Service]\nSecureBits=noroot noroot-locked\n"),
    "ssh's unit is a link to one that is gone": lambda layer: (
        layer.needs("/etc/init.d/ssh"),
        layer.link("/etc/systemd/system/ssh.service", "/lib/systemd/system/openssh-gone.service"),
    ),
    "the agent requires a connection whose template is gone": with_agent(drop_in(AGENT, "[Unit]\nRequires=openvpn-client@corp.service\n")),
    "the agent may reach the build's network alone": with_agent(drop_in(AGENT, "[Service]\nIPAddressDeny=any\nIPAddressAllow=localhost 10.0.0.0/8\n")),
    "ssh may talk to its own machine alone": drop_in("ssh", "[Service]\nIPAddressDeny=any\nIPAddressAllow=localhost\n"),
    "the network is online when a card is that never comes": online("--interface=ens224 --timeout=0"),
    "nobody reads fstab": lambda layer: (layer.needs("/usr/lib/systemd/system/ssh.service"), masked_generator("systemd-fstab-generator")(layer)),
    "nobody starts cloud-init": masked_generator("cloud-init-generator"),
    "nobody reads netplan's files": lambda layer: (
        layer.needs(f"{GENERATORS}/netplan", "/etc/netplan/50-cloud-init.yaml"),
        layer.write("/etc/systemd/system-generators/netplan", ""),
    ),
    "a socket takes connections for a masked service": by_socket(masked=True),
    "a socket of ssh listens nowhere": lambda layer: (
        by_socket()(layer),
        layer.write("/etc/systemd/system/ssh.socket.d/z.conf", "[Socket]\nListenStream=\n"),
    ),
    "sshd wants two keys": sshd("AuthenticationMethods publickey,publickey"),
    "sshd puts everybody into their own home": sshd("ChrootDirectory %h"),
    "sshd puts everybody into a directory of their own": sshd("ChrootDirectory /srv/%u"),
    "sshd runs a menu that is not there": sshd("ForceCommand own-menu --all"),
    "sshd says that it is closed": sshd("ForceCommand echo 'This machine is closed.'"),
    "the shell's first file says goodbye and ends": lambda layer: layer.first("/etc/profile", "echo 'closed; for now'; exit 1\n"),
    "the shell's first file becomes something else": written("/etc/profile.d/00-menu.sh", "exec cat /etc/motd\n"),
    "a login kills its own session": written("/etc/profile.d/00-menu.sh", "kill -HUP $PPID\n"),
    "sshd's own file for logins never ends": written("/etc/ssh/sshrc", "exec 2>/dev/null\nsleep infinity\n"),
    "a unit removes PAM's files": once("/bin/rm -rf /etc/pam.d"),
    "a unit takes the shell from the users": once("/bin/chmod 700 /usr/bin/bash"),
    "a unit opens the host keys": once("/bin/chmod -R 777 /etc/ssh"),
    "a unit ends sshd": once("/usr/bin/pkill sshd"),
    "an assistant asks before sshd": service("Type=oneshot\nStandardInput=tty\nExecStart=/usr/bin/head -n 1", "Before=ssh.service\n"),
    "an assistant asks before the system is up": service("Type=oneshot\nStandardInput=tty-force\nExecStart=/usr/bin/head -n 1", "Before=network.target\n"),
    "rc.local adds a rule that drops": rc_local(
        "nft add table inet own", "nft add chain inet own i '{ type filter hook input priority 0; }'", "nft add rule inet own i tcp dport 22 drop"
    ),
    "rc.local has sysctl take the memory of connections": rc_local("sysctl -w net.ipv4.tcp_mem='0 0 0'"),
    "cloud-init makes host keys of no usual kind": without_keygen("ssh_genkeytypes: [xmss]\n"),
    "cloud-init brings host keys that are none": without_keygen("ssh_keys: {rsa_private: none}\n"),
    "cloud-init writes a partition table over the system's": configured("disk_setup: {/dev/sda: {table_type: gpt, layout: true, overwrite: true}}\n"),
    "cloud-init makes a home where the kernel shows what it has": configured("system_info: {default_user: {homedir: /proc/azureuser}}\n"),
    "cloud-init sleeps before the server comes": configured("bootcmd: [sleep 2h]\n"),
    "cloud-init removes the server": configured("runcmd: [[apt-get, -y, purge, openssh-server]]\n"),
    "the agent's Python ends before it begins": with_agent(
        lambda layer: layer.write(layer.tree.glob("/usr/lib/python3.*/os.py")[0].replace("os.py", "sitecustomize.py"), "import sys\nsys.exit(0)\n")
    ),
    "a line for Python's paths ends it": with_agent(written_for_python("own.pth", "import os; os._exit(0)\n")),
    "an empty yaml is before cloud-init's": lambda layer: (layer.needs("/usr/bin/cloud-init"), written_for_python("yaml/__init__.py", "")(layer)),
    "ssh's unit has a specifier that is none": drop_in("ssh", "[Service]\nExecStart=\nExecStart=/usr/sbin/sshd -D -o Banner=%z\n"),
    "ssh has a requisite that nothing starts": lambda layer: (
        drop_in("ssh", "[Unit]\nRequisite=own.service\nAfter=own.service\n")(layer),
        layer.write("/etc/systemd/system/own.service", "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n"),
    ),
    "ssh has no time of a processor": drop_in("ssh", "[Service]\nLimitCPU=0\n"),
    "ssh is in a slice for one process": lambda layer: (
        drop_in("ssh", "[Service]\nSlice=own.slice\n")(layer),
        layer.write("/etc/systemd/system/own.slice", "[Slice]\nTasksMax=1\n"),
    ),
    "a unit powers the machine off when it ended well": once("/bin/true", "OnSuccess=poweroff.target"),
    "ssh runs as its own account": drop_in("ssh", "[Service]\nUser=sshd\n"),
}

#: {what was done: how}
CONTROLS = {
    "the agent may reach Azure's platform alone": with_agent(
        drop_in(AGENT, "[Service]\nIPAddressDeny=any\nIPAddressAllow=localhost 168.63.129.16 link-local\n")
    ),
    "the agent requires an instance of a template": with_agent(
        lambda layer: (
            drop_in(AGENT, "[Unit]\nRequires=own@1.service\n")(layer),
            layer.write("/etc/systemd/system/own@.service", "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true %i\n"),
        )
    ),
    "ssh has a script alone": lambda layer: (
        layer.needs("/etc/init.d/ssh"),
        layer.remove("/usr/lib/systemd/system/ssh.service", "/etc/systemd/system/multi-user.target.wants/ssh.service"),
    ),
    "ssh starts on Azure alone, by a look for a text": drop_in("ssh", "[Service]\nExecCondition=/usr/bin/grep -qi microsoft /sys/class/dmi/id/sys_vendor\n"),
    "ssh starts on most machines": drop_in("ssh", "[Unit]\nConditionMemory=>=512M\nConditionCPUs=>=1\n"),
    "ssh's last command may fail in a shell": drop_in(
        "ssh", "[Service]\nExecStartPost=-/bin/sh -c 'exit 1'\nExecStartPost=/bin/sh -c 'test -e /srv/x || exit 0'\n"
    ),
    "ssh may do what it does": drop_in("ssh", "[Service]\nSystemCallFilter=@system-service @privileged\nNoExecPaths=/\nExecPaths=/usr\n"),
    "ssh's unit has another program instead": drop_in("ssh", "[Service]\nExecStart=\nExecStart=/usr/sbin/sshd -D -o LogLevel=VERBOSE\n"),
    "ssh's conditions are true on Azure": drop_in(
        "ssh",
        "[Unit]\nConditionKernelVersion=>=4\nConditionFirstBoot=no\nConditionSecurity=!smack\nConditionFirmware=!device-tree\n"
        "ConditionPathIsMountPoint=!/data\nConditionPathIsMountPoint=/\nAssertVirtualization=vm\n",
    ),
    "ssh has the first processors": drop_in("ssh", "[Service]\nCPUAffinity=0-63\nNUMAPolicy=bind\nNUMAMask=0\nSecureBits=keep-caps\nUser=root\n"),
    "a generator is masked that nobody needs": masked_generator("systemd-gpt-auto-generator"),
    "a socket takes connections for a service of each": by_socket(),
    "sshd takes two keys, or one": sshd("AuthenticationMethods publickey,publickey publickey"),
    "sudo asks for a password": written("/etc/sudoers.d/zz-local", "ALL ALL=(ALL) PASSWD: ALL\n", 0o440),
    "sshd's own file for logins fails": written("/etc/ssh/sshrc", "logger login\nexit 1\n"),
    "a login is recorded": written("/etc/profile.d/00-script.sh", "[ -t 0 ] || \\\n  return\nexec script -q /tmp/session\n"),
    "an assistant asks once all is up": service("Type=oneshot\nStandardInput=tty\nExecStart=/usr/bin/head -n 1", "After=multi-user.target\n"),
    "an assistant whose file is gone": service(
        "Type=oneshot\nStandardInput=tty\nExecStart=/usr/bin/head -n 1", "Before=ssh.service\nConditionPathExists=/var/lib/assistant\n"
    ),
    "a unit cleans up": once("/bin/rm -rf /var/tmp/build /home/builder /etc/ssh/sshd_config.d"),
    "a unit has sshd read its files again": once("/usr/bin/pkill -HUP sshd"),
    "cloud-init partitions the temporary disk": configured("disk_setup: {ephemeral0: {table_type: gpt, layout: true, overwrite: true}}\n"),
    "cloud-init sleeps when all is there": configured("runcmd: [sleep 2h]\n"),
    "a line for Python's paths fails": with_agent(written_for_python("own.pth", "import nothing_of_that_name\n/opt/own\n")),
    "sshd says hello first": sshd("ForceCommand echo hello; exec $SHELL"),
    "ssh's unit has specifiers": drop_in("ssh", "[Service]\nExecStart=\nExecStart=/usr/sbin/sshd -D -o Banner=%%z -o VersionAddendum=%H\n"),
    "ssh has a requisite that is started": drop_in("ssh", "[Unit]\nRequisite=basic.target\nAfter=basic.target\n"),
    "ssh is in a slice of its own": drop_in("ssh", "[Service]\nSlice=own.slice\n"),
    "ssh is started anew every two minutes": drop_in("ssh", "[Service]\nRuntimeMaxSec=2min\n"),
    "the old control groups": parameters("systemd.unified_cgroup_hierarchy=0"),
    "the network is online when the first card is": online("--interface=eth0 --timeout=0"),
    "the network is online after two minutes": online("--interface=ens224"),
}
