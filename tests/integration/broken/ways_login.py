# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps everybody from logging in, and whoever provisions from making the user: siblings of ways_root, by other means."""

from integration.broken.overlay import DoesNotApply
from integration.broken.ways_root import AGENT, CONF, PAM, SSHD, drop_in, gone, sshd, with_agent, written


def agent(old, new):
    return lambda layer: layer.replace(CONF, old, new)


def started(words):
    """Return the way in which the unit of ssh starts sshd with other options."""
    return drop_in("ssh", f"[Service]\nExecStart=\nExecStart=/usr/sbin/sshd {words}\n")


def with_file(line, path, text):
    """Return the way in which PAM's first line for sshd is another one, which reads a file."""
    return lambda layer: (layer.first(PAM, line + "\n"), layer.write(path, text))


def pam(line):
    return lambda layer: layer.first(PAM, line + "\n")


def wrapped(text):
    return lambda layer: layer.write("/etc/hosts.deny", text)


def with_cloud_init(change):
    """Return the way in which change is done to an image that cloud-init provisions."""
    return lambda layer: (layer.needs("/etc/cloud/cloud.cfg"), change(layer))


def by_useradd(text):
    """Return the way that useradd's defaults give the user of an agent that names no shell, as those before 2.9 do."""

    def change(layer):
        for path in layer.tree.glob("/usr/lib/python3*/*-packages/azurelinuxagent/common/osutil/default.py"):
            layer.replace(path, ', "-s", "/bin/bash"', "")
        layer.write("/etc/default/useradd", text)

    return with_agent(change)


def sftp_twice(layer):
    """Have sshd's configuration set sftp twice, which it takes since 9.5."""
    if layer.tree.exists("/usr/lib/openssh/sshd-session"):
        raise DoesNotApply("this sshd takes a subsystem twice")
    layer.append(SSHD, "Match all\nSubsystem sftp /usr/lib/sftp\n")
    layer.first(SSHD, "Subsystem sftp internal-sftp\n")


_OF_SYSTEMD = "/usr/lib/x86_64-linux-gnu/libnss_systemd.so.2"

