# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is this file as its package says: dpkg's checksums, and the database of a real rpm 4.18.

The recorded database has one package, agent: /usr/bin/agent ("program\\n"), the link agentd, forty modules below /usr/lib/python3/agent (each its
number and a line end), the configuration file /etc/agent/agent.conf and the ghost /etc/agent/state.
"""

import gzip
import io
import pathlib
import sqlite3

import pytest
from unit.trees import write_tree

from ansible_collections.imagewright.azure.plugins.module_utils.core import packages
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.sqlite_reader import Database
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree

RECORDED = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "packages" / "rpmdb.sqlite.gz"
INFO = "/var/lib/dpkg/info"
DPKG = {
    "/var/lib/dpkg/status": "Package: agent\nStatus: install ok installed\n",
    f"{INFO}/agent.list": "/.\n/usr\n/usr/bin\n/usr/bin/agent\n/etc/agent.conf\n/usr/share/doc/agent\n/usr/lib/agent/module.py\n",
    f"{INFO}/agent.md5sums": "d41d8cd98f00b204e9800998ecf8427e  usr/lib/agent/module.py\n900150983cd24fb0d6963f7d28e17f72  usr/bin/agent\n",
    f"{INFO}/agent.conffiles": "/etc/agent.conf\n",
    "/usr/bin/agent": "abc",
    "/usr/lib/agent/module.py": "",
    "/etc/agent.conf": "changed by the administrator",
}


def states(root, *paths):
    """Return the states ([str]) of paths."""
    found = packages.compare(LiveTree(str(root)), list(paths))
    return [found[path].state for path in paths]


def test_files_of_dpkg_are_compared_with_their_checksums(tmp_path):
    write_tree(tmp_path, DPKG)
    assert states(tmp_path, "/usr/bin/agent", "/usr/lib/agent/module.py", "/etc/agent.conf", "/etc/own", "/usr/bin/agent2") == [
        "same",
        "same",
        "same",
        "own",
        "own",
    ]
    (tmp_path / "usr/bin/agent").write_text("ab")
    (tmp_path / "usr/lib/agent/module.py").unlink()
    found = packages.compare(LiveTree(str(tmp_path)), ["/usr/bin/agent", "/usr/lib/agent/module.py"])
    assert [tuple(each) for each in found.values()] == [
        ("changed", ["agent"], False, "not as in the package agent: 2 bytes of another content"),
        ("gone", ["agent"], False, "not there, though the package agent has it"),
    ]


@pytest.mark.parametrize("spelling", ["bin/agent", "usr/bin/agent"])
@pytest.mark.parametrize("asked", ["/bin/agent", "/usr/bin/agent"])
def test_links_into_usr_are_one_place_with_it(tmp_path, spelling, asked):
    write_tree(tmp_path, {**DPKG, f"{INFO}/agent.md5sums": f"900150983cd24fb0d6963f7d28e17f72  {spelling}\n", "/bin": "->usr/bin"})
    assert states(tmp_path, asked) == ["same"]


def test_a_file_that_another_package_diverts_is_looked_for_where_it_went(tmp_path):
    write_tree(
        tmp_path,
        {
            **DPKG,
            "/var/lib/dpkg/diversions": "/usr/bin/agent\n/usr/bin/agent.real\nwrapper\n",
            "/usr/bin/agent.real": "abc",
            "/usr/bin/agent": "wrapper",
            f"{INFO}/wrapper.list": "/usr/bin/agent\n",
            f"{INFO}/wrapper.md5sums": "7c27535f88bae9519ceb14a8983c57ff  usr/bin/agent\n",
        },
    )
    assert states(tmp_path, "/usr/bin/agent.real", "/usr/bin/agent") == ["same", "same"]


def test_a_file_that_another_package_took_over_is_held_to_the_new_one(tmp_path):
    write_tree(
        tmp_path,
        {
            **DPKG,
            f"{INFO}/agent.list": "/usr\n",
            f"{INFO}/agent2:amd64.list": "/usr/bin/agent\n",
            "/usr/bin/agent": "",
            f"{INFO}/agent2:amd64.md5sums": "d41d8cd98f00b204e9800998ecf8427e  usr/bin/agent\n",
        },
    )
    assert states(tmp_path, "/usr/bin/agent") == ["same"]
    (tmp_path / "usr/bin/agent").write_text("abc")
    assert states(tmp_path, "/usr/bin/agent") == ["changed"]


def test_what_a_package_lacks_is_told_without_its_documentation(tmp_path):
    write_tree(tmp_path, DPKG)
    tree = LiveTree(str(tmp_path))
    assert packages.missing(tree, "agent") == []
    (tmp_path / "usr/lib/agent/module.py").unlink()
    assert packages.missing(tree, "agent") == ["/usr/lib/agent/module.py"]
    assert packages.missing(tree, "agent", "/usr/bin") == []
    assert packages.missing(tree, "other") is None


@pytest.fixture
def rpm_guest(tmp_path):
    """The root of a guest with the recorded database and its package's files."""
    write_tree(
        tmp_path,
        {
            "/usr/bin/agent": "program\n",
            "/usr/bin/agentd": "->agent",
            "/etc/agent/agent.conf": "other\n",
            "/usr/lib/python3/agent/own.py": "x",
            **{f"/usr/lib/python3/agent/module{number}.py": f"{number}\n" for number in range(1, 41)},
        },
    )
    (tmp_path / "usr/lib/sysimage/rpm").mkdir(parents=True)
    (tmp_path / "usr/lib/sysimage/rpm/rpmdb.sqlite").write_bytes(gzip.decompress(RECORDED.read_bytes()))
    return tmp_path


