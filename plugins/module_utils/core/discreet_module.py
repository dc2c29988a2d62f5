# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that shows no secret, whichever option somebody pasted it into.

PRIVATE: module_utils of this collection are not an interface.
"""

from typing import Any, Iterator

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.imagewright.azure.plugins.module_utils.core.secrets import secrets_in


class DiscreetModule(AnsibleModule):
    """An AnsibleModule whose result, invocation, log and errors hide what looks like a secret in any option.

    Ansible hides the values of options that are declared with no_log, and a signature in another option it shows.
    """

    def _load_params(self) -> None:
        super()._load_params()  # before the options are checked, whose errors quote them
        for value in _texts(self.params):
            self.no_log_values.update(secrets_in(value))


def _texts(value: Any) -> Iterator[str]:
    """Yield every text (str) in a value of options."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
