# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person sees of a secret that was pasted into a wrong variable, at -vvv: nothing."""

import json
import os
import subprocess
import sys

import pytest
from conftest import CHECKOUT, COLLECTIONS

SIGNATURE = "yMnKy8zNzs/Q0dLT1NXW19jZ2tvc3d7f4OHi4+Tl5uc="
QUOTED = "yMnKy8zNzs%2FQ0dLT1NXW19jZ2tvc3d7f4OHi4%2BTl5uc%3D"
SAS = f"sv=2025-01-05&se=2030-01-01T00%3A00%3A00Z&sr=b&sp=rcw&sig={QUOTED}"


@pytest.mark.parametrize("option", ["disk_upload_account", "disk_upload_container", "disk_upload_blob", "disk_upload_endpoint", "disk_upload_src"])
def test_the_playbook_shows_none_also_when_it_tells_all(tmp_path, option):
    disk = tmp_path / "disk.vhd"
    disk.write_bytes(b"a text")
    options = {"disk_upload_src": str(disk), "disk_upload_account": "acct", "disk_upload_container": "vhds", "disk_upload_allow_problems": True}
    values = tmp_path / "values.json"
    values.write_text(json.dumps({**options, option: f"x?{SAS}"}))

    playbook = os.path.join(os.path.dirname(sys.executable), "ansible-playbook")
    environment = {"ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "ANSIBLE_HOME": str(tmp_path), "ANSIBLE_LOCALHOST_WARNING": "false"}
    process = subprocess.run(
        [playbook, "-vvv", f"{CHECKOUT}/playbooks/upload.yml", "-e", f"@{values}"],
        text=True,
        capture_output=True,
        timeout=120,
        check=False,
        env={**os.environ, **environment},
    )

    told = process.stdout + process.stderr
    assert process.returncode != 0 and "fatal" in told
    assert SIGNATURE not in told and QUOTED not in told
