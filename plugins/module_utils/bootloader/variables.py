# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The effective value of a shell variable over several files, every character of it with the place that it comes from.

So a parameter is removed or replaced exactly where it is written: in /etc/default/grub, in the drop-in that overrides it,
or in another variable that is referred to. All other bytes stay. Pure text, no I/O.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections

from ansible_collections.imagewright.azure.plugins.module_utils.core import shell_variables
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline

#: A file of shell variables: its path, and its ShellFile.
Source = collections.namedtuple("Source", "path shell")

#: One character of a value. source, assignment (int, indices) and atom: where it is written;
#: site: (source, assignment, atom) in the variable's own assignment: the same, or the reference to another variable.
Place = collections.namedtuple("Place", "source assignment atom site")

#: The value of a variable. places: [Place]; home: (source, assignment), the first assignment that counts;
#: home_start, home_end: the part of places that it contributes.
Value = collections.namedtuple("Value", "places home home_start home_end")

_Unknown = collections.namedtuple("_Unknown", "path line cause")

_CURE = "write the value as plain text, outside of any block"
_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-=.,:/@%+")


def source(path, text):
    """Return the Source of a file's text. Raises ImagewrightError: the shell could not read it."""
    return Source(path, shell_variables.parse(text, path))


def text_of(value):
    """Return the value (str) of a Value; "" for None (the variable is not set)."""
    return "" if value is None else "".join(place.atom.value for place in value.places)


def evaluate(sources, name, appends=False):
    """Return the Value that the variable has after all sources ([Source]) are read in order, None when it is not set.

    appends: bool, whether the shell that reads them knows ``+=`` (bash does, dash and busybox do not).
    Raises ImagewrightError: only running the shell could tell the value.
    """
    environment = {}
    for index, file in enumerate(sources):
        for hazard in file.shell.hazards:
            raise ImagewrightError(f"cannot tell {name} in {file.path} line {hazard.line}: {hazard.text!r} may change any variable; "
                                   "remove that line, or write what it does as plain assignments")
        for number, assignment in enumerate(file.shell.assignments):
            environment[assignment.name] = _assigned(sources, index, number, assignment, environment, appends)
    value = environment.get(name)
    if isinstance(value, _Unknown):
        raise ImagewrightError(f"cannot set {name} in {value.path} line {value.line}: {value.cause}; {_CURE}")
    return value


def _assigned(sources, index, number, assignment, environment, appends):
    """Return the Value (None: unset, _Unknown) of the variable after one assignment."""
    path, line = sources[index].path, assignment.line
    if assignment.doubt:
        return _Unknown(path, line, assignment.doubt)
    if assignment.operator == "unset":
        return None
    if assignment.operator == "+=" and not appends:
        return _Unknown(path, line, "`+=` is an error in the guest's /bin/sh, which is not bash")
    places, home = [], None
    if assignment.operator == "+=":
        previous = environment.get(assignment.name)
        if isinstance(previous, _Unknown):
            return previous
        places, home = _continued(previous, places, home)
    for atom in assignment.atoms:
        site = (index, number, atom)
        if atom.kind == "text":
            places.append(Place(index, number, atom, site))
            continue
        if atom.kind == "computed":
            return _Unknown(path, line, f"its value is computed by the shell: {atom.value!r}")
        if atom.value not in environment and atom.value != assignment.name and not atom.value.startswith("GRUB_"):
            return _Unknown(path, line, f"it refers to ${atom.value}, which is set elsewhere")
        referred = environment.get(atom.value)
        if isinstance(referred, _Unknown):
            return _Unknown(path, line, f"it refers to ${atom.value}, and {referred.cause} ({referred.path} line {referred.line})")
        if atom.value == assignment.name:
            places, home = _continued(referred, places, home)
        elif referred is not None:
            places = places + [place._replace(site=site) for place in referred.places]
    if home is None:
        return Value(places, (index, number), 0, len(places))
    return Value(places, *home)


def _continued(previous, places, home):
    """Return (places, home) with the variable's previous value put at the end of places."""
    if previous is None:
        return places, home
    offset = len(places)
    if home is None:
        home = (previous.home, offset + previous.home_start, offset + previous.home_end)
    return places + previous.places, home


def edit(sources, value, spans):
    """Return {path: text} of the sources with spans of a Value's text replaced.

    spans: [(start, end, new text)] in text_of(value), ordered, not overlapping.
    """
    index, number = value.home
    assignment = sources[index].shell.assignments[number]
    if _is_bare(sources[index].shell.text[assignment.start:assignment.end]) and len(value.places) == len(assignment.atoms):
        return _rewritten(sources, {(index, assignment.start, assignment.end, _bare_or_quoted(_spliced(text_of(value), spans)))})
    edits = set()
    for start, end, new in spans:
        for place in _removed(value.places[start:end]):
            edits.add((place.source, place.atom.start, place.atom.end, ""))
        if new and start < end:
            first = value.places[start]
            edits.add((first.source, first.atom.start, first.atom.start, _quoted(new, first.atom.quote)))
        elif new:
            edits |= _insertion(sources, value, start, new)
    return _rewritten(sources, edits | _braces(sources, edits))


