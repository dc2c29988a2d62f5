# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports, read by other readers than ours."""

import html.parser
import json
import pathlib
from xml.etree import ElementTree

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.readiness.evaluate import difference, is_ready, summarize
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import Evidence, Finding, as_dict
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.links import HOMEPAGE, VERSION, anchor
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path.walk import walk
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.report_html import to_html
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.report_json import to_json
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.report_junit import to_junit
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.report_table import to_brief, to_difference, to_table
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.verdict import ImageFile, Verdict

NASTY = '<script>alert(1)</script> & "quotes" \\x1b[2J \udcff'
FINDINGS = [
    Finding("R01", "One", "One is wrong", "error", "failed", "root", [Evidence("/etc/fstab", 3, NASTY)], "why `code` & more", "cure", "source"),
    Finding("R02", "Two", "Two is wrong", "error", "unknown", "root", [], "cannot be told", "cure", "source"),
    Finding("R03", "Three", "Three is wrong", "warning", "failed", "root", [Evidence("/etc/x", None, "text")], "why", "cure", "source"),
    Finding("R04", "Four", "Four is wrong", "note", "failed", "root", [], "why", "cure", "source"),
    Finding("R05", "Five", "Five is wrong", "error", "passed", "root", [], "why", "cure", "source"),
    Finding("R06", "Six", "Six is wrong", "error", "not_applicable", "root", [], "no such thing", "cure", "source"),
]


def verdict(findings):
    """Return a Verdict of findings."""
    return Verdict(
        "/images/<web>.vhd",
        "Debian",
        1795965871.0,
        ImageFile(8590459392, 1795962271.0),
        "azure",
        "generalized",
        "auto",
        is_ready(findings),
        [1, 2],
        findings,
        walk(findings),
        summarize(findings),
        1.25,
    )


def at(rule, step, status, evidence=(), source="source"):
    """Return a Finding of severity error of a step."""
    return Finding(rule, "It holds", "It is wrong", "error", status, step, list(evidence), "reason", "fix", source)


class Structure(html.parser.HTMLParser):
    """Collects the tags, what they load, their links and the text of a page."""

    def __init__(self):
        super().__init__()
        self.tags, self.loaded, self.links, self.text = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.loaded += [value for name, value in attrs if name in ("src", "action") or name == "href" and tag != "a"]
        self.links += [value for name, value in attrs if name == "href" and tag == "a"]

    def handle_data(self, data):
        self.text.append(data)


def test_json_has_all_keys_of_every_finding():
    content = json.loads(to_json(verdict(FINDINGS)))
    assert content["ready"] is False and content["summary"]["errors"] == 2
    assert set(content["findings"][0]) == {"id", "title", "fault", "severity", "status", "step", "evidence", "reason", "cure", "source"}
    assert content["findings"][2]["evidence"] == [{"path": "/etc/x", "line": None, "text": "text"}]


def test_junit_fails_exactly_for_open_errors():
    suite = ElementTree.fromstring(to_junit(verdict(FINDINGS)).encode("utf-8", "backslashreplace"))[0]
    assert {name: suite.attrib[name] for name in ("tests", "failures", "errors", "skipped")} == {"tests": "6", "failures": "1", "errors": "1", "skipped": "1"}
    assert [[case.attrib["name"].split()[0] for case in suite if case.find(kind) is not None] for kind in ("failure", "error")] == [["R01"], ["R02"]]
    assert suite.attrib["timestamp"] == "2026-11-29T15:24:31"
    assert "/etc/fstab:3" in suite[0].find("failure").text and suite[0].find("failure").attrib["message"] == "One is wrong"
    assert (suite[0].attrib["name"], suite[0].attrib["classname"]) == ("R01 One", "readiness.error")
    assert suite[2].find("system-out").text.startswith("warning, failed")


