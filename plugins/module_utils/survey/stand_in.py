# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module's run() gets in place of AnsibleModule when its plan alone is wanted.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError


class StandIn:
    """A module in check mode and diff mode. params: dict; warnings: [str], what run() warned of."""

    check_mode = True
    _diff = True

    def __init__(self, params):
        self.params = params
        self.warnings = []

    def warn(self, text):
        """Keep a warning."""
        self.warnings.append(text)


def of_arguments(name, specification, arguments):
    """Return the StandIn of a module that was given the arguments (dict), as AnsibleModule would take them.

    name: str, for the error; specification: dict, the module's argument_spec.
    Raises ImagewrightError: the module would not take them.
    """
    validated = ArgumentSpecValidator(specification).validate(arguments)
    if validated.error_messages:
        raise ImagewrightError(f"cannot run {name}: {'; '.join(validated.error_messages)}; correct its options")
    return StandIn(validated.validated_parameters)
