# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What PAM has for passwords alone is a warning: a key is not asked there. Each was tried with OpenSSH 9.2 and Linux-PAM 1.5.2."""

import pytest
from unit.readiness.cases.path_ssh import PAM, SECURITY
from unit.readiness.guest_tree import good_guest, write

from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import login


@pytest.mark.parametrize(
    ("check", "line", "severity"),
    [
        (login.no_barrier, "auth required pam_deny.so", WARNING),
        (login.no_barrier, "account required pam_deny.so", ERROR),
        (login.pam_is_whole, "auth required pam_gone.so", WARNING),
        (login.pam_is_whole, "session required pam_gone.so", ERROR),
        (login.pam_is_whole, "auth include own-auth", WARNING),
        (login.pam_is_whole, "account include own-account", ERROR),
        (login.pam_is_whole, "@include own", ERROR),
        (login.pam_is_whole, "acount required pam_unix.so", WARNING),
    ],
)
def test_only_what_a_key_is_asked_for_turns_everybody_away(tmp_path, check, line, severity):
    good_guest(tmp_path)
    for path, content in {**PAM, "/etc/pam.d/sshd": f"{line}\n{PAM['/etc/pam.d/sshd']}"}.items():
        write(tmp_path, path, content)
    found = check.check(Context(LiveTree(str(tmp_path))))
    assert (found.status, found.severity) == ("failed", severity)


@pytest.mark.parametrize(("other", "severity"), [("account required pam_unix.so\n", None), ("account required pam_deny.so\n", ERROR), (None, ERROR)])
def test_without_a_file_of_its_own_that_of_others_counts(tmp_path, other, severity):
    good_guest(tmp_path)
    files = {**PAM, "/etc/pam.d/other": other, f"{SECURITY}/pam_deny.so": PAM[f"{SECURITY}/pam_unix.so"]}
    for path, content in files.items():
        if content is not None and path != "/etc/pam.d/sshd":
            write(tmp_path, path, content)
    found = login.pam_is_whole.check(Context(LiveTree(str(tmp_path))))
    assert (found.status, found.severity) == ("failed" if severity else "passed", severity)
