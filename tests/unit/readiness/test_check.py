# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A question and its verdict, through the process that it is reached in."""

import os
import signal

import pytest
from unit.image.images import LINUX, MIB, empty_disk, ext4, put, run
from unit.readiness.guest_tree import good_guest, write

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import budget, check, opened_image
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, passed
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule


def question(root):
    """Return the Question about a tree."""
    return check.Question(str(root), None, "azure", "auto", "auto", [], [])


def rules_of(*checks):
    """Return rules with these checks."""
    return [
        rule(f"R{number}", title="title", fault="fault", severity=ERROR, step="root", why="why", cure="cure", source="source")(each)
        for number, each in enumerate(checks)
    ]


def loop(unused_context):
    """Swallow every error, for ever."""
    while True:
        try:
            while True:
                pass
        except BaseException:  # not even this one has no end
            pass


def hoard(unused_context):
    """Take all memory that there is."""
    return [bytearray(64 * 1024 * 1024) for _number in range(1000)]


def die(unused_context):
    """End as a fault of a program ends it."""
    os.kill(os.getpid(), signal.SIGSYS)


def test_a_whole_guest_is_judged(tmp_path):
    found = check.check(question(good_guest(tmp_path / "guest")))
    assert found.system == "Debian GNU/Linux 12 (bookworm)" and found.kind == "generalized" and found.subject == str(tmp_path / "guest")
    assert len(found.findings) > 80 and not [each for each in found.findings if each.status == "unknown"]


@pytest.mark.parametrize(
    ("bad", "words"), [(loop, "when it came to R1: it took more than 1 s of process time"), (die, "when it came to R1: its process ended by the signal 31")]
)
def test_what_was_found_before_the_end_is_kept_and_the_rest_is_unknown(tmp_path, monkeypatch, bad, words):
    monkeypatch.setattr(check, "all_rules", lambda: rules_of(lambda unused: passed(), bad, lambda unused: passed()))
    monkeypatch.setattr(budget, "MOST_SECONDS", 1)
    monkeypatch.setattr(budget, "_GRACE", 0)
    found = check.check(question(good_guest(tmp_path / "guest")))
    assert [each.status for each in found.findings] == ["passed", "unknown", "unknown"] and not found.ready
    assert all(words in each.reason for each in found.findings[1:])


def test_memory_that_one_rule_takes_leaves_the_others_theirs(tmp_path, monkeypatch):
    monkeypatch.setattr(check, "all_rules", lambda: rules_of(hoard, lambda unused: passed()))
    found = check.check(question(good_guest(tmp_path / "guest")))
    assert [each.status for each in found.findings] == ["unknown", "passed"] and "1024 MiB of memory" in found.findings[0].reason


def test_a_tree_that_is_not_there_is_an_error():
    with pytest.raises(ImagewrightError, match="cannot read the tree /no/such/tree"):
        check.check(question("/no/such/tree"))


def test_who_looks_at_guests_alone_says_so_of_an_image():
    with pytest.raises(ImagewrightError, match="cannot check the image /images/web.vhd: .*use the module readiness_info"):
        check.check(question("")._replace(root=None, image="/images/web.vhd"))


def test_an_image_that_is_not_there_is_an_error():
    with pytest.raises(ImagewrightError, match="/no/such.vhd"):
        check.check(question("")._replace(root=None, image="/no/such.vhd"), opened_image.open_image)


def test_a_damaged_directory_makes_the_verdict_not_ready_whatever_looked_there(tmp_path):
    folder = good_guest(tmp_path / "guest")
    write(folder, "/var/lib/waagent/ovf-env.xml", "<ovf/>")
    part = ext4(tmp_path / "part", folder, 64 * MIB)
    block = int(run("debugfs", "-R", "blocks /var/lib/waagent", part).split()[0])
    size = int(run("debugfs", "-R", "stats", part).split("Block size:")[1].split()[0])
    with open(part, "r+b") as stream:
        stream.seek(block * size)
        stream.write(bytes(size))
    disk = empty_disk(tmp_path / "disk.raw", 66 * MIB, (1, 64, LINUX))
    put(disk, part, MIB)
    found = {each.id: each for each in check.check(question("")._replace(root=None, image=str(disk)), opened_image.open_image).findings}
    assert found["R00c"].status == "unknown" and found["R00c"].severity == "error"
    assert [place.path for place in found["R00c"].evidence] == ["/var/lib/waagent"]
    assert "unknown" in {found[rule].status for rule in ("R49c", "R49d", "R49e")}
