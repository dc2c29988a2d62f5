# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.ssh import tcp_wrappers

ALLOW, DENY = "/etc/hosts.allow", "/etc/hosts.deny"


@pytest.fixture(name="refused")
def _refused(tmp_path):
    def refused(allow, deny):
        for path, text in ((ALLOW, allow), (DENY, deny)):
            (tmp_path / path[1:]).parent.mkdir(exist_ok=True)
            (tmp_path / path[1:]).write_text(text)
        return tcp_wrappers.refused(LiveTree(str(tmp_path)))

    return refused


@pytest.mark.parametrize(
    ("allow", "deny", "place"),
    [
        ("", "ALL: ALL\n", (DENY, 1)),
        ("", "# own\nALL: \\\n ALL\n", (DENY, 2)),
        ("", "ALL: ALL EXCEPT LOCAL\n", (DENY, 1)),
        ("", "ALL EXCEPT vsftpd: ALL\n", (DENY, 1)),
        ("", "sshd: 0.0.0.0/0.0.0.0\n", (DENY, 1)),
        ("", "sshd: ALL: spawn (/bin/logger %a) & \n", (DENY, 1)),
        ("sshd: LOCAL 127.0.0.1 [::1]\n", "ALL: ALL\n", (DENY, 1)),
        ("vsftpd: ALL\n", "ALL: ALL\n", (DENY, 1)),
        ("sshd: ALL EXCEPT LOCAL: deny\nsshd: ALL\n", "", (ALLOW, 1)),
        ("sshd: ALL: twist /bin/echo closed\n", "", (ALLOW, 1)),
    ],
)
def test_a_line_turns_everybody_away(refused, allow, deny, place):
    found = refused(allow, deny)
    assert (found.path, found.line, found.everybody) == (*place, True)


@pytest.mark.parametrize(
    ("allow", "deny"),
    [
        ("sshd: 10.0.0.0/8\n", "ALL: ALL\n"),
        ("", "ALL: ALL EXCEPT 10. .example.org\n"),
        ("sshd: 192.0.2.1\nsshd: ALL: deny\n", ""),
        ("", "ALL: ALL EXCEPT 10. EXCEPT 10.1.\n"),
        ("sshd@10.0.0.4: ALL\n", "ALL: ALL\n"),
    ],
)
def test_a_line_turns_away_who_does_not_come_from_some_places(refused, allow, deny):
    assert refused(allow, deny).everybody is False


@pytest.mark.parametrize(
    ("allow", "deny"),
    [
        ("", ""),
        ("sshd: ALL\n", "ALL: ALL\n"),
        ("ALL: ALL EXCEPT 192.0.2.1\n", "ALL: ALL\n"),
        ("sshd: ALL: spawn (/bin/logger %a) & : allow\n", "ALL: ALL\n"),
        ("", "ALL EXCEPT sshd: ALL\n"),
        ("", "sshd: 192.0.2.1 198.51.100.\n"),
        ("", "sshd: UNKNOWN\n"),
        ("", "sshd: ALL: ALLOW\n"),
        ("", "#ALL: ALL\nALL\nvsftpd: ALL\n"),
        ("", "sshd: ALL EXCEPT ALL\n"),
    ],
)
def test_who_comes_from_elsewhere_is_let_in(refused, allow, deny):
    assert refused(allow, deny) is None
