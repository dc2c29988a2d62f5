# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Can this program run: on trees of small ELF files and scripts, and on the machine that the tests run on."""

import io
import struct

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core import elf, elf_header, programs
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from unit.core.elf_files import AARCH64, I386, library, program

LOADER = "/lib64/ld-linux-x86-64.so.2"
LIBC = {LOADER: library(), "/lib/x86_64-linux-gnu/libc.so.6": library(["ld-linux-x86-64.so.2"])}


def guest(root, files, links=()):
    """A tree of files ({guest path: bytes, (bytes, mode)}) and links ({guest path: target}); all files are executable."""
    for path, content in files.items():
        content, mode = content if isinstance(content, tuple) else (content, 0o755)
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        place.chmod(mode)
    for path, target in dict(links).items():
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target)
    return LiveTree(str(root))


def problems(tree, path="/sbin/init", **options):
    return [programs.sentence(obstacle) for obstacle in programs.obstacles(tree, path, **options)]


def with_sections(content, table=b"\1" * 128):
    """Return an ELF file of 64 bits with two section headers at its end."""
    return content[:40] + struct.pack("<Q", len(content)) + content[48:58] + struct.pack("<HHH", 64, 2, 1) + content[64:] + table


INIT = program(["libc.so.6"])


@pytest.mark.parametrize(
    ("files", "links"),
    [
        ({"/sbin/init": INIT}, {}),
        ({"/usr/lib/systemd/systemd": INIT}, {"/sbin/init": "/lib/systemd/systemd", "/lib/systemd": "../usr/lib/systemd"}),
        ({"/sbin/init": program(interpreter=None)}, {}),  # linked statically
        ({"/sbin/init": program(["libown.so"], runpath="$ORIGIN/../lib/own"), "/lib/own/libown.so": library(["libc.so.6"])}, {}),
        (
            {"/sbin/init": program(["libown.so"], rpath="/opt/own:${ORIGIN}"), "/opt/own/libown.so": library(["libnext.so"]), "/opt/own/libnext.so": library()},
            {},
        ),
        (
            {
                "/sbin/init": program(["libown.so"]),
                "/etc/ld.so.conf": b"include ld.so.conf.d/*.conf # more\n",
                "/etc/ld.so.conf.d/own.conf": b"/opt/own\n",
                "/opt/own/libown.so": library(),
            },
            {},
        ),
        (
            {
                "/sbin/init": program(["libown.so"]),
                "/etc/ld.so.cache": b"glibc-ld.so.cache1.1\0libown.so\0/opt/own/libown.so\0",
                "/opt/own/libown.so": library(),
            },
            {},
        ),
        # the first is for another machine, so it is passed over
        ({"/sbin/init": program(["libown.so"]), "/lib64/libown.so": library(machine=I386, bits=32), "/usr/lib/libown.so": library()}, {}),
        ({"/sbin/init": program(["libown.so"], runpath="$ORIGIN/../$LIB"), "/lib64/libown.so": library()}, {}),
        (
            {
                "/sbin/init": program(["libselinux.so.1", "libc.so.6"]),
                "/usr/lib64/libselinux.so.1": library(["libsepol.so.2"]),
                "/usr/lib64/libsepol.so.2": library(["libc.so.6"]),
            },
            {},
        ),
        ({"/sbin/init": b"#!/bin/sh -e\nexec /real\n", "/bin/sh": INIT, "/real": INIT}, {}),
        ({"/sbin/init": b"#!/bin/sh -e\n[ -x /real ] && exec /real\n", "/bin/sh": INIT}, {}),
        ({"/sbin/init": b"#! /usr/bin/env python3\n", "/usr/bin/env": INIT, "/usr/bin/python3.11": INIT}, {"/usr/bin/python3": "python3.11"}),
        ({"/sbin/init": b"#!/usr/bin/env -S LANG=C python3 -u\n", "/usr/bin/env": INIT, "/usr/local/bin/python3": INIT}, {}),
        ({"/sbin/init": b"#!/usr/bin/env LANG=C\n", "/usr/bin/env": INIT}, {}),  # cannot be told
        ({"/sbin/init": b"#!/bin/script\n", "/bin/script": b"#!/bin/sh\n", "/bin/sh": INIT}, {}),
        # what is to be loaded before everything is passed over where it is not there, is no library, or is for another processor
        ({"/sbin/init": INIT, "/etc/ld.so.preload": b"/opt/none.so # own\n"}, {}),
        ({"/sbin/init": INIT, "/etc/ld.so.preload": b"/opt/own.so\n", "/opt/own.so": b"a text\n"}, {}),
        ({"/sbin/init": INIT, "/etc/ld.so.preload": b"/opt/own.so\n", "/opt/own.so": library(["libnone.so"], machine=AARCH64)}, {}),
        ({"/sbin/init": INIT, "/etc/ld.so.preload": b"# /opt/own.so\n", "/opt/own.so": library(["libnone.so"])}, {}),
        # versions: it is there, may be missing, or is asked of a library that has none
        ({"/sbin/init": program(["liba.so"], asked=[("liba.so", "A_2", 0)]), "/lib64/liba.so": library(versions=["liba.so", "A_1", "A_2"])}, {}),
        ({"/sbin/init": program(["liba.so"], asked=[("liba.so", "A_9", 2)]), "/lib64/liba.so": library(versions=["liba.so", "A_1"])}, {}),
        ({"/sbin/init": program(["liba.so"], asked=[("liba.so", "A_9", 0)]), "/lib64/liba.so": library()}, {}),
    ],
)
def test_nothing_is_in_the_way(tmp_path, files, links):
    assert problems(guest(tmp_path, dict(LIBC, **files), links), machine="x86_64") == []


