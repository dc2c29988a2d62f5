# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts as programs take them apart: what is a blank to Python is none to them, NUL ends a line or a text, and systemd reads no file further that is no UTF-8.

A no-break space comes with what is copied from a page, NUL with a file that was not written to its end, other octets from an old editor.

PRIVATE: module_utils of this collection are not an interface.
Source: read_line_full and config_parse of systemd; g_key_file of GLib; load_server_config of OpenSSH's servconf.c; isspace(3) in the C locale.
"""

import re
from typing import Optional

#: What str.strip() and str.split() take for a blank, and no program does; of those of C (vertical tab, form feed) some do.
_NO_BLANK = "\x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_OF_PYTHON, _OF_C = re.compile(f"[{_NO_BLANK}]"), re.compile(f"[\v\f{_NO_BLANK}]")
#: What stands in their place: no blank to anybody.
_OTHER = "\ufffd"
_NO_UTF8 = re.compile("[\udc80-\udcff]")


def of_c(text: str) -> str:
    """Return a text as GLib, ifupdown and others read it: of each line what stands before its first NUL, its blanks those of C."""
    return re.sub("\0[^\n]*", "", _OF_PYTHON.sub(_OTHER, text))


def of_sshd(text: str) -> str:
    """Return a text as sshd reads it: what stands behind the first NUL of a line is gone with the line's end, so that the next one is a part of it."""
    if not _odd(text):
        return text
    text = re.sub("\0[^\n]*\n?", "", text)
    return _OF_C.sub(_OTHER, re.sub("[ \t\r\f]+(?=\n|$)", "", text))  # a form feed is a blank at the end of a line


def of_systemd(text: str) -> str:
    """Return a text as systemd reads it: without the mark of the octets' order, and with NUL and a carriage return as ends of lines.

    NULs beside an end of a line are left out with it, so that the numbers of lines stay.
    """
    text = text[1:] if text.startswith("\ufeff") else text
    if not _odd(text):
        return text
    text = re.sub("^[\0\r]+|[\0\r]+(?=\n|$)|(?<=\n)[\0\r]+", "", text)
    return _OF_C.sub(_OTHER, re.sub("[\0\r]+", "\n", text))


def not_utf8(text: str) -> Optional[int]:
    """Return the number (int, from 1) of the first line of a text of systemd, no comment, that is no UTF-8: there its reader gives up; None without one.

    text: str, with surrogates for octets that are none, as Tree.read_text has it.
    """
    if not _NO_UTF8.search(text):
        return None
    lines = enumerate(of_systemd(text).split("\n"), 1)
    return next((number for number, line in lines if _NO_UTF8.search(line) and not line.lstrip(" \t").startswith(("#", ";"))), None)


def _odd(text: str) -> bool:
    return "\0" in text or "\r" in text or _OF_C.search(text) is not None
