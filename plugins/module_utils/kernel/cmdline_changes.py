# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of a kernel's command line, and the changes that bring a line to it; all else stays, byte for byte.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline

#: Names that may stand more than once with each value meant, unless the user says otherwise.
REPEATABLE = ("console", "earlycon")

#: What is asked for: present, absent ([str]) and repeatable (frozenset of normalised names).
CmdlineRequest = collections.namedtuple("CmdlineRequest", "present absent repeatable")

#: What becomes of each token of a line ([[str]]: nothing, itself, others), and what is new ([str]).
ParameterChanges = collections.namedtuple("ParameterChanges", "replacements additions")


def request(present, absent, repeatable=REPEATABLE):
    """Return the CmdlineRequest for what a user asked for.

    present, absent, repeatable: [str].
    Raises ImagewrightError: a parameter cannot be one, or the lists contradict each other.
    """
    for option, parameters in (("present", present), ("absent", absent), ("repeatable", repeatable)):
        for parameter in parameters:
            _check_parameter(option, parameter)
    repeated = frozenset(name.replace("-", "_") for name in repeatable)
    for parameter in present:
        for other in absent:
            if cmdline.key(other) != cmdline.key(parameter):
                continue
            if cmdline.key(parameter) not in repeated or cmdline.parse(other)[1] is None or cmdline.same(parameter, other):
                raise ImagewrightError(
                    f"cannot have {parameter!r} in present and {other!r} in absent: they name the same parameter; "
                    "keep one of them (present replaces other values by itself)"
                )
    seen = {}
    for parameter in present:
        if cmdline.key(parameter) in seen and cmdline.key(parameter) not in repeated and not cmdline.same(parameter, seen[cmdline.key(parameter)]):
            raise ImagewrightError(
                f"cannot set both {seen[cmdline.key(parameter)]!r} and {parameter!r} by present: the name is the same; keep one of them, or add "
                "the name to repeatable"
            )
        seen[cmdline.key(parameter)] = parameter
    return CmdlineRequest(list(present), list(absent), repeated)


def plan(parameters, wanted):
    """Return the ParameterChanges that bring a line of parameters ([str]) to the CmdlineRequest."""
    count = len(cmdline.of_kernel(parameters))
    replacements = [[parameter] for parameter in parameters]
    for index in range(count):
        if any(_is_meant(absent, parameters[index]) for absent in wanted.absent):
            replacements[index] = []
    if cmdline.CLOUD_CONFIG in wanted.absent:
        for index in cmdline.cloud_config(parameters[:count]):
            replacements[index] = []
    additions = []
    for name, group in grouped(wanted).items():
        places = [index for index in range(count) if replacements[index] and cmdline.key(parameters[index]) == name]
        if name in wanted.repeatable:
            additions += _place_repeated(parameters, places, group, replacements)
        else:
            additions += _place_single(parameters, places, group[-1], replacements)
    return ParameterChanges(replacements, additions)


def change(text, wanted, write=lambda parameter: parameter):
    """Return the command line (str) brought to the CmdlineRequest; what needs no change stays as it is, byte for byte.

    write: callable, as of rewrite.
    """
    tokens = cmdline.tokenize(text)
    return rewrite(text, tokens, plan([token.text for token in tokens], wanted), write)


def rewrite(text, tokens, changes, write=lambda parameter: parameter):
    """Return the text with the ParameterChanges to its tokens made.

    write: callable, writes one parameter in the text's own grammar.
    """
    return spliced(text, spans(tokens, changes, write))


def spliced(text, replaced):
    """Return the text with spans of it replaced: [(start, end, new text)], in order, none overlapping."""
    parts, position = [], 0
    for start, end, new in replaced:
        parts += [text[position:start], new]
        position = end
    return "".join(parts) + text[position:]


def divided(lines, changes):
    """Return [ParameterChanges], one for each of several lines ([[Token]]) that make one line together; [] when there is none.

    What is added goes to the line with the bare ``--``, else to the last one.
    """
    separator = next((index for index, line in enumerate(lines) if any(token.text == "--" for token in line)), len(lines) - 1)
    parts, position = [], 0
    for index, line in enumerate(lines):
        parts.append(ParameterChanges(changes.replacements[position : position + len(line)], changes.additions if index == separator else []))
        position += len(line)
    return parts


def spans(tokens, changes, write=lambda parameter: parameter):
    """Return the ParameterChanges as [(start, end, new text)] in the text that the tokens are of, in order, none overlapping.

    A removed parameter takes the blanks before it along, or those after it where nothing is left before it.
    """
    found, kept_before = [], False
    for index, (token, replacement) in enumerate(zip(tokens, changes.replacements)):
        if replacement and replacement != [token.text]:
            found.append((token.start, token.end, " ".join(map(write, replacement))))
        elif not replacement and kept_before:
            found.append((tokens[index - 1].end, token.end, ""))
        elif not replacement:
            found.append((token.start, tokens[index + 1].start if index + 1 < len(tokens) else token.end, ""))
        kept_before = kept_before or bool(replacement)
    if changes.additions:
        found.append(_addition(tokens, " ".join(map(write, changes.additions)), kept_before))
    return sorted(found, key=lambda span: span[:2])