#: {what was done: how}
WAYS = {
    "sshd runs a command in place of a shell": sshd("ForceCommand /bin/false"),
    "sshd gives no session": sshd("MaxSessions 0"),
    "sshd closes a session before anybody has written a command": sshd("ChannelTimeout session:*=1s"),
    "sshd wants to know the host": sshd("AuthenticationMethods hostbased"),
    "sshd wants a key and a password": sshd("AuthenticationMethods publickey,password\nPasswordAuthentication no"),
    "sshd takes no key of today": sshd("PubkeyAcceptedAlgorithms ssh-dss\nPasswordAuthentication no"),
    "sshd takes only large keys": sshd("RequiredRSASize 16384\nPubkeyAcceptedAlgorithms ssh-rsa,rsa-sha2-256,rsa-sha2-512\nPasswordAuthentication no"),
    "sshd asks a program for keys without an account": sshd("AuthorizedKeysCommand /usr/bin/keys"),
    "sshd has a host key that nobody makes": sshd("HostKey /etc/ssh/keys/host_key"),
    "sshd has a cipher that is none": sshd("Ciphers rot13"),
    "sshd has a key exchange that is none": sshd("KexAlgorithms none-such"),
    "sshd has a code that is none": sshd("MACs hmac-none"),
    "sshd has sftp twice": sftp_twice,
    "sshd puts everybody into a directory that is not there": sshd("ChrootDirectory /srv/jail"),
    "sshd's list of revoked keys is not there": sshd("RevokedKeys /etc/ssh/revoked\nPasswordAuthentication no"),
    "sshd's list of revoked keys is none": lambda layer: (layer.write("/etc/ssh/revoked", "nobody so far\n"), sshd("RevokedKeys /etc/ssh/revoked")(layer)),
    "hosts.deny lets in the machine itself alone": wrapped("ALL: ALL EXCEPT LOCAL\n"),
    "hosts.deny is about all programs but one": wrapped("ALL EXCEPT vsftpd: ALL\n"),
    "hosts.deny is about all, in two lines": wrapped("ALL: \\\n ALL\n"),
    "cloud-init does not look where sshd looks for keys": with_cloud_init(
        lambda layer: layer.write("/etc/ssh/sshd_config.d/10-keys.conf", "AuthorizedKeysFile /etc/ssh/keys/%u\n")
    ),
    "cloud-init takes the keys of others for the user's": with_cloud_init(
        lambda layer: layer.append(SSHD, "Match User backup\n  AuthorizedKeysFile /etc/ssh/keys/%u\n")
    ),
    "sshd denies every group": sshd("DenyGroups *"),
    "sshd denies everybody in a block for all": lambda layer: layer.append(SSHD, "Match all\n  DenyUsers *\n"),
    "sshd has a block whose condition is none": lambda layer: layer.append(SSHD, "Match Username admin\n  X11Forwarding no\n"),
    "sshd listens to IPv6 alone": sshd("ListenAddress ::"),
    "sshd has a port that is none": sshd("Port 99999"),
    "a quotation mark of sshd's is not closed": sshd('Banner "/etc/issue'),
    "sshd's configuration is binary": written(SSHD, b"\0\1\2\3" * 64),
    "sshd's configuration is a directory": lambda layer: (layer.remove(SSHD), layer.directory(SSHD)),
    "sshd includes a file with a fault": lambda layer: (layer.first(SSHD, "Include /etc/ssh/mine.conf\n"), layer.write("/etc/ssh/mine.conf", "Prot 22\n")),
    "sshd is started with a configuration that is not there": started("-D -f /etc/ssh/none"),
    "sshd is started to look at its configuration": started("-t"),
    "sshd is started for an address": started("-D -o ListenAddress=10.1.1.1"),
    "sshd is started for one user": started("-D -o 'AllowUsers builder'"),
    "sshd is started with an option that is none": written("/etc/default/ssh", 'SSHD_OPTS="-o Nope=yes"\n'),
    "sshd is started for nobody": written("/etc/default/ssh", "SSHD_OPTS='-oPubkeyAuthentication=no -oPasswordAuthentication=no'\n"),
    "sshd's first connections are more than it takes": sshd("MaxStartups 60:30:10"),
    "sshd denies everybody from everywhere": sshd("DenyUsers *@*"),
    "sshd lets in who is in already": sshd("AllowUsers azureuser@127.0.0.1"),
    "PAM asks a program that fails": pam("account required pam_exec.so /bin/false"),
    "PAM has no hour for a login": with_file("account required pam_time.so", "/etc/security/time.conf", "*;*;*;!Al0000-2400\n"),
    "PAM has a minute for a login": with_file("account required pam_time.so", "/etc/security/time.conf", "sshd;*;*;Wk0000-0001\n"),
    "PAM wants who logs in to be root's": pam("account required pam_wheel.so group=builders"),
    "PAM looks for the user in another file": pam("account required pam_localuser.so file=/etc/nobody"),
    "PAM has closed the machine by another file": with_file("account required pam_nologin.so file=/etc/closed", "/etc/closed", "closed\n"),
    "PAM lets nobody in by a file of its own": with_file("account required pam_access.so accessfile=/etc/own", "/etc/own", "-:ALL:ALL\n"),
    "PAM lets only root in": with_file("account required pam_access.so", "/etc/security/access.conf", "-:ALL EXCEPT root:ALL\n"),
    "PAM lets accounts of the system in": pam("account required pam_usertype.so issystem"),
    "PAM asks a module that has no answer": pam("account required pam_limits.so"),
    "PAM's list of whom it denies is not there": pam("account [success=ok default=die] pam_listfile.so item=user sense=deny file=/etc/denied"),
    "PAM gives everybody a directory that is not there": with_file(
        "session required pam_namespace.so", "/etc/security/namespace.conf", "/tmp /srv/own/tmp/ level root\n"
    ),
    "accounts are looked up where nobody answers": written("/etc/nsswitch.conf", "passwd: sss [!SUCCESS=return] files\ngroup: files\nshadow: files\n"),
    "accounts are looked up where they are not known": lambda layer: (
        layer.needs(_OF_SYSTEMD),
        layer.write("/etc/nsswitch.conf", "passwd: systemd [NOTFOUND=return] files\ngroup: files\nshadow: files\n"),
    ),
    "sudo has no rights": lambda layer: layer.status("/usr/bin/sudo", mode=0o755),
    "sudo is not root's": lambda layer: layer.status("/usr/bin/sudo", mode=0o4755, uid=1000),
    "the unit of ssh wants a file that is not there": drop_in("ssh", "[Unit]\nConditionPathExists=/etc/build/ready\n"),
    "the unit of ssh starts what is not there": drop_in("ssh", "[Service]\nExecStart=\nExecStart=/opt/ssh/sshd -D\n"),
    "the unit of ssh checks what fails": drop_in("ssh", "[Service]\nExecStartPre=/bin/false\n"),
    "PAM lets only those of a list in": lambda layer: (
        layer.first(PAM, "account required pam_listfile.so onerr=fail item=user sense=allow file=/etc/ssh/allowed\n"),
        layer.write("/etc/ssh/allowed", "builder\n"),
    ),
    "PAM lets only a group in": pam("account required pam_succeed_if.so user ingroup builders"),
    "PAM's access.conf lets only one in": lambda layer: (
        layer.first(PAM, "account required pam_access.so\n"),
        layer.write("/etc/security/access.conf", "+:builder:ALL\n-:ALL:ALL\n"),
    ),
    "nobody may have a session": lambda layer: layer.write("/etc/security/limits.d/z.conf", "* - maxlogins 0\n"),
    "PAM's file for all sessions is gone": gone("/etc/pam.d/common-session"),
    "PAM's file includes one that is not there": lambda layer: layer.append(PAM, "@include common-mine\n"),
    # cloud-init names a shell of its own, and so does the agent since 2.9
    "new users get a shell that is not there": by_useradd("SHELL=/usr/bin/zsh\n"),
    "new users get a shell that ends": by_useradd("SHELL=/usr/sbin/nologin\n"),
    "sshd has no host key of the kinds that it offers": sshd("HostKeyAlgorithms ssh-dss"),
    "sshd does not ask PAM": sshd("UsePAM no"),
    "ssh sees no home": drop_in("ssh", "[Service]\nProtectHome=yes\n"),
    "ssh finds an empty /home": drop_in("ssh", "[Service]\nTemporaryFileSystem=/home\n"),
    "ssh may become nobody else": drop_in("ssh", "[Service]\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE\n"),
    "ssh knows no other users": drop_in("ssh", "[Service]\nPrivateUsers=yes\n"),
    "ssh may not use IPv4": drop_in("ssh", "[Service]\nRestrictAddressFamilies=AF_UNIX\n"),
    "ssh may have one process": drop_in("ssh", "[Service]\nTasksMax=1\n"),
    "ssh is ended at once": drop_in("ssh", "[Service]\nRuntimeMaxSec=10\n"),
    "sudo gains nothing behind ssh": drop_in("ssh", "[Service]\nNoNewPrivileges=yes\n"),
    "the agent may not write to /etc": drop_in(AGENT, "[Service]\nProtectSystem=strict\n"),
    "the agent sees no drive": drop_in(AGENT, "[Service]\nPrivateDevices=yes\n"),
    "the agent's rules are read by nobody": with_agent(lambda layer: layer.first(CONF, "OS.SudoersDir=/opt/rules\n")),
    "the agent looks for passwords where there are none": with_agent(
        lambda layer: layer.append(CONF, "OS.PasswordPath=/etc/none\nProvisioning.DeleteRootPassword=y\n")
    ),
    "the agent's own directory leads nowhere": with_agent(lambda layer: layer.link("/var/lib/waagent", "/data/waagent")),
    "the agent's directory cannot be made": with_agent(lambda layer: layer.append(CONF, "Lib.Dir=/proc/waagent\n")),
    "the agent's openssl is not there": with_agent(lambda layer: layer.append(CONF, "OS.OpensslPath=/usr/bin/openssl3\n")),
    "the agent looks for sshd_config where there is none": with_agent(lambda layer: layer.append(CONF, "OS.SshDir=/etc/sshd\n")),
    "the agent's number cannot be written": with_agent(lambda layer: layer.append(CONF, "Pid.File=/nonexist/x.pid\n")),
    "the agent makes keys that sshd does not look for": with_agent(
        lambda layer: (
            layer.replace(CONF, "Provisioning.SshHostKeyPairType=auto", "Provisioning.SshHostKeyPairType=ed25519"),
            layer.first(SSHD, "HostKey /etc/ssh/ssh_host_rsa_key\n"),
        )
    ),
    "the agent mounts the temporary disk over the system": with_agent(
        lambda layer: layer.replace(CONF, "ResourceDisk.MountPoint=/mnt/resource", "ResourceDisk.MountPoint=/usr")
    ),
    "the agent writes keys to another home": with_agent(written("/etc/default/useradd", "HOME=/srv/people\n")),
    "everybody may write to a new home": lambda layer: layer.append("/etc/login.defs", "\nHOME_MODE 0777\n"),
    "sudo's plugin is not there": written("/etc/sudo.conf", "Plugin sudoers_policy own.so\n"),
    "sudo has no rules": with_agent(gone("/etc/sudoers")),
    "a new user's shell ends": written("/etc/skel/.bashrc", "exit 0\n"),
    "homes cannot be written": lambda layer: layer.append("/etc/fstab", "/home /home none bind,ro 0 0\n"),
    "autofs holds the homes": lambda layer: (
        layer.write("/etc/auto.master", "/home /etc/auto.home\n"),
        layer.write("/etc/systemd/system/autofs.service", "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n"),
        layer.link("/etc/systemd/system/multi-user.target.wants/autofs.service", "/etc/systemd/system/autofs.service"),
    ),
    "the slice of services is masked": lambda layer: layer.link("/etc/systemd/system/system.slice", "/dev/null"),
    "the shell's first file ends it": lambda layer: layer.first("/etc/profile", "exit 1\n"),
    "the library of PAM is gone": lambda layer: layer.remove(*layer.tree.glob("/usr/lib/x86_64-linux-gnu/libpam.so.0*")),
    # whoever provisions
    "the agent believes that it has provisioned": written("/var/lib/waagent/provisioned", "00000000-0000-0000-0000-000000000000"),
    "the agent's first line ends with a carriage return": with_agent(lambda layer: layer.write("/usr/sbin/waagent", "#!/usr/bin/python3\r\nimport sys\n")),
    "the agent's first line names an older Python": with_agent(lambda layer: layer.write("/usr/sbin/waagent", "#!/usr/bin/python2\nimport sys\n")),
    "the agent is empty": with_agent(lambda layer: layer.write("/usr/sbin/waagent", "")),
    "useradd cannot be run": lambda layer: layer.status("/usr/sbin/useradd", mode=0o644),
    "useradd is empty": lambda layer: layer.write("/usr/sbin/useradd", b""),
    "Python's own modules in C are gone": lambda layer: layer.remove(*layer.tree.glob("/usr/lib/python3.*/lib-dynload")),
    "a module of Python is gone": lambda layer: layer.remove(*layer.tree.glob("/usr/lib/python3.*/socket.py")),
    "the agent's unit is empty": lambda layer: layer.write(f"/lib/systemd/system/{AGENT}.service", ""),
    "the agent's unit wants a unit that is masked": lambda layer: (
        layer.write(f"/etc/systemd/system/{AGENT}.service.d/z.conf", "[Unit]\nRequires=mine.service\n"),
        layer.link("/etc/systemd/system/mine.service", "/dev/null"),
    ),
    "the agent's unit wants another architecture": drop_in(AGENT, "[Unit]\nConditionArchitecture=arm64\n"),
    "the agent's unit wants the command line": drop_in(AGENT, "[Unit]\nConditionKernelCommandLine=azure\n"),
    "the agent's unit is for the host of the build": drop_in(AGENT, "[Unit]\nConditionHost=build.example\n"),
    "nobody makes host keys": with_agent(
        lambda layer: (
            layer.remove(*layer.tree.glob("/etc/ssh/ssh_host_*")),
            layer.replace(CONF, "Provisioning.RegenerateSshHostKeyPair=y", "Provisioning.RegenerateSshHostKeyPair=n"),
        )
    ),
    "the drive of the provisioning disc is banned": with_agent(written("/etc/modprobe.d/z.conf", "install sr_mod /bin/false\n")),
    "the drivers of the provisioning disc are gone": with_agent(
        lambda layer: layer.remove(*[path for name in ("udf/udf", "isofs/isofs") for path in layer.tree.glob(f"/usr/lib/modules/*/kernel/fs/{name}.ko*")])
    ),
    "a later file of sudoers takes everything from everybody": written("/etc/sudoers.d/zz-hardening", "ALL ALL=(ALL:ALL) !ALL\n", 0o440),
    "sudo looks for its commands in another root": written("/etc/sudoers.d/z", "Defaults runchroot=/nowhere\n", 0o440),
    "sudo starts its commands in a directory that is not there": written("/etc/sudoers.d/z", "Defaults runcwd=/nowhere\n", 0o440),
    "sudo cannot write its log, and does not go on": written("/etc/sudoers.d/z", "Defaults logfile=/nowhere/log, !ignore_logfile_errors\n", 0o440),
    "sudo cannot keep what commands write": written("/etc/sudoers.d/z", "Defaults log_output, iolog_dir=/proc/own\n", 0o440),
    "sudo gives its commands no memory": written("/etc/sudoers.d/z", "Defaults rlimit_as=65536\n", 0o440),
    # cloud-init would write the include again
    "sudoers does not look into its directory": with_agent(
        lambda layer: layer.write("/etc/sudoers", "".join(line for line in layer.read("/etc/sudoers").splitlines(True) if "includedir" not in line), 0o440)
    ),
    "the agent is given nothing by the directory of its state": lambda layer: layer.write("/var/lib/waagent", "a file"),
}

