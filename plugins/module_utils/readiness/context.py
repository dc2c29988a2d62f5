# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a check may look at.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import budget
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import Evidence


class Context:
    """A guest and what is asked about it.

    tree: Tree, or None when no Linux root could be read; problem: str, why then.
    disk: readiness.disk_facts.DiskFacts, or None when only files are there, or the image holds no disk that can be read.
    image: dict, what vhd.info.describe_image says of the image file, or None when there is no image.
    profile: azure or marketplace; generation: auto, 1 or 2; kind: generalized, specialized or before_deprovision.
    """

    def __init__(self, tree, disk=None, profile="azure", generation="auto", kind="generalized", problem="", image=None):
        self.tree = tree
        self.disk = disk
        self.profile = profile
        self.generation = generation
        self.kind = kind
        self.problem = problem
        self.image = image
        self._answers = {}
        if tree is not None:
            tree.settle()

    def shared(self, reader):
        """Return reader(tree), read once for all rules.

        reader: callable, Tree -> anything; its ImagewrightError is raised again at each call, and the end of its time or memory as one.
        """
        return self._once(reader, self.tree.known)

    def facts(self, finder):
        """Return finder(context), found once for all rules: what a step of the path knows, for its own rules and for the steps behind it.

        finder: callable, Context -> anything; its ImagewrightError is raised again at each call.
        """
        return self._once(finder, lambda question: question(self))

    def _once(self, question, asked):
        if question not in self._answers:
            try:
                self._answers[question] = (asked(question), None)
            except ImagewrightError as error:
                self._answers[question] = (None, error)
            except (budget.Spent, MemoryError, RecursionError) as error:
                # the next rule that asks would only lose as much
                self._answers[question] = (
                    None,
                    ImagewrightError(str(error) or f"what it reads needs too much memory ({type(error).__name__}): it is too large, or damaged"),
                )
                raise
        answer, error = self._answers[question]
        if error is not None:
            raise error
        return answer

    def lines(self, path):
        """Return [(number from 1, text)] of a text file, [] when there is no such file."""
        if not self.tree.is_file(path):
            return []
        return list(enumerate(self.tree.read_text(path).replace("\r\n", "\n").split("\n"), 1))

    def find(self, paths, wanted):
        """Return the Evidence of each line that wanted accepts.

        paths: [str]; wanted: callable, text -> truth.
        """
        return [Evidence(path, number, text.strip()) for path in paths for number, text in self.lines(path) if wanted(text)]

    def text(self, path):
        """Return the content (str) of a text file, "" when there is none."""
        return self.tree.read_text(path) if self.tree.is_file(path) else ""

    def first_line(self, path):
        """Return the first line (str) of a file that may be a program, "" when there is none."""
        if not self.tree.is_file(path):
            return ""
        return self.tree.read_bytes(path, 200).decode("utf-8", "surrogateescape").partition("\n")[0]
