# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of cloud-init: files that are joined in other ways, other users of the list, rules of sudo. What is wrong and right was tried with cloud-init 22.4."""

from unit.readiness.cases.common import FSTAB

_OWN, _LOW = "/etc/cloud/cloud.cfg.d/95-own.cfg", "/etc/cloud/cloud.cfg.d/04-low.cfg"
_MAIN = "/etc/cloud/cloud.cfg"
_CONTENT = (
    "cloud_init_modules:\n - disk_setup\n - mounts\n - users-groups\n - ssh\nsystem_info: {default_user: {name: debian, sudo: ['ALL=(ALL) NOPASSWD:ALL']}}\n"
)
_ACCOUNTS = {
    "/usr/sbin/useradd": ("program", "#!/bin/sh\n"),
    "/etc/passwd": "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/var/www:/usr/sbin/nologin\n",
    "/etc/group": "root:x:0:\nsudo:x:27:\nwww-data:x:33:\nvideo:x:44:\n",
}
_JOINS = "merge_how: list(append)+dict(no_replace, recurse_list)+str()\n"


def _user(text):
    """Return the guest's files with one more user in the list."""
    return {**_ACCOUNTS, _OWN: f"users:\n  - default\n  - {text}\n"}


def _sudo(text):
    """Return the guest's files in which cloud-init writes a rule of sudo."""
    return {_OWN: f"system_info:\n  default_user:\n    sudo: {text}\n"}


