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
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline, cmdline_changes

#: A file of shell variables: its path, and its ShellFile.
VariablesFile = collections.namedtuple("VariablesFile", "path shell")

#: One character of a value. source, assignment (int, indices) and atom: where it is written;
#: site: (source, assignment, atom) in the variable's own assignment: the same, or the reference to another variable.
Character = collections.namedtuple("Character", "source assignment atom site")

#: The value of a variable. places: [Character]; home: (source, assignment), the first assignment that counts;
#: home_start, home_end: the part of places that it contributes.
Value = collections.namedtuple("Value", "places home home_start home_end")

#: Characters of the longest value that is looked at; the longest command line of any kernel has 4096.
MOST_CHARACTERS = 8 * 1024

#: Where an assignment stands: its file's path and index, its own index, itself, and the variables so far ({name: Value}).
_Context = collections.namedtuple("_Context", "path index number assignment environment")

_Hazard = collections.namedtuple("_Hazard", "path hazard")
_Unknown = collections.namedtuple("_Unknown", "path line cause")

_FIX = "write the value as plain text, outside of any block"
_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-=.,:/@%+")


def source(text, path):
    """Return the VariablesFile of a file's text. Raises ImagewrightError: the shell could not read it."""
    return VariablesFile(path, shell_variables.parse(text, path))


def text_of(value):
    """Return the value (str) of a Value; "" for None (the variable is not set)."""
    return "" if value is None else "".join(place.atom.value for place in value.places)


def evaluate(sources, name, appends=False):
    """Return the Value that the variable has after all sources ([VariablesFile]) are read in order, None when it is not set.

    appends: bool, whether the shell that reads them knows ``+=`` (bash does, dash and busybox do not).
    Raises ImagewrightError: only running the shell could tell the value.
    """
    return value_in(environment(sources, appends), name)


def environment(sources, appends=False):
    """Return {name: Value, None (unset) or what makes value_in refuse} of all variables after all sources ([VariablesFile]) are read in order.

    appends: bool, as of evaluate.
    """
    found = {}
    for index, file in enumerate(sources):
        for hazard in file.shell.hazards:
            found[None] = found.get(None) or _Hazard(file.path, hazard)
        for number, assignment in enumerate(file.shell.assignments):
            found[assignment.name] = _assigned(sources, index, number, assignment, found, appends)
    return found


def value_in(found, name):
    """Return the Value of a variable in what environment returned, None when it is not set. Raises ImagewrightError: as evaluate."""
    if None in found:
        path, hazard = found[None]
        raise ImagewrightError(
            f"cannot tell {name} in {path} line {hazard.line}: {hazard.text!r} may change any variable; "
            "remove that line, or write what it does as plain assignments"
        )
    value = found.get(name)
    if isinstance(value, _Unknown):
        raise ImagewrightError(f"cannot set {name} in {value.path} line {value.line}: {value.cause}; {_FIX}")
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
    value = Value([], None, 0, 0)
    if assignment.operator == "+=":
        previous = environment.get(assignment.name)
        if isinstance(previous, _Unknown):
            return previous
        value = _continued(previous, value)
    value = _expanded(assignment.atoms, value, _Context(path, index, number, assignment, environment))
    if isinstance(value, _Unknown) or value.home is not None:
        return value
    return Value(value.places, (index, number), 0, len(value.places))


