# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports, read by other readers than ours."""

import html.parser
import json
from xml.etree import ElementTree

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.readiness.evaluate import is_ready, summarize
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import Evidence, Finding
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path.walk import walk
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.report_html import to_html
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.report_json import to_json
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.report_junit import to_junit
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.report_table import to_table
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.verdict import Verdict

NASTY = "<script>alert(1)</script> & \"quotes\" \\x1b[2J \udcff"
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
    return Verdict("/images/<web>.vhd", "Debian", "azure", "generalized", "auto", is_ready(findings), [1, 2], findings, walk(findings),
                   summarize(findings), 1.25)


class Structure(html.parser.HTMLParser):
    """Collects the tags, the addresses and the text of a page."""

    def __init__(self):
        super().__init__()
        self.tags, self.addresses, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href", "action")]

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
    assert "/etc/fstab:3" in suite[0].find("failure").text
    assert suite[2].find("system-out").text.startswith("warning, failed")


def test_html_escapes_and_needs_nothing_from_elsewhere():
    text = to_html(verdict(FINDINGS)).encode("utf-8", "backslashreplace").decode()
    page = Structure()
    page.feed(text)
    assert "script" not in page.tags and page.addresses == [] and "url(" not in text and "@import" not in text
    assert page.tags.count("article") == 4 and page.tags.count("details") == 3
    assert "Not ready for Azure" in "".join(page.text)
    assert "<code>code</code>" in text


def test_html_says_ready_when_it_is():
    page = Structure()
    page.feed(to_html(verdict(FINDINGS[2:])))
    words = "".join(page.text)
    assert "Ready for Azure" in words and "Not ready" not in words.replace("Not ready:", "")


@pytest.mark.parametrize(("findings", "ready"), [
    (FINDINGS, False), (FINDINGS[1:], False), (FINDINGS[2:], True)])
def test_an_unknown_error_is_never_ready(findings, ready):
    assert is_ready(findings) is ready


def test_the_table_names_the_line_in_the_file():
    lines = to_table(verdict(FINDINGS))
    assert lines[0].endswith("NOT READY for Azure: 1 error, 1 warning, 1 note; 1 rule could not be decided")
    assert any("/etc/fstab:3" in line for line in lines)
    assert any(line.startswith("ERROR?") and "R02" in line for line in lines)


def test_the_table_tells_the_cure_of_an_error_and_of_nothing_else():
    found = [Finding(f"R0{number}", "Title", "Title is wrong", severity, status, "root", [], "reason", f"cure {number} " + "of many words " * 12, "source")
             for number, (severity, status) in enumerate([("error", "failed"), ("error", "unknown"), ("warning", "failed")])]
    lines = to_table(verdict(found))
    assert [line for line in lines if "cure" in line] == ["                cure: cure 0 " + "of many words " * 6 + "of many"]
    assert lines[4] == "                  words " + ("of many words " * 5).rstrip()


def test_what_is_undecided_for_one_reason_is_told_once():
    lost = [Finding(f"R{number}", f"Title {number}", f"Title {number} is wrong", "note" if number > 26 else "error", "unknown", "root", [],
                    "no Linux root could be read", "cure", "source") for number in range(10, 30)]
    table = to_table(verdict(FINDINGS[:1] + lost))
    assert table[0].endswith("1 error, 0 warnings, 0 notes; 20 rules could not be decided")
    assert sum("no Linux root could be read" in line for line in table) == 1 and len(table) < 9
    assert [line.split() for line in table[-3:-1]] == [["error:"] + [found.id for found in lost[:17]], ["note:", "R27", "R28", "R29"]]
    page = Structure()
    page.feed(to_html(verdict(FINDINGS[:1] + lost)).encode("utf-8", "backslashreplace").decode())
    assert page.tags.count("article") == 1 and "Undecided 20no Linux root could be read" in "".join(page.text)
    assert all(found.title in "".join(page.text) for found in lost)
