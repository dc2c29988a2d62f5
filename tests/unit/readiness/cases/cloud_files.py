# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of files that cloud-init writes over those of the way in, and of its own state."""

_OWN = "/etc/cloud/cloud.cfg.d/99-own.cfg"
_CONF = "/etc/ssh/sshd_config"


def _file(path, content, more=""):
    lines = "".join(f"      {line}\n" for line in content.split("\n"))
    return f"# own\nwrite_files:\n  - path: {path}\n    content: |\n{lines}{more}"


#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R42r", {_OWN: text}, (_OWN, 2))
    for text in (
        _file("/etc/ssh/sshd_config.d/10-own.conf", "NoSuchKeyword yes", "  - {path: /etc/motd, content: hello}\n").replace(
            "sshd_config.d/10-own.conf", "sshd_config"
        ),
        _file(_CONF, "AllowUsers builder", "    append: true\n"),
        _file("/etc/nologin", "closed"),
        "# own\nwrite_files:\n  - {path: /etc/ssh/sshd_config, encoding: b64, content: UHVia2V5QXV0aGVudGljYXRpb24gbm8K}\n",
        _file("/etc/login.defs", "PASS_MAX_DAYS 0"),
        "# own\nruncmd:\n  - echo 'AllowUsers builder' >> /etc/ssh/sshd_config\n",
        '# own\nbootcmd:\n  - printf "ListenAddress 192.168.1.9\\n" > /etc/ssh/sshd_config\n',
        "# own\npassword: secret\nchpasswd: {list: []}\n",
    )
] + [
    ("R42r", {_OWN: "system_info:\n  paths:\n    cloud_dir: /proc/cloud\n"}, (_OWN, 3)),
    *[("R42r", {f"{path}/file": ""}, (path, None)) for path in ("/var/log/cloud-init.log", "/var/lib/cloud/instance", "/etc/sudoers.d/90-cloud-init-users")],
    ("R42r", {_OWN: "def_log_file: /srv/log\n", "/srv/log/file": ""}, ("/srv/log", None)),
    ("R42r", {_OWN: "system_info:\n  paths:\n    cloud_dir: /etc/passwd/cloud\n", "/etc/passwd": "root:x:0:0::/root:/bin/sh\n"}, (_OWN, 3)),
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    ("R42r", {_OWN: text})
    for text in (
        _file("/etc/ssh/sshd_config.d/10-own.conf", "PermitRootLogin no\nMaxAuthTries 4"),
        _file(_CONF, "UsePAM yes\nClientAliveInterval 180\nPasswordAuthentication no"),
        _file(_CONF, "Match User builder\n  AllowUsers builder", "    append: true\n").replace("AllowUsers builder", "PermitTTY no"),
        _file("/etc/motd", "NoSuchKeyword yes"),
        _file("/srv/ssh/sshd_config", "NoSuchKeyword yes"),
        "write_files:\n  - {path: /etc/ssh/sshd_config, encoding: gz+b64, content: H4sIAAAAAAAA}\n",
        "runcmd:\n  - echo 'ClientAliveInterval 120' >> /etc/ssh/sshd_config\n  - echo AllowUsers builder\n",
        "password: secret\nchpasswd: {expire: false}\n",
        "password: secret\nchpasswd:\n",
        "password: secret\nchpasswd:\n  list: ['root:secret']\n",
        "password: secret\nchpasswd:\n  users: [{name: root, type: RANDOM}]\n",
        "system_info:\n  paths:\n    cloud_dir: /var/lib/cloud\n    templates_dir: /etc/cloud/templates\n",
        "system_info:\n  paths:\n    cloud_dir: /srv/cloud/state\n",
    )
] + [
    ("R42r", {"/var/log/cloud-init.log": "", "/var/lib/cloud/instances/1/file": "", "/etc/sudoers.d/90-cloud-init": ""}),
    ("R42r", {_OWN: "def_log_file: /srv/log\n", "/var/log/cloud-init.log/file": ""}),
    ("R42r", {_OWN: "def_log_file:\n", "/var/log/cloud-init.log/file": ""}),
]