def _expanded(atoms, value, context, outer=None):
    """Return the Value (_Unknown) with what the atoms ([Atom]) of an assignment stand for put at its end.

    outer: Atom, the ``${name:+...}`` that the atoms stand in, beside which something new is written.
    """
    path, line = context.path, context.assignment.line
    for atom in atoms:
        site = (context.index, context.number, outer or atom)
        if atom.kind == "text":
            value.places.append(Character(context.index, context.number, atom, site))
            continue
        if atom.kind == "computed":
            return _Unknown(path, line, f"its value is computed by the shell: {atom.value!r}")
        name = atom.value
        if name not in context.environment and name != context.assignment.name and not name.startswith("GRUB_"):
            return _Unknown(path, line, f"it refers to ${name}, which is set elsewhere")
        referred = context.environment.get(name)
        if isinstance(referred, _Unknown):
            return _Unknown(path, line, f"it refers to ${name}, and {referred.cause} ({referred.path} line {referred.line})")
        if atom.kind == "conditional":
            holds = referred is not None and (bool(referred.places) or not atom.conditional.operator.startswith(":"))
            if holds != atom.conditional.operator.endswith("-"):  # what stands behind the operator is taken
                value = _expanded(atom.conditional.atoms, value, context, outer or atom)
                if isinstance(value, _Unknown):
                    return value
                continue
            if not holds:
                continue
        if name == context.assignment.name:
            value = _continued(referred, value)
        elif referred is not None:
            value.places.extend(place._replace(site=site) for place in referred.places)
        if len(value.places) > MOST_CHARACTERS:
            return _Unknown(path, line, f"it has more than {MOST_CHARACTERS} characters, which no kernel takes")
    return value


def _continued(previous, value):
    """Return the Value with the variable's previous Value put at its end; the first assignment that counts is its home."""
    if previous is None:
        return value
    offset = len(value.places)
    places = value.places + previous.places
    if value.home is None:
        return Value(places, previous.home, offset + previous.home_start, offset + previous.home_end)
    return value._replace(places=places)


def edit(sources, value, spans):
    """Return {path: text} of the sources with spans of a Value's text replaced.

    spans: [(start, end, new text)] in text_of(value), ordered, not overlapping.
    """
    index, number = value.home
    assignment = sources[index].shell.assignments[number]
    if _is_bare(sources[index].shell.text[assignment.start : assignment.end]) and len(value.places) == len(assignment.atoms):
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
        if any(atom.kind in ("variable", "conditional") for atom in assignment.atoms):  # "$UNSET": keep it
            return {(index, assignment.atoms[-1].end, assignment.atoms[-1].end, _quoted(" " + new, assignment.atoms[-1].quote))}
        return {(index, assignment.start, assignment.end, _quoted(new, None))}
    if sources[index].shell.text[assignment.start : assignment.end] in ('""\r', "''\r", "\r"):  # the shell takes a CR for a part of the value
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
    spans = collections.defaultdict(list)
    for index, start, end, new in sorted(edits, key=lambda edit: edit[:3]):
        spans[index].append((start, end, new))
    return {sources[index].path: cmdline_changes.spliced(sources[index].shell.text, found) for index, found in spans.items()}


def with_assignment(text, name, value):
    """Return the text with a line ``NAME="value"`` added at its end, in the text's own line ends."""
    end = "\r\n" if "\r\n" in text else "\n"
    return text + ("" if not text or text.endswith("\n") else end) + f"{name}={_quoted(value, None)}{end}"


def with_value(file, assignment, value):
    """Return the text of the VariablesFile with the value of one of its assignments replaced."""
    text = file.shell.text
    return text[: assignment.start] + _quoted(value, None) + text[assignment.end :]


def without(file, name):
    """Return the text of the VariablesFile with every assignment to the name made a comment.

    Raises ImagewrightError: an assignment does not stand alone on its lines.
    """
    text = file.shell.text
    for assignment in reversed([assignment for assignment in file.shell.assignments if assignment.name == name]):
        start = text.rfind("\n", 0, assignment.start) + 1
        end = text.find("\n", assignment.end)
        end = len(text) if end < 0 else end
        head = text[start : assignment.start].strip()
        tail = text[assignment.end : end].strip()
        if assignment.doubt or head not in (f"{name}=", f"export {name}=") or (tail and not tail.startswith("#")):
            raise ImagewrightError(
                f"cannot remove {name} in {file.path} line {assignment.line}: "
                f"{assignment.doubt or 'it does not stand alone on its line'}; put it on a line of its own"
            )
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
