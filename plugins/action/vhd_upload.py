# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the module vhd_upload and show its progress."""

from ansible_collections.imagewright.azure.plugins.plugin_utils.progress_action import ProgressAction


class ActionModule(ProgressAction):
    """The module's documentation is the documentation of this action."""
