# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.edited_tree import EditedTree
from ansible_collections.imagewright.azure.plugins.module_utils.core.edits import Edit, apply
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from unit.trees import write_tree


class Module:
    check_mode = False


@pytest.mark.parametrize(
    "there, mode",
    [({}, 0o600), ({"/etc/card": "before"}, 0o640), ({"/etc/card": "->other", "/etc/other": "before"}, 0o640)],
    ids=["new", "there", "behind a link"],
)
def test_a_file_has_the_mode_that_it_will_have_once_it_is_written(tmp_path, there, mode):
    write_tree(tmp_path, {"/etc/hosts": "", **there})
    if there:
        (tmp_path / "etc/card").chmod(0o640)
    tree = LiveTree(str(tmp_path))
    edit = Edit("/etc/card", "before" if there else None, "after", 0o600)

    predicted = EditedTree(tree, [edit]).stat("/etc/card")
    apply(Module(), tree, [edit])

    assert predicted.mode == 0o100000 | mode == tree.stat("/etc/card").mode
    assert predicted.size == 5 and (predicted.uid, predicted.gid) == (tree.stat("/etc/card").uid, tree.stat("/etc/card").gid)


def test_a_directory_that_is_made_for_a_file_is_found_as_the_file_is(tmp_path):
    write_tree(tmp_path, {"/etc/network/50-a.network": "", "/etc/network/60-b.network": ""})
    edits = [Edit("/etc/network/50-a.network.d/azure.conf", None, "[Network]"), Edit("/etc/network/60-b.network", "", None), Edit("/new", None, "")]

    tree = EditedTree(LiveTree(str(tmp_path)), edits)

    assert tree.glob("/etc/network/*") == ["/etc/network/50-a.network", "/etc/network/50-a.network.d"]
    assert tree.glob("/etc/network/*.d/*.conf") == ["/etc/network/50-a.network.d/azure.conf"]
    assert tree.listdir("/") == ["etc", "new"]
