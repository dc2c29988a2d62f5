# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of the agent."""

from unit.readiness.cases.common import BY_AGENT, DEV_NULL, OLD_AGENT, WAAGENT, WITHOUT_CLOUD_INIT
from unit.readiness.guest_tree import UNITS, WANTS

_DROP_IN = "/etc/systemd/system/walinuxagent.service.d/z.conf"


def _started(command):
    """Return the files of a guest whose agent provisions, and is started by another command."""
    text = f"[Service]\nExecStart=\nExecStart={command}\n"
    return {"/etc/waagent.conf": BY_AGENT, **WITHOUT_CLOUD_INIT, _DROP_IN: text, "/usr/bin/python3": "program"}


_PYTHON = {"/usr/bin/python3": ("link", "python3.12"), "/usr/bin/python3.12": "program"}

#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R40a", {"/usr/sbin/waagent": None}, ("/usr/sbin/waagent", None)),
    ("R40b", {f"{WANTS}/walinuxagent.service": None}, (f"{UNITS}/walinuxagent.service", None)),
    ("R40b", {"/etc/systemd/system/walinuxagent.service": DEV_NULL}, ("/etc/systemd/system/walinuxagent.service", None)),
    *[
        ("R40b", _started(f"/usr/bin/python3 -u /usr/sbin/waagent{arguments}"), (_DROP_IN, 3))
        for arguments in (" -version", " -run-exthandlers", "", " --help", " -deprovision")
    ],
    ("R40b", {_DROP_IN: "[Service]\nIPAddressDeny=any\nIPAddressAllow=localhost 10.0.0.0/8\n"}, (_DROP_IN, 2)),
    ("R40c", {"/usr/lib/python3/dist-packages/azurelinuxagent/common/version.py": "AGENT_VERSION = '2.2.18'\n"}, None),
    ("R40d", {"/usr/sbin/waagent": "#!/usr/bin/python2.7\n"}, ("/usr/sbin/waagent", 1)),
    ("R40d", _PYTHON, ("/usr/lib/python3.12", None)),
    ("R40d", {**_PYTHON, "/usr/lib/python3.12/os.py": "import sys\n"}, ("/usr/lib/python3.12", None)),
    ("R40e", {"/usr/bin/openssl": None}, ("/usr/bin/openssl", None)),
    ("R40e", {"/usr/sbin/waagent": None, "/usr/sbin/usermod": None, "/lib64/libc.so.6": "library"}, ("/usr/bin/passwd", None)),
    ("R40e", {"/usr/bin/openssl": None, "/usr/sbin/useradd": None}, ("/usr/sbin/useradd", None)),
    ("R40e", {"/usr/sbin/waagent": None, "/usr/sbin/useradd": None, "/lib64/libc.so.6": "library"}, ("/usr/sbin/useradd", None)),  # of cloud-init
    ("R41", {"/etc/waagent.conf": WAAGENT.replace("Enabled=y", "Enabled=n")}, ("/etc/waagent.conf", 2)),
    ("R43", {"/etc/cloud/cloud-init.disabled": ""}, ("/etc/waagent.conf", 1)),
    ("R43", {"/etc/waagent.conf": WAAGENT.replace("=cloud-init", "=waagent")}, ("/etc/waagent.conf", 1)),
    (
        "R43",
        {"/etc/waagent.conf": WAAGENT.replace("=cloud-init", "=disabled"), f"{WANTS}/cloud-init.service": None, f"{WANTS}/cloud-init-local.service": None},
        ("/etc/waagent.conf", 1),
    ),
    ("R43", {OLD_AGENT: "AGENT_VERSION = '2.2.38'\n"}, ("/etc/waagent.conf", None)),
    (
        "R43",
        {OLD_AGENT: "AGENT_VERSION = '2.2.38'\n", "/etc/waagent.conf": WAAGENT + "Provisioning.UseCloudInit=n\nProvisioning.Enabled=y\n"},
        ("/etc/waagent.conf", 6),
    ),
    ("R44", {"/etc/waagent.conf": WAAGENT.replace("Format=n", "Format=y")}, ("/etc/waagent.conf", 3)),
    ("R45", {"/etc/waagent.conf": WAAGENT + "ResourceDisk.SwapSizeMB=2048    ## NOTE: set this to whatever you need\n"}, ("/etc/waagent.conf", 5)),
    ("R45", {"/etc/waagent.conf": WAAGENT + "OS.EnableFirewall=true\n"}, ("/etc/waagent.conf", 5)),
    ("R57", {"/etc/waagent.conf": WAAGENT + "Extensions.Enabled=n\n"}, ("/etc/waagent.conf", 5)),
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    ("R40b", {_DROP_IN: "[Service]\nIPAddressDeny=any\nIPAddressAllow=localhost 168.63.129.16 169.254.169.254\n"}),
    ("R40b", {_DROP_IN: "[Service]\nIPAddressDeny=10.0.0.0/8\nIPAddressAllow=localhost\n"}),
    *[
        ("R40b", _started(f"/bin/true /usr/sbin/waagent {arguments}"))
        for arguments in ("-daemon", "--daemon", "daemon", "-verbose -start", "-daemon -configuration-path:/etc/own.conf", "$OPTIONS")
    ],
    ("R40d", {**_PYTHON, "/usr/lib64/python3.12/os.py": "import sys\n", "/usr/lib64/python3.12/encodings/__init__.py": ""}),
    ("R40d", {**_PYTHON, "/usr/lib/python312.zip": "PK"}),
    ("R40e", {"/usr/sbin/waagent": None, "/usr/sbin/usermod": None, "/usr/bin/passwd": "program", "/lib64/libc.so.6": "library"}),
    ("R40e", {"/usr/sbin/useradd": None, "/sbin/useradd": "program"}),
    ("R40e", {"/usr/sbin/waagent": None, "/usr/bin/openssl": None, "/lib64/libc.so.6": "library"}),
]