@pytest.mark.parametrize(
    ("files", "links", "expected"),
    [
        ({}, {}, ["/sbin/init is not there"]),
        ({}, {"/sbin/init": "/lib/systemd/systemd"}, ["/sbin/init is not there (a link to /lib/systemd/systemd)"]),
        ({}, {"/sbin/init": "init"}, ["/sbin/init is not there (a link to init)"]),  # to itself
        ({"/sbin/init/x": b""}, {}, ["/sbin/init is not a regular file"]),
        ({"/sbin/init": (INIT, 0o644)}, {}, ["/sbin/init is not executable (mode 0644)"]),
        ({"/sbin/init": b""}, {}, ["/sbin/init is empty"]),
        (
            {"/sbin/init": INIT, "/etc/ld.so.preload": b"/opt/own.so\n", "/opt/own.so": library(["libc.so.6"])[:-20]},
            {},
            ["/opt/own.so is damaged: it is cut off; /sbin/init needs it"],
        ),
        ({"/sbin/init": b"\0" * 5000}, {}, ["/sbin/init is no program: it begins neither as an ELF file nor with #!"]),
        ({"/sbin/init": b"#!/bin/sh -e\nexec /real\n", "/bin/sh": INIT}, {}, ["/real is not there; /sbin/init needs it"]),
        ({"/sbin/init": b"exec /real\n"}, {}, ["/sbin/init is no program: it begins neither as an ELF file nor with #!"]),
        ({"/sbin/init": INIT[:40]}, {}, ["/sbin/init is damaged: it is cut off"]),
        ({"/sbin/init": INIT[:-10]}, {}, ["/sbin/init is damaged: it is cut off"]),
        ({"/sbin/init": with_sections(INIT, bytes(128))}, {}, ["/sbin/init is damaged: it is cut off"]),
        (
            {"/sbin/init": INIT, "/lib/x86_64-linux-gnu/libc.so.6": with_sections(library(), bytes(128))},
            {},
            ["/lib/x86_64-linux-gnu/libc.so.6 is damaged: it is cut off; /sbin/init needs it"],
        ),
        ({"/sbin/init": with_sections(INIT)}, {}, []),
        ({"/sbin/init": with_sections(INIT, b"")}, {}, []),  # sstrip takes the headers away, and may leave their place
        ({"/sbin/init": program(machine=AARCH64)}, {}, ["/sbin/init is for another processor: aarch64"]),
        ({"/sbin/init": INIT, LOADER: None}, {}, [f"{LOADER} is not there; /sbin/init needs it"]),
        ({"/sbin/init": INIT, LOADER: (library(), 0o644)}, {}, [f"{LOADER} is not executable (mode 0644); /sbin/init needs it"]),
        ({"/sbin/init": program(["libselinux.so.1", "libc.so.6"])}, {}, ["the library libselinux.so.1, which /sbin/init needs, is not found"]),
        (
            {"/sbin/init": program(["liba.so"]), "/usr/lib64/liba.so": library(["libb.so"])},
            {},
            ["the library libb.so, which /usr/lib64/liba.so needs, is not found"],
        ),
        (
            {"/sbin/init": INIT, "/lib/x86_64-linux-gnu/libc.so.6": b""},
            {},
            ["/lib/x86_64-linux-gnu/libc.so.6 is damaged: it is no shared library; /sbin/init needs it"],
        ),
        (
            {"/sbin/init": INIT, "/lib/x86_64-linux-gnu/libc.so.6": library(["x"])[:100]},
            {},
            ["/lib/x86_64-linux-gnu/libc.so.6 is damaged: it is cut off; /sbin/init needs it"],
        ),
        (
            {"/sbin/init": INIT, "/lib/x86_64-linux-gnu/libc.so.6": library(machine=AARCH64)},
            {},
            ["the library libc.so.6, which /sbin/init needs, is not found"],
        ),
        (
            {"/sbin/init": program(["liba.so"], rpath="/opt/a", runpath="/opt/b"), "/opt/a/liba.so": library()},
            {},
            ["the library liba.so, which /sbin/init needs, is not found"],
        ),  # RUNPATH puts RPATH out of force
        (
            {"/sbin/init": program(["liba.so"], runpath="/opt"), "/opt/liba.so": library(["libb.so"]), "/opt/libb.so": library()},
            {},
            ["the library libb.so, which /opt/liba.so needs, is not found"],
        ),  # RUNPATH is not for what a library needs
        ({"/sbin/init": b"#!/bin/sh\r\n", "/bin/sh": INIT}, {}, ["/bin/sh\r is not there; /sbin/init needs it"]),
        ({"/sbin/init": b"#!/usr/bin/python3\n"}, {}, ["/usr/bin/python3 is not there; /sbin/init needs it"]),
        ({"/sbin/init": b"#!/usr/bin/env python3\n", "/usr/bin/env": INIT}, {}, ["python3 is not there; /sbin/init needs /usr/bin/env needs it"]),
        ({"/sbin/init": b"#!/bin/a\n", "/bin/a": b"#!/sbin/init\n"}, {}, "its interpreters lead to each other"),
        ({"/sbin/init": b"#!\n"}, {}, ["/sbin/init is no program: it begins neither as an ELF file nor with #!"]),
        (
            {"/sbin/init": INIT, "/etc/ld.so.preload": b"/opt/own.so:/opt/none.so\n", "/opt/own.so": library(["libnone.so"])},
            {},
            ["the library libnone.so, which /opt/own.so needs, is not found"],
        ),
        (
            {"/sbin/init": program(["liba.so"], asked=[("liba.so", "A_9", 0)]), "/lib64/liba.so": library(versions=["liba.so", "A_1"])},
            {},
            ["/sbin/init needs A_9 of /lib64/liba.so, which does not have it"],
        ),
        (
            {
                "/sbin/init": program(["liba.so"]),
                "/lib64/liba.so": library(["libb.so"], asked=[("libb.so", "B_1", 0), ("libb.so", "B_2", 0)]),
                "/lib64/libb.so": library(versions=["B_1"]),
            },
            {},
            ["/lib64/liba.so needs B_2 of /lib64/libb.so, which does not have it"],
        ),
        (
            {
                "/sbin/init": INIT,
                "/lib/x86_64-linux-gnu/libc.so.6": library(["ld-linux-x86-64.so.2"], asked=[("ld-linux-x86-64.so.2", "L_2", 0)]),
                LOADER: library(versions=["L_1"]),
            },
            {},
            [f"/lib/x86_64-linux-gnu/libc.so.6 needs L_2 of {LOADER}, which does not have it"],
        ),
    ],
)
def test_what_is_in_the_way_is_named(tmp_path, files, links, expected):
    tree = guest(tmp_path, {path: content for path, content in dict(LIBC, **files).items() if content is not None}, links)
    found = problems(tree, machine="x86_64")
    assert found == expected if isinstance(expected, list) else expected in found[0]


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        (library(["libc.so.6"]), ""),
        (b"", "/lib64/pam.so is damaged: it is no shared library"),
        (bytes(900), "/lib64/pam.so is damaged: it is no shared library"),
        (library(["libc.so.6"])[:100], "/lib64/pam.so is damaged: it is cut off"),
        (library(["libc.so.6"], machine=AARCH64), "/lib64/pam.so is for another processor: aarch64, 64 bit"),
        (library(["libnone.so"]), "the library libnone.so, which /lib64/pam.so needs, is not found"),
    ],
)
def test_why_a_module_cannot_be_loaded_is_told(tmp_path, module, expected):
    tree = guest(tmp_path, {**LIBC, "/usr/sbin/sshd": program(["libc.so.6"]), "/bin/text": b"a recorded program", "/lib64/pam.so": (module, 0o644)})
    assert programs.why_not_loaded(tree, "/lib64/pam.so", "/usr/sbin/sshd") == expected
    assert programs.why_not_loaded(tree, "/lib64/pam.so", "/bin/text") == programs.why_not_loaded(tree, "/lib64/none.so", "/usr/sbin/sshd") == ""


