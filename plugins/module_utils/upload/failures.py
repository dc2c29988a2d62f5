# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the storage service's refusals mean, and what to do about them, without a secret in the text.

The SDK's own messages hold whole addresses with their signature, so nothing of them is passed on unseen.

PRIVATE: module_utils of this collection are not an interface.
"""

import datetime

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.secrets import masked
from ansible_collections.imagewright.azure.plugins.module_utils.upload import address as addresses

#: Error codes that say that somebody else has, or took, the lease of the blob.
LEASE_CODES = frozenset((
    "LeaseAlreadyPresent", "LeaseIdMismatchWithBlobOperation", "LeaseIdMismatchWithLeaseOperation", "LeaseIdMissing", "LeaseLost",
    "LeaseNotPresentWithBlobOperation", "LeaseNotPresentWithLeaseOperation", "LeaseIsBrokenAndCannotBeRenewed",
    "LeaseIsBreakingAndCannotBeAcquired"))

#: Cause and cure by error code. Source: "Blob service error codes" and "Common REST API error codes" in Azure Storage's REST reference.
_CURES = {
    "AuthorizationPermissionMismatch": "the signature or the identity does not allow it; a shared access signature needs sp=rcw "
                                       "(read, create, write), an identity the role `Storage Blob Data Contributor`",
    "AuthorizationProtocolMismatch": "the signature allows https only; use https:// in the address",
    "AuthorizationSourceIPMismatch": "the signature does not allow it from this machine's address; ask for one with another --ip",
    "AuthorizationServiceMismatch": "the signature is not for the blob service; create one with --services b",
    "AuthorizationResourceTypeMismatch": "the signature is not for blobs; create one with --resource-types co",
    "KeyBasedAuthenticationNotPermitted": "the account takes no account keys; use a user delegation signature or Azure AD",
    "PublicAccessNotPermitted": "no credentials were sent; give a signature, account_key, or sign in to Azure AD",
    "NoAuthenticationInformation": "no credentials were sent; give a signature, account_key, or sign in to Azure AD",
    "InvalidAuthenticationInfo": "the credentials are malformed; copy them again",
    "ContainerNotFound": "there is no such container; create it with `az storage container create`, or correct its name",
    "ContainerBeingDeleted": "its container is just being deleted; try again in a minute",
    "AccountIsDisabled": "the storage account is disabled",
    "ResourceNotFound": "there is no such account or container; correct the address",
    "BlobNotFound": "there is no such blob, or somebody deleted it meanwhile; run the task again",
    "InvalidBlobType": "the blob is not a page blob; delete it, or choose another name",
    "BlobArchived": "the blob is archived; choose another name",
    "BlobImmutableDueToPolicy": "an immutability policy protects the container; upload to another one",
    "FeatureNotSupportedByStorageAccountType": "this kind of storage account takes no page blobs; use a general-purpose v2 account without a "
                                               "hierarchical namespace, or a premium page blob account",
    "HierarchicalNamespaceNotEnabled": "this kind of storage account takes no page blobs; use one without a hierarchical namespace",
    "UnsupportedHeader": "this kind of storage account takes no page blobs; use a general-purpose v2 account",
    "OutOfRangeInput": "a name in the address is too long or has characters that Azure does not take",
    "InvalidResourceName": "a name in the address has characters that Azure does not take; containers are 3 to 63 of a-z, 0-9 and -",
    "InvalidPageRange": "the blob is shorter than the VHD; somebody resized it meanwhile; run the task again with overwrite=true",
    "ServerBusy": "the service is too busy, also after all retries; run the task again later, it goes on from here",
    "OperationTimedOut": "the service did not answer in time, also after all retries; run the task again later, it goes on from here",
    "InternalError": "the service failed, also after all retries; run the task again later, it goes on from here",
    "Md5Mismatch": "what arrived is not what was sent, also after all retries; look for a broken proxy or network card on the way",
    "AccountBeingCreated": "the account is still being created; try again in a minute",
}


def code_of(error):
    """Return the service's error code (str), or an empty str for an error that the service did not send."""
    code = getattr(error, "error_code", None)
    response = getattr(error, "response", None)
    if not code and response is not None:
        # HEAD has no body to hold the code
        code = response.headers.get("x-ms-error-code")
    return str(getattr(code, "value", code) or "")