def test_files_of_rpm_are_compared_with_its_database(rpm_guest):
    paths = [
        "/usr/bin/agent",
        "/usr/bin/agentd",
        "/etc/agent/agent.conf",
        "/etc/agent/state",
        "/usr/lib/python3/agent/module7.py",
        "/usr/lib/python3/agent/own.py",
        "/usr/bin/other",
    ]
    assert states(rpm_guest, *paths) == ["same", "same", "same", "own", "same", "own", "own"]
    (rpm_guest / "usr/bin/agent").write_text("")
    (rpm_guest / "usr/lib/python3/agent/module7.py").unlink()
    found = packages.compare(LiveTree(str(rpm_guest)), ["/usr/bin/agent", "/usr/lib/python3/agent/module7.py"])
    assert [tuple(each) for each in found.values()] == [
        ("changed", ["agent"], True, "not as in the package agent: empty"),
        ("gone", ["agent"], False, "not there, though the package agent has it"),
    ]
    assert packages.missing(LiveTree(str(rpm_guest)), "agent") == ["/usr/lib/python3/agent/module7.py"]
    assert packages.missing(LiveTree(str(rpm_guest)), "other") is None


def test_a_directory_that_is_a_link_is_the_place_it_leads_to(rpm_guest):
    (rpm_guest / "usr/bin").rename(rpm_guest / "usr/programs")
    (rpm_guest / "usr/bin").symlink_to("programs")
    assert states(rpm_guest, "/usr/bin/agent") == ["same"]


@pytest.mark.parametrize(
    ("place", "content", "words"),
    [
        ("usr/lib/sysimage/rpm/rpmdb.sqlite", b"no database", "it is no SQLite database"),
        ("usr/lib/sysimage/rpm/rpmdb.sqlite-wal", b"changes", "rpmdb.sqlite-wal holds changes"),
    ],
)
def test_a_database_that_cannot_be_read_is_unknown(rpm_guest, place, content, words):
    (rpm_guest / place).write_bytes(content)
    answer = packages.compare(LiveTree(str(rpm_guest)), ["/usr/bin/agent"])["/usr/bin/agent"]
    assert answer.state == "unknown" and words in answer.text


@pytest.mark.parametrize("place", ["/var/lib/rpm/Packages", "/usr/lib/sysimage/rpm/Packages.db"])
def test_other_kinds_of_databases_are_unknown_by_name(tmp_path, place):
    write_tree(tmp_path, {place: "x", "/usr/bin/agent": "x"})
    answer = packages.compare(LiveTree(str(tmp_path)), ["/usr/bin/agent"])["/usr/bin/agent"]
    assert (answer.state, place in answer.text) == ("unknown", True)
    write_tree(tmp_path / "none", {"/usr/bin/agent": "x"})
    assert states(tmp_path / "none", "/usr/bin/agent") == ["unknown"]


def test_a_damaged_database_is_an_error_and_has_an_end(rpm_guest):
    place = rpm_guest / "usr/lib/sysimage/rpm/rpmdb.sqlite"
    whole = place.read_bytes()
    for start in range(100, len(whole), 3989):
        place.write_bytes(whole[:start] + bytes(64) + whole[start + 64 :])
        states(rpm_guest, "/usr/bin/agent")
        place.write_bytes(whole[:start])
        states(rpm_guest, "/usr/bin/agent")


