# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write docs/requirements.md from the rules, and the tables of the other pages: run `make docs` after any change of a rule or an option.

The collection must be importable, as `make` sets it up: PYTHONPATH=.venv/collections.
"""

import pathlib

from ansible_collections.imagewright.azure.plugins.module_utils.readiness.catalogue import all_rules
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.links import anchor
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.process import REQUIREMENTS
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import STEPS

PLACE = pathlib.Path(__file__).with_name("requirements.md")

HEAD = """# What Azure wants of a Linux image

<!-- Written by docs/generate_requirements.py from plugins/module_utils/readiness; change the rules, not this file. -->

Each requirement has an id. Roles carry it as a tag (`--tags R27`), `readiness_info` reports by it, and `rules: {exclude: [R10]}` switches it off.
A letter tells the rules of one requirement apart; the bare id means all of them.

* **error**: the machine does not boot, is not provisioned, or the upload is refused. **warning**: it works, but not well. **note**: good to know.
* *files* are looked at in a running guest, a mounted tree and an image alike; *disk* needs an image, or a running guest that may read its own disk.
* The certification of the Azure Marketplace weighs some rules more; *marketplace only* are those that nothing else asks for.
* *generalized*, *specialized*: asked only of an image of that kind. A guest before it is deprovisioned is asked neither.
* The *step* is where a machine needs it on its way from the firmware to the first login: {steps}.
* Where the sources disagree, it is said what we chose, and why.

| Id | What holds | What is wrong when it fails | Step | Severity | Why | Checked in | Fixed by | Source | Where sources disagree |
|---|---|---|---|---|---|---|---|---|---|
"""
FOOT = """
## Kept by how the image is made

No file shows whether these were kept; the collection keeps them itself.

| Id | What | Why | Kept by | Source | Where sources disagree |
|---|---|---|---|---|---|
"""


def document():
    """Return the text of docs/requirements.md."""
    rows = [
        _row(
            f'<a id="{anchor(rule.id)}"></a>{rule.id}',
            rule.title,
            rule.fault,
            rule.step.replace("_", " "),
            severity(rule),
            rule.why,
            where(rule),
            rule.fixed_by or rule.cure,
            rule.source,
            rule.choice,
        )
        for rule in all_rules()
    ]
    return HEAD.replace("{steps}", ", ".join(step.replace("_", " ") for step in STEPS)) + "".join(rows) + foot()


def foot():
    """Return the end of the document: what no rule can check."""
    return FOOT + "".join(_row(*requirement) for requirement in REQUIREMENTS)


def severity(rule):
    """Return how bad it is when a rule fails (str), for Azure and for its marketplace."""
    if "azure" not in rule.profiles:
        return f"marketplace only: {rule.severity}"
    return rule.severity if rule.marketplace in (None, rule.severity) else f"{rule.severity}; marketplace: {rule.marketplace}"


def where(rule):
    """Return what has to be looked at for a rule (str), and of which kind of image it is asked."""
    where = {"tree": "files", "disk": "disk", "any": "files, image", "others": "files"}[rule.needs]
    return where if len(rule.kinds) > 1 else f"{where}; {rule.kinds[0]}"


def _row(*cells):
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |\n"


if __name__ == "__main__":
    import generate_tables  # beside this file, where only a program that is run from here finds it

    PLACE.write_text(document(), encoding="utf-8")
    generate_tables.write()
