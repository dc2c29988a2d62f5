# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests of the tests of network_dhcp, and what it would do to them."""

import pathlib

from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.network import network_dhcp
from unit.trees import write_tree

SETTINGS = network_dhcp.NetworkChoices(False, ["mana", "mlx4_core", "mlx5_core"], [])


def guest(root, files):
    """Return the LiveTree of files ({path: text}); a text that begins with -> is a link."""
    write_tree(root, files)
    return LiveTree(str(root))


def enabled(unit):
    """Return the files of a guest that starts a unit at boot."""
    return {
        f"/etc/systemd/system/multi-user.target.wants/{unit}.service": f"->/usr/lib/systemd/system/{unit}.service",
        f"/usr/lib/systemd/system/{unit}.service": "[Install]\nWantedBy=multi-user.target\n",
    }


def after(tree, manager, masters="refuse", **settings):
    """Return {path: text after, None when removed} of the changes, without the rule for virtual functions."""
    changes = network_dhcp.plan(tree, manager, SETTINGS._replace(**settings), masters=masters)
    return {change.path: change.after for change in changes if "sriov" not in change.path and "unmanaged" not in change.path}


def apply(tree, manager, masters="refuse", most=None):
    """Write the first changes, most of them or all, in the order of network_dhcp, and return {path: text} of the tree."""
    for path, text in list(after(tree, manager, masters).items())[:most]:
        place = pathlib.Path(tree.host_path(path))
        if text is None:
            place.unlink()
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
    root = pathlib.Path(tree.root)
    return {str(path.relative_to(root)): path.read_text() for path in root.rglob("*") if path.is_file()}
