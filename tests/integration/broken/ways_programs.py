# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What programs of the way run with: Python's modules and variables, OpenSSL's configuration, AppArmor's profiles; and what cloud-init runs itself."""

from integration.broken.overlay import DoesNotApply
from integration.broken.ways_cloud_init import cloud, configured
from integration.broken.ways_limits import manager
from integration.broken.ways_root import drop_in, fstab, with_agent, written

_LET = "  /{usr/,}lib{,64}/** mrix,\n  /etc/** rwl,\n  /{usr/,}{,s}bin/* mrUx,\n  capability,\n"
_UNITS = "/usr/lib/systemd/system"


def module_of(package, name, change):
    """Return the way in which the octets of a module of a Python package, or of Python's own library ("" for the package), are changed."""

    def way(layer):
        paths = layer.tree.glob(f"/usr/lib/python3*/*-packages/{package}/{name}") if package else layer.tree.glob(f"/usr/lib/python3.*/{name}")
        if not paths:
            raise DoesNotApply(f"there is no {name} of {package}")
        for path in paths:
            layer.write(path, change(layer.tree.read_bytes(path)))

    return way


def openssl(line, sections):
    """Return the way in which openssl.cnf has one more line in its main section."""

    def way(layer):
        layer.replace("/etc/ssl/openssl.cnf", "openssl_conf = openssl_init", "openssl_conf = own_main")
        layer.append("/etc/ssl/openssl.cnf", f"\n[own_main]\n{line}\n{sections}")

    return way


def packages_gone(*patterns):
    """Return the way in which what patterns match of Debian's Python packages is gone."""

    def way(layer):
        paths = [path for pattern in patterns for path in layer.tree.glob(f"/usr/lib/python3/dist-packages/{pattern}")]
        if not paths:
            raise DoesNotApply(f"nothing of {patterns} is there")
        layer.remove(*paths)

    return way


def slip(octets):
    """Leave a bracket open behind the last line of a module."""
    return octets + b"print(\n"


