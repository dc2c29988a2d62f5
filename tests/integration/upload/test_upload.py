# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What arrives is what was there, and no more is sent than has to be."""

import os

import pytest

from integration.upload import vhds
from integration.upload.fault_proxy import proxy

MIB = vhds.MIB

IMAGES = {
    "one run over a border of 4 MiB": (32, [(2 * MIB, MIB), (9 * MIB + 4096, 9 * MIB)]),
    "scattered and unaligned": (64, vhds.scattered(80, 64)),
    "nothing but a partition table": (20, []),
    "full to the last sector": (24, [(512, 24 * MIB - 512)]),
    "single sectors at the borders of blocks": (24, [(MIB - 512, 512), (MIB + 65536, 512), (24 * MIB - 512, 512)]),
}


@pytest.mark.parametrize(
    "image",
    [
        "scattered and unaligned",
        "single sectors at the borders of blocks",
        *(pytest.param(name, marks=pytest.mark.slow) for name in list(IMAGES)[:1] + list(IMAGES)[2:4]),
    ],
)
def test_what_is_downloaded_is_the_vhd(upload, target, tmp_path, image):
    vhd = vhds.make(tmp_path / "disk.vhd", *IMAGES[image])

    result = upload(src=vhd, verify="content")

    assert not result["failed"], result["msg"]
    assert vhds.sha256(target.download(tmp_path / "back.vhd")) == vhds.sha256(vhd)
    assert result["verified"] == ["ranges", "content", "footer", "size"]
    assert result["bytes_uploaded"] <= 1.02 * vhds.non_zero_blocks(vhd)
    assert result["bytes_uploaded"] + result["bytes_skipped"] == result["bytes_total"] == os.path.getsize(vhd)


def test_zeros_that_are_stored_are_not_sent(upload, target, tmp_path):
    vhd = vhds.make(tmp_path / "disk.vhd", 24)
    with open(vhd, "r+b") as stream:  # no holes any more
        stream.seek(MIB)
        stream.write(bytes(23 * MIB))

    result = upload(src=vhd)

    assert result["bytes_uploaded"] == 65536 + 512
    assert vhds.sha256(target.download(tmp_path / "back.vhd")) == vhds.sha256(vhd)


def test_every_write_has_its_md5_and_4_mib_at_most_and_the_footer_is_the_last(upload, target, vhd):
    with proxy(target.azurite.port) as (port, faults):
        result = upload(endpoint=f"http://127.0.0.1:{port}/{target.azurite.account}", parallel=4)
    writes = [request for request in faults.requests if request.is_page_write]

    assert not result["failed"], result["msg"]
    assert len(writes) == result["ranges"]
    assert all(request.headers["content-md5"] and 0 < request.length <= 4 * MIB for request in writes)
    assert sum(request.length for request in writes) == result["bytes_uploaded"]
    assert writes[-1].headers["x-ms-range"] == f"bytes={32 * MIB}-{32 * MIB + 511}"
    assert not any(request.headers["x-ms-range"].startswith(f"bytes={32 * MIB}-") for request in writes[:-1])


def test_second_run_changes_nothing_and_sends_nothing(upload, vhd):
    first = upload()

    second = upload()

    assert first["changed"] and not second["changed"]
    assert (second["bytes_uploaded"], second["ranges"]) == (0, 0)
    assert second["reason"] == "neither the VHD nor the blob has changed since it was uploaded"


def test_second_run_on_another_machine_compares_the_digest(upload, vhd):
    receipt = upload()["journal"]
    os.unlink(receipt)

    second = upload()
    third = upload()

    assert not second["changed"] and not third["changed"]
    assert (second["verified"], third["verified"]) == (["digest"], [])
    assert third["reason"] == "neither the VHD nor the blob has changed since it was uploaded"


def test_content_that_somebody_changed_after_the_upload_is_found_by_verify_content(upload, target, vhd):
    os.unlink(upload()["journal"])
    target.blob().upload_page(b"x" * 512, 20 * MIB, 512)

    assert not upload(check=True)["changed"], "within half a minute the metadata alone cannot tell"
    found = upload(verify="content")

    assert found["failed"]
    assert "it exists and has other content" in found["msg"]