#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    *[
        ("R42j", {_OWN: f"{text}\nssh_pwauth: false\n"}, (_OWN, None))
        for text in ("merge_how: append", "merge_type: dct()", "merge_how: 5", "merge_how: {name: list}", "merge_how: [list]", "merge_how: [{name: dict}]")
    ],
    ("R42j", {_OWN: "# own\nmerge_how: list(append)\nssh_pwauth: false\n"}, (_OWN, 2)),
    ("R42j", {_OWN: "merge_how:\n - {name: list, settings: [append]}\nssh_pwauth: false\n"}, (_OWN, 1)),
    ("R42j", {_MAIN: f"users: [default]\nconf_d: /etc/own\n{_CONTENT}"}, (_MAIN, 2)),
    ("R42j", {_MAIN: f"users: [default]\nconf_d:\n{_CONTENT}"}, (_MAIN, 2)),
    ("R42j", {_MAIN: f"users: [default]\nconf_d: [a]\n{_CONTENT}"}, (_MAIN, None)),
    ("R42k", {_MAIN: f"merge_how: list(append)\nusers: [default]\n{_CONTENT}"}, (_MAIN, None)),
    ("R42k", {_LOW: "merge_how: dict(replace)\nusers: [builder]\n", _OWN: "users: [default]\n"}, (_LOW, 2)),
    ("R42k", {_LOW: "merge_how: [[dict, replace]]\nsystem_info: {default_user: {sudo: null}}\n", _OWN: _sudo("ALL=(ALL) NOPASSWD:ALL")[_OWN]}, (_LOW, 2)),
    ("R42k", {_OWN: f"{_JOINS}users: [builder]\n"}, (_OWN, 2)),
    ("R42k", {_OWN: f"{_JOINS}cloud_init_modules: [bootcmd]\n"}, (_OWN, 2)),
    *[
        ("R42k", {_OWN: f"# own\n{text}\n"}, (_OWN, 2))
        for text in (
            "system_info:",
            "system_info: {default_user: }",
            "system_info: {default_user: {gecos: 'a: b'}}",
            "system_info: {default_user: {passwd: 'a:b'}}",
            "system_info: {default_user: {shell: bash}}",
            "system_info: {default_user: {inactive: 'true'}}",
            "system_info: {default_user: {groups: [1000]}}",
            "system_info: {default_user: {no_create_home: true, ssh_authorized_keys: [a]}}",
            "groups: [{docker: }]",
            "groups: {docker: 5}",
            "users: {default: , builder: {gecos: x}}",
            "users: [{name: default, expiredate: '2020-01-01'}]",
            "users: [default, {name: azureuser, uid: first}]",
            "cloud_init_modules: [ssh, users-groups]",
            "cloud_init_modules: [users-groups, ssh, 5]",
            "cloud_final_modules: [true]",
            "{cloud_init_modules: [ssh], cloud_config_modules: [users-groups]}",
            "datasource:",
            "datasource: Azure",
            "system_info: {distro: }",
            "ssh_authorized_keys:",
            "ssh_authorized_keys: 5",
            "ssh_keys:",
            "ssh_publish_hostkeys: false",
            "allow_public_ssh_keys: 'no'",
            "allow_public_ssh_keys:",
        )
    ],
    *[
        ("R42k", _sudo(text), (_OWN, 3))
        for text in (
            "'ALL=(ALL) NOPASSWD'",
            "['ALL=(ALL NOPASSWD:ALL']",
            "['ALL=(ALL) NOPASSWORD:ALL']",
            "'debian ALL=(ALL) NOPASSWD:ALL'",
            "['ALL=(ALL) ALL']",
            "['ALL=(www-data) NOPASSWD:ALL']",
            "['ALL=(ALL) NOPASSWD:ALL', 'ALL=(ALL) ALL']",
            "[{rule: x}]",
        )
    ],
    *[
        ("R42k", _user(text), (_OWN, 3))
        for text in (
            "video",
            "{name: video}",
            "{name: builder, groups: [builder]}",
            "{name: builder, uid: 33}",
            "{name: builder, primary_group: nope}",
            "{name: builder, groups: [nope], create_groups: false}",
            "{name: builder, groups: my team}",
            "{name: builder, sudo: true}",
            "{name: builder, homedir: /proc/builder}",
            "{name: builder, ssh_redirect_user: true, ssh_authorized_keys: [a]}",
            "{name: builder, ssh_redirect_user: bob}",
            "{name: builder, selinux_user: staff_u}",
            "{name: builder, snapuser: a@example.com}",
            "{name: builder, inactive: soon}",
            "{name: builder, gecos: 'Build: user'}",
            "{name: builder, shell: bash}",
            "{name: builder, ssh_authorized_keys: }",
            "{name: 1234}",
            "{name: backup, system: true, ssh_authorized_keys: [a]}",
        )
    ],
    ("R42k", {**_user("{name: builder}"), _LOW: "groups: [builder]\n"}, (_OWN, 3)),
    ("R42k", _user("{name: one, groups: [builder]}\n  - {name: builder}"), (_OWN, 4)),
    ("R42r", {_OWN: "# own\npassword:\n"}, (_OWN, 2)),
    ("R42r", {"/var/lib/cloud": "oops"}, ("/var/lib/cloud", None)),
    ("R42r", {"/var/lib/cloud": ("link", "/opt/none")}, ("/var/lib/cloud", None)),
    ("R49g", {_OWN: "# own\nssh_genkeytypes:\n"}, (_OWN, 2)),
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    *[
        ("R42j", {_OWN: f"{text}\nssh_pwauth: false\n"})
        for text in ("merge_how: ''", _JOINS, "merge_how: [[list, append], [dict, recurse_list]]", "merge_type: m_dict(replace)", "merge_how: []")
    ],
    ("R42j", {_MAIN: f"users: [default]\nconf_d: /etc/cloud/cloud.cfg.d/\n{_CONTENT}"}),
    ("R42k", {_LOW: f"{_JOINS}users: [default]\n", _OWN: "users: [{name: builder}]\n"}),
    ("R42k", {_MAIN: f"{_JOINS}users: [default]\n{_CONTENT}", _OWN: "users: [{name: builder}]\n"}),
    ("R42k", {_MAIN: f"{_JOINS}users: [default]\n{_CONTENT}", _OWN: "cloud_init_modules: [bootcmd]\n"}),
    ("R42k", {_MAIN: f"merge_how: dict(replace)\nusers: [default]\n{_CONTENT}", _OWN: "users: [builder]\n"}),
    ("R42k", {_MAIN: f"users: [default]\nconf_d: /etc/own\n{_CONTENT}", _OWN: "users: [builder]\n"}),
    ("R42k", {_OWN: "merge_how: list(append)\nusers: [builder]\n"}),
    *[
        ("R42k", {_OWN: f"{text}\n"})
        for text in (
            "system_info: [a]",
            "datasource: {Azure: }",
            "datasource: []",
            "cloud_init_modules: [cc_users_groups, [bootcmd, always], null, nope, {name: ssh}]",
            "{cloud_init_modules: [users-groups], cloud_config_modules: [ssh]}",
            "password: ''",
            "system_info: {default_user: {expiredate: 2020-01-01}}",
            "system_info: {default_user: {inactive: '-1', gecos: Azure, shell: '', groups: 'adm, sudo'}}",
            "groups: [{docker: [builder]}, video]",
            "users: {default: true, builder: {gecos: x}}",
            "users: [{gecos: x}]",
            "ssh_authorized_keys: []",
            "ssh_publish_hostkeys: {enabled: false}",
            "allow_public_ssh_keys: 'yes'",
        )
    ],
    ("R42k", _sudo("'ALL=(ALL) NOPASSWD:ALL'")),
    ("R42r", {"/var/lib/cloud": ("link", "/data/cloud"), "/etc/fstab": f"{FSTAB}LABEL=data /data ext4 defaults,nofail 0 2\n"}),
    ("R42k", _sudo("['ALL=(ALL) ALL', 'ALL=(ALL:ALL) NOPASSWD: ALL']")),
    ("R42k", {**_sudo("null"), "/etc/sudoers": "ALL ALL=(ALL) NOPASSWD: ALL\n"}),
    ("R42k", {_OWN: "system_info:\n  default_user:\n    groups: [wheel]\n    sudo: null\n", "/etc/sudoers": "%wheel ALL=(ALL) NOPASSWD: ALL\n"}),
    *[
        ("R42k", _user(text))
        for text in (
            "www-data",
            "{name: builder, primary_group: nope, groups: [sudo]}",
            "{name: video, primary_group: video}",
            "{name: video, no_user_group: true}",
            "{name: builder, ssh_redirect_user: true}",
            "{name: builder, homedir: /srv/a/b/c, shell: /bin/nope, sudo: 'ALL=(ALL) NOPASSWD'}",
            "{name: backup, system: true}",
            "{name: builder, ssh_authorized_keys: [], expiredate: '2020-01-01'}",
        )
    ],
]