def translate(error, doing, address, secrets):
    """Return the ImagewrightError for an exception of the SDK.

    doing: str, what failed, e.g. ``write bytes 0-4194303``; address: Address; secrets: set of str that must not show up.
    """
    code, status = code_of(error), getattr(error, "status_code", None)
    details = {key: value for key, value in (("error_code", code), ("status", status)) if value}
    return ImagewrightError(f"cannot {doing} of {address.url}: {_cause(error, code, status, address, secrets)}", **details)


def _cause(error, code, status, address, secrets):
    if code in _CURES:
        return _CURES[code]
    if code in LEASE_CODES:
        return ("somebody else holds or broke its lease, or wrote to it (" + code + "); stop the other program, and when there is none, "
                "`az storage blob lease break`; then run the task again")
    if code in ("AuthenticationFailed", "AuthorizationFailure") or status == 401:
        return _authentication(code, address)
    if status is not None:
        return f"the service answered {status} {code or _first_line(error, secrets)}" + (
            "; " + _first_line(error, secrets) if code and status < 500 else "; run the task again, it goes on from here")
    return _no_answer(error, secrets)


def _authentication(code, address):
    expiry, start = addresses.sas_field(address.sas, "se"), addresses.sas_field(address.sas, "st")
    if expiry and _is_past(expiry):
        return f"its signature expired at {expiry}; ask for a new one and run the task again, it goes on from here"
    if start and not _is_past(start):
        return f"its signature is not valid before {start}; wait, or look at this machine's clock"
    if address.sas:
        cause = ("the service does not accept the signature; it belongs to another account, container or blob, its key was changed, "
                 "or it was not copied whole (quote it, & and % are part of it)")
    else:
        cause = "the service does not accept the credentials; the account key is of another account or was changed, or this machine's clock is wrong"
    if code == "AuthorizationFailure":
        cause += "; or the account's networking rules or `allowSharedKeyAccess` do not let this machine in"
    return cause


def _no_answer(error, secrets):
    name, text = type(error).__name__, str(error)
    if name == "ClientAuthenticationError" or "credential" in name.lower():
        return "Azure AD gave no token: " + _first_line(error, secrets) + "; sign in with `az login`, or give a signature or account_key"
    if any(words in text for words in ("Name or service not known", "NameResolutionError", "getaddrinfo failed", "No address associated")):
        return "there is no host of this name; correct the account's name or the endpoint"
    if "CERTIFICATE_VERIFY_FAILED" in text or "SSLError" in text or "certificate verify failed" in text:
        return "the server's certificate is not trusted; put the authority that signed it into the file that REQUESTS_CA_BUNDLE names"
    if "refused" in text:
        return "the server refuses connections; look at the endpoint and its port, then run the task again, it goes on from here"
    if name == "AzureSigningError":
        return "the account_key is no key: it is not base64; copy it again"
    if not name.startswith(("Service", "Incomplete", "HttpResponse", "Connection", "Timeout", "ReadTimeout", "Chunked")):
        return f"unexpected {name}: {_first_line(error, secrets)}; please report this"
    return f"the connection failed, also after all retries ({name}); run the task again, it goes on from here"


def _first_line(error, secrets):
    lines = [line.strip() for line in str(getattr(error, "message", "") or error).splitlines() if line.strip()]
    return masked(lines[0], secrets)[:300] if lines else type(error).__name__


def _is_past(moment):
    """Return whether a time of a signature, ``2026-11-22T10:00:00Z`` or ``2026-11-22``, is over by this machine's clock."""
    for form in ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%MZ", "%Y-%m-%d"):
        try:
            then = datetime.datetime.strptime(moment, form).replace(tzinfo=datetime.timezone.utc)
        except ValueError:
            continue
        return then <= datetime.datetime.now(datetime.timezone.utc)
    return False
