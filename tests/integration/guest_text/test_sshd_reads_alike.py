# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Of configurations made at random, we read the line that `sshd -T` of this machine takes."""

import os
import random
import subprocess

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.ssh import sshd_config
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree

#: %d becomes a number, %s the folder of the files a and b.
LINES = [
    "ClientAliveInterval %d\n",
    "clientaliveinterval=%d\n",
    "#ClientAliveInterval %d\n",
    "  ClientAliveInterval\t%dm # x\n",
    'ClientAliveInterval "%d"\n',
    "\"ClientAliveInterval\" '%d'\n",
    "Match all\n",
    "match ALL\n",
    "Match\tall\n",
    "Match=all\n",
    'Match "all"\n',
    "Match all # x\n",
    "Match user bob\n",
    "Match user bob,all\n",
    "Match Address 10.0.0.0/8\n",
    "UseDNS no\n",
    "\n",
]
INCLUDES = ["Include %s/a*\n", "Include %s/b %s/a\n", "Include=%s/b\n", 'Include "%s/a" # x\n', "Include %s/none*\n"]


@pytest.fixture(scope="module")
def host_key(tmp_path_factory):
    path = tmp_path_factory.mktemp("key") / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    return path


def configuration(chooser, folder, lines, count):
    """Return the text of a file of up to count lines."""
    text = "".join(chooser.choice(lines) for _unused in range(chooser.randint(0, count))).replace("%s", str(folder))
    return "".join(str(chooser.randint(1, 9)) if part == "%d" else part for part in text.replace("%d", "\0%d\0").split("\0"))


@pytest.mark.parametrize("seed", range(5))
def test_the_line_that_takes_effect_is_the_one_of_sshd(tmp_path, host_key, seed):
    chooser, accepted = random.Random(seed), 0
    os.makedirs("/run/sshd", exist_ok=True)
    for _unused in range(40):
        (tmp_path / "main").write_text(configuration(chooser, tmp_path, LINES + INCLUDES, 6))
        (tmp_path / "a").write_text(configuration(chooser, tmp_path, LINES + ["Include %s/b\n"], 4))
        (tmp_path / "b").write_text(configuration(chooser, tmp_path, LINES, 4))
        told = subprocess.run(
            ["sshd", "-T", "-f", tmp_path / "main", "-h", host_key],
            capture_output=True,
            text=True,
            check=False,
            env=dict(os.environ, PATH="/usr/sbin:/usr/bin"),
            executable="/usr/sbin/sshd",
        )
        if told.returncode != 0:
            continue
        accepted += 1
        [value] = [line.split()[1] for line in told.stdout.splitlines() if line.startswith("clientaliveinterval ")]
        ours = sshd_config.effective_of(sshd_config.settings(LiveTree("/"), str(tmp_path / "main")), "ClientAliveInterval", "0")[0]
        assert sshd_config.means_same(ours, value), [(tmp_path / name).read_text() for name in ("main", "a", "b")]
    assert accepted > 20