def _addition(tokens, added, kept):
    """Return the span that adds text: before a bare ``--`` or a quote that is never closed, else at the end."""
    separator = next((token for token in tokens if token.text == "--" or token.text.count('"') % 2), None)
    if separator:
        return separator.start, separator.start, added + " "
    if not tokens:
        return 0, 0, added
    return tokens[-1].end, tokens[-1].end, (" " if kept else "") + added


def is_right(text, wanted):
    """Return whether the command line already is as the CmdlineRequest wants it."""
    parameters = cmdline.split(text)
    changes = plan(parameters, wanted)
    return not changes.additions and changes.replacements == [[parameter] for parameter in parameters]


def grouped(wanted):
    """Return {normalised name: [present parameters]} in the order in which the names are first given."""
    groups = collections.OrderedDict()
    for parameter in wanted.present:
        group = groups.setdefault(cmdline.key(parameter), [])
        if not any(cmdline.same(parameter, other) for other in group):
            group.append(parameter)
    return groups


def check_kept(before, after, wanted, where):
    """Check that only parameters of names that the CmdlineRequest names differ between two lists ([str]).

    Raises ImagewrightError: another one was lost or changed, which only an error of ours or an odd file can cause.
    """
    asked = {cmdline.key(parameter) for parameter in wanted.present + wanted.absent}
    if cmdline.CLOUD_CONFIG in wanted.absent:
        before, after = ([parameter for index, parameter in enumerate(line) if index not in set(cmdline.cloud_config(line))] for line in (before, after))
    kept = [[parameter for parameter in line if cmdline.key(parameter) not in asked] for line in (before, after)]
    if kept[0] != kept[1]:
        raise ImagewrightError(
            f"cannot set the parameters in {where}: it would change others too, from {' '.join(kept[0])!r} to "
            f"{' '.join(kept[1])!r}; write the values there as plain text, without references"
        )


def is_same_repeated(parameter, other):
    """Return whether two values of a repeatable name are one and the same thing to the kernel.

    Two console= of one device are: the kernel takes the options of the first and ignores those of the second.
    """
    if cmdline.key(parameter) == "console" == cmdline.key(other):
        return (cmdline.parse(parameter)[1] or "").partition(",")[0] == (cmdline.parse(other)[1] or "").partition(",")[0]
    return cmdline.same(parameter, other)


def _is_meant(absent, parameter):
    """Return whether an absent item (a name, or name=value) takes this parameter away."""
    return cmdline.key(absent) == cmdline.key(parameter) and (cmdline.parse(absent)[1] is None or cmdline.parse(absent)[1] == cmdline.parse(parameter)[1])


def _place_single(parameters, places, parameter, replacements):
    """Note one value of a name in replacements, and return what has to be added ([str])."""
    if not places:
        return [parameter]
    keep = next((index for index in places if cmdline.same(parameters[index], parameter)), None)
    for index in places:
        replacements[index] = []
    if keep is None:
        replacements[places[0]] = [parameter]
    else:
        replacements[keep] = [parameters[keep]]
    return []


def _place_repeated(parameters, places, group, replacements):
    """Note the values of a repeatable name, the given ones last, in replacements; return what has to be added ([str])."""
    others = [index for index in places if not any(is_same_repeated(parameters[index], parameter) for parameter in group)]
    other = set(others)
    if (
        len(places) == len(others) + len(group)
        and places[: len(others)] == others
        and all(cmdline.same(parameters[index], parameter) for index, parameter in zip(places[len(others) :], group))
    ):
        return []
    ours = [index for index in places if index not in other]
    for index in ours:
        replacements[index] = []
    after_others = [index for index in ours if not others or index > others[-1]]
    if after_others:
        replacements[after_others[0]] = list(group)
        return []
    if others:
        replacements[others[-1]] = [parameters[others[-1]]] + list(group)
        return []
    return list(group)


def _check_parameter(option, parameter):
    """Raise ImagewrightError when a kernel cannot be given this parameter."""

    def refuse(cause, fix):
        raise ImagewrightError(f"cannot take {parameter!r} in {option}: {cause}; {fix}")

    if not isinstance(parameter, str) or not parameter or not cmdline.key(parameter):
        refuse("it has no name", "write `name` or `name=value`")
    if any(character in "\n\r\v\f\0" for character in parameter):
        refuse("it holds a line break or a NUL", "a kernel parameter is one line")
    if parameter.count('"') % 2:
        refuse("its double quotes are not balanced", "the kernel knows no escapes: quote the whole value or nothing")
    if option == "present" and '"' in "".join(part or "" for part in cmdline.parse(parameter)):
        refuse("it has double quotes within", "the kernel takes off those around the whole or around the value, and no others: quote the whole")
    if len(cmdline.split(parameter)) != 1 or cmdline.split(parameter)[0] != parameter:
        refuse("it is more than one parameter", 'give each as an item of its own, or quote the blank: `name="a b"`')
    if parameter == "--" or parameter == '"--"':
        refuse("it ends the kernel's parameters", "leave it out")
    if b"\xa0" in parameter.encode("utf-8", "surrogateescape"):
        refuse("it holds the byte 0xa0, which the kernel takes for a blank", "use other characters")
    if option == "repeatable" and cmdline.parse(parameter)[1] is not None:
        refuse("it has a value", "give the name alone")
