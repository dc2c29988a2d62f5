# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person sees of the first run on a faulty guest, once Ansible leaves out what went well (docs/roles.md): two screens in place of seven."""

import pytest
from lab.paths import CHECKOUT

pytestmark = pytest.mark.slow

PLAYBOOK = CHECKOUT / "playbooks" / "prepare-azure.yml"


def test_the_first_run_is_two_screens(faulty_guest, monkeypatch):
    monkeypatch.setenv("ANSIBLE_DISPLAY_OK_HOSTS", "no")
    monkeypatch.setenv("ANSIBLE_DISPLAY_SKIPPED_HOSTS", "no")
    done = faulty_guest.playbook(PLAYBOOK, {"prepare_image_kind": "generalized", "prepare_shutdown": False}, diff=False)

    assert not done.failed, done.output
    # a line tells every 20 s of what takes long that it still works
    lines = [line for line in done.output.splitlines() if line.strip() and not line.endswith(" s")]
    assert len(lines) <= 115 and "skipping:" not in done.output, (len(lines), done.output)
    assert done.output.count("udf is banned") == 1 and "\nfixed: 23\n" in done.output and ": changed\n" in done.output
