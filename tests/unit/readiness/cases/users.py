# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of accounts."""

#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R48a", {"/etc/shadow": "root::19000:0:99999:7:::\n"}, ("/etc/shadow", 1)),
    ("R48b", {"/etc/shadow": "root:!:1::::::\nbob:$6$salt$hash:19000:0:99999:7:::\n"}, ("/etc/shadow", 2)),
    ("R48c", {"/root/.ssh/authorized_keys": "ssh-ed25519 AAAA build\n"}, ("/root/.ssh/authorized_keys", None)),
    (
        "R48c",
        {"/etc/ssh/sshd_config": "AuthorizedKeysFile /etc/ssh/keys/%u\nClientAliveInterval 180\n", "/etc/ssh/keys/root": "ssh-ed25519 AAAA\n"},
        ("/etc/ssh/keys/root", None),
    ),
    ("R48d", {"/etc/passwd": "root:x:0:0:root:/root:/bin/bash\nbob:x:1000:1000::/home/bob:/bin/bash\n"}, ("/etc/passwd", 2)),
]
