# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot be uploaded is refused with one clear error, before the first byte."""

import os
import struct

import pytest

from integration.upload import vhds
from integration.upload.fault_proxy import proxy

MIB = vhds.MIB


def wrong_checksum(path):
    with open(path, "r+b") as stream:
        stream.seek(-512 + 64, os.SEEK_END)
        stream.write(struct.pack(">I", 1))


def cut(path):
    os.truncate(path, os.path.getsize(path) - MIB)


def without_footer(path):
    os.truncate(path, os.path.getsize(path) - 512)


def trailing_bytes(path):
    with open(path, "ab") as stream:
        stream.write(bytes(MIB))


def unaligned(path):
    size = 20 * MIB + 65536
    with open(path, "r+b") as stream:
        stream.truncate(size)
        stream.seek(size)
        stream.write(vhds.footer(size))


def odd_size(path):
    with open(path, "ab") as stream:
        stream.write(b"x")


def empty(path):
    os.truncate(path, 0)


WRONG_VHDS = {
    wrong_checksum: "the checksum of its footer is wrong",
    cut: "without a VHD footer",
    without_footer: "without a VHD footer",
    trailing_bytes: "1048576 bytes follow it",
    unaligned: "is no whole number of MiB",
    odd_size: "1 bytes follow it",
    empty: "it is empty",
}


@pytest.mark.parametrize(
    "damage",
    [damage if damage in (cut, unaligned) else pytest.param(damage, marks=pytest.mark.slow) for damage in WRONG_VHDS],
    ids=lambda damage: damage.__name__,
)
def test_a_wrong_vhd_is_refused_before_a_single_request(upload, target, vhd, damage):
    damage(vhd)
    with proxy(target.azurite.port) as (port, faults):
        result = upload(endpoint=f"http://127.0.0.1:{port}/{target.azurite.account}")

    assert result["failed"] and WRONG_VHDS[damage] in result["msg"], result["msg"]
    assert faults.requests == []
    assert sorted(path.name for path in vhd.parent.iterdir()) == ["disk.vhd"]


def test_a_data_disk_is_uploaded_when_that_is_meant(upload, vhd):
    with open(vhd, "r+b") as stream:
        stream.write(bytes(512))

    refused = upload()

    assert "no generation of machine boots it" in refused["msg"] and "allow_problems=true" in refused["msg"]
    assert upload(allow_problems=True)["changed"]


def test_the_wrong_generation_is_refused(upload, vhd):
    result = upload(generation="2")

    assert "a machine of generation 2 does not boot it: generation 2 needs a GPT" in result["msg"]


def test_expired_signature(upload, target):
    result = upload(url=target.sas_url(hours=-1), account=None, container=None, blob=None, endpoint=None, account_key=None)

    assert "its signature expired at 20" in result["msg"]


def test_read_only_signature(upload, target):
    result = upload(url=target.sas_url("r"), account=None, container=None, blob=None, endpoint=None, account_key=None)

    assert "it has sp=r, and write, create are missing" in result["msg"]
    assert result["error_code"] == "AuthorizationPermissionMismatch"
    assert not target.blob().exists()


def test_signature_of_another_blob(upload, target):
    token = target.azurite.sas(target.container, "other.vhd")

    result = upload(account_key=None, sas_token=token)

    assert "it belongs to another account, container or blob" in result["msg"]


@pytest.mark.parametrize("key, message", [("d3Jvbmc=", "the service does not accept the credentials"), ("not base64!", "it is not base64")])
def test_wrong_account_key(upload, key, message):
    assert message in upload(account_key=key)["msg"]


def test_account_that_does_not_exist(upload):
    result = upload(account="nosuchaccount42", endpoint="http://nosuchaccount42.invalid", retries=0)

    assert "there is no host of this name" in result["msg"]


def test_container_that_does_not_exist(upload, target):
    result = upload(container="nothere")

    assert "there is no such container; create it" in result["msg"]


def test_server_that_does_not_answer(upload):
    from integration.upload.azurite import free_port

    result = upload(endpoint=f"http://127.0.0.1:{free_port()}/devstoreaccount1", retries=1)

    assert "the server refuses connections" in result["msg"]


@pytest.mark.parametrize("existing", [True, False])
def test_lease_that_somebody_else_holds(upload, target, existing):
    from azure.storage.blob import BlobLeaseClient

    target.blob().create_page_blob(32 * MIB + 512)
    BlobLeaseClient(target.blob()).acquire(15)

    result = upload(overwrite=existing)

    assert ("somebody else holds" if existing else "set overwrite=true") in result["msg"]
    assert target.blob().get_blob_properties().lease.state == "leased"


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"parallel": 0}, "parallel=0: it has to be from 1 to 64"),
        ({"retries": 101}, "retries=101"),
        ({"container": "a/b"}, "container 'a/b': it is not a name"),
        ({"endpoint": "ftp://x"}, "not an address that starts with https://"),
        ({"src": "/nowhere/disk.vhd"}, "/nowhere/disk.vhd"),
        ({"src": "/dev/null"}, "/dev/null"),
        ({"verify": "perhaps"}, "value of verify must be one of"),
        ({"journal": "/nowhere/journal"}, "or set `journal` to a file"),
        ({"account": None}, "one of the following is required"),
    ],
)
def test_options_that_make_no_sense(upload, arguments, message):
    result = upload(**arguments)

    assert result["failed"] and message in result["msg"], result["msg"]
