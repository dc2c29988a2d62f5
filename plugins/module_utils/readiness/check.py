# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One question, one verdict: opens the tree or the image, and asks all rules.

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


def check(question):
    """Return the Verdict on what the Question names.

    Raises ImagewrightError: an unknown rule, or there is no such tree or file. An image that cannot be read is a finding, no error.
    """
    rules = select(all_rules(), question.include, question.exclude)
    if not asked(rules, question.profile):
        raise ImagewrightError(f"cannot check anything: no rule of the profile {question.profile} is left; correct include and exclude of rules")
    started = time.monotonic()
    opened = Opened(question.image or question.root or "/", _kind(question, "generalized"), "", [])
    findings = []
    answered = budget.bounded(lambda: answers(question, rules))
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


def answers(question, rules):
    """Yield the Opened, then the Finding of each rule, as soon as they are reached.

    Raises ImagewrightError: as check.
    """
    subject, context = _open_image(question) if question.image is not None else _open_tree(question)
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
    return tree.root, Context(None if problem else tree, disk, question.profile, question.generation, _kind(question, kind), problem)


def _open_image(question):
    # here, since a guest needs none of it
    from ansible_collections.imagewright.azure.plugins.module_utils.image import boot_chain
    from ansible_collections.imagewright.azure.plugins.module_utils.image.disk_image import DiskImage
    from ansible_collections.imagewright.azure.plugins.module_utils.image.libraries import MissingLibrary
    from ansible_collections.imagewright.azure.plugins.module_utils.image.image_tree import ImageTree
    from ansible_collections.imagewright.azure.plugins.module_utils.vhd.info import describe_image

    image = dict(describe_image(question.image), path=question.image)
    facts, tree, problem = None, None, ""
    try:
        with budget.step(f"read {question.image}"):
            disk = DiskImage(question.image)
            facts = disk_facts.of_image(disk, boot_chain.of_bios, boot_chain.of_efi)
            tree = ImageTree(question.image, disk)
            facts = disk_facts.with_mounts(facts, tree)
    except MissingLibrary:
        raise
    except (ImagewrightError, budget.Spent) as error:
        problem = str(error)
    except MemoryError:
        problem = f"cannot read {question.image}: it needs more than {budget.MOST_MEMORY >> 20} MiB of memory: it is damaged, or not what it says"
    return question.image, Context(tree, facts, question.profile, question.generation, _kind(question, "generalized"), problem, image)


def _kind(question, found):
    return found if question.kind == "auto" else question.kind


def _system(tree):
    if tree is not None:
        with contextlib.suppress(ImagewrightError):
            return distribution(tree).pretty
    return ""
