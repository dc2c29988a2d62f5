#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: show
short_description: Show lines as they are
version_added: 1.0.0
description:
  - Shows lines on the terminal and in the log, whatever callback prints the results of tasks, so that a table stays a table.
  - Runs on the controller, and asks no guest.
options:
  lines:
    description: The lines.
    type: list
    elements: str
    required: true
attributes:
  check_mode:
    support: full
    description: Changes nothing.
  diff_mode:
    support: none
    description: Changes nothing.
author:
  - imagewright.azure contributors (@imagewright)
"""

EXAMPLES = r"""
- name: Ask whether this guest is ready for Azure
  imagewright.azure.readiness_info:
  register: readiness

- name: Show what is wrong
  imagewright.azure.show:
    lines: "{{ readiness.table }}"
"""

RETURN = r""" # """
