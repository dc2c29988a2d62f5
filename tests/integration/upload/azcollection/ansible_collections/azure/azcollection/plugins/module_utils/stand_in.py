# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for a module of azure.azcollection: it takes the same options, notes the call, and answers as the test says.

The options, their types and choices are those of azure.azcollection 3.12.0.
"""

import json
import os

from ansible.module_utils.basic import AnsibleModule


def run(name, options, check_mode=True, required_if=()):
    """Check the arguments as the real module does, append the call to $STAND_IN_CALLS, and return the next answer of $STAND_IN_ANSWERS.

    The answers are a JSON object: "name method subresource" -> what the module returns besides changed.
    """
    module = AnsibleModule(argument_spec=options, supports_check_mode=check_mode, required_if=required_if)
    given = {key: value for key, value in module.params.items() if value not in (None, [])}
    with open(os.environ["STAND_IN_CALLS"], "a") as stream:
        stream.write(json.dumps({"module": name, "check": module.check_mode, "arguments": given}) + "\n")
    with open(os.environ["STAND_IN_ANSWERS"]) as stream:
        answers = json.load(stream)
    ends = [part.get("type") for part in given.get("subresource", [])]
    answer = answers.get(" ".join([name] + [given.get("method", "")] + ends).strip(), {})
    if "msg" in answer:
        module.fail_json(**answer)
    module.exit_json(**dict({"changed": True}, **answer))
