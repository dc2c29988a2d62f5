# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example of vhd_upload uploads, with the emulator in place of Azure."""

import pytest

from unit.packaging.test_tables import tables

EXAMPLES = tables.module_examples("vhd_upload")


def placed(arguments, target, vhd, folder):
    """Return the arguments (dict) of an example with the emulator's container and the test's VHD, of generation 1, in place of what it names."""
    options = dict(
        arguments,
        src=vhd,
        **({"generation": "1"} if "generation" in arguments else {}),
        **{name: folder / name for name in ("journal", "progress_file") if name in arguments},
    )
    if "url" not in options:
        return dict(options, blob="disk.vhd", **{name: target.options()[name] for name in ("account", "container", "account_key", "endpoint")})
    options.pop("sas_token", None)
    if options.get("target") == "managed_disk":
        target.blob().create_page_blob(vhd.stat().st_size)
    return dict(options, url=target.sas_url())


@pytest.mark.parametrize("arguments", EXAMPLES, ids=lambda arguments: "-".join(sorted(set(arguments) - {"src"})))
def test_an_example_uploads(run_module, target, vhd, tmp_path, arguments):
    result = run_module("vhd_upload", **placed(arguments, target, vhd, tmp_path))

    assert not result["failed"], result["msg"]
    assert result["changed"]
