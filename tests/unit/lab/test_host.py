# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab takes from the machine that it runs on."""

import pytest
from lab.errors import LabError
from lab.host import first_debian_mirror, guest_resolv_conf


def test_the_first_debian_archive_is_the_mirror():
    listed = "http://tools.example/apt/ main\nhttp://mirror.example/debian-security/ main\nhttp://mirror.example/debian/ main\n"
    assert first_debian_mirror(listed) == "http://mirror.example/debian"


def test_a_machine_without_a_debian_archive_is_told_what_to_set():
    with pytest.raises(LabError, match="IMAGEWRIGHT_LAB_MIRROR"):
        first_debian_mirror("http://mirror.example/ubuntu/ main\n")


def test_name_servers_of_the_machine_come_before_that_of_qemu():
    own = "search example\nnameserver 192.0.2.1\noptions edns0\nnameserver 192.0.2.2\nnameserver 192.0.2.3\n"
    assert guest_resolv_conf(own) == "nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 10.0.2.3\n"


def test_without_a_name_server_qemus_is_left():
    assert guest_resolv_conf("") == "nameserver 10.0.2.3\n"
