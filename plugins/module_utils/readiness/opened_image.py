# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disk and the tree of an image, as the rules read them.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.image import boot_chain, disk_image, image_tree
from ansible_collections.imagewright.azure.plugins.module_utils.image.libraries import MissingLibrary
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import budget, disk_facts
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.check import kind_of_image
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.info import describe_image


def open_image(question):
    """Return (path, Context) of the image that a Question names; why it cannot be read is the Context's problem.

    Raises MissingLibrary: a library that reads it is not installed. ImagewrightError: there is no such file.
    """
    image = dict(describe_image(question.image), path=question.image)
    facts, tree, problem = None, None, ""
    try:
        with budget.step(f"read {question.image}"):
            disk = disk_image.DiskImage(question.image)
            facts = disk_facts.of_image(disk, boot_chain.of_bios, boot_chain.of_efi)
            tree = image_tree.ImageTree(question.image, disk)
            facts = disk_facts.with_mounts(facts, tree)
    except MissingLibrary:
        raise
    except (ImagewrightError, budget.Spent) as error:
        problem = str(error)
    except MemoryError:
        problem = f"cannot read {question.image}: it needs more than {budget.MOST_MEMORY >> 20} MiB of memory: it is damaged, or not what it says"
    return question.image, Context(tree, facts, question.profile, question.generation, kind_of_image(question, "generalized"), problem, image)