def half(octets):
    return octets[: len(octets) // 2]


def patched(octets):
    return octets + b"\n# patched here\nPATCHED = True\n"


def confined(rules, program="/usr/sbin/sshd", flags=""):
    """Return the way in which AppArmor, which the images lack, confines a program."""

    def way(layer):
        layer.needs(program)
        layer.write("/usr/sbin/apparmor_parser", layer.tree.read_bytes("/usr/bin/true"), 0o755)
        layer.write(f"{_UNITS}/apparmor.service", "[Unit]\nDefaultDependencies=no\nBefore=sysinit.target\n[Service]\nType=oneshot\nExecStart=/usr/bin/true\n")
        layer.link("/etc/systemd/system/sysinit.target.wants/apparmor.service", f"{_UNITS}/apparmor.service")
        layer.write("/etc/apparmor.d/own", f"abi <abi/3.0>,\nprofile own {program} {flags}{{\n{rules}}}\n")

    return way


#: {what was done: how}
WAYS = {
    "a module of the agent is cut off": with_agent(module_of("azurelinuxagent", "common/conf.py", half)),
    "a module of the agent has a slip": with_agent(module_of("azurelinuxagent", "common/osutil/default.py", slip)),
    "a module of the agent is zeros": with_agent(module_of("azurelinuxagent", "daemon/main.py", lambda octets: bytes(len(octets)))),
    "a module of cloud-init is cut off": cloud(module_of("cloudinit", "stages.py", half)),
    "a module of cloud-init has a slip": cloud(module_of("cloudinit", "sources/DataSourceAzure.py", slip)),
    "a module of Python is cut off": module_of("", "logging/__init__.py", half),
    "a module of Python has a slip": module_of("", "subprocess.py", slip),
    "the agent's entry point is gone": with_agent(packages_gone("WALinuxAgent*")),
    "the agent's Python has no distro": with_agent(packages_gone("distro", "distro.py")),
    "cloud-init's entry point is gone": cloud(packages_gone("cloud_init*")),
    "cloud-init's jinja2 is gone": cloud(packages_gone("jinja2")),
    "what cloud-init's jinja2 imports is gone": cloud(packages_gone("markupsafe")),
    "cloud-init's jsonpatch is gone": cloud(packages_gone("jsonpatch*")),
    "cloud-init's configobj is gone": cloud(packages_gone("configobj")),
    "OpenSSL has the provider legacy alone": openssl("providers = those", "[those]\nlegacy = on\n[on]\nactivate = 1\n"),
    "OpenSSL is asked for FIPS, which is not there": openssl("alg_section = own", "[own]\ndefault_properties = fips=yes\n"),
    "the agent's Python has a seed that is none": drop_in("walinuxagent", "[Service]\nEnvironment=PYTHONHASHSEED=none\n"),
    "every Python has an allocator that is none": manager("DefaultEnvironment=PYTHONMALLOC=jemalloc"),
    "a module lies beside the agent": with_agent(written("/usr/sbin/logging.py", "")),
    "a module lies beside cloud-init": cloud(written("/usr/bin/json.py", "")),
    "fstab mounts /run read-only": fstab("tmpfs /run tmpfs nosuid,nodev,ro 0 0"),
    "fstab mounts the control groups read-only": fstab("cgroup2 /sys/fs/cgroup cgroup2 ro,nosuid,nodev,noexec 0 0"),
    "fstab mounts /dev without devices": fstab("devtmpfs /dev devtmpfs nodev,nosuid,noexec 0 0"),
    "fstab mounts nothing over the modules": fstab("tmpfs /usr/lib/modules tmpfs defaults 0 0"),
    "fstab binds an empty directory over PAM's": fstab("/srv /etc/pam.d none bind 0 0"),
    "fstab binds a directory that is not there over PAM's": fstab("/srv/nothing /etc/pam.d none bind 0 0"),
    "cloud-init has no netcat": cloud(lambda layer: layer.remove("/usr/bin/nc")),
    "cloud-init has a netcat without sockets": cloud(
        lambda layer: (layer.write("/usr/bin/nc.traditional", "program", 0o755), layer.link("/usr/bin/nc", "nc.traditional"))
    ),
    "cloud-init's default user is off": configured("users:\n  default: false\n"),
    "cloud-init takes the user's shell": configured("runcmd:\n - [usermod, -s, /usr/sbin/nologin, azureuser]\n"),
    "a script of cloud-init powers the machine off": cloud(written("/var/lib/cloud/scripts/per-boot/x.sh", "#!/bin/sh\npoweroff\n", 0o755)),
    "a script of cloud-init stops ssh": cloud(written("/var/lib/cloud/scripts/per-once/x.sh", "#!/bin/sh\nsystemctl stop ssh\n", 0o755)),
    "cloud-init has an answer of NoCloud": cloud(
        lambda layer: (
            layer.write("/etc/cloud/cloud.cfg.d/zz.cfg", "datasource_list: [ NoCloud, Azure ]\n"),
            layer.write("/var/lib/cloud/seed/nocloud/meta-data", "instance-id: build\n"),
            layer.write("/var/lib/cloud/seed/nocloud/user-data", "#cloud-config\n"),
        )
    ),
    "the agent's Python takes warnings for errors": drop_in("walinuxagent", "[Service]\nEnvironment=PYTHONWARNINGS=error\n"),
    "/bin/sh is no shell": lambda layer: layer.link("/usr/bin/sh", "false"),
    "systemd-tmpfiles removes the keys of users": written("/etc/tmpfiles.d/x.conf", "R! /home/*/.ssh\n"),
    "openssl is not there": with_agent(lambda layer: layer.remove("/usr/bin/openssl")),
    "openssl has no configuration": with_agent(lambda layer: layer.remove("/etc/ssl/openssl.cnf")),
    "openssl's configuration has a slip": with_agent(lambda layer: layer.append("/etc/ssl/openssl.cnf", "MinProtocol TLSv1.2\n")),
    "AppArmor keeps sshd from all": confined(""),
    "AppArmor keeps sshd from its connections": confined(_LET),
    "AppArmor keeps sshd from the accounts": confined(_LET + "  network,\n  deny /etc/passwd r,\n"),
    "AppArmor keeps useradd from its files": confined("  /{usr/,}lib{,64}/** mr,\n  /etc/** r,\n", "/usr/sbin/useradd"),
}

#: {what was done: how}
CONTROLS = {
    "cloud-init has an answer of NoCloud that nobody asks for": cloud(
        lambda layer: (
            layer.write("/etc/cloud/cloud.cfg.d/zz.cfg", "datasource_list: [ Azure, NoCloud ]\n"),
            layer.write("/var/lib/cloud/seed/nocloud/meta-data", "instance-id: build\n"),
            layer.write("/var/lib/cloud/seed/nocloud/user-data", "#cloud-config\n"),
        )
    ),
    "a script of cloud-init that may not be run": cloud(written("/var/lib/cloud/scripts/per-boot/x.sh", "#!/bin/sh\npoweroff\n", 0o644)),
    "cloud-init gives the user another shell": configured("runcmd:\n - [usermod, -s, /bin/sh, azureuser]\n"),
    "OpenSSL has the provider legacy as well": openssl("providers = those", "[those]\nlegacy = on\ndefault = on\n[on]\nactivate = 1\n"),
    "a module of its own lies beside the agent": with_agent(written("/usr/sbin/own_tool.py", "")),
    "fstab runs nothing in /run": fstab("tmpfs /run tmpfs nosuid,nodev,noexec 0 0"),
    "fstab has /proc for its owners": fstab("proc /proc proc nosuid,noexec,nodev,hidepid=2 0 0"),
    "cloud-init's schemas are gone": cloud(packages_gone("jsonschema", "jsonschema_specifications", "attr", "attrs", "rpds")),
    "cloud-init has no OAuth": cloud(packages_gone("oauthlib*", "jwt", "blinker")),
    "openssl's configuration has one more section": with_agent(lambda layer: layer.append("/etc/ssl/openssl.cnf", "\n[ own ] # own\nMinProtocol = TLSv1.2\n")),
    "AppArmor lets sshd do its work": confined(_LET + "  network,\n"),
    "AppArmor complains of sshd": confined("", flags="flags=(complain) "),
    "AppArmor lets useradd do its work": confined(_LET, "/usr/sbin/useradd"),
    "a module of the agent is patched": with_agent(module_of("azurelinuxagent", "common/conf.py", patched)),
    "a module of cloud-init is patched": cloud(module_of("cloudinit", "stages.py", patched)),
    "a module of Python is patched": module_of("", "subprocess.py", patched),
}
