# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict as one HTML page that needs no network: the verdict first, what is wrong and how to fix it, the rest folded.

PRIVATE: module_utils of this collection are not an interface.
"""

from html import escape

from ansible_collections.imagewright.azure.plugins.module_utils.disk.sizes import show_size
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, NOT_APPLICABLE, NOTE, PASSED, SEVERITIES, UNKNOWN, headline
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.html_pieces import broken, date, link, path, place, rule_link, source_links, text
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.html_style import STYLE
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.links import COLLECTION, HOMEPAGE, VERSION
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.verdict import failures, open_findings

_HEADINGS = {
    "error": ("Errors", "The machine will not boot, will not be provisioned, or the upload is refused."),
    "warning": ("Warnings", "It works, but not as it should: fix them before others use the image."),
    "note": ("Notes", "Good to know; nothing breaks."),
}


def to_html(found):
    """Return the HTML text (str) of a Verdict."""
    single, groups = open_findings(found)
    body = [_header(found), path(found)] + [_group(severity, [finding for finding in single if finding.severity == severity]) for severity in SEVERITIES]
    body += [_together(group) for group in groups]
    body.append(_folded("Passed", [finding for finding in found.findings if finding.status == PASSED]))
    body.append(_folded("Not applicable here", [finding for finding in found.findings if finding.status == NOT_APPLICABLE]))
    title = escape(f"{'Ready' if found.ready else 'Not ready'}: {found.subject}")
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><title>{title}</title><style>{STYLE}</style></head>\n<body><main>\n'
        + "\n".join(part for part in body if part)
        + f"\n<footer>Written by {link(HOMEPAGE, f'{COLLECTION}.readiness_info')} {VERSION}. Each id leads to its requirement.</footer>\n"
        "</main></body></html>\n"
    )


def _group(severity, findings):
    """Return a section; notes are folded, so that a person sees what matters first."""
    if not findings:
        return ""
    title, meaning = _HEADINGS[severity]
    heading = f'{title} <span class="count">{len(findings)}</span>'
    cards = f'<p class="meaning">{meaning}</p>' + "\n".join(_card(finding) for finding in findings)
    if severity == NOTE:
        return f'<details class="{severity} group"><summary>{heading}</summary><div class="inside">{cards}</div></details>'
    return f'<section class="{severity}"><h2>{heading}</h2>{cards}</section>'


def _header(found):
    summary = found.summary
    state = "ready" if found.ready else "not-ready"
    verdict = "Ready for Azure" if found.ready else "Not ready for Azure"
    if found.profile == "marketplace":
        verdict += " Marketplace"
    if found.ready:
        sentence = "No rule that decides over boot and provisioning failed."
    else:
        count = failures(found, ERROR)
        sentences = [f"{count} {'thing keeps' if count == 1 else 'things keep'} it from booting or being provisioned."] if count else []
        undecided = summary["errors"] - count
        if undecided:
            sentences.append(f"{undecided} {'rule' if undecided == 1 else 'rules'} on which that depends could not be decided.")
        sentence = " ".join(sentences)
    facts = [
        ("Checked", broken(found.subject)),
        ("System", escape(found.system)),
        ("Boots on", " and ".join(f"generation {number}" for number in found.generations)),
        ("Kind", escape(found.kind.replace("_", " "))),
        ("Rules", f"{len(found.findings)} in {found.seconds:.1f} s"),
        ("Date", date(found.made)),
    ]
    if found.image:
        facts += [("Size of the file", show_size(found.image.size)), ("File last written", date(found.image.modified))]
    rows = "".join(f"<div><dt>{name}</dt><dd>{words}</dd></div>" for name, words in facts if words)
    counts = [(severity, number, severity if number == 1 else severity + "s") for severity in SEVERITIES for number in [failures(found, severity)]]
    counts += [("passed", summary[PASSED], "passed")] + ([("unknown", summary[UNKNOWN], "undecided")] if summary[UNKNOWN] else [])
    counts.append(("not-applicable", summary[NOT_APPLICABLE], "not applicable"))
    tiles = "".join(f'<li class="{name}{"" if count else " zero"}"><b>{count}</b> {label}</li>' for name, count, label in counts)
    return (
        f'<header class="{state}"><p class="verdict"><span class="mark" aria-hidden="true">{"✓" if found.ready else "✕"}</span> {verdict}</p>'
        f'<p class="sentence">{sentence}</p><ul class="tiles">{tiles}</ul><dl>{rows}</dl></header>'
    )


def _card(finding):
    undecided = ' <span class="undecided">could not be decided</span>' if finding.status == UNKNOWN else ""
    mark, meaning = ("?", "could not be decided") if finding.status == UNKNOWN else ("✕", "does not hold")
    places = "".join(f"<li>{place(each)}</li>" for each in finding.evidence)
    evidence = f'<ul class="evidence">{places}</ul>' if places else ""
    return (
        f'<article id="{escape(finding.id)}"><h3><span class="sign" title="{meaning}">{mark}</span> {rule_link(finding.id)} '
        f"{escape(headline(finding))}{undecided}</h3>"
        f'{evidence}<p>{text(finding.reason)}</p><p class="cure"><b>Fix</b> {text(finding.cure)}</p>'
        f'<p class="source">Step: {finding.step.replace("_", " ")}. Source: {source_links(finding.source)}</p></article>'
    )


def _together(findings):
    """Return a folded table of findings that are undecided for the same reason."""
    rows = "".join(
        f'<tr id="{escape(finding.id)}"><td>{rule_link(finding.id)}</td><td>{escape(finding.title)}</td><td>{finding.severity}</td></tr>'
        for severity in SEVERITIES
        for finding in findings
        if finding.severity == severity
    )
    return (
        f'<details><summary>Undecided <span class="count">{len(findings)}</span></summary><p class="inside">{text(findings[0].reason)}</p>'
        f"<table><tbody>{rows}</tbody></table></details>"
    )


def _folded(title, findings):
    if not findings:
        return ""
    rows = "".join(f"<tr><td>{rule_link(finding.id)}</td><td>{escape(finding.title)}</td><td>{text(finding.reason)}</td></tr>" for finding in findings)
    return (
        f'<details><summary>{title} <span class="count">{len(findings)}</span></summary><table><thead><tr><th>Id</th><th>Rule</th><th>Why</th></tr>'
        f"</thead><tbody>{rows}</tbody></table></details>"
    )