#: {what was done: how}
CONTROLS = {
    "passwd ends in half a line": lambda layer: layer.append("/etc/passwd", "admin:x:1000:100"),
    "passwd ends in zeros": lambda layer: layer.append("/etc/passwd", "\0" * 400),
    "hosts.deny turns one away": wrapped("sshd: 192.0.2.1\nALL EXCEPT sshd: ALL\n"),
    "hosts.deny lets another network in": wrapped("ALL: ALL EXCEPT 10.\n"),
    "hosts.allow lets all in but one": lambda layer: (
        wrapped("ALL: ALL\n")(layer),
        layer.write("/etc/hosts.allow", "sshd: ALL EXCEPT 192.0.2.1\n"),
    ),
    "sshd has a list of revoked keys": lambda layer: (
        layer.write("/etc/ssh/revoked", "# leavers\nssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP+ieJXyKMRUrqD41Bpnsu/izQassRMm5xIlU5+1qYfJ leaver\n"),
        layer.first(SSHD, "RevokedKeys /etc/ssh/revoked\n"),
    ),
    "cloud-init looks where sshd looks for keys": with_cloud_init(
        lambda layer: layer.write("/etc/ssh/sshd_config.d/10-keys.conf", "AuthorizedKeysFile /etc/ssh/keys/%u %h/.ssh/authorized_keys\n")
    ),
    "others have their keys elsewhere": with_agent(lambda layer: layer.append(SSHD, "Match User backup\n  AuthorizedKeysFile /etc/ssh/keys/%u\n")),
    "accounts are looked up first where nothing is to ask": written("/etc/nsswitch.conf", "passwd: own [NOTFOUND=return] files\ngroup: files\nshadow: files\n"),
    "sshd is started with options": started("-D -e -4 -o ListenAddress=10.1.1.1 -oListenAddress=0.0.0.0"),
    "sshd is started with another configuration": lambda layer: (layer.write("/etc/ssh/own", layer.read(SSHD)), started("-D -f /etc/ssh/own")(layer)),
    "sshd's options are none": written("/etc/default/ssh", "# SSHD_OPTS=-t\nSSHD_OPTS=\n"),
    "sshd closes connections that nobody uses": sshd("UnusedConnectionTimeout 1\nChannelTimeout session=1s direct-tcpip=1m"),
    "sshd counts the connections of an address": sshd("PerSourceMaxStartups 1\nPerSourceNetBlockSize 24:56\nClientAliveInterval 1\nClientAliveCountMax 0"),
    "sshd is patient": sshd("LoginGraceTime 60\nMaxAuthTries 4\nMaxStartups 10:30:60"),
    "PAM asks a program that succeeds": pam("account required pam_exec.so /bin/true"),
    "PAM wants root, as sshd is": pam("account requisite pam_rootok.so"),
    "PAM has hours for others": with_file("account required pam_time.so", "/etc/security/time.conf", "login;tty*;!root;!Al0000-2400\n"),
    "PAM has another file that closes the machine": pam("account required pam_nologin.so file=/etc/closed"),
    "PAM gives nobody a directory": pam("session required pam_namespace.so"),
    "the agent writes a time for sshd in minutes": lambda layer: layer.append("/etc/waagent.conf", "\nOS.SshClientAliveInterval=3m\n"),
    "PAM asks for a terminal of sshd": pam("account required pam_succeed_if.so tty = ssh"),
    "PAM asks for SELinux": pam("session required pam_selinux.so open"),
    "PAM counts no failures": pam("auth required pam_faillock.so preauth deny=0"),
    "PAM lets a group in": with_file("account required pam_access.so", "/etc/security/access.conf", "+:root:ALL\n+:(azureuser):ALL\n-:ALL:ALL\n"),
    "accounts are looked up in files first": written("/etc/nsswitch.conf", "passwd: files [!SUCCESS=return] sss\ngroup: files\nshadow: files\n"),
    "a shell waits ten minutes": written("/etc/profile.d/tmout.sh", "readonly TMOUT=600\nexport TMOUT\n"),
    "sshd takes a key, or a key and a password": sshd("AuthenticationMethods publickey publickey,password"),
    "sshd takes keys by today's algorithms": sshd("PubkeyAcceptedAlgorithms +ssh-rsa"),
    "sshd takes large keys alone": sshd("RequiredRSASize 2048"),
    "sshd has host keys of two kinds": sshd("HostKeyAlgorithms ssh-ed25519,rsa-sha2-512"),
    "sshd listens elsewhere too": sshd("Port 22\nPort 2222"),
    "ssh is hardened as far as it goes": drop_in("ssh", "[Service]\nProtectSystem=strict\nPrivateTmp=yes\nProtectClock=yes\nTasksMax=33%\nLimitNOFILE=65536\n"),
    "the agent is hardened as far as it goes": drop_in(AGENT, "[Service]\nProtectSystem=strict\nReadWritePaths=/etc /home /var /run\nMemoryMax=1G\n"),
    "autofs holds something else": lambda layer: layer.write("/etc/auto.master", "/net -hosts\n"),
    "sshd has fewer ciphers": sshd("Ciphers aes256-gcm@openssh.com,aes256-ctr\nMACs hmac-sha2-512-etm@openssh.com"),
    "sshd shows a banner that is not there": sshd("Banner /etc/nothing"),
    "sshd has a block for one address": lambda layer: layer.append(SSHD, "Match Address 192.0.2.0/24\n  DenyUsers *\n"),
    "sshd puts a group into a directory": lambda layer: layer.append(SSHD, "Match Group sftponly\n  ChrootDirectory /srv/%u\n  ForceCommand internal-sftp\n"),
    "sshd asks a program for keys": lambda layer: (
        layer.write("/usr/bin/keys", "#!/bin/sh\n", 0o755),
        layer.first(SSHD, "AuthorizedKeysCommand /usr/bin/keys\nAuthorizedKeysCommandUser nobody\n"),
    ),
    "sshd listens to both": sshd("ListenAddress 0.0.0.0\nListenAddress ::"),
    "sshd has few sessions": sshd("MaxSessions 2\nMaxStartups 5:50:10"),
    "sshd's revoked keys are none": lambda layer: (layer.write("/etc/ssh/revoked", ""), layer.first(SSHD, "RevokedKeys /etc/ssh/revoked\n")),
    "an Include of sshd's matches nothing": sshd("Include /etc/ssh/none.d/*.conf"),
    "PAM makes home directories": pam("session optional pam_mkhomedir.so"),
    "PAM counts failures": lambda layer: layer.append(PAM, "account required pam_faillock.so\n"),
    "PAM's access.conf lets all in": lambda layer: (
        layer.first(PAM, "account required pam_access.so\n"),
        layer.write("/etc/security/access.conf", "-:root:ALL EXCEPT LOCAL\n+:ALL:ALL\n"),
    ),
    "PAM's list denies some": lambda layer: (
        layer.first(PAM, "auth required pam_listfile.so onerr=succeed item=user sense=deny file=/etc/denied\n"),
        layer.write("/etc/denied", "builder\n"),
    ),
    "sessions are limited": lambda layer: layer.write("/etc/security/limits.d/z.conf", "* hard maxlogins 10\nbuilder - maxlogins 0\n* soft core 0\n"),
    "new users get bash": written("/etc/default/useradd", "SHELL=/bin/bash\n"),
    "the shell's first file ends for dumb terminals": lambda layer: layer.append("/etc/profile", '[ "$TERM" = none ] && exit 1\n'),
    "an earlier file of sudoers takes everything from everybody": written("/etc/sudoers.d/00-hardening", "ALL ALL=(ALL:ALL) !ALL\n", 0o440),
    "sudoers has a hardening": written(
        "/etc/sudoers.d/z",
        "Defaults requiretty, use_pty, env_reset, runchroot=*\nDefaults logfile=/nowhere/log\nDefaults log_output, iolog_dir=/var/log/own/%{user}\n"
        'Defaults secure_path="/usr/sbin:/usr/bin:/sbin:/bin", rlimit_core=0\n',
        0o440,
    ),
    "sudoers has aliases": written("/etc/sudoers.d/z", "User_Alias OPS = alice, bob\nOPS ALL=(ALL) NOPASSWD: /usr/bin/systemctl\n", 0o440),
    "the agent's paths are others": with_agent(
        lambda layer: layer.append(CONF, "OS.HomeDir=/nohome\nDVD.MountPoint=/mnt/none/x\nPid.File=/run/x.pid\nOS.EnableFIPS=y\n")
    ),
    "a group may write to a new home": lambda layer: layer.append("/etc/login.defs", "\nHOME_MODE 0770\n"),
    "the agent's state is empty": lambda layer: layer.directory("/var/lib/waagent/events"),
    "the agent's network goes by a proxy": with_agent(lambda layer: layer.append(CONF, "HttpProxy.Host=proxy.example\nHttpProxy.Port=3128\n")),
}
