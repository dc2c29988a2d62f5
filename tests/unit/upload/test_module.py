# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vhd_upload as a module: what it refuses before it asks anybody."""

from conftest import run_module_process
from integration.vhd.images import MIB, append, footer, raw_disk


def test_a_vhd_that_no_page_blob_takes_is_refused_before_the_first_question(tmp_path):
    size = 8 * 1024**4
    disk = append(raw_disk(tmp_path / "data.vhd", size, data=()), footer(size))

    result = run_module_process("vhd_upload", image=disk, url="http://127.0.0.1:1/acct/vhds/data.vhd", account_key="a2V5", allow_problems=True, retries=0)

    assert "a page blob takes 8796093022208 bytes (8 TiB), so a disk of 8796091973632 bytes" in result["msg"], result
    assert "--upload-size-bytes 8796093022720" in result["msg"]


def test_a_data_disk_of_a_mebibyte_less_is_not(tmp_path):
    size = 8 * 1024**4 - MIB
    disk = append(raw_disk(tmp_path / "data.vhd", size, data=()), footer(size))

    result = run_module_process("vhd_upload", src=disk, url="http://127.0.0.1:1/acct/vhds/data.vhd", account_key="a2V5", allow_problems=True, retries=0)

    assert "the server refuses connections" in result["msg"], result
