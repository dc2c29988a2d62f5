# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of a shell script that run whatever is the case: as far as its layout tells, for nothing here runs a shell.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

_CLOSES = re.compile(r"(fi|done|esac|\})(\s|;|$)")
_OPENS = re.compile(r"(if|while|until|for|case)\b")
_JOINED = re.compile(r"&&|\|\||[{}()|`]|\b(?:if|then|do|case|while|until|for)\b")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
#: A word that ends a here-document (2, in quotes of 1), whose lines may be indented by tabs (with -); a shift of numbers has none.
_HERE = re.compile(r"<<(-?)[ \t]*([\"']?)\\?([A-Za-z_!][\w.!-]*)\2")
#: Commands that do not fail, as far as it matters what stands behind && of them.
_GOES_WELL = re.compile(r"(?:(?:/usr)?/s?bin/)?(?:echo|printf|sleep|sync|true|:|touch|logger|date|ip6?tables)(?:\s|$)")
#: A loop that its own words do not end, the end of one in the foreground, and words by which a script, or the machine, may end before.
_ROUND = re.compile(r"(while\s+(:|(/usr)?(/bin/)?true|\[+\s*1\s*\]+|sleep\s+\S+)|until\s+(/bin/)?false)\s*(;|$)")
_DONE = re.compile(r"done\s*(>+\s*\S+\s*|[0-9]>\S+\s*)*;?$")
_MAY_END = re.compile(r"\b(break|exit|return|exec|kill|pkill|killall|trap|reboot|poweroff|shutdown|halt|systemctl|init|timeout)\b")
_FUNCTION = re.compile(r"(?:function\s+([\w-]+)\s*(?:\(\s*\))?|([\w-]+)\s*\(\s*\))\s*\{?\s*$")
_CLOSED_HERE = re.compile(r";\s*(fi|done|esac|\})\s*$")


def unguarded(lines):
    """Return [(number, command)] of the lines outside of any condition, loop and function, and no part of the line before.

    The first ``exit`` or ``return`` is the last. lines: [(number from 1, text)].
    """
    found, depth, is_joined = [], 0, False
    for number, text in _outside_of_texts(lines):
        words = text.strip()
        if not words or words.startswith("#"):
            continue
        was_joined, is_joined = is_joined, words.endswith(("&&", "||", "|", "\\"))
        if _CLOSES.match(words):
            depth = max(0, depth - 1)
            continue
        opens = (_OPENS.match(words) or words.endswith("{")) and not _CLOSED_HERE.search(words)
        if not depth and not opens and not was_joined:
            found.append((number, words))
            if re.match(r"(exit|return)\b", words):
                break
        depth += bool(opens)
    return found


def _outside_of_texts(lines):
    """Yield the (number, text) of the lines that begin outside of quotation marks and are none of a here-document."""
    quote, ends = "", []
    for number, text in lines:
        if ends:
            indented, word = ends[0]
            if (text.lstrip("\t") if indented else text) == word:
                ends.pop(0)
            continue
        if not quote:
            yield number, text
        if quote or "'" in text or '"' in text or "<<" in text:
            quote, ends = _left_open(text, quote)


def _left_open(text, quote):
    """Return (the quotation mark that is open behind a line, "" without one; [(whether its lines are indented, end)] of the here-documents that begin in it).

    quote: str, the mark that is open before it.
    """
    ends, position = [], 0
    while position < len(text):
        mark = text[position]
        here = _HERE.match(text, position) if not quote and mark == "<" and not text.startswith("<<<", position) and "((" not in text else None
        if quote:
            quote = "" if mark == quote else quote
        elif mark in "'\"":
            quote = mark
        elif mark == "#" and (position == 0 or text[position - 1] in " \t;"):
            break
        if here:
            ends.append((bool(here.group(1)), here.group(3)))
        position = here.end() if here else position + 1 + (mark == "\\" and quote != "'") + 2 * (text.startswith("<<<", position) and not quote)
    return quote, ends


def chained(line):
    """Return the commands ([str]) of a line that are run whatever is the case: of those that && joins the first, and each behind some that do not fail."""
    masked = _QUOTED.sub(lambda quoted: quoted.group().replace("&", "\0"), line)
    if "&&" not in masked or "||" in masked or line.count('"') % 2 or line.count("'") % 2:
        return [line]
    found = []
    for part in masked.split("&&"):
        found.append(part.replace("\0", "&").strip())
        if not _GOES_WELL.match(found[-1]):
            break
    return found


def called(lines):
    """Return the [(number, command)] of unguarded() with those of the script's own functions in the place of each line that calls one.

    lines: [(number from 1, text)].
    """
    lines = list(lines)
    bodies = _functions(lines)
    found = []
    for number, words in unguarded(lines):
        name = words.split()[0]
        found += unguarded(bodies[name]) if name in bodies else [] if _FUNCTION.match(words) else [(number, words)]
    return found


def _functions(lines):
    """Return {name: lines of its body} of the functions whose braces stand at the beginning of lines."""
    found, name, body = {}, None, []
    for number, text in lines:
        match = _FUNCTION.match(text) if name is None else None
        if match:
            name, body = match.group(1) or match.group(2), []
        elif name is not None and text.rstrip() == "}":
            found[name], name = body, None
        elif name is not None and text.strip() != "{":
            body.append((number, text))
    return found


def for_certain(lines):
    """Return the [(number, command)] of unguarded() before the first line by which a condition may end the script: what follows hangs on it.

    lines: [(number from 1, text)].
    """
    lines = list(lines)
    ends = next((number for number, text in lines if re.search(r"\b(exit|return|exec)\b", text.partition("#")[0])), None)
    return [(number, words) for number, words in unguarded(lines) if ends is None or number < ends]


def commands_of(line):
    """Return the commands ([str]) of a line that stand side by side; a line with a condition, a pipe or a group is one."""
    if _JOINED.search(_QUOTED.sub("word", line)) or line.count('"') % 2 or line.count("'") % 2:
        return [line]
    plain = _QUOTED.sub(lambda quoted: quoted.group().replace(";", "\0"), line)
    return [part.replace("\0", ";").strip() for part in plain.split(";") if part.strip()]


def endless_loop(lines):
    """Return (line, text) at which a script goes round for ever, before any line by which it may end; None of any other.

    lines: [(number, text)] of the script. The loop has no end of its own, is not put into the background, and nothing in it may end it, or the machine.
    """
    lines = [(number, text.partition(" #")[0].strip()) for number, text in _outside_of_texts(list(lines))]
    depth, begin = 0, None
    for number, words in lines:
        if not words or words.startswith("#"):
            continue
        if _MAY_END.search(words):
            return None
        closes = words.startswith(("fi", "done", "esac", "}")) and _CLOSES.match(words)
        if begin is not None and depth == begin[2] and closes:
            return begin[:2] if _DONE.match(words) else None
        if not depth and _ROUND.match(words):
            if re.search(r"[;\s]done\b", words):
                return (number, words) if _DONE.match(words[words.rindex("done") :]) else None
            begin = (number, words, 1)
        depth += bool((_OPENS.match(words) or words.endswith("{")) and not _CLOSED_HERE.search(words)) - bool(closes)
    return None


def failing_end(lines):
    """Return (line, text) of the last command of a script, where it fails whenever the script is run; None of any other.

    lines: [(number, text)] of the script.
    """
    own = unguarded(lines)
    if own and re.match(r"(exit\s+[1-9]|(/bin/)?false\s*$)", own[-1][1]) and not any(re.search(r"\|\||&&", text) for _number, text in own):
        return own[-1]
    return None
