#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: check_names
short_description: Stop at variables and tags that nobody knows
version_added: 1.0.0
description:
  - Ansible takes any variable and any tag; one that is misspelled has no effect, and nobody says so.
  - Fails where a variable begins with one of O(prefixes) and is not among O(known), where a variable of the command line is one slip
    (a letter missing, too many, wrong, or two exchanged) from one of O(known) or O(bare), and where a tag of the command line is one
    slip from a tag of this collection or begins as one, and no task has it (O(tags)).
  - All other names are the user's own. Runs on the controller, and asks no guest.
options:
  known:
    description: The variables that there are.
    type: list
    elements: str
    default: []
  prefixes:
    description: How variables of this collection begin.
    type: list
    elements: str
    default: []
  bare:
    description: Variables without a prefix, which are given on the command line.
    type: list
    elements: str
    default: []
  tags:
    description: Whether to look at the tags of the command line too.
    type: bool
    default: false
  what:
    description: What cannot be done otherwise, for the message.
    type: str
    default: run this playbook
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
- name: Stop at a variable that nobody knows
  imagewright.azure.check_names:
    known: [azure_image_src, azure_image_dest]
    prefixes: [azure_image_]
    bare: [image, profile]
    tags: true
    what: check images
"""

RETURN = r""" # """