def _is_bare(written):
    """Return whether a value is written without any quoting: GRUB_CMDLINE_LINUX=quiet."""
    return not any(character in written for character in "\\'\"$`\r")


def _bare_or_quoted(text):
    return text if all(character in _SAFE for character in text) else _quoted(text, None)


def _spliced(text, spans):
    for start, end, new in reversed(spans):
        text = text[:start] + new + text[end:]
    return text


def _removed(places):
    """Return the places to remove: all but blanks of another assignment than the parameter's, which part it from what may come."""
    owners = {place[:2] for place in places if place.atom.value not in kernel_cmdline.SPACES}
    return [place for place in places if not owners or place[:2] in owners]


def _braces(sources, edits):
    """Return the edits that write ``$NAME`` as ``${NAME}`` where what follows it is removed, so that no longer name arises."""
    removed_from = {(index, start) for index, start, end, _unused in edits if start < end}
    found = set()
    for index, file in enumerate(sources):
        for assignment in file.shell.assignments:
            for atom in assignment.atoms:
                if atom.kind == "variable" and (index, atom.end) in removed_from and not file.shell.text.startswith("${", atom.start):
                    found |= {(index, atom.start + 1, atom.start + 1, "{"), (index, atom.end, atom.end, "}")}
    return found


def _insertion(sources, value, position, new):
    """Return the edits that insert new text at a position of the value, in the source of its home."""
    index, number = value.home
    assignment = sources[index].shell.assignments[number]
    if value.home_start == value.home_end:
        if any(atom.kind == "variable" for atom in assignment.atoms):  # "$UNSET": keep it
            return {(index, assignment.atoms[-1].end, assignment.atoms[-1].end, _quoted(" " + new, assignment.atoms[-1].quote))}
        return {(index, assignment.start, assignment.end, _quoted(new, None))}
    if sources[index].shell.text[assignment.start:assignment.end] in ('""\r', "''\r", "\r"):  # the shell takes a CR for a part of the value
        return {(index, assignment.start, assignment.end - 1, _quoted(new.rstrip(" "), None))}
    if position > value.home_start:
        atom = value.places[position - 1].site[2]
        at = atom.end
    else:
        atom = value.places[position].site[2]
        at = atom.start
    return {(index, at, at, _quoted(new, atom.quote))}


def _rewritten(sources, edits):
    """Return {path: text} with the edits {(source, start, end, new)} made."""
    texts = {}
    for index, start, end, new in sorted(edits, key=lambda edit: edit[:3], reverse=True):
        path = sources[index].path
        text = texts.get(path, sources[index].shell.text)
        texts[path] = text[:start] + new + text[end:]
    return texts


def with_assignment(text, name, value):
    """Return the text with a line ``NAME="value"`` added at its end, in the text's own line ends."""
    end = "\r\n" if "\r\n" in text else "\n"
    return text + ("" if not text or text.endswith("\n") else end) + f"{name}={_quoted(value, None)}{end}"


def with_value(file, assignment, value):
    """Return the text of the Source with the value of one of its assignments replaced."""
    text = file.shell.text
    return text[:assignment.start] + _quoted(value, None) + text[assignment.end:]


def without(file, name):
    """Return the text of the Source with every assignment to the name made a comment.

    Raises ImagewrightError: an assignment does not stand alone on its lines.
    """
    text = file.shell.text
    for assignment in reversed([assignment for assignment in file.shell.assignments if assignment.name == name]):
        start = text.rfind("\n", 0, assignment.start) + 1
        end = text.find("\n", assignment.end)
        end = len(text) if end < 0 else end
        head = text[start:assignment.start].strip()
        tail = text[assignment.end:end].strip()
        if assignment.doubt or head not in (f"{name}=", f"export {name}=") or (tail and not tail.startswith("#")):
            raise ImagewrightError(f"cannot remove {name} in {file.path} line {assignment.line}: "
                                   f"{assignment.doubt or 'it does not stand alone on its line'}; put it on a line of its own")
        text = text[:start] + "#" + text[start:end].replace("\n", "\n#") + text[end:]
    return text


def _quoted(text, quote):
    """Return the text written in a quoting context: '"', "'", "" (unquoted), None (a whole value)."""
    if quote == "'":
        return text.replace("'", "'\\''")
    if quote == "" and text and all(character in _SAFE for character in text):
        return text
    escaped = "".join("\\" + character if character in '\\$`"' else character for character in text)
    return escaped if quote == '"' else f'"{escaped}"'
