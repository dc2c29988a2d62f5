# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a real client makes of a service's answers, of a proxy's, and of no answer: the cause, and what to do, in seconds."""

import time

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.upload import address, client, plan, ranges, upload
from ansible_collections.imagewright.azure.plugins.module_utils.upload.vhd import Identity
from unit.upload.stand_in import answer, serving

SAS = "sv=2025-01-05&sr=b&sp=rcw&sig=dG9wc2VjcmV0"
KEY = "bm8ga2V5"
PAGES = {"x-ms-blob-type": "PageBlob", "ETag": '"1"', "Last-Modified": "Sun, 22 Nov 2026 10:00:00 GMT"}
CONTENT = bytes(511) + b"x"


def blob_at(port, sas=SAS, retries=2, **more):
    """Return a Blob that talks to the stand-in."""
    options = {"account_key": None if sas else KEY, "retries": retries, "retry_delay": 0.01, "timeout": 5, **more}
    target = options.pop("target", "page_blob")
    return client.connect(address.from_names("acct", "vhds", "x.vhd", f"http://127.0.0.1:{port}/acct", sas or None, target), **options)


def told(decide, ask, **options):
    """Return what the error says when the service answers so."""
    with serving(decide) as (port, _requests), pytest.raises(ImagewrightError) as error:
        ask(blob_at(port, **options))
    assert "dG9wc2VjcmV0" not in str(error.value) and KEY not in str(error.value)
    return str(error.value)


def create(found):
    found.create(512 * 3, {"imagewright_upload": "1"}, replace=False)


def write(found):
    found.put(ranges.range_of(0, CONTENT), CONTENT)


@pytest.mark.parametrize(
    "code, words",
    [
        ("FeatureNotYetSupportedForHierarchicalNamespaceAccounts", "hierarchical namespace"),
        ("BlobApiNotYetSupportedForHierarchicalNamespaceAccounts", "hierarchical namespace"),
        ("EndpointUnsupportedAccountFeatures", "hierarchical namespace"),
        ("PendingCopyOperation", "something is being copied to it"),
        ("SnapshotsPresent", "--delete-snapshots only"),
        ("BlobUsesCustomerSpecifiedEncryption", "encrypted with a key of its owner's own"),
        ("OperationNotAllowedOnIncrementalCopyBlob", "incremental copy of snapshots"),
        ("BlobImmutableDueToLegalHold", "a legal hold protects"),
        ("ContainerBeingDeleted", "just being deleted"),
        ("BlobTierInadequateForContentLength", "performance tier"),
        ("SomethingNew", "the service answered 409 SomethingNew; told by the service"),
    ],
)
@pytest.mark.parametrize("ask", [create, write])
def test_every_conflict_tells_its_own_cause(code, words, ask):
    def decide(method, path, headers):
        return answer(409, code) if method == "PUT" else answer(404, "BlobNotFound")

    assert words in told(decide, ask)


def test_a_conflict_without_a_body_tells_its_cause_too():
    message = told(lambda *request: answer(409, "BlobUsesCustomerSpecifiedEncryption"), lambda found: found.properties())

    assert "encrypted with a key of its owner's own" in message


@pytest.mark.parametrize(
    "target, words", [("page_blob", "az storage blob generate-sas --permissions rcw"), ("managed_disk", "az disk grant-access --access-level Write")]
)
def test_a_signature_whose_time_is_over_is_told_with_the_command_for_a_new_one(target, words):
    message = told(lambda *request: answer(403, "AuthenticationFailed"), write, sas="se=2026-11-22T10%3A00%3A00Z&sp=rcw&sig=x", target=target)

    assert "its signature expired at 2026-11-22T10:00:00Z" in message and words in message


def test_a_signature_that_is_not_valid_yet_is_told():
    assert "is not valid before 2930-01-01T00:00:00Z" in told(lambda *request: answer(403, "AuthenticationFailed"), write, sas="st=2930-01-01&sp=rcw&sig=x")


def test_it_is_the_service_s_clock_that_decides():
    start = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60)).replace(":", "%3A")
    message = told(lambda *request: answer(403, "AuthenticationFailed", skew=-7200), write, sas=f"st={start}&sp=rcw&sig=x")

    assert "is not valid before" in message and "this machine's clock is 120 minutes fast" in message


@pytest.mark.parametrize("skew, words", [(3600, "60 minutes slow"), (-3600, "60 minutes fast")])
def test_a_clock_that_is_off_is_told_to_who_has_a_key(skew, words):
    message = told(lambda *request: answer(403, "AuthenticationFailed", skew=skew), write, sas=None)

    assert f"this machine's clock is {words}" in message and "timedatectl" in message


def test_a_clock_that_is_right_is_not_blamed():
    message = told(lambda *request: answer(403, "AuthenticationFailed", skew=120), write, sas=None)

    assert "clock" not in message and "the account key is of another account or was changed" in message


