# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small pieces of the HTML report: texts, places, links, and the path from the firmware to the first login.

PRIVATE: module_utils of this collection are not an interface.
"""

from html import escape

from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, FAILED, NOT_APPLICABLE, PASSED, UNKNOWN, headline
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.links import requirement, sources
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path.walk import NOT_REACHED, first_stop
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.verdict import moment

#: Mark and word of a step, for eyes and for screen readers.
_MARKS = {
    PASSED: ("✓", "passed"),
    FAILED: ("✕", "the machine stops here"),
    UNKNOWN: ("?", "could not be decided"),
    NOT_REACHED: ("…", "not reached"),
    NOT_APPLICABLE: ("–", "not looked at"),
}
_MOST_PLACES = 3


def text(words):
    """Return text as HTML, with what stands between backquotes as code."""
    pieces = escape(words).split("`")
    return "".join(f"<code>{piece}</code>" if index % 2 and index < len(pieces) - 1 else piece for index, piece in enumerate(pieces))


def place(evidence):
    """Return an Evidence as HTML; a long path breaks behind a slash."""
    where = broken(evidence.path) + (f":{evidence.line}" if evidence.line else "")
    return f'<span class="path">{where}</span> <code>{escape(evidence.text)}</code>' if where else escape(evidence.text)


def broken(path):
    """Return a path as HTML that may go on in the next line behind each slash, and nowhere else."""
    head, slash, tail = path.rpartition("/")
    return "".join(f'<span class="part">{escape(part)}/</span>' for part in head.split("/")) * bool(slash) + f'<span class="part">{escape(tail)}</span>'


def date(seconds):
    """Return a time (float, s since the epoch) as HTML."""
    words = moment(seconds)
    return f'<time datetime="{words}">{words[:10]} {words[11:16]} UTC</time>'


def link(address, words):
    """Return a link (str) to another page, or the words alone without an address."""
    return f'<a href="{escape(address)}" rel="noreferrer">{escape(words)}</a>' if address else escape(words)


def rule_link(identifier):
    """Return the id of a rule as a link to its requirement."""
    return f'<span class="id">{link(requirement(identifier), identifier)}</span>'


def source_links(source):
    """Return a rule's source with links to the pages that it names."""
    return "".join(link(address, piece) for piece, address in sources(source))


def path(found):
    """Return the path of a Verdict: each step with its mark, what stops the machine below the first step that does."""
    stop = first_stop(found.path)
    steps = "".join(_step(step, step is stop) for step in found.path)
    return f'<section class="way"><h2>From the firmware to the first login</h2><ol>{steps}</ol>{_stop(found, stop)}</section>'


def _step(step, stops):
    mark, words = _MARKS[step.status]
    state = step.status.replace("_", "-") + (" stop" if stops else "")
    return (
        f'<li class="{state}"><span class="step-mark" aria-hidden="true">{mark}</span> {step.step.replace("_", " ")}<span class="hidden">: {words}</span></li>'
    )


def _stop(found, stop):
    if stop is None:
        return ""
    wrong = [finding for finding in found.findings if finding.step == stop.step and finding.severity == ERROR and finding.status == stop.status]
    items = "".join(
        f'<li><a href="#{escape(finding.id)}">{escape(finding.id)}</a> {escape(headline(finding))}'
        f"{' (could not be decided)' if finding.status == UNKNOWN else ''}{_places(finding)}</li>"
        for finding in wrong
    )
    words = "The machine stops here" if stop.status == FAILED else "Whether the machine comes through here could not be decided"
    return f'<div class="stop-box"><p><b>{stop.step.replace("_", " ").capitalize()}</b>: {words}</p><ul>{items}</ul></div>'


def _places(finding):
    shown = "".join(f"<li>{place(each)}</li>" for each in finding.evidence[:_MOST_PLACES])
    return f'<ul class="places">{shown}</ul>' if shown else ""
