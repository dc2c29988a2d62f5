# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses are understood, and their secrets never leave them."""

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.upload import address

SAS = "sv=2025-01-05&se=2030-01-01T00%3A00%3A00Z&sr=b&sp=rcw&sig=abc%2Bdef%2Fghi%3D"


@pytest.mark.parametrize(
    "url, service, account, container, blob, managed",
    [
        ("https://acct.blob.core.windows.net/vhds/x.vhd", "https://acct.blob.core.windows.net", "acct", "vhds", "x.vhd", False),
        ("https://acct.blob.core.windows.net/vhds/a/b%20c.vhd", "https://acct.blob.core.windows.net", "acct", "vhds", "a/b c.vhd", False),
        ("http://127.0.0.1:10000/devstoreaccount1/vhds/x.vhd", "http://127.0.0.1:10000/devstoreaccount1", "devstoreaccount1", "vhds", "x.vhd", False),
        (
            f"https://md-impexp-abc.z12.blob.storage.azure.net/def/abcd?{SAS}",
            "https://md-impexp-abc.z12.blob.storage.azure.net",
            "md-impexp-abc",
            "def",
            "abcd",
            True,
        ),
        (f"https://md-ssd-abc.blob.core.windows.net/def/abcd?{SAS}", "https://md-ssd-abc.blob.core.windows.net", "md-ssd-abc", "def", "abcd", True),
    ],
)
def test_address_of_a_blob(url, service, account, container, blob, managed):
    found = address.from_url(url)

    assert (found.service, found.account, found.container, found.blob, found.managed_disk) == (service, account, container, blob, managed)
    assert found.url == url.split("?")[0]


@pytest.mark.parametrize(
    "url, cause",
    [
        ("https://acct.blob.core.windows.net/vhds", "does not name a container and a blob"),
        ("https://acct.blob.core.windows.net/", "does not name a container and a blob"),
        ("http://127.0.0.1:10000/devstoreaccount1/x.vhd", "does not name a container and a blob"),
        ("acct/vhds/x.vhd", "not an address that starts with https://"),
        ("https://user:password@acct/vhds/x.vhd", "not an address that starts with https://"),
        ("https://acct:port/vhds/x.vhd", "not an address that starts with https://"),
        (f"https://acct/vhds/x.vhd?snapshot=2020&{SAS}", "'snapshot' in its query"),
        ("https://acct/vhds/x.vhd?sv=2025&sp=rw", "has no sig"),
        (f"https://acct/vhds/x.vhd?{SAS}&comp=list", "'comp' in its query"),
        ("https://md-abc.blob.core.windows.net/def/abcd", "get one with `az disk grant-access"),
    ],
)
def test_what_is_no_address_is_refused_without_its_secrets(url, cause):
    with pytest.raises(ImagewrightError) as error:
        address.from_url(url)

    assert cause in str(error.value)
    assert "abc%2Bdef" not in str(error.value) and "password" not in str(error.value)


def test_two_signatures_are_one_too_many():
    with pytest.raises(ImagewrightError, match="leave one out"):
        address.from_url(f"https://acct/vhds/x.vhd?{SAS}", sas_token=SAS)


def test_names_make_the_public_address_and_an_endpoint_another_one():
    public = address.from_names("acct", "vhds", "a b.vhd", sas_token="?" + SAS)
    china = address.from_names("acct", "vhds", "x.vhd", endpoint="https://acct.blob.core.chinacloudapi.cn/")

    assert public.url == "https://acct.blob.core.windows.net/vhds/a%20b.vhd" and public.sas == SAS
    assert china.url == "https://acct.blob.core.chinacloudapi.cn/vhds/x.vhd" and china.sas == ""
