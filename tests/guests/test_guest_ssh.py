# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role guest_ssh leaves, as sshd itself sees it."""


def test_sshd_keeps_connections_alive(host):
    assert "clientaliveinterval 180" in host.run("sshd -T").stdout.splitlines()


def test_sshd_accepts_its_configuration(host):
    assert host.run("sshd -t").rc == 0


def test_the_server_starts_at_boot(host):
    assert host.service("ssh").is_enabled