def test_a_32_bit_program_runs_on_a_64_bit_kernel_with_libraries_of_its_own(tmp_path):
    old = {"machine": I386, "bits": 32}
    tree = guest(
        tmp_path,
        {
            "/sbin/init": program(["libc.so.6"], "/lib/ld-linux.so.2", **old),
            "/lib/ld-linux.so.2": library(**old),
            "/lib/i386-linux-gnu/libc.so.6": library(**old),
            "/lib64/libc.so.6": library(),
        },
    )
    assert problems(tree, machine="x86_64") == []
    assert problems(tree, machine="aarch64") == ["/sbin/init is for another processor: i686"]


@pytest.mark.parametrize(
    ("path_file", "place", "found"),
    [(None, "/usr/lib/libz.so.1", True), (None, "/opt/libz.so.1", False), (b"/opt:/lib\n", "/opt/libz.so.1", True), (b"/lib\n", "/usr/lib/libz.so.1", False)],
)
def test_musl_looks_where_its_own_file_says(tmp_path, path_file, place, found):
    loader = "/lib/ld-musl-x86_64.so.1"
    files = {"/sbin/init": program(["libc.musl-x86_64.so.1", "libz.so.1"], loader), loader: library(), place: library(["libc.musl-x86_64.so.1"])}
    if path_file:
        files["/etc/ld-musl-x86_64.path"] = path_file
    assert bool(problems(guest(tmp_path, files))) is not found


