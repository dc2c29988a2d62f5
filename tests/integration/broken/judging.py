# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Breaks a good image in every way, and prints what its verdict says of each.

PYTHONPATH=tests:.venv/collections .venv/bin/python -m integration.broken.judging IMAGE [words of a way]
"""

import collections
import os
import pickle
import sys

from ansible_collections.imagewright.azure.plugins.module_utils.image import image_tree
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.check import Question, check
from integration.broken import controls, ways_boot, ways_root
from integration.broken.overlay import DoesNotApply, Layer, laid_over

WAYS = {**ways_boot.WAYS, **ways_root.WAYS}

#: What the verdict says. ready: bool; errors, others: [(rule, path, reason)], what is open as an error, and as anything less.
Judged = collections.namedtuple("Judged", "ready errors others")


def judge(image, change=None):
    """Return what is Judged of an image (path) with a change (callable, takes a Layer) laid over it; in a child, for nothing of it is to stay.

    Raises DoesNotApply: what is to be changed is not in this image.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            answer = _judge(image, change)
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


def _judge(image, change):
    with image_tree.ImageTree(str(image)) as tree:
        layer = Layer(tree)
        made_good(layer)
        if change is not None:
            change(layer)
    image_tree.ImageTree = laid_over(layer.entries)
    verdict = check(Question(root=None, image=str(image), profile="azure", generation="auto", kind="generalized", include=[], exclude=[]))
    found = [
        (finding.severity, (finding.id, finding.evidence[0].path if finding.evidence else "", finding.reason))
        for finding in verdict.findings
        if finding.status in ("failed", "unknown")
    ]
    return Judged(verdict.ready, [item for severity, item in found if severity == "error"], [item for severity, item in found if severity != "error"])


def outcome(good, judged):
    """Return ``named``, ``too low`` (as less than an error) or ``missed`` for a broken image, compared with the good one it was made of."""
    if not judged.ready:
        return "named"
    known = {(rule, path) for rule, path, _reason in good.errors + good.others}
    return "too low" if any((rule, path) not in known for rule, path, _reason in judged.others) else "missed"


def main(image, *words):
    """Print a line for each way and each control, and the sums."""
    good = judge(image)
    print(f"as it is: {'ready' if good.ready else good.errors}; {[rule for rule, _path, _reason in good.others]}")
    sums = collections.Counter()
    for name, change in {**WAYS, **controls.CONTROLS}.items():
        if all(word in name for word in words):
            try:
                judged = judge(image, change)
            except DoesNotApply as error:
                print(f"{'no such':12} {name}: {error}")
                continue
            result = ("right" if judged.ready else "false alarm") if name in controls.CONTROLS else outcome(good, judged)
            sums[result] += 1
            shown = ", ".join(f"{rule} {path}" for rule, path, _reason in judged.errors[:4])
            print(f"{result:12} {name}: {shown}", flush=True)
    print(dict(sums))


if __name__ == "__main__":
    main(*sys.argv[1:])
