# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The blob at an address, by Azure's SDK: with its credential, a connection for each worker, and its patience.

PRIVATE: module_utils of this collection are not an interface.
"""

import contextlib
import sys
from typing import Any, Iterator, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.secrets import masked, secrets_in, spellings
from ansible_collections.imagewright.azure.plugins.module_utils.upload import connection, failures
from ansible_collections.imagewright.azure.plugins.module_utils.upload.address import Address
from ansible_collections.imagewright.azure.plugins.module_utils.upload.blob import Blob
from ansible_collections.imagewright.azure.plugins.module_utils.upload.ranges import LARGEST_PUT


def connect(address: Address, account_key: Optional[str] = None, parallel: int = 8, timeout: int = 60, retries: int = 8, retry_delay: float = 1.0) -> Blob:
    """Return the Blob at an Address. Without a signature or account key, Azure AD is asked for a token when the first request is sent.

    parallel: int, connections to keep; timeout: int, seconds without a byte after which an attempt has failed;
    retries: int, further attempts of a request; retry_delay: float, seconds before the first of them, doubled for each further one.
    Raises ImagewrightError: a Python package is missing.
    """
    try:
        with _without("aiohttp"):
            from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential
            from azure.storage.blob import BlobClient
    except ImportError as error:
        raise ImagewrightError(
            f"cannot upload to {address.url}: the Python package azure-storage-blob is not installed "
            f"({masked(str(error))}); install it with `pip install azure-storage-blob`"
        ) from None
    credential: Any
    if address.sas:
        credential = AzureSasCredential(address.sas)
    elif account_key:
        credential = AzureNamedKeyCredential(address.account, account_key)
    else:
        credential = _identity(address)
    client = BlobClient(
        address.service,
        address.container,
        address.blob,
        credential=credential,
        transport=_transport(address.url, parallel, timeout),
        retry_policy=connection.patience(retries, retry_delay),
        max_single_get_size=LARGEST_PUT,
        max_chunk_get_size=LARGEST_PUT,
        raw_response_hook=failures.require_the_service,
    )
    return Blob(client, address, secrets_in(address.sas) | (spellings(account_key) if account_key else set()), retries)


def _identity(address: Address) -> Any:
    if not address.url.startswith("https://"):
        raise ImagewrightError(
            f"cannot upload to {address.url}: there is neither a signature nor an account_key, and Azure AD's tokens are sent "
            "over https only; give one of them, or use https:// in the address"
        )
    try:
        from azure.identity import DefaultAzureCredential
    except ImportError:
        raise ImagewrightError(
            f"cannot upload to {address.url}: there is neither a signature nor an account_key, and for Azure AD the Python "
            "package azure-identity is not installed; give one of them, or `pip install azure-identity`"
        ) from None
    return DefaultAzureCredential(exclude_interactive_browser_credential=True)


def _transport(url: str, parallel: int, timeout: int) -> Any:
    """Return the SDK's transport with a connection for each worker.

    Proxies and certificates are looked up in the environment once: requests would do so, and read ~/.netrc, for each write.
    """
    import requests
    from azure.core.pipeline.transport import RequestsTransport

    session = requests.Session()
    adapter = requests.adapters.HTTPAdapter(pool_connections=2, pool_maxsize=parallel + 2)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    environment = session.merge_environment_settings(url, {}, None, None, None)
    session.proxies, session.trust_env = environment["proxies"], False
    # the SDK gives its timeouts only to a transport that it makes itself
    return RequestsTransport(
        session=session, session_owner=False, connection_timeout=min(timeout, 20), read_timeout=timeout, connection_verify=environment["verify"]
    )


@contextlib.contextmanager
def _without(name: str) -> Iterator[None]:
    """Have no module of this name loaded while the block runs.

    The SDK loads aiohttp where it is installed, for its asynchronous half, and that is a quarter of a second for nothing.
    """
    hidden = name not in sys.modules
    if hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # what the import system takes for "not there"
    try:
        yield
    finally:
        if hidden:
            del sys.modules[name]
