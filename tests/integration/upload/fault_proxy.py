# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy on the loopback address that hurts the requests that pass: resets, refusals, cut and slow answers.

It forwards to one port, understands just enough HTTP/1.1 to see where a request and its answer end, and compares the MD5 of a body as the
service does.
"""

import base64
import contextlib
import hashlib
import socket
import socketserver
import struct
import threading
import time


class Faults:
    """What goes wrong. plan: callable, Request -> name of a fault or None; requests: every request line that came, in order."""

    def __init__(self, plan=lambda request: None):
        self.plan = plan
        self.requests = []
        self.injected = []
        self.delay = 0.0
        self.lock = threading.Lock()
        self.ended = threading.Event()


class Request:
    """number: int, from 1 on; method, path: str; headers: {lower-case name: value}; length: int, of the body."""

    def __init__(self, number, line, headers):
        self.number = number
        self.method, self.path = line.split(" ")[:2]
        self.headers = headers
        self.length = int(headers.get("content-length", 0))

    @property
    def is_page_write(self):
        return self.method == "PUT" and "comp=page" in self.path and self.headers.get("x-ms-page-write") == "update"


@contextlib.contextmanager
def proxy(port):
    """Start a proxy to a port of this machine; yields (its own port, Faults)."""
    faults = Faults()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            with contextlib.suppress(OSError, EOFError):
                while _pass_one(self, port, faults):
                    pass

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1], faults
    finally:
        faults.ended.set()
        server.shutdown()
        server.server_close()


def _pass_one(handler, port, faults):
    line = handler.rfile.readline().decode("latin-1").strip()
    if not line:
        return False
    head, headers = _headers(handler.rfile)
    with faults.lock:
        request = Request(len(faults.requests) + 1, line, headers)
        faults.requests.append(request)
        fault = faults.plan(request)
        if fault:
            faults.injected.append((fault, request))
    if fault == "reset before":
        return _reset(handler)
    if headers.get("expect", "").lower() == "100-continue":
        handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = handler.rfile.read(request.length)
    if faults.delay:
        time.sleep(faults.delay)
    if "content-md5" in headers and base64.b64encode(hashlib.md5(body).digest()).decode() != headers["content-md5"]:
        fault = "md5"  # as the service does, and the emulator does not
    if fault in ("503", "500", "md5"):
        return _refuse(handler, fault)
    if fault == "lost":  # the request vanishes and no answer ever comes
        faults.ended.wait(60)
        return _reset(handler)
    with socket.create_connection(("127.0.0.1", port)) as upstream:
        upstream.sendall(f"{line}\r\n{head}\r\n".encode("latin-1") + body)
        answer = _answer(upstream.makefile("rb"), request.method)
    if fault == "reset after":  # done, and nobody is told
        return _reset(handler)
    if fault == "cut":
        handler.wfile.write(answer[: len(answer) // 2])
        return _reset(handler)
    if fault == "slow":
        for octet in range(0, len(answer), max(len(answer) // 10, 1)):
            handler.wfile.write(answer[octet : octet + max(len(answer) // 10, 1)])
            handler.wfile.flush()
            time.sleep(0.05)
        return True
    handler.wfile.write(answer)
    handler.wfile.flush()
    return True


def _headers(stream):
    head, headers = "", {}
    while True:
        line = stream.readline().decode("latin-1")
        if line in ("\r\n", "\n", ""):
            return head, headers
        head += line
        name, value = line.split(":", 1)
        headers[name.strip().lower()] = value.strip()


def _answer(stream, method):
    status = stream.readline()
    if not status:
        raise EOFError("no answer")
    head, headers = _headers(stream)
    if status.split()[1] == b"100":
        return _answer(stream, method)
    body = b""
    if method == "HEAD" or status.split()[1] in (b"204", b"304"):
        pass
    elif headers.get("transfer-encoding", "").lower() == "chunked":
        while True:
            size_line = stream.readline()
            size = int(size_line.split(b";")[0], 16)
            body += size_line + stream.read(size + 2)
            if not size:
                break
    else:
        body = stream.read(int(headers.get("content-length", 0)))
    return status + head.encode("latin-1") + b"\r\n" + body


def _refuse(handler, fault):
    status, code = {"503": ("503 Server Busy", "ServerBusy"), "500": ("500 Internal Server Error", "InternalError"), "md5": ("400 Bad Request", "Md5Mismatch")}[
        fault
    ]
    body = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>injected</Message></Error>'.encode()
    handler.wfile.write(f"HTTP/1.1 {status}\r\nx-ms-error-code: {code}\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    handler.wfile.flush()
    return True


def _reset(handler):
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    return False
