# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guest's names and files hold in control characters never reaches a terminal as it is."""

import json

import pytest
from unit.readiness.guest_tree import good_guest

from ansible_collections.imagewright.azure.plugins.module_utils.core.display import printable, shown

#: What no text that is shown may have: control characters of both sets but the line end and the tab, bidirectional marks, lone surrogates.
HIDDEN = [
    chr(code)
    for code in (
        *range(0, 9),
        11,
        12,
        *range(13, 32),
        *range(127, 160),
        0x061C,
        0x200E,
        0x200F,
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
        0x2028,
        0x2029,
        0xFEFF,
        0xD800,
        0xDC1B,
        0xDFFF,
    )
]
HOSTILE = "evil\x1b[2J\n\u202egnp\x9b31m\udcff.conf"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("plain", "plain"),
        ("Grüße, 日本, é, ✓", "Grüße, 日本, é, ✓"),
        ("a\tb", "a\tb"),
        ("a\nb", "a\\nb"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202egnp", "\\u202egnp"),
        ("\udcff", "\\xff"),
        ("\ud800", "\\ud800"),
        ("a\u2028b", "a\\u2028b"),
        ("\x7f", "\\x7f"),
        ("\r", "\\r"),
        ("", ""),
    ],
)
def test_what_is_not_seen_is_written_as_an_escape(text, wanted):
    assert printable(text) == wanted


def test_a_long_text_is_cut():
    assert printable("x" * 20, 10) == "xxxxxxx..." and printable("x" * 10, 10) == "x" * 10
    assert printable("\x1b" * 20, 5) == "\\x1b\\x1b..."


def test_nothing_hidden_is_left_of_any_character():
    assert [character for character in HIDDEN if set(HIDDEN) & set(printable(f"a{character}b"))] == []


def test_values_are_shown_at_any_depth_and_lines_stay():
    assert shown({"a": ["x\x1b\ny", ("\u202e", 1, None)], "b": True}) == {"a": ["x\\x1b\ny", ["\\u202e", 1, None]], "b": True}


def test_hostile_names_of_a_guest_are_harmless_in_a_verdict(tmp_path, run_module):
    root = good_guest(tmp_path / "guest")
    (root / "etc/modprobe.d").mkdir(parents=True)
    with open(f"{root}/etc/modprobe.d/{HOSTILE}".encode("utf-8", "surrogateescape"), "w") as stream:
        stream.write("blacklist udf \x1b]0;owned\x07\n")
    with open(f"{root}/etc/os-release", "a") as stream:
        stream.write('PRETTY_NAME="Debian\x1b[2J"\n')
    reports = {name: str(tmp_path / f"report.{name}") for name in ("json", "junit", "html", "sarif")}

    result = run_module("readiness_info", root=str(root), reports=reports)

    place = next(found for found in result["findings"] if found["id"] == "R19b")["evidence"][0]
    assert place == {"path": "/etc/modprobe.d/evil\\x1b[2J\\n\\u202egnp\\x9b31m\\xff.conf", "line": 1, "text": "blacklist udf \\x1b]0;owned\\x07"}
    texts = [json.dumps(result["findings"], ensure_ascii=False), *result["table"]]
    texts += [(tmp_path / f"report.{name}").read_text() for name in reports]
    assert [text for text in texts if set(HIDDEN) & set(text)] == []


def test_hostile_names_are_harmless_in_errors_and_differences(tmp_path, run_module):
    (tmp_path / "etc").mkdir()
    hostile = "/etc/evil\x1b[2J\u202e\x9b.conf"
    error = run_module("waagent_conf", root=str(tmp_path), path=hostile, settings={"OS.EnableFirewall": True})
    assert error["failed"] and not set(HIDDEN) & set(error["msg"]) and "evil\\x1b[2J\\u202e\\x9b.conf" in error["msg"]
    (tmp_path / hostile[1:]).write_text("# \u202e\x9b\nOS.EnableFirewall=n\n")
    done = run_module("waagent_conf", root=str(tmp_path), path=hostile, settings={"OS.EnableFirewall": True}, diff=True)
    shown_to_a_person = json.dumps(done["diff"], ensure_ascii=False)
    assert not set(HIDDEN) & set(shown_to_a_person) and "OS.EnableFirewall=y" in shown_to_a_person