@pytest.mark.slow
def test_content_that_somebody_changed_after_the_upload_is_found_by_the_receipt(upload, target, vhd):
    upload()
    properties = target.blob().get_blob_properties()
    target.blob().upload_page(b"x" * 512, 20 * MIB, 512)
    target.blob().set_blob_metadata(dict(properties.metadata, imagewright_completed="1000"))

    found = upload()

    assert found["failed"]
    assert "set overwrite=true" in found["msg"]


def test_check_mode_predicts_the_run_and_touches_nothing(upload, target, vhd):
    predicted = upload(check=True)
    assert not target.blob().exists()
    assert sorted(path.name for path in vhd.parent.iterdir()) == ["disk.vhd"]

    result = upload()

    keys = ("changed", "action", "bytes_total", "bytes_uploaded", "bytes_skipped", "ranges", "resumed", "url", "digest", "diff")
    assert {key: predicted[key] for key in keys} == {key: result[key] for key in keys}
    assert not upload(check=True)["changed"]


def test_other_content_is_only_replaced_when_told_to(upload, target, vhd, tmp_path):
    upload()
    other = vhds.make(tmp_path / "other.vhd", 32, [(5 * MIB, MIB)], seed=2)

    refused = upload(src=other)
    assert refused["failed"] and "it exists and has other content" in refused["msg"]
    assert upload(src=other, check=True)["failed"]
    assert vhds.sha256(target.download(tmp_path / "back.vhd")) == vhds.sha256(vhd)

    replaced = upload(src=other, overwrite=True)
    assert replaced["changed"] and replaced["action"] == "replace"
    assert vhds.sha256(target.download(tmp_path / "back.vhd")) == vhds.sha256(other)


@pytest.mark.slow
def test_blob_of_another_size_is_replaced_by_the_right_one(upload, target, vhd, tmp_path):
    target.blob().create_page_blob(64 * MIB)
    target.blob().upload_page(b"x" * 512, 63 * MIB, 512)

    assert "(67108864 bytes" in upload()["msg"]
    assert upload(overwrite=True)["bytes_total"] == os.path.getsize(vhd)
    assert vhds.sha256(target.download(tmp_path / "back.vhd")) == vhds.sha256(vhd)


def test_a_block_blob_is_never_replaced(upload, target):
    target.blob().upload_blob(b"a report")

    result = upload(overwrite=True)

    assert "it is a BlockBlob and a VHD has to be a PageBlob" in result["msg"]
    assert target.blob().download_blob().readall() == b"a report"


@pytest.mark.parametrize("verify, expected", [(False, []), pytest.param(True, ["ranges", "footer", "size"], marks=pytest.mark.slow)])
def test_verify_takes_yaml_booleans(upload, vhd, verify, expected):
    assert upload(verify=verify)["verified"] == expected


@pytest.mark.slow
def test_a_blob_name_with_folders_and_spaces(upload, target, vhd, tmp_path):
    result = upload(blob="debian 12/ä.vhd")

    assert result["url"].endswith("/debian%2012/%C3%A4.vhd")
    assert vhds.sha256(target.download(tmp_path / "back.vhd", "debian 12/ä.vhd")) == vhds.sha256(vhd)


def test_the_proxy_of_the_environment_is_used_and_what_is_excepted_from_it(upload):
    nobody = {"http_proxy": "http://127.0.0.1:1", "HTTP_PROXY": "http://127.0.0.1:1"}

    assert "cannot" in upload(env=dict(nobody, no_proxy="", NO_PROXY=""), retries=0)["msg"]
    result = upload(env=dict(nobody, no_proxy="127.0.0.1", NO_PROXY="127.0.0.1"))
    assert not result["failed"], result["msg"]


def test_a_password_for_the_host_in_netrc_is_not_sent(upload, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password mine\n")
    (tmp_path / ".netrc").chmod(0o600)

    result = upload(env={"HOME": str(tmp_path)})
    assert not result["failed"], result["msg"]
