# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the check of a 100 MiB initramfs takes, and how much memory.

    python3 benchmarks/initramfs.py [--runs 3] [COMPRESSION ...]

Needs root's tools zstd, lz4, lzop and cpio's format only. The image holds what fills real ones: modules and firmware that are
compressed already, and programs. `decompressor` is the time that the compression's own program takes for the same file, on its own:
nothing that verifies the whole image can be faster than that on one processor.
"""

import argparse
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

from unit.initramfs import images

MIB = 1024**2
SIZE = 100 * MIB  # of the image
SECONDS, MEMORY = 3, 64 * MIB  # what the check may take

#: Runs in a process of its own: the check, then its peak of memory above that of the interpreter with the same imports.
CHECK = """
import resource, sys, time
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import verify
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import kernels
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.perf_counter()
tree = LiveTree(sys.argv[1])
(kernel,) = kernels.installed_kernels(tree)
verdict = verify.check_image(tree, kernel, ["hv_vmbus", "hv_storvsc", "pci_hyperv"])
assert len(verdict.present) == 3, verdict
own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(time.perf_counter() - start, (own + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) * 1024)
"""

#: How the generators call each compression, and what unpacks it.
PROGRAMS = {
    "none": (None, None),
    "zstd": (["zstd", "-q", "-3", "-T0", "-c"], ["zstd", "-q", "-d", "-c"]),
    "gzip": (["gzip", "-c"], ["gzip", "-d", "-c"]),
    "lz4": (["lz4", "-l", "-q", "-c"], ["lz4", "-q", "-d", "-c"]),
    "lzo": (["lzop", "-q", "-c"], ["lzop", "-q", "-d", "-c"]),
    "xz": (["xz", "-1", "-T0", "--check=crc32", "-c"], ["xz", "-T1", "-d", "-c"]),
}


def main():
    """Build an image of each compression, measure, print, and fail when zstd, gzip or none take too much."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("compression", nargs="*", help=f"of {', '.join(PROGRAMS)}; all of them when none is given")
    options = parser.parse_args()
    runs = options.runs
    print(f"{'compression':12} {'image MiB':>9} {'check s':>8} {'of 3 s':>7} {'decompressor s':>14} {'memory MiB':>10}")
    slow = []
    with tempfile.TemporaryDirectory(prefix="imagewright-bench-") as folder:
        root = pathlib.Path(folder)
        payload = write_payload(root / "payload")
        for name in options.compression or PROGRAMS:
            compress, decompress = PROGRAMS[name]
            image = write_image(root, payload, compress)
            seconds, memory = zip(*[check(root) for _run in range(runs)])
            alone = statistics.median(time_of(decompress, image) for _run in range(runs)) if decompress else 0
            taken = statistics.median(seconds)
            print(f"{name:12} {image.stat().st_size / MIB:9.0f} {taken:8.2f} {taken / SECONDS:6.0%} {alone:15.2f} {max(memory) / MIB:10.1f}", flush=True)
            slow += [name] if name in ("none", "zstd", "gzip", "lz4") and (taken > SECONDS or max(memory) > MEMORY) else []
    if slow:
        sys.exit(f"more than {SECONDS} s or {MEMORY // MIB} MiB: {', '.join(slow)}")


def write_payload(path):
    """Write the archive (a file of more than SIZE bytes): drivers, half of it what does not compress, half programs that do."""
    program = b"".join(path.read_bytes() for path in sorted(pathlib.Path(os.__file__).parent.glob("*.py")))[: 4 * MIB]
    with open(path, "wb") as stream:
        stream.write(images.main_archive()[: -len(images.archive())])
        for number in range(SIZE // (4 * MIB)):
            stream.write(images.member(f"usr/lib/firmware/{number}", os.urandom(4 * MIB)))
            stream.write(images.member(f"usr/bin/{number}", program))
        for number in range(3000):
            stream.write(images.member(f"usr/share/small/{number}", b"x" * 500))
        stream.write(images.archive())
    return path


def write_image(root, payload, compress):
    """Write a guest with the payload, compressed, as its image behind microcode; return the image's path."""
    images.write_kernel(root)
    image = root / f"boot/initrd.img-{images.VERSION}"
    with open(image, "wb") as stream:
        stream.write(images.microcode())
        stream.flush()
        with open(payload, "rb") as content:
            subprocess.run(compress or ["cat"], stdin=content, stdout=stream, check=True)
    return image


def check(root):
    """Return seconds and bytes of memory that the check takes."""
    output = subprocess.run([sys.executable, "-c", CHECK, str(root)], stdout=subprocess.PIPE, check=True).stdout
    seconds, memory = output.split()
    return float(seconds), float(memory)


def time_of(decompress, image):
    """Return the seconds that the program takes for the compressed part, its output thrown away."""
    start = time.perf_counter()
    with open(image, "rb") as stream:
        os.lseek(stream.fileno(), len(images.microcode()), os.SEEK_SET)
        subprocess.run(decompress, stdin=stream, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
