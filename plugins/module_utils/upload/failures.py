# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the storage service's refusals mean, and what to do about them, without a secret in the text.

The SDK's own messages hold whole addresses with their signature, so nothing of them is passed on unseen.

PRIVATE: module_utils of this collection are not an interface.
"""

from typing import Any, Iterable, Mapping, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.secrets import masked
from ansible_collections.imagewright.azure.plugins.module_utils.upload import authorization, connection
from ansible_collections.imagewright.azure.plugins.module_utils.upload.address import Address
from ansible_collections.imagewright.azure.plugins.module_utils.upload.service_codes import CAUSES, LEASE_CODES


def code_of(error: BaseException) -> str:
    """Return the service's error code (str), or an empty str for an error that the service did not send."""
    code = getattr(error, "error_code", None)
    if not code:
        # HEAD has no body to hold the code
        code = headers_of(error).get("x-ms-error-code")
    return str(getattr(code, "value", code) or "")


def headers_of(error: BaseException) -> Mapping[str, str]:
    """Return the headers of the answer that an exception is about, {} without one."""
    response = getattr(error, "response", None)
    return getattr(response, "headers", None) or {}


def translate(error: BaseException, doing: str, address: Address, secrets: Iterable[str]) -> ImagewrightError:
    """Return the ImagewrightError for an exception of the SDK.

    doing: str, what failed, e.g. ``write bytes 0-4194303``; address: Address; secrets: set of str that must not show up.
    """
    code, status = code_of(error), getattr(error, "status_code", None)
    details = {key: value for key, value in (("error_code", code), ("status", status)) if value}
    return ImagewrightError(f"cannot {doing} of {address.url}: {_cause(error, code, status, address, secrets)}", **details)


class NotTheService(Exception):
    """An answer that looks like success and is not the storage service's: the login page of a network for one."""

    def __init__(self, status: int, headers: Mapping[str, str]) -> None:
        super().__init__(f"answer {status} of another server")
        self.status = status
        self.headers = headers


def require_the_service(answer: Any) -> None:
    """Check an answer before the SDK makes anything of it; a hook of its client.

    answer: PipelineResponse of the SDK.
    Raises NotTheService: it is a success, and not marked as the storage service marks each of its answers.
    """
    response = answer.http_response
    if response.status_code < 300 and not _is_of_the_service(response.headers):
        raise NotTheService(response.status_code, response.headers)


def _is_of_the_service(headers: Mapping[str, str]) -> bool:
    return any(name.lower().startswith("x-ms-") for name in headers)


def _no_storage_service(status: int, headers: Mapping[str, str]) -> str:
    what = ", ".join(text for text in (headers.get("Content-Type"), headers.get("Server")) if text)
    return (
        f"what answered ({status}{', ' + what if what else ''}) is not Azure's storage service: the login page of a network, a proxy, or another "
        "server; log in to the network with a browser, or correct the endpoint and the proxy (https_proxy)"
    )


def leased_for_ever(url: str) -> ImagewrightError:
    """Return the ImagewrightError for a blob whose lease has no end: what holds it may be a machine that runs from it."""
    return ImagewrightError(
        f"cannot write to {url}: it has a lease without end, which Azure takes for the disk of a virtual machine and tools for a backup; "
        "upload to another name. Only who knows what holds it can release it: stop that machine and delete its disk first",
        error_code="LeaseAlreadyPresent",
    )


def _cause(error: BaseException, code: str, status: Optional[int], address: Address, secrets: Iterable[str]) -> str:
    headers = headers_of(error)
    if isinstance(error, NotTheService):
        return _no_storage_service(error.status, error.headers)
    if status == 407:
        return str(connection.cause_of_kind("proxy_login"))
    if status is not None and not code and not _is_of_the_service(headers):
        return _no_storage_service(status, headers)
    if code in authorization.CODES or (status == 401 and code not in CAUSES):
        return authorization.cause_of(code, address, headers)
    if code in CAUSES:
        return CAUSES[code]
    if code in LEASE_CODES:
        return f"somebody else holds its lease, or took it while we wrote ({code}); wait until the other program has ended, and run the task again"
    if status is not None:
        return f"the service answered {status} {code or _first_line(error, secrets)}" + (
            "; " + _first_line(error, secrets) if code and status < 500 else "; run the task again, it goes on from here"
        )
    return _no_answer(error, secrets)


def _no_answer(error: BaseException, secrets: Iterable[str]) -> str:
    name = type(error).__name__
    if name == "ClientAuthenticationError" or "credential" in name.lower():
        return "Azure AD gave no token: " + _first_line(error, secrets) + "; sign in with `az login`, or give a signature or account_key"
    if name == "AzureSigningError":
        return "the account_key is no key: it is not base64; copy it again"
    known = connection.cause_of(error)
    if known:
        return known
    if not name.startswith(("Service", "Incomplete", "HttpResponse", "Connection", "Timeout", "ReadTimeout", "Chunked")):
        return f"unexpected {name}: {_first_line(error, secrets)}; please report this"
    return f"the connection failed, also after all retries ({name}); run the task again, it goes on from here"


def _first_line(error: BaseException, secrets: Iterable[str]) -> str:
    lines = [line.strip() for line in str(getattr(error, "message", "") or error).splitlines() if line.strip()]
    return masked(lines[0], secrets)[:300] if lines else type(error).__name__