def test_big_endian_files_are_read(tmp_path):
    content = program(["libc.so.6"], "/lib/ld64.so.1", machine=22, order=">")
    assert elf.read(io.BytesIO(content), len(content)) == elf.Elf(22, 64, "/lib/ld64.so.1", ["libc.so.6"], [], [], True)
    assert elf_header.machine_of(content) == "s390x"


@pytest.mark.parametrize(
    ("at", "layout", "value"),
    [(56, "<H", 65535), (54, "<H", 1), (32, "<Q", 1 << 63), (64 + 8, "<Q", 1 << 62), (64 + 56 + 8, "<Q", 1 << 40), (64 + 112 + 8, "<Q", 1 << 40)],
)
def test_damaged_tables_are_told_and_never_followed(at, layout, value):
    content = bytearray(program(["libc.so.6"]))
    struct.pack_into(layout, content, at, value)
    facts = programs.facts_of(io.BytesIO(content), len(content))
    assert facts.problem or not facts.elf.whole


def test_a_tree_of_many_libraries_is_looked_at_once_each(tmp_path):
    files = {f"/usr/lib64/lib{number}.so": library([f"lib{other}.so" for other in range(40)]) for number in range(40)}
    tree = guest(tmp_path, dict(LIBC, **files, **{"/sbin/init": program(["lib0.so"])}))
    looked = []

    def inspect(tree, path):
        looked.append(path)
        return programs.inspect_file(tree, path)

    assert programs.obstacles(tree, "/sbin/init", inspect=inspect) == []
    assert len(looked) == len(set(looked)) == 41


@pytest.mark.parametrize("path", ["/bin/sh", "/usr/bin/env", "/bin/ls"])
def test_the_programs_of_this_machine_can_run(path):
    assert problems(LiveTree("/"), path) == []
