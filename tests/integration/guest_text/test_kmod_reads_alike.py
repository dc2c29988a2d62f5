# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Of modprobe.d files made at random, we see the bans that kmod of this machine sees, and none is left when they are lifted."""

import random
import subprocess

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.kernel import modprobe

FRAGMENTS = [
    "install udf /bin/false",
    "blacklist udf",
    "alias udf off",
    "# ",
    "#",
    " ",
    "\\\n",
    "\n",
    "\n",
    "\n",
    "\t",
    "install",
    "blacklist",
    "udf",
    "\r\n",
    "x",
    "install udf modprobe -i udf",
    "\\",
    "options udf a=1",
]


def seen_by_kmod(folder, text):
    """Return the kinds of bans ({"install", "blacklist", "alias"}) of udf that kmod reads in the text; an alias to another module loads that alone."""
    (folder / "a.conf").write_bytes(text.encode())
    shown = subprocess.run(["/sbin/modprobe", "-c", "-C", folder], capture_output=True, check=True).stdout.decode("latin-1")
    commands = [line.split(" ") for line in shown.split("\n")]
    return {
        words[0]
        for words in commands
        if words[1:2] == ["udf"]
        and (words[0] == "blacklist" or (words[0] == "install" and "modprobe" not in " ".join(words)) or (words[0] == "alias" and words[-1] != "udf"))
    }


@pytest.mark.parametrize("seed", range(6))
def test_bans_are_those_of_kmod_and_can_be_lifted(tmp_path, seed):
    chooser, banned = random.Random(seed), 0
    for _unused in range(60):
        text = "".join(chooser.choice(FRAGMENTS) for _unused in range(chooser.randint(0, 12)))
        ours = {line[2].split()[0] for line in modprobe.banning_lines(text, "udf")}
        assert seen_by_kmod(tmp_path, text) == ours, text
        assert seen_by_kmod(tmp_path, modprobe.without(text, ["udf"])) == set(), text
        banned += bool(ours)
    assert banned > 5