def test_the_end_of_the_access_to_a_managed_disk_is_told():
    message = told(lambda *request: answer(403, "AuthenticationFailed"), write, sas="si=4c12cae2&sr=b&sig=x", target="managed_disk")

    assert "its access has ended" in message and "az disk grant-access --access-level Write" in message


@pytest.mark.parametrize(
    "sas, target, words",
    [
        ("si=4c12cae2&sr=b&sig=x", "managed_disk", "for reading only; `az disk revoke-access`, then `az disk grant-access --access-level Write`"),
        ("sp=r&sig=x", "page_blob", "it has sp=r, and write, create are missing (sp=rcw)"),
        (None, "page_blob", "`Storage Blob Data Contributor`"),
    ],
)
def test_an_access_for_reading_only_is_told_as_that(sas, target, words):
    assert words in told(lambda *request: answer(403, "AuthorizationPermissionMismatch"), write, sas=sas, target=target)


@pytest.mark.parametrize("ask", [lambda found: found.properties(), write, lambda found: found.spans()])
def test_the_login_page_of_a_network_is_no_blob(ask):
    page = answer(200, headers={"Content-Type": "text/html", "Server": "portal"}, body=b"<html>Welcome</html>", of_the_service=False)

    message = told(lambda *request: page, ask)

    assert "what answered (200, text/html, portal) is not Azure's storage service: the login page of a network" in message


@pytest.mark.parametrize("status", [403, 404, 407, 511])
def test_a_refusal_that_is_not_the_service_s_is_not_taken_for_it(status):
    message = told(lambda *request: answer(status, of_the_service=False), write)

    assert ("the proxy wants a login (407)" if status == 407 else "is not Azure's storage service") in message


def test_a_proxy_that_wants_a_login_is_told_in_seconds(monkeypatch):
    with serving(lambda *request: answer(407, headers={"Proxy-Authenticate": "Basic"}, of_the_service=False)) as (port, requests):
        monkeypatch.setenv("https_proxy", f"http://bob:topsecret-password@127.0.0.1:{port}")
        monkeypatch.delenv("no_proxy", raising=False)
        began = time.monotonic()
        with pytest.raises(ImagewrightError) as error:
            write(client.connect(address.from_url(f"https://acct.blob.core.windows.net/vhds/x.vhd?{SAS}"), retries=8, retry_delay=5.0))

    assert "the proxy wants a login (407)" in str(error.value) and "topsecret" not in str(error.value)
    assert time.monotonic() - began < 5 and len(requests) == 1


def test_a_proxy_that_is_not_there_is_told_as_that(monkeypatch):
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    with pytest.raises(ImagewrightError, match=r"the proxy of the environment \(https_proxy\) cannot be reached"):
        write(client.connect(address.from_url(f"https://acct.blob.core.windows.net/vhds/x.vhd?{SAS}"), retries=1, retry_delay=0.01))


def test_a_name_that_does_not_resolve_is_told_in_seconds(monkeypatch):
    import socket

    def unknown(host, *arguments, **more):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    began = time.monotonic()
    with pytest.raises(ImagewrightError, match="there is no host of this name"):
        write(client.connect(address.from_url(f"https://nosuchaccount42.blob.core.windows.net/vhds/x.vhd?{SAS}"), retries=20, retry_delay=0.3))
    assert time.monotonic() - began < 5


def test_a_server_that_is_not_there_is_told():
    with serving(lambda *request: answer(200)) as (port, _requests):
        pass
    with pytest.raises(ImagewrightError, match="the server refuses connections"):
        write(blob_at(port))


def page_blob_of(size, lease):
    """Return a decision of the stand-in: there is a page blob of others, leased so."""
    headers = {**PAGES, "x-ms-lease-state": "leased", "x-ms-lease-status": "locked", "x-ms-lease-duration": lease, "x-ms-blob-content-length": str(size)}
    return lambda method, path, asked: answer(200, headers=headers) if method == "HEAD" else answer(409, "LeaseAlreadyPresent")


class Vhd:
    """As much of a Source as decide() asks for."""

    identity = Identity(1024, 1, 1)
    size = 1024


def test_a_lease_without_end_is_never_broken_nor_is_it_advised():
    settings = upload.UploadSettings(plan.Choices(True, "restart", True, False), 1, "true")
    with serving(page_blob_of(1024, "infinite")) as (port, requests), pytest.raises(ImagewrightError) as error:
        upload.decide(Vhd(), blob_at(port), None, settings, None)

    assert "it has a lease without end" in str(error.value) and "upload to another name" in str(error.value)
    assert "break" not in str(error.value)
    assert {method for method, _path in requests} == {"HEAD"}


def test_a_lease_that_ends_is_waited_for():
    def ask(found):
        found.acquire_lease("6f2a1c1e-2b0b-5d3c-9d8e-3c1f6a7b5e40")

    message = told(page_blob_of(1024, "fixed"), ask)

    assert "wait until the other program has ended" in message and "break" not in message
