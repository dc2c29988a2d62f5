# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service's refusals become errors that a person can act on, without secrets."""

import ssl
import sys

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.secrets import secrets_in
from ansible_collections.imagewright.azure.plugins.module_utils.upload import address, client, failures, ranges
from azure.core import exceptions

SAS = "sv=2025-01-05&sp=rcw&se=2030-01-01&sig=topsecret%2B"
TARGET = address.from_url(f"https://acct.blob.core.windows.net/vhds/x.vhd?{SAS}")


class Response:
    """As much of an HTTP answer as the SDK's errors look at."""

    def __init__(self, status, code=""):
        self.status_code, self.reason, self.headers = status, "reason", {"x-ms-error-code": code}


def translated(error, target=TARGET):
    return failures.translate(error, "write bytes 0-511", target, secrets_in(target.sas))


@pytest.mark.parametrize(
    "status, code, words",
    [
        (404, "ContainerNotFound", "create it with `az storage container create`"),
        (403, "AuthorizationPermissionMismatch", "sp=rcw"),
        (403, "AuthenticationFailed", "it belongs to another account, container or blob"),
        (403, "AuthorizationFailure", "networking rules"),
        (412, "LeaseIdMismatchWithBlobOperation", "somebody else holds its lease"),
        (503, "ServerBusy", "it goes on from here"),
        (418, "Teapot", "the service answered 418 Teapot"),
    ],
)
def test_code_of_the_service(status, code, words):
    error = translated(exceptions.HttpResponseError(message=f"no: https://acct/?{SAS}", response=Response(status, code)))

    assert str(error).startswith("cannot write bytes 0-511 of https://acct.blob.core.windows.net/vhds/x.vhd: ")
    assert words in str(error) and "topsecret" not in str(error)
    assert error.details == {"error_code": code, "status": status}


@pytest.mark.parametrize(
    "error, words",
    [
        (exceptions.ServiceResponseError("Connection aborted. /c/b?sig=topsecret%2B"), "the connection failed, also after all retries"),
        (exceptions.ServiceRequestError("no", error=ssl.SSLCertVerificationError("self-signed")), "REQUESTS_CA_BUNDLE"),
        (exceptions.ClientAuthenticationError("DefaultAzureCredential failed to retrieve a token\nmore topsecret+"), "Azure AD gave no token"),
        (KeyError("topsecret+"), "unexpected KeyError"),
    ],
)
def test_failure_of_the_line(error, words):
    assert words in str(translated(error)) and "topsecret" not in str(translated(error))


@pytest.mark.parametrize(
    "dates, words",
    [
        ("st=2020-01-01T00%3A00%3A00Z&se=2020-01-02T00%3A00%3A00Z", "its signature expired at 2020-01-02T00:00:00Z"),
        ("st=2920-01-01&se=2930-01-02", "its signature is not valid before 2920-01-01"),
    ],
)
def test_time_of_the_signature(dates, words):
    target = address.from_url(f"https://acct.blob.core.windows.net/vhds/x.vhd?sv=1&{dates}&sig=x")

    assert words in str(translated(exceptions.HttpResponseError(message="no", response=Response(403, "AuthenticationFailed")), target))


@pytest.mark.parametrize("package, words", [("azure.storage.blob", "pip install azure-storage-blob"), ("azure.identity", "pip install azure-identity")])
def test_a_missing_package_is_named(monkeypatch, package, words):
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(ImagewrightError, match=words):
        client.connect(address.from_names("acct", "vhds", "x.vhd"))


@pytest.mark.parametrize("offset, content", [(0, b""), (0, b"x" * 511), (100, b"x" * 512), (0, bytes(4 * 1024 * 1024 + 512))])
def test_a_page_write_that_emulators_take_and_the_service_does_not_is_never_sent(offset, content):
    with pytest.raises(ValueError, match="a page write of"):
        client.connect(address.from_names("acct", "vhds", "x.vhd"), "a2V5").put(ranges.range_of(offset, content), content)
