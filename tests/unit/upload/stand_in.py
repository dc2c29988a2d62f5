# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server on the loopback address that answers each request as it is told to."""

import collections
import contextlib
import email.utils
import http.server
import threading
import time

#: status: int; code: str, the service's error code, "" for none; headers: {name: value}; body: bytes; skew: seconds that the server's clock is ahead;
#: of_the_service: bool, whether it marks its answers as the storage service does.
Answer = collections.namedtuple("Answer", "status code headers body skew of_the_service")


def answer(status, code="", headers=None, body=None, skew=0, of_the_service=True):
    """Return an Answer."""
    if body is None:
        body = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>told by the service</Message></Error>'.encode() if code else b""
    return Answer(status, code, headers or {}, body, skew, of_the_service)


@contextlib.contextmanager
def serving(decide):
    """Start the server; yields (its port, [(method, path)] of the requests that came).

    decide: callable, (method, path, headers) -> Answer.
    """
    requests = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            requests.append((self.command, self.path))
            told = decide(self.command, self.path, self.headers)
            self.send_response_only(told.status)
            self.send_header("Date", email.utils.formatdate(time.time() + told.skew, usegmt=True))
            self.send_header("Content-Length", str(len(told.body)))
            if told.of_the_service:
                self.send_header("x-ms-request-id", "00000000-0000-0000-0000-000000000000")
                self.send_header("x-ms-version", "2025-01-05")
            if told.code:
                self.send_header("x-ms-error-code", told.code)
                self.send_header("Content-Type", "application/xml")
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(told.body)

        do_HEAD = do_GET = do_PUT = do_CONNECT = _answer

        def log_message(self, *arguments):
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1], requests
    finally:
        server.shutdown()
        server.server_close()
