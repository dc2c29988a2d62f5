# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""guest_agent_source: an archive of the agent's shape, and a guest whose Python is played."""

import io
import tarfile
from types import SimpleNamespace

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.commands import Completed
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.waagent import guest_agent_source


def archive(path, *names, links=()):
    """Write a .tar.gz with files of these names, and links; return its path."""
    with tarfile.open(path, "w:gz") as opened:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size, member.mode = 5, 0o755
            opened.addfile(member, io.BytesIO(b"text\n"))
        for name, target in links:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            opened.addfile(member)
    return path


@pytest.fixture
def guest(tmp_path):
    root = tmp_path / "guest"
    (root / "usr/bin").mkdir(parents=True)
    (root / "usr/sbin").mkdir()
    (root / "usr/bin/python").write_text("")
    return root


def install(root, src, monkeypatch, version="2.6", works=True, check=False):
    calls = []

    def run(argv, _doing, root=None, **_options):
        calls.append(argv)
        if argv[1] == "-c" and argv[0] != "/bin/sh":
            return Completed(argv, 0, version, "")
        if works:
            (place / "usr/sbin/waagent").write_text("")
        return Completed(argv, 0, "", "")

    place = root
    monkeypatch.setattr(guest_agent_source.commands, "run", run)
    result = guest_agent_source.run(SimpleNamespace(params={"src": str(src), "root": str(root)}, check_mode=check))
    return result, calls


def test_it_is_unpacked_without_its_first_directory_and_installed_by_the_guests_python(guest, tmp_path, monkeypatch):
    src = archive(tmp_path / "a.tar.gz", "WALinuxAgent-2.9/setup.py", "WALinuxAgent-2.9/bin/waagent")

    (first, calls), (second, _calls) = install(guest, src, monkeypatch), install(guest, src, monkeypatch)

    assert (first, second["changed"]) == ({"changed": True, "python": "python 2.6"}, False)
    assert calls[-1][4:] == ["/usr/local/src/waagent", "python", "setup.py", "install", "--force"]
    assert (guest / "usr/local/src/waagent/bin/waagent").read_text() == "text\n"


def test_nothing_of_an_archive_lies_outside(guest, tmp_path, monkeypatch):
    src = archive(tmp_path / "a.tar.gz", "W/setup.py", "W/../../escaped", "/absolute", links=[("W/link", "/etc")])

    install(guest, src, monkeypatch)

    assert sorted(path.name for path in (guest / "usr/local/src/waagent").iterdir()) == ["setup.py"]
    assert not (tmp_path / "escaped").exists() and not (guest / "usr/local/src/escaped").exists()


def test_check_mode_unpacks_nothing(guest, tmp_path, monkeypatch):
    assert install(guest, archive(tmp_path / "a.tar.gz", "W/setup.py"), monkeypatch, check=True)[0]["changed"]
    assert not (guest / "usr/local").exists()


@pytest.mark.parametrize(
    ("content", "wrong"),
    [(None, "there is no such file on the controller"), (b"no archive", "it is no archive that can be read"), (["W/other.py"], "it has no setup.py")],
)
def test_what_is_no_archive_of_the_agent_is_told_and_nothing_is_left(content, wrong, guest, tmp_path, monkeypatch):
    src = tmp_path / "a.tar.gz"
    if isinstance(content, bytes):
        src.write_bytes(content)
    elif content:
        archive(src, *content)

    with pytest.raises(ImagewrightError, match=wrong):
        install(guest, src, monkeypatch)

    assert not (guest / "usr/local/src/waagent").exists()


def test_an_installer_that_brings_nothing_is_not_believed(guest, tmp_path, monkeypatch):
    with pytest.raises(ImagewrightError, match="its installer ended well and brought no /usr/sbin/waagent"):
        install(guest, archive(tmp_path / "a.tar.gz", "W/setup.py"), monkeypatch, works=False)

    assert not (guest / "usr/local/src/waagent").exists()


def test_a_python_that_is_too_old_is_named(guest, tmp_path, monkeypatch):
    with pytest.raises(ImagewrightError, match="it needs Python 2.6 or later of the guest, which has python is 2.4"):
        install(guest, archive(tmp_path / "a.tar.gz", "W/setup.py"), monkeypatch, version="2.4")
