# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of the loader, on trees of small ELF files, as glibc 2.36 took each of them with bash."""

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core import loader_environment
from unit.core.elf_files import AARCH64, I386, library, program
from unit.core.test_programs import INIT, LIBC, LOADER, guest

_RELEASE, _OF_LOADER = b"GNU C Library (Debian) stable release version 2.%d.\n", b"ld.so (Debian) stable release version 2.%d.\n"
_PATH, _PRELOAD = {"LD_LIBRARY_PATH": "/none:/opt/own"}, {"LD_PRELOAD": "/opt/own.so"}
_CUT = library(["libc.so.6"])[:-20]


def why_not(root, environment, files):
    """Return why /bin/bash does not start."""
    return loader_environment.why_not(guest(root, {**LIBC, "/bin/bash": INIT, **files}), "/bin/bash", environment)


@pytest.mark.parametrize(
    ("environment", "files", "text"),
    [
        (_PATH, {"/opt/own/libc.so.6": b""}, "/opt/own/libc.so.6 is damaged"),
        (_PATH, {"/opt/own/libc.so.6": b"GROUP ( libc.so.6 )"}, "/opt/own/libc.so.6 is damaged"),
        (_PATH, {"/opt/own/libc.so.6": _CUT}, "/opt/own/libc.so.6 is damaged: it is cut off"),
        (_PATH, {"/opt/own/libc.so.6": library(["libnone.so"])}, "the library libnone.so, which /opt/own/libc.so.6 needs, is not found"),
        ({"LD_LIBRARY_PATH": "/opt/none;/opt/own"}, {"/opt/own/libc.so.6": b""}, "/opt/own/libc.so.6 is damaged"),
        (
            _PATH,
            {
                "/bin/bash": program(["libt.so"], asked=[("libt.so", "T_5", 0)]),
                "/lib64/libt.so": library(versions=["libt.so", "T_5"]),
                "/opt/own/libt.so": library(versions=["libt.so", "T_4"]),
            },
            "/bin/bash needs T_5 of /opt/own/libt.so, which does not have it",
        ),
        (
            _PATH,
            {LOADER: library() + _OF_LOADER % 36, "/opt/own/libc.so.6": library() + _RELEASE % 41},
            "/opt/own/libc.so.6 is of the release 2.41 of glibc, and the loader of 2.36",
        ),
        (_PRELOAD, {"/opt/own.so": library(["libnone.so"])}, "the library libnone.so, which /opt/own.so needs, is not found"),
        (_PRELOAD, {"/opt/own.so": _CUT}, "/opt/own.so is damaged: it is cut off"),
        ({}, {"/etc/ld.so.preload": b"/opt/own.so\n", "/opt/own.so": _CUT}, ""),  # without any variable it does not start either
        ({"LD_TRACE_LOADED_OBJECTS": ""}, {}, "the loader lists the libraries of each program"),
        ({"LD_DEBUG": "libs,help"}, {}, "the loader lists its own words"),
    ],
)
def test_what_keeps_a_program_from_starting_is_named(tmp_path, environment, files, text):
    assert why_not(tmp_path, environment, files).startswith(text)


@pytest.mark.parametrize(
    ("environment", "files"),
    [
        (_PATH, {}),
        (_PATH, {"/opt/own/libc.so.6": LIBC["/lib/x86_64-linux-gnu/libc.so.6"]}),
        (_PATH, {"/opt/own/libc.so.6": library(machine=I386, bits=32)}),
        (_PATH, {"/opt/own/libc.so.6": library(machine=AARCH64)}),
        (_PATH, {"/opt/own/libc.so.6": (b"", 0o600)}),
        (_PATH, {"/opt/own/libother.so": b""}),
        (_PATH, {LOADER: library() + _OF_LOADER % 36, "/opt/own/libc.so.6": library() + _RELEASE % 36}),
        ({"LD_LIBRARY_PATH": ""}, {}),
        (_PRELOAD, {}),
        (_PRELOAD, {"/opt/own.so": b""}),
        (_PRELOAD, {"/opt/own.so": b"a text\n"}),
        (_PRELOAD, {"/opt/own.so": library(["libc.so.6"])}),
        (_PRELOAD, {"/opt/own.so": library(["libnone.so"], machine=AARCH64)}),
        ({"LD_DEBUG": "libs", "LD_BIND_NOW": "1", "LD_AUDIT": "/none.so"}, {}),
        ({"LD_TRACE_LOADED_OBJECTS": "1"}, {"/bin/bash": program(interpreter=None)}),
        ({"LD_TRACE_LOADED_OBJECTS": "1"}, {"/bin/bash": program(interpreter="/lib/ld-musl-x86_64.so.1"), "/lib/ld-musl-x86_64.so.1": library()}),
    ],
)
def test_what_the_loader_passes_over_is_not(tmp_path, environment, files):
    assert why_not(tmp_path, environment, files) == ""
