# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One question, one verdict: opens the tree or the image, and asks all rules.

What opens an image is handed in (opened_image.py), so that nothing of image/ and vhd/ travels with a module that looks at a guest alone.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import contextlib
import os
import time

from ansible_collections.imagewright.azure.plugins.module_utils.core.distribution import distribution
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import budget, disk_facts
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.catalogue import all_rules, select
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.evaluate import asked, evaluate, not_reached
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.verdict import ImageFile, verdict

#: root, image: str or None, one of them; profile, generation, kind: as the module's options; include, exclude: [str], rules.
Question = collections.namedtuple("Question", "root image profile generation kind include exclude")

#: What is known before the first rule is asked. subject: str, what is checked; kind: str, of image; system: str, its distribution, or "";
#: generations: [int] that its disk can boot on.
Opened = collections.namedtuple("Opened", "subject kind system generations")


def check(question, open_image=None):
    """Return the Verdict on what the Question names.

    open_image: opened_image.open_image, needed where the Question names an image.

    Raises ImagewrightError: an unknown rule, or there is no such tree or file. An image that cannot be read is a finding, no error.
    """
    rules = select(all_rules(), question.include, question.exclude)
    if not asked(rules, question.profile):
        raise ImagewrightError(f"cannot check anything: no rule of the profile {question.profile} is left; correct include and exclude of rules")
    started = time.monotonic()
    opened = Opened(question.image or question.root or "/", kind_of_image(question, "generalized"), "", [])
    findings = []
    answered = budget.bounded(lambda: answers(question, rules, open_image))
    try:
        for answer in answered:
            if isinstance(answer, Opened):
                opened = answer
            else:
                findings.append(answer)
    except budget.Ended as ended:
        findings = not_reached(rules, findings, question.profile, opened.kind, str(ended))
    order = [rule.id for rule in rules]
    return verdict(question, opened, sorted(findings, key=lambda found: order.index(found.id)), time.monotonic() - started, _image_file(question.image))


def answers(question, rules, open_image=None):
    """Yield the Opened, then the Finding of each rule, as soon as they are reached.

    Raises ImagewrightError: as check.
    """
    if question.image is not None and open_image is None:
        raise ImagewrightError(f"cannot check the image {question.image}: guests alone are looked at here; use the module readiness_info")
    subject, context = open_image(question) if question.image is not None else _open_tree(question)
    yield Opened(subject, context.kind, _system(context.tree), context.disk.bootability.generations if context.disk else [])
    yield from evaluate(context, rules)


def _image_file(path):
    """Return the ImageFile of an image's path, None when there is no image."""
    if path is None:
        return None
    status = os.stat(path)
    return ImageFile(status.st_size, status.st_mtime)


def _open_tree(question):
    tree = LiveTree(question.root or "/")
    disk = disk_facts.of_running_guest() if tree.is_running_system else None
    kind = "before_deprovision" if tree.is_running_system else "generalized"
    problem = (
        "" if tree.is_dir("/etc") and (tree.is_dir("/usr") or tree.is_dir("/sbin")) else f"there is no Linux root in {tree.root}: /etc and /usr are not there"
    )
    return tree.root, Context(None if problem else tree, disk, question.profile, question.generation, kind_of_image(question, kind), problem)


def kind_of_image(question, found):
    """Return the kind (str) of image that the Question asks for, what was found where it says auto."""
    return found if question.kind == "auto" else question.kind


def _system(tree):
    if tree is not None:
        with contextlib.suppress(ImagewrightError):
            return distribution(tree).pretty
    return ""