@pytest.mark.parametrize("rows", [1, 3000])
def test_rows_are_found_as_sqlite_finds_them(tmp_path, rows):
    path = tmp_path / "x.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE words (id INTEGER PRIMARY KEY, key TEXT, value BLOB)")
        database.execute("CREATE INDEX words_key ON words (key)")
        database.executemany(
            "INSERT INTO words VALUES (?, ?, ?)", [(number, f"word{number % 700}", bytes([number % 256]) * (number * 7)) for number in range(rows)]
        )
    database.close()
    with open(path, "rb") as stream:
        found = Database(stream, "x.sqlite")
        assert sorted(found.rows_with("words_key", "word0")) == list(range(0, rows, 700))
        assert found.rows_with("words_key", "word700") == []
        last = found.row("words", rows - 1)
        assert (last[1], last[2]) == (f"word{(rows - 1) % 700}", bytes([(rows - 1) % 256]) * ((rows - 1) * 7))
        assert found.row("words", rows) is None
        assert found.has("words_key") and not found.has("other")


def test_rows_that_lead_in_a_circle_have_an_end(tmp_path):
    path = tmp_path / "x.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE words (id INTEGER PRIMARY KEY, value BLOB)")
        database.execute("INSERT INTO words VALUES (1, ?)", (bytes(9000),))
    database.close()
    octets = bytearray(path.read_bytes())
    for page in range(2, len(octets) // 4096):
        octets[page * 4096 : page * 4096 + 4] = (page + 1).to_bytes(4, "big")
    with open(path, "wb") as stream:
        stream.write(octets)
    with open(path, "rb") as stream:
        try:
            assert Database(stream, "x.sqlite").row("words", 1) is not None
        except ImagewrightError as error:
            assert "x.sqlite" in str(error)


def test_programs_of_this_machine_are_as_their_packages_say():
    paths = [path for path in ("/bin/sh", "/usr/bin/passwd", "/usr/bin/mount") if LiveTree("/").is_file(path)]
    assert set(states("/", *paths)) <= {"same", "unknown"}


def test_a_table_whose_page_is_one_of_an_index_is_damage(tmp_path):
    path = tmp_path / "x.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE words (id INTEGER PRIMARY KEY, value TEXT)")
        database.execute("INSERT INTO words VALUES (1, 'one')")
    database.close()
    octets = bytearray(path.read_bytes())
    octets[4096] = 0x0A  # the first byte of the second page: a leaf of an index
    with pytest.raises(ImagewrightError, match="cannot read the database x.sqlite: page 0 is not in it"):
        Database(io.BytesIO(octets), "x.sqlite").row("words", 1 << 62)


def test_an_index_that_names_rows_by_texts_is_damage(tmp_path):
    path = tmp_path / "x.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE words (name TEXT PRIMARY KEY, key TEXT) WITHOUT ROWID")
        database.execute("CREATE INDEX words_key ON words (key)")
        database.execute("INSERT INTO words VALUES ('one', 'agent')")
    database.close()
    with open(path, "rb") as stream, pytest.raises(ImagewrightError, match="an index names a row by what is no number"):
        Database(stream, "x.sqlite").rows_with("words_key", "agent")


@pytest.mark.parametrize(("tag", "kind"), [(1037, 8), (1116, 8), (1117, 4), (1118, 4)])  # flags and directories as texts, names as numbers
def test_a_header_whose_values_are_of_another_type_is_damage(rpm_guest, tag, kind):
    place = rpm_guest / "usr/lib/sysimage/rpm/rpmdb.sqlite"
    with sqlite3.connect(place) as database:
        number, blob = database.execute("SELECT hnum, blob FROM Packages").fetchone()
        entries = int.from_bytes(blob[:4], "big")
        at = next(8 + 16 * index for index in range(entries) if int.from_bytes(blob[8 + 16 * index : 12 + 16 * index], "big") == tag)
        changed = blob[: at + 4] + kind.to_bytes(4, "big") + blob[at + 8 :]
        database.execute("UPDATE Packages SET blob = ? WHERE hnum = ?", (changed, number))
    database.close()
    answer = packages.compare(LiveTree(str(rpm_guest)), ["/usr/bin/agent"])["/usr/bin/agent"]
    assert (answer.state, answer.text) == (
        "unknown",
        f"cannot read the package {number} of the rpm database: its header has a value of type {kind} for the tag {tag}; run `rpm --rebuilddb` in the guest",
    )


def test_a_row_of_an_index_that_names_no_package_is_damage(rpm_guest):
    place = rpm_guest / "usr/lib/sysimage/rpm/rpmdb.sqlite"
    with sqlite3.connect(place) as database:
        database.execute("UPDATE Basenames SET hnum = 'agent'")
    database.close()
    answer = packages.compare(LiveTree(str(rpm_guest)), ["/usr/bin/agent"])["/usr/bin/agent"]
    assert answer.state == "unknown" and "of its table Basenames names no package" in answer.text
