# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What libguestfs' appliance is told, and what is said between those who work in it and the process that holds it."""

import os
import socket
import threading
from types import SimpleNamespace

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.opening import appliance, asking, detached, session
from ansible_collections.imagewright.azure.plugins.module_utils.opening.plan import MountPlace


def test_file_systems_are_mounted_below_the_root_of_libguestfs_by_partition_and_by_logical_volume():
    lines = appliance.mounting([MountPlace("/", 0, "xfs", "nouuid", "rocky/root"), MountPlace("/boot/efi", 1, "vfat", "")]).splitlines()

    assert 'mount -t xfs -o nosuid,nodev,nouuid "$(readlink -f /dev/rocky/root)" /sysroot 2>&1 || exit' in lines
    assert 'mount -t vfat -o nosuid,nodev "$(readlink -f /dev/disk/guestfs/guest1)" /sysroot/boot/efi 2>&1 || exit' in lines


def test_a_path_of_the_guest_is_no_part_of_the_script():
    script = appliance.mounting([MountPlace("/srv/a b;reboot", 2, "ext4", "")])

    assert "mount -t ext4 -o nosuid,nodev \"$(readlink -f /dev/disk/guestfs/guest2)\" '/sysroot/srv/a b;reboot' 2>&1 || exit" in script.splitlines()


def test_a_disk_without_partitions_is_the_whole_device():
    assert appliance.device_of(MountPlace("/", 0, "ext4", "")) == "/dev/disk/guestfs/guest"


def test_a_path_is_one_word_of_guestfish():
    assert appliance.adding('/images/a "b"\\c.vhd', "vpc") == 'add-drive "/images/a \\"b\\"\\\\c.vhd" format:vpc label:guest'


@pytest.fixture
def holder(tmp_path):
    """Return a function that gives the path of a socket at which one question gets an answer, and the list that the question is put into."""

    def start(answer):
        listening, heard = detached.listen(str(tmp_path / "socket")), []

        def serve():
            client, _address = listening.accept()
            with client:
                heard.append(asking.receive(client))
                if answer:
                    asking.reply(client, answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        return str(tmp_path / "socket"), heard

    return start


def test_bytes_of_any_kind_go_to_and_fro(holder):
    place, heard = holder(asking.Answer(3, b"\n\x00out", b"\xff err"))

    answer = asking.ask(place, asking.Request("cat -- 'a\nb'", b"{}\n\x00\xff"))

    assert heard == [("cat -- 'a\nb'", b"{}\n\x00\xff")]
    assert answer == (3, b"\n\x00out", b"\xff err", "")


def test_a_holder_that_ends_without_an_answer_is_told(holder):
    place, _heard = holder(None)

    with pytest.raises(ImagewrightError, match="the process that holds it ended meanwhile; run the play again"):
        asking.ask(place, asking.Request("true", b""))


def test_nobody_there_is_told(tmp_path):
    with pytest.raises(ImagewrightError, match="cannot ask the process that holds the image"):
        asking.ask(str(tmp_path / "socket"), asking.Request("true", b""))


@pytest.mark.parametrize(
    ("way", "obstacle", "installed", "chosen"),
    [
        ("auto", "", True, "kernel"),
        ("auto", "no driver", True, "appliance"),
        ("appliance", "", True, "appliance"),
        ("kernel", "", False, "kernel"),
        ("kernel", "no driver", True, "cannot open disk.vhd: no driver$"),
        ("auto", "no driver; use another", False, "no driver; use another; or install libguestfs .guestfish., which opens it in a small virtual machine"),
        ("appliance", "", False, "guestfish is not installed on this machine; install libguestfs"),
    ],
)
def test_the_way_is_chosen_by_what_the_machine_has(way, obstacle, installed, chosen, monkeypatch):
    monkeypatch.setattr(session.appliance, "is_installed", lambda: installed)

    if chosen in ("kernel", "appliance"):
        assert session._choose(way, obstacle, "disk.vhd") == chosen
    else:
        with pytest.raises(ImagewrightError, match=chosen):
            session._choose(way, obstacle, "disk.vhd")


def test_a_listening_socket_is_for_its_user_alone(tmp_path):
    with detached.listen(str(tmp_path / "socket")) as listening:
        assert listening.family == socket.AF_UNIX and (tmp_path / "socket").stat().st_mode & 0o777 == 0o600


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache of this test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_another_list_of_packages_makes_its_directory_newer_for_supermin_looks_at_that_alone(tmp_path, monkeypatch):
    own = tmp_path / "guestfs/supermin.d"
    own.mkdir(parents=True)
    (own / "base.tar.gz").touch()
    monkeypatch.setattr(appliance.commands, "run", lambda argv, doing, timeout, env: SimpleNamespace(stdout=f"/nowhere:{own.parent}\n"))
    assert appliance.environment("/scratch")["LIBGUESTFS_PATH"] == str(tmp_path / "imagewright-azure/appliance")
    parts = tmp_path / "imagewright-azure/appliance/supermin.d"
    assert sorted(path.name for path in parts.iterdir()) == ["base.tar.gz", "packages-imagewright"]

    os.utime(parts, (1000, 1000))
    appliance.environment("/scratch")
    assert parts.stat().st_mtime == 1000

    (parts / "packages-imagewright").write_text("python2\n")
    os.utime(parts, (1000, 1000))
    appliance.environment("/scratch")
    assert parts.stat().st_mtime > 1000 and os.listdir(parts.parent) == ["supermin.d"]
    assert "python3\n" in (parts / "packages-imagewright").read_text()


@pytest.mark.parametrize(
    ("settings", "kvm", "tried"),
    [
        ("", True, ["", "force_tcg"]),
        ("network_bridge=virbr1", True, ["network_bridge=virbr1", "network_bridge=virbr1:force_tcg"]),
        ("", False, ["force_tcg"]),
        ("force_kvm", True, ["force_kvm"]),
        ("force_tcg", True, ["force_tcg"]),
    ],
)
def test_where_kvm_is_there_and_hangs_qemu_emulates(settings, kvm, tried, monkeypatch):
    monkeypatch.setenv("LIBGUESTFS_BACKEND_SETTINGS", settings)
    monkeypatch.setattr(appliance.os, "access", lambda path, mode: kvm)

    assert [attempt.settings for attempt in appliance.attempts()] == tried


def test_a_kvm_that_hung_is_not_tried_again_until_the_machine_starts_anew(tmp_path, monkeypatch):
    monkeypatch.delenv("LIBGUESTFS_BACKEND_SETTINGS", raising=False)
    monkeypatch.setattr(appliance.os, "access", lambda path, mode: True)
    (tmp_path / "imagewright-azure/appliance").mkdir(parents=True)

    appliance.remember_emulation()
    assert [attempt.settings for attempt in appliance.attempts()] == ["force_tcg"]

    monkeypatch.setattr(appliance, "_boot", lambda: "another")
    assert [attempt.settings for attempt in appliance.attempts()] == ["", "force_tcg"]
