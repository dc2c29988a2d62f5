# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a text is XML, and where it is none."""

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core import xml_text

LAUGHS = b'<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;">]>\n<a>&c;'


@pytest.mark.parametrize(
    ("content", "line"),
    [(b"<a>\n<b>\n</a>\n", 3), (b"", 1), (b"<a/>\n<a/>\n", 2), (b"<b/>\n", 1), (b"\xff\xfe\n", 1), (b'<a b="1" b="2"/>', 1), (b"\x00<a/>", 1)],
)
def test_what_is_no_xml_of_that_root_is_told_with_its_line(content, line):
    assert xml_text.problem(content, "a").line == line


@pytest.mark.parametrize(
    "content", [b"<a/>", b'<?xml version="1.0"?>\n<!-- x -->\n<a>\n<b c="d"/></a>\n', b"\xef\xbb\xbf<a/>", b'<!DOCTYPE a SYSTEM "x">\n<a/>', LAUGHS]
)
def test_xml_and_what_declares_entities_have_no_problem(content):
    assert xml_text.problem(content, "a") is None
