# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What kept a request from reaching the storage service: told by the kinds of the exceptions, and how long to try again.

PRIVATE: module_utils of this collection are not an interface.
"""

import random
from typing import Any, Dict, Iterator, List, Optional, Set

#: Seconds of the longest wait between two attempts.
_LONGEST_WAIT = 60

#: Further attempts of what seldom mends itself, before the service has answered at all.
_FEW = 2

_CAUSES = {
    "name": "there is no host of this name, as far as this machine's name servers know; correct the account's name or the endpoint, or look at "
    "/etc/resolv.conf",
    "proxy_login": "the proxy wants a login (407); put it into the proxy's address in the environment: https_proxy=http://USER:PASSWORD@PROXY:PORT",
    "proxy": "the proxy of the environment (https_proxy) cannot be reached; correct it, or name the host in no_proxy",
    "certificate": "the server's certificate is not trusted; put the authority that signed it into the file that REQUESTS_CA_BUNDLE names",
    "refused": "the server refuses connections; look at the endpoint and its port, then run the task again, it goes on from here",
}


def cause_of(error: BaseException) -> Optional[str]:
    """Return what went wrong on the way (str), or None when the exception does not tell.

    error: Exception of the SDK.
    """
    return cause_of_kind(kind_of(error))


def cause_of_kind(kind: Optional[str]) -> Optional[str]:
    """Return what a kind of kind_of() means (str), or None."""
    return _CAUSES.get(kind or "")


def kind_of(error: BaseException) -> Optional[str]:
    """Return ``name``, ``proxy_login``, ``proxy``, ``certificate``, ``refused`` or None, by the exceptions that an exception came from."""
    chain = list(_chain(error))
    names = {type(link).__name__ for link in chain}
    # http.client keeps the status of a proxy's answer in its text alone
    if any(isinstance(link, OSError) and str(link).startswith("Tunnel connection failed: 407") for link in chain):
        return "proxy_login"
    if "ProxyError" in names:
        return "proxy"
    if names & {"gaierror", "NameResolutionError", "LocationParseError"}:
        return "name"
    if names & {"SSLCertVerificationError", "SSLError"}:
        return "certificate"
    return "refused" if "ConnectionRefusedError" in names else None


def patience(retries: int, delay: float) -> Any:
    """Return the SDK's policy of trying again: waits that start as small as they are told to, and none for what does not mend itself.

    A wrong name is told in seconds; once the service has answered, a line that is cut for a while costs no upload.
    """
    from azure.storage.blob import ExponentialRetry

    class Patience(ExponentialRetry):
        """Retries of one client."""

        answered = False

        def get_backoff_time(self, settings: Dict[str, Any]) -> float:
            wait = min(delay * 2 ** max(settings["count"] - 1, 0), _LONGEST_WAIT)
            return wait * random.uniform(0.75, 1.25)

        def increment(self, settings: Dict[str, Any], request: Any, response: Any = None, error: Any = None, **more: Any) -> bool:
            self.answered = self.answered or response is not None
            kind = kind_of(error) if error is not None else None
            if kind in ("proxy_login", "certificate") or (kind in ("name", "proxy") and not self.answered and settings["count"] >= _FEW):
                return False
            return super().increment(settings, request, response=response, error=error, **more)

        def send(self, request: Any) -> Any:
            response = super().send(request)
            self.answered = True
            return response

    return Patience(retry_total=retries, retry_connect=retries, retry_read=retries, retry_status=retries)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the exception and all that it came from: of the SDK, of requests (which keeps it in its arguments) and of urllib3."""
    waiting: List[Any] = [error]
    seen: Set[int] = set()
    while waiting and len(seen) < 30:
        link = waiting.pop()
        if not isinstance(link, BaseException) or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        waiting += [
            getattr(link, "inner_exception", None),
            getattr(link, "reason", None),
            getattr(link, "original_error", None),
            link.__cause__,
            link.__context__,
            *link.args,
        ]
