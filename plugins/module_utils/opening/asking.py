# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said between those who work on an image in the appliance and the process that holds it: a command with its input, and what became of it.

PRIVATE: module_utils of this collection are not an interface.
"""

import contextlib
import json
import socket
from typing import Any, Dict, NamedTuple, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error

#: Of one message, so that neither side fills its memory.
_MOST = 256 * 1024 * 1024  # bytes
_PIECE = 1024 * 1024  # bytes


class Request(NamedTuple):
    """command: str, of a shell, None for the end of the session; stdin: bytes."""

    command: Optional[str]
    stdin: bytes


class Answer(NamedTuple):
    """rc: int, exit status; stdout, stderr: bytes; problem: str, why there is none of these, else ""."""

    rc: int
    stdout: bytes
    stderr: bytes
    problem: str = ""


def ask(path: str, request: Request, patience: Optional[float] = None) -> Answer:
    """Return what the holder whose socket is at path answers. patience: float, seconds without a byte, None for as long as it takes.

    Raises ImagewrightError: it does not answer.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(patience)
        try:
            connection.connect(path)
            _send(connection, {"command": request.command}, request.stdin)
            connection.shutdown(socket.SHUT_WR)
            head, body = _receive(connection)
        except OSError as error:
            raise from_os_error("ask the process that holds the image", error) from error
    if not head:
        raise ImagewrightError("cannot work on the image: the process that holds it ended meanwhile; run the play again")
    length = int(head["stdout"])
    return Answer(int(head["rc"]), body[:length], body[length:], str(head["problem"]))


def receive(connection: socket.socket) -> Request:
    """Return the request (Request) of one who has connected. Raises OSError."""
    head, body = _receive(connection)
    return Request(head.get("command"), body)


def reply(connection: socket.socket, answer: Answer) -> None:
    """Answer to one who has asked, and may have gone since."""
    with contextlib.suppress(OSError):
        _send(connection, {"rc": answer.rc, "stdout": len(answer.stdout), "problem": answer.problem}, answer.stdout + answer.stderr)


def _send(connection: socket.socket, head: Dict[str, Any], body: bytes) -> None:
    connection.sendall(json.dumps(head).encode() + b"\n" + body)


def _receive(connection: socket.socket) -> Tuple[Dict[str, Any], bytes]:
    content = bytearray()
    while len(content) <= _MOST:
        octets = connection.recv(_PIECE)
        if not octets:
            break
        content += octets
    head, newline, body = bytes(content).partition(b"\n")
    return (json.loads(head), body) if newline else ({}, b"")
