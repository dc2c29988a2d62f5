# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The values of docs/variables of the two roles of the controller are carried out, with this machine's folders and emulator in place of what they name."""

import json

import pytest
from integration.upload.test_azcollection import STAND_IN
from integration.upload.test_playbook import run_playbook
from integration.vhd.images import MIB, call, gpt_disk, raw_disk
from unit.packaging.test_tables import tables

from integration.upload.azurite import CHECKOUT

pytestmark = pytest.mark.slow

CONVERT = tables.role_examples("disk_convert")
UPLOAD = tables.role_examples("disk_upload")
#: The role takes one of these: an image, several, one in place.
CONVERSIONS = [
    [name for name in CONVERT if name.removeprefix("disk_convert_") not in ("images", "folder", "in_place", "wait_released", "sha256")],
    ["disk_convert_images", "disk_convert_folder"],
    ["disk_convert_src", "disk_convert_in_place", "disk_convert_wait_released", "disk_convert_sha256"],
]
#: And of these: where the VHD goes. A gallery wants the account's name besides an address.
ADDRESS, NAMES = ["disk_upload_url"], ["disk_upload_container", "disk_upload_blob", "disk_upload_endpoint", "disk_upload_account_key"]


def test_each_variable_is_in_a_run():
    assert {name for names in CONVERSIONS for name in names} == set(CONVERT)


@pytest.mark.parametrize("names", CONVERSIONS, ids=["one image", "several", "in place"])
def test_images_are_converted(names, tmp_path):
    for folder in ("images", "upload"):
        (tmp_path / folder).mkdir()
    raw_disk(tmp_path / "images/database.raw", 64 * MIB)
    raw = gpt_disk(tmp_path / "images/disk.raw", 64 * MIB)
    for name in ("disk", "web"):
        call("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, tmp_path / f"images/{name}.qcow2")
    text = json.dumps({name: CONVERT[name] for name in names}).replace('"/images', f'"{tmp_path}/images').replace('"/upload', f'"{tmp_path}/upload')
    in_place = "disk_convert_in_place" in names
    variables = json.loads(text.replace("disk.qcow2", "disk.raw") if in_place else text)

    status, output, _seen = run_playbook(tmp_path, variables, book="convert.yml")

    assert status == 0, output
    made = {path.relative_to(tmp_path).as_posix() for path in tmp_path.glob("*/*.*") if path.suffix != ".qcow2" and path.stat().st_size % MIB == 512}
    assert made == ({"images/disk.raw"} if in_place else {"upload/disk.vhd"} if "disk_convert_src" in names else {"images/database.vhd", "images/web.vhd"})


@pytest.mark.parametrize("left_out", [ADDRESS, NAMES], ids=["by names", "by address"])
def test_a_vhd_is_uploaded_and_a_version_made_of_it(left_out, target, vhd, tmp_path, monkeypatch):
    monkeypatch.setenv("STAND_IN_CALLS", str(tmp_path / "calls"))
    monkeypatch.setenv("STAND_IN_ANSWERS", str(tmp_path / "answers"))
    definition = {"hyperVGeneration": "V2", "architecture": "Arm64", "features": [{"name": "SecurityType", "value": "TrustedLaunchSupported"}]}
    (tmp_path / "answers").write_text(json.dumps({"azure_rm_resource_info GET images": {"changed": False, "response": [{"properties": definition}]}}))
    (tmp_path / "calls").touch()
    placed = {**UPLOAD, "disk_upload_src": vhd, "disk_upload_folder": tmp_path, "disk_upload_journal": tmp_path / "web.journal"}
    places = {"account": target.azurite.account, "container": target.container, "account_key": target.azurite.key, "endpoint": target.azurite.endpoint}
    places.update(url=target.sas_url(blob="web-2.vhd"), sas_token="")
    placed.update({f"disk_upload_{name}": value for name, value in places.items()})

    status, output, _seen = run_playbook(
        tmp_path, {name: value for name, value in placed.items() if name not in left_out}, collections=f"{CHECKOUT / '.venv' / 'collections'}:{STAND_IN}"
    )

    assert status == 0, output
    assert target.download(tmp_path / "back.vhd", "web-2.vhd").read_bytes() == vhd.read_bytes()
    calls = [json.loads(line) for line in (tmp_path / "calls").read_text().splitlines()]
    assert calls[-1]["module"] == "azure_rm_galleryimageversion" and calls[-1]["arguments"]["name"] == "1.0.0"
