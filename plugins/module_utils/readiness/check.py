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
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import disk_facts
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.catalogue import all_rules, select
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.evaluate import evaluate
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.time_limit import time_limit
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.verdict import ImageFile, verdict

#: root, image: str or None, one of them; profile, generation, kind: as the module's options; include, exclude: [str], rules.
Question = collections.namedtuple("Question", "root image profile generation kind include exclude")

_MOST_SECONDS_OPENING = 120


def check(question):
    """Return the Verdict on what the Question names.

    Raises ImagewrightError: an unknown rule, or there is no such tree or file. An image that cannot be read is a finding, no error.
    """
    rules = select(all_rules(), question.include, question.exclude)
    if not any(question.profile in rule.profiles for rule in rules):
        raise ImagewrightError(f"cannot check anything: no rule of the profile {question.profile} is left; correct include and exclude of rules")
    if question.image is not None:
        return _check_image(question, rules)
    tree = LiveTree(question.root or "/")
    disk = disk_facts.of_running_guest() if tree.is_running_system else None
    kind = "before_deprovision" if tree.is_running_system else "generalized"
    problem = "" if tree.is_dir("/etc") and (tree.is_dir("/usr") or tree.is_dir("/sbin")) else \
        f"there is no Linux root in {tree.root}: /etc and /usr are not there"
    return _verdict(question, rules, tree.root, None if problem else tree, disk, kind, problem)


def _check_image(question, rules):
    # here, since a guest needs none of it
    from ansible_collections.imagewright.azure.plugins.module_utils.image.disk_image import DiskImage
    from ansible_collections.imagewright.azure.plugins.module_utils.image.libraries import MissingLibrary
    from ansible_collections.imagewright.azure.plugins.module_utils.image.image_tree import ImageTree
    from ansible_collections.imagewright.azure.plugins.module_utils.vhd.info import describe_image

    image = dict(describe_image(question.image), path=question.image)
    status = os.stat(question.image)
    disk, facts, tree, problem = None, None, None, ""
    try:
        with time_limit(_MOST_SECONDS_OPENING, f"read {question.image}"):
            disk = DiskImage(question.image)
            facts = disk_facts.of_image(disk)
            tree = ImageTree(question.image, disk)
            facts = facts._replace(mount_problems=tree.mount_problems)
    except MissingLibrary:
        raise
    except ImagewrightError as error:
        problem = str(error)
    try:
        return _verdict(question, rules, question.image, tree, facts, "generalized", problem, image, ImageFile(status.st_size, status.st_mtime))
    finally:
        if disk is not None:
            disk.close()


def _verdict(question, rules, subject, tree, disk, auto_kind, problem, image=None, file=None):
    started = time.monotonic()
    kind = auto_kind if question.kind == "auto" else question.kind
    context = Context(tree, disk, question.profile, question.generation, kind, problem, image)
    findings = evaluate(context, rules)
    system = ""
    if tree is not None:
        with contextlib.suppress(ImagewrightError):
            system = distribution(tree).pretty
    return verdict(subject, context, findings, system, time.monotonic() - started, file)