def test_html_escapes_and_needs_nothing_from_elsewhere():
    text = to_html(verdict(FINDINGS)).encode("utf-8", "backslashreplace").decode()
    page = Structure()
    page.feed(text)
    assert "script" not in page.tags and page.loaded == [] and "url(" not in text and "@import" not in text
    assert page.tags.count("article") == 4 and page.tags.count("details") == 3
    assert all(address.startswith(("https://", "#R")) for address in page.links)
    assert "Not ready for Azure" in "".join(page.text)
    assert "<code>code</code>" in text


def test_the_page_tells_when_with_what_and_on_which_file_it_was_made():
    page = Structure()
    page.feed(to_html(verdict(FINDINGS[2:])))
    words = "".join(page.text)
    assert "2026-11-29 15:24 UTC" in words and f"imagewright.azure.readiness_info {VERSION}" in words
    assert "Size of the file8590459392 bytes (about 8 GiB)" in words and "File last written2026-11-29 14:24 UTC" in words and "1 not applicable" in words


def test_the_page_draws_the_path_and_what_stops_the_machine_with_its_place():
    found = [
        at("R14a", "firmware", "passed"),
        at("R13a", "system_manager", "failed", [Evidence("/etc/fstab", 3, "/dev/sda1 / ext4")]),
        at("R46a", "ssh", "passed"),
        at("R53", "identity", "not_applicable"),
    ]
    text = to_html(verdict(found))
    assert '<li class="passed"><span class="step-mark" aria-hidden="true">✓</span> firmware<span class="hidden">: passed</span></li>' in text
    assert '<li class="failed stop"><span class="step-mark" aria-hidden="true">✕</span> system manager' in text
    assert '<li class="not-reached"><span class="step-mark" aria-hidden="true">…</span> ssh' in text
    assert '<li class="not-applicable"><span class="step-mark" aria-hidden="true">–</span> identity' in text
    box = text.partition('<div class="stop-box">')[2].partition("</div>")[0]
    assert '<a href="#R13a">R13a</a> It is wrong' in box and '<span class="part">etc/</span><span class="part">fstab</span>:3' in box
    assert 'stop-box"' not in to_html(verdict(found[:1]))


def test_the_table_has_the_path_in_one_line():
    found = [
        at("R14a", "firmware", "passed"),
        at("R14c", "loader", "passed"),
        at("R13a", "system_manager", "failed"),
        at("R13c", "system_manager", "failed"),
        at("R46a", "ssh", "passed"),
    ]
    assert to_table(verdict(found))[1] == (
        "PATH      firmware > loader > SYSTEM MANAGER failed: R13a, R13c; not reached: ssh; "
        "not applicable: kernel, command line, initramfs, root, first card, provisioner, identity"
    )
    assert to_table(verdict([at(f"R{number}", "kernel", "unknown") for number in range(10, 15)]))[1].startswith(
        "PATH      KERNEL unknown: R10, R11, R12 and 2 more; not applicable: firmware"
    )


def test_what_is_wrong_is_told_when_it_is_and_what_holds_when_it_does():
    before = [as_dict(at("R13a", "root", "failed")), as_dict(at("R16", "root", "passed")), as_dict(at("R17", "root", "failed"))]
    after = [as_dict(at("R13a", "root", "passed")), as_dict(at("R16", "root", "failed")), as_dict(at("R17", "root", "failed"))]
    assert to_difference(difference(before, after), before, after) == [
        "fixed: 1",
        "  + R13a  It holds",
        "appeared: 1",
        "  ! R16   It is wrong",
        "left: 1",
        "  - R17   It is wrong",
    ]
    assert any(line.startswith("ERROR     R16   It is wrong") for line in to_table(verdict([at("R16", "root", "failed")])))


def test_rules_and_sources_are_links():
    page = Structure()
    page.feed(to_html(verdict([at("R13a", "root", "failed", source="Microsoft: create-upload-ubuntu, nvme-linux; systemd.mount(5)")])))
    assert page.links[1:] == [
        "https://github.com/imagewright/imagewright.azure/blob/main/docs/requirements.md#r13a",
        "https://learn.microsoft.com/azure/virtual-machines/linux/create-upload-ubuntu",
        "https://learn.microsoft.com/azure/virtual-machines/nvme-linux",
        "https://www.freedesktop.org/software/systemd/man/latest/systemd.mount.html",
        "https://github.com/imagewright/imagewright.azure",
    ]
    assert "Source: Microsoft: create-upload-ubuntu, nvme-linux; systemd.mount(5)" in "".join(page.text)


