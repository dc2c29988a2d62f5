# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""guest_labels on trees whose files have labels, and one that was made later and has none."""

import os
from types import SimpleNamespace

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core import guest_labels

LABEL = b"system_u:object_r:etc_t:s0\0"


@pytest.fixture
def guest(tmp_path):
    """An enforcing guest whose files have labels, but for one."""
    for name, text in {
        "etc/selinux/config": "SELINUX=enforcing\nSELINUXTYPE=targeted\n",
        "etc/selinux/targeted/contexts/files/file_contexts": "/.* system_u:object_r:etc_t:s0\n",
        "etc/passwd": "root:x:0:0::/root:/bin/sh\n",
        "usr/sbin/setfiles": "",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    try:
        for folder, folders, names in os.walk(tmp_path):
            for name in folders + names:
                os.setxattr(os.path.join(folder, name), "security.selinux", LABEL)
    except OSError:
        pytest.skip("labels cannot be set here: it needs root, and a file system that has them")
    (tmp_path / "etc/new.conf").write_text("new\n")
    (tmp_path / "run").mkdir()
    (tmp_path / "run/lock").write_text("")
    return tmp_path


def label(root, check=False):
    return guest_labels.run(SimpleNamespace(params={"root": str(root)}, check_mode=check, _diff=True, selinux_enabled=lambda: False))


def setfiles(root, works=True):
    """Return what plays setfiles, and the paths that it was given."""
    given = []

    def run(argv, _doing, root=None, stdin=None, **_options):
        given.extend(stdin.split())
        for path in given if works else ():
            os.setxattr(place + path, "security.selinux", LABEL)

    place = str(root)
    return run, given


def test_only_what_has_none_gets_a_label(guest, monkeypatch):
    run, given = setfiles(guest)
    monkeypatch.setattr(guest_labels.commands, "run", run)

    first, second = label(guest), label(guest)

    # what is below /run is made anew at each boot; /run itself is a directory of the disk
    assert given == first["labelled"] == ["/etc/new.conf"]
    assert [first["changed"], first["autorelabel"], second["changed"]] == [True, False, False]


@pytest.mark.parametrize("broken", ["it cannot", "it is missing"])
def test_where_it_cannot_be_done_here_the_next_boot_does_it(broken, guest, monkeypatch):
    monkeypatch.setattr(guest_labels.commands, "run", setfiles(guest, works=False)[0])
    if broken == "it is missing":
        (guest / "usr/sbin/setfiles").unlink()

    first, second = label(guest), label(guest)

    assert first["autorelabel"] and (guest / ".autorelabel").exists() and not second["changed"]


def test_check_mode_changes_nothing(guest):
    assert label(guest, check=True)["changed"]
    assert not (guest / ".autorelabel").exists()


@pytest.mark.parametrize("text", ["SELINUX=disabled\n", None])
def test_a_guest_without_selinux_is_left_alone(text, guest):
    config = guest / "etc/selinux/config"
    config.unlink()
    if text:
        config.write_text(text)

    assert label(guest) == {"changed": False, "labelled": [], "autorelabel": False}
