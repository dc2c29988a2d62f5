# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of sudo."""



#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R47", {"/etc/sudoers": "Defaults env_reset\nDefaults targetpw\nALL ALL=(ALL) ALL\n"}, ("/etc/sudoers", 2)),
]