def test_the_links_are_those_of_the_collection():
    galaxy = (pathlib.Path(__file__).resolve().parents[3] / "galaxy.yml").read_text()
    assert f"version: {VERSION}\n" in galaxy and f"repository: {HOMEPAGE}\n" in galaxy
    assert f'<a id="{anchor("R13a")}"></a>R13a' in (pathlib.Path(__file__).resolve().parents[3] / "docs/requirements.md").read_text()


def test_html_says_ready_when_it_is():
    page = Structure()
    page.feed(to_html(verdict(FINDINGS[2:])))
    words = "".join(page.text)
    assert "Ready for Azure" in words and "Not ready" not in words.replace("Not ready:", "")


@pytest.mark.parametrize(("findings", "ready"), [(FINDINGS, False), (FINDINGS[1:], False), (FINDINGS[2:], True)])
def test_an_unknown_error_is_never_ready(findings, ready):
    assert is_ready(findings) is ready


def test_the_table_names_the_line_in_the_file():
    lines = to_table(verdict(FINDINGS))
    assert lines[0].endswith("NOT READY for Azure: 1 error, 1 warning, 1 note; 1 rule could not be decided")
    assert any("/etc/fstab:3" in line for line in lines)
    assert any(line.startswith("ERROR?") and "R02" in line for line in lines)


def test_the_brief_has_one_line_for_each_thing_that_is_wrong_with_its_first_place():
    found = [*FINDINGS, Finding("R07", "Seven", "Seven is wrong", "error", "failed", "root", [Evidence("/a", 1, "x"), Evidence("/b", 2, "y")], "", "", "")]

    assert to_brief(verdict(found))[1:] == [
        "ERROR     R01   One is wrong: /etc/fstab:3",
        "ERROR?    R02   Two",
        "ERROR     R07   Seven is wrong: /a:1 and 1 more",
        "WARNING   R03   Three is wrong: /etc/x",
        "NOTE      R04   Four is wrong",
    ]


def test_the_table_tells_the_fix_of_an_error_and_of_nothing_else():
    found = [
        Finding(f"R0{number}", "Title", "Title is wrong", severity, status, "root", [], "reason", f"cure {number} " + "of many words " * 12, "source")
        for number, (severity, status) in enumerate([("error", "failed"), ("error", "unknown"), ("warning", "failed")])
    ]
    lines = to_table(verdict(found))
    assert [line for line in lines if "cure" in line] == ["                fix: cure 0 " + "of many words " * 6 + "of many"]
    assert lines[5] == "                  words " + ("of many words " * 5).rstrip()


def test_what_is_undecided_for_one_reason_is_told_once():
    lost = [
        Finding(
            f"R{number}",
            f"Title {number}",
            f"Title {number} is wrong",
            "note" if number > 26 else "error",
            "unknown",
            "root",
            [],
            "no Linux root could be read",
            "cure",
            "source",
        )
        for number in range(10, 30)
    ]
    table = to_table(verdict(FINDINGS[:1] + lost))
    assert table[0].endswith("1 error, 0 warnings, 0 notes; 20 rules could not be decided")
    assert sum("no Linux root could be read" in line for line in table) == 1 and len(table) < 10
    assert [line.split() for line in table[-3:-1]] == [["error:"] + [found.id for found in lost[:17]], ["note:", "R27", "R28", "R29"]]
    page = Structure()
    page.feed(to_html(verdict(FINDINGS[:1] + lost)).encode("utf-8", "backslashreplace").decode())
    assert page.tags.count("article") == 1 and "Undecided 20no Linux root could be read" in "".join(page.text)
    assert all(found.title in "".join(page.text) for found in lost)
