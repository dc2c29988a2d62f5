# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Breaks a good image in every way, and prints what its verdict says of each.

PYTHONPATH=tests:.venv/collections .venv/bin/python -m integration.broken.judging "Debian 12" [words of a way]
"""

import collections
import contextlib
import os
import pickle
import sys

from ansible_collections.imagewright.azure.plugins.module_utils.image import image_tree
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import budget
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.catalogue import all_rules
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.check import Opened, Question, answers
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.evaluate import is_ready
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.opened_image import open_image
from integration.broken import controls, disks, images
from integration.broken import (
    ways_beneath,
    ways_boot,
    ways_boot_units,
    ways_cloud_init,
    ways_commands,
    ways_devices,
    ways_disk,
    ways_firewall,
    ways_lease,
    ways_limits,
    ways_login,
    ways_menu,
    ways_mounts,
    ways_names,
    ways_network,
    ways_programs,
    ways_root,
    ways_scripts,
    ways_sessions,
    ways_siblings,
    ways_stand_ins,
    ways_system,
    ways_units,
    ways_variables,
)
from integration.broken.overlay import DoesNotApply, Layer, laid_over

_MORE = (
    ways_firewall,
    ways_boot_units,
    ways_stand_ins,
    ways_system,
    ways_limits,
    ways_login,
    ways_names,
    ways_network,
    ways_programs,
    ways_cloud_init,
    ways_devices,
    ways_disk,
    ways_scripts,
    ways_sessions,
    ways_siblings,
    ways_commands,
    ways_lease,
    ways_menu,
    ways_beneath,
    ways_mounts,
    ways_units,
    ways_variables,
)
WAYS = {**ways_boot.WAYS, **ways_root.WAYS}
CONTROLS = dict(controls.CONTROLS)
for _topic in _MORE:
    WAYS.update(_topic.WAYS)
    CONTROLS.update(_topic.CONTROLS)
_OF_THE_DISK = {**ways_disk.WAYS, **ways_disk.CONTROLS}.values()

#: What the verdict says. ready: bool; errors, others: [(rule, path, reason)], what is open as an error, and as anything less.
Judged = collections.namedtuple("Judged", "ready errors others")


def judge(image, change=None, provisioner="waagent", first=None):
    """Return what is Judged of an image (path) with a change (callable) to it; in a child, for nothing of it is to stay.

    change: takes a Layer that is laid over the files, or, of ways_disk, a disks.Disk, which is a copy.
    provisioner: str, ``waagent`` or ``cloud-init``, who is to provision.
    first: None, or [str], rules that are asked before all others; no rule is asked then after the first error, for it is not ready whatever they say.

    Raises DoesNotApply: what is to be changed is not in this image.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            answer = _judge(image, change, provisioner, first)
        except DoesNotApply as error:
            answer = error
        except BaseException as error:  # the parent shows it
            answer = AssertionError(f"{type(error).__name__}: {error}")
        with os.fdopen(writing, "wb") as stream:
            stream.write(pickle.dumps(answer))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        content = stream.read()
    os.waitpid(child, 0)
    answer = pickle.loads(content)
    if isinstance(answer, Exception):
        raise answer
    return answer


def made_good(layer):
    """Have the agent provision, for Debian's package leaves it to cloud-init, which is not there."""
    layer.replace("/etc/waagent.conf", "Provisioning.Agent=cloud-init", "Provisioning.Agent=waagent")


def _judge(image, change, provisioner, first):
    with image_tree.ImageTree(str(image)) as tree:
        layer = Layer(tree)
        if provisioner == "waagent":
            made_good(layer)
        if change is not None and change not in _OF_THE_DISK:
            change(layer)
    image_tree.ImageTree = laid_over(layer.entries)
    with contextlib.ExitStack() as stack:
        if change in _OF_THE_DISK:
            disk = stack.enter_context(disks.copied(image))
            change(disk)
            image = disk.path
        return _verdict(image, first)


def _verdict(image, first):
    question = Question(root=None, image=str(image), profile="azure", generation="auto", kind="generalized", include=[], exclude=[])
    rules = sorted(all_rules(), key=lambda rule: rule.id not in (first or ()))
    findings = []
    try:
        for answer in budget.bounded(lambda: answers(question, rules, open_image)):
            if not isinstance(answer, Opened):
                findings.append(answer)
            if first is not None and not is_ready(findings):
                break
    except budget.Ended as error:
        return Judged(False, [("the end", "", str(error))], [])
    found = [
        (finding.severity, (finding.id, finding.evidence[0].path.replace(str(image), "IMAGE") if finding.evidence else "", finding.reason))
        for finding in findings
        if finding.status in ("failed", "unknown")
    ]
    errors, others = ([item for severity, item in found if (severity == "error") is wanted] for wanted in (True, False))
    return Judged(is_ready(findings), errors, others)


def outcome(good, judged):
    """Return ``named``, ``too low`` (as less than an error) or ``missed`` for a broken image, compared with the good one it was made of."""
    if not judged.ready:
        return "named"
    known = {(rule, path) for rule, path, _reason in good.errors + good.others}
    return "too low" if any((rule, path) not in known for rule, path, _reason in judged.others) else "missed"


def main(*words):
    """Print a line for each way and each control with the words in its name, on the images that the first word names (``all``: each), and the sums.

    A rule that named a way on one image is asked first on the next.
    """
    naming = {}
    for name in images.IMAGES if words[0] == "all" else words[:1]:
        _print_image(name, words[1:], naming)


def _print_image(name, words, naming):
    path, provisioner = images.build(name), images.IMAGES[name].provisioner
    good = judge(path, None, provisioner)
    print(f"{name} as it is: {'ready' if good.ready else good.errors}; {[rule for rule, _path, _reason in good.others]}")
    sums = collections.Counter()
    for way, change in {**WAYS, **CONTROLS}.items():
        if not all(word in way for word in words):
            continue
        try:
            judged = judge(path, change, provisioner, None if way in CONTROLS else naming.get(way, []))
        except DoesNotApply:
            sums["does not apply"] += 1
            continue
        result = ("false alarm" if judged.errors else "right") if way in CONTROLS else outcome(good, judged)
        if result == "named":
            naming[way] = [judged.errors[0][0]]
        sums[result] += 1
        new = [item for item in judged.errors + judged.others if item not in good.errors + good.others]
        shown = ", ".join(f"{rule} {place}" for rule, place, _reason in new[:6])
        print(f"{result:12} {way}: {shown}", flush=True)
    print(name, dict(sums), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
