# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long vhd_align takes and how much it writes, against qemu-img in the same run.

    python3 benchmarks/vhd.py [--runs 5] [--plot FILE.svg] [--folder DIRECTORY]

Needs root (loop mounts), qemu-utils, xfsprogs and btrfs-progs, and 8 GiB of disk. All times are medians, until the
result is on disk (fsync); `one` is the one-step `qemu-img convert -O vpc -o subformat=fixed,force_size=on`, `documented`
the procedure of Azure's documents: a raw copy, its resize, and its conversion. Machines differ: read the ratios.
"""

import argparse
import contextlib
import math
import os
import pathlib
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time

from ansible_collections.imagewright.azure.plugins.module_utils.vhd.align import AlignRequest, align

KIB, MIB, GIB = 1024, 1024**2, 1024**3
CHECKOUT = pathlib.Path(__file__).resolve().parent.parent
SIZES = {"8 GiB": 8 * GIB, "256 GiB": 256 * GIB, "1 TiB": 1024 * GIB}
DATA, EXTENTS = GIB, 1537  # bytes, and in how many pieces: hostile to anything that works in whole MiB
REPEATS = 3  # of what takes milliseconds, in each run: a single disturbance must not be the median
UNALIGNED = 512 * 1001  # bytes that the source lacks of a whole MiB and more
MAKE = {"ext4": ["mkfs.ext4", "-q", "-F"], "xfs": ["mkfs.xfs", "-q", "-m", "reflink=1"], "btrfs": ["mkfs.btrfs", "-q"]}
PROCESS = "import sys; sys.path[:0] = {path!r}; from {engine} import AlignRequest, align; align(AlignRequest(*{request!r}))"


def main():
    """Measure, print the table of bars, and write the plot."""
    options = arguments()
    bars, plot = [], {}
    with tempfile.TemporaryDirectory(prefix="imagewright-bench-", dir=options.folder) as folder:
        for kind in MAKE:
            with file_system(folder, kind) as mounted:
                measure_file_system(kind, mounted, options.runs, bars, plot)
    memory = memory_above_interpreter()
    bars.append(("memory above the interpreter, 1 TiB in 5000 extents", memory / MIB, "MiB", 64))
    print_bars(bars)
    write_plot(options.plot, plot)
    print(f"\nplot: {options.plot}")


def arguments():
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--plot", type=pathlib.Path, default=CHECKOUT / ".cache" / "vhd-times.svg")
    parser.add_argument("--folder", default=tempfile.gettempdir(), help="where the file systems are made")
    return parser.parse_args()


@contextlib.contextmanager
def file_system(folder, kind):
    """Mount a new file system in a sparse file and give its directory."""
    image, mounted = pathlib.Path(folder) / f"{kind}.img", pathlib.Path(folder) / kind
    mounted.mkdir()
    with open(image, "wb") as stream:
        stream.truncate(16 * GIB)
    call(*MAKE[kind], image)
    call("mount", "-o", "loop", image, mounted)
    try:
        yield mounted
    finally:
        call("umount", mounted)
        image.unlink()


def measure_file_system(kind, folder, runs, bars, plot):
    """Append the bars of one file system, and the times by disk size of XFS for the plot."""
    for label, size in SIZES.items() if kind == "xfs" else [("8 GiB", SIZES["8 GiB"])]:
        source = sparse_disk(folder / "source.raw", size - UNALIGNED)
        settle()
        times, written, ratio = measure_raw(source, folder, size, runs if label == "8 GiB" else max(3, runs - 2))
        method = "copy" if kind == "ext4" else "reflink"
        show(kind, label, times)
        one = times["one"]
        bars.append((f"{kind} {label}: in place, engine", times["in place"] / one, "x one", 0.01))
        bars.append((f"{kind} {label}: in place, process", times["in place, process"] / one, "x one", 0.15))
        bars.append((f"{kind} {label}: in place, written", written["in place"] / KIB, "KiB", 64))
        bars.append((f"{kind} {label}: {method}", times["new file"] / one, "x one", 1.0 if method == "copy" else 0.3))
        if method == "reflink":
            bars.append((f"{kind} {label}: reflink, written", written["new file"] / MIB, "MiB", 1))
        bars.append((f"{kind} {label}: allocated by the result", ratio, "x source", 1.02))
        bars.append((f"{kind} {label}: second run, engine", times["second run"] * 1000, "ms", 10))
        bars.append((f"{kind} {label}: second run, written", written["second run"], "bytes", 0))
        if kind == "xfs":
            plot[size] = times
            if label == "1 TiB":
                bars.append(("xfs: in place, 1 TiB against 8 GiB", times["in place"] / plot[8 * GIB]["in place"], "x", 3))
        if label == "8 GiB" and kind != "btrfs":
            measure_qcow2(kind, source, folder, runs, bars)
        source.unlink()


def measure_raw(source, folder, size, runs):
    """Return (median seconds by way, bytes written by way, allocation of the copy against the source)."""
    dest, times, written = folder / "result.vhd", {}, {}
    for _run in range(runs):
        note(times, "one", timed(lambda: one_step("raw", source, dest)))
        remove(dest)
        before = write_bytes()
        note(times, "new file", timed(lambda: align(request(source, dest))))
        note(written, "new file", write_bytes() - before - (DATA if align(request(source, dest))["method"] == "sparse_copy" else 0))
        for _repeat in range(REPEATS):
            before = write_bytes()
            note(times, "second run", timed(lambda: align(request(source, dest))))
            note(written, "second run", write_bytes() - before)
        os.sync()
        ratio = dest.stat().st_blocks / source.stat().st_blocks
        remove(dest)
        for way, change in (("in place", align), ("in place, process", as_process)) * REPEATS:
            before = write_bytes()
            note(times, way, timed(lambda change=change: change(request(source, source, in_place=True))))
            note(written, way, write_bytes() - before)
            restore(source, size - UNALIGNED)
    for _run in range(max(1, runs // 2)):
        note(times, "documented", timed(lambda: documented(source, folder, size)))
        remove(folder / "documented.raw", folder / "documented.vhd")
    return {way: statistics.median(values) for way, values in times.items()}, {way: statistics.median(values) for way, values in written.items()}, ratio


def measure_qcow2(kind, raw, folder, runs, bars):
    """Append the bar of a qcow2 source."""
    source, dest, times = folder / "source.qcow2", folder / "result.vhd", {}
    call("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, source)
    settle()
    for _run in range(runs):
        note(times, "one", timed(lambda: one_step("qcow2", source, dest)))
        remove(dest)
        note(times, "ours", timed(lambda: align(request(source, dest))))
        ratio = dest.stat().st_blocks * 512 / DATA
        remove(dest)
    source.unlink()
    medians = {way: statistics.median(values) for way, values in times.items()}
    show(f"{kind}, qcow2", "8 GiB", medians)
    bars.append((f"{kind} 8 GiB: qcow2", medians["ours"] / medians["one"], "x one", 1.15))
    bars.append((f"{kind} 8 GiB: qcow2, allocated by the result", ratio, "x data", 1.02))


def sparse_disk(path, size):
    """Write a raw disk with DATA bytes of random data in EXTENTS pieces spread over it, and return its path."""
    source, block = random.Random(7), random.Random(8).randbytes(4 * MIB)
    with open(path, "wb") as stream:
        for number in range(EXTENTS):
            length = DATA // EXTENTS // 4096 * 4096
            stream.seek(number * (size // EXTENTS) // 4096 * 4096)
            start = source.randrange(0, len(block) - length)
            stream.write(block[start : start + length])
        stream.truncate(size)
    return path


def one_step(image_format, source, dest):
    """Convert as other tools do: the result is not aligned."""
    call("qemu-img", "convert", "-f", image_format, "-O", "vpc", "-o", "subformat=fixed,force_size=on", source, dest)
    make_durable(dest)


def documented(source, folder, size):
    """Convert as Azure's documents say."""
    raw, vhd = folder / "documented.raw", folder / "documented.vhd"
    call("qemu-img", "convert", "-f", "raw", "-O", "raw", source, raw)
    call("qemu-img", "resize", "-q", "-f", "raw", raw, str(size))
    one_step("raw", raw, vhd)


def request(source, dest, in_place=False):
    """Return what is asked of the engine."""
    return AlignRequest(os.fspath(source), os.fspath(dest), "auto", None, MIB, None, "auto", in_place, False, True, False, 0, False, None, False)


def as_process(wanted):
    """Run the engine in a new interpreter."""
    path = [word for word in sys.path if word.endswith(os.path.join(".venv", "collections"))]
    call(sys.executable, "-c", PROCESS.format(path=path, engine=align.__module__, request=tuple(wanted)))


def memory_above_interpreter():
    """Return the bytes that a run needs more than an interpreter that has only loaded the engine."""
    with tempfile.TemporaryDirectory(prefix="imagewright-bench-") as folder:
        source = pathlib.Path(folder) / "source.raw"
        with open(source, "wb") as stream:
            for number in range(5000):
                stream.seek(number * 200 * MIB)
                stream.write(b"\1x" * 4096)  # a text is no disk
            stream.truncate(1024 * GIB)
        idle, busy = (peak_memory(work, source) for work in (lambda wanted: None, align))
    return busy - idle


def peak_memory(work, source):
    """Return the most memory (bytes) of a forked process that does the work."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        work(request(source, source.with_suffix(".vhd")))
        os.write(writer, str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB).encode())
        os._exit(0)
    value = int(os.read(reader, 32))
    os.wait()
    return value


def restore(source, size):
    """Take a change in place back; on Btrfs what the next one writes would also tell of this, without a whole sync."""
    os.truncate(source, size)
    make_durable(source)
    os.sync()


def make_durable(path):
    """Wait until the file is on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def remove(*paths):
    """Remove files and wait until that is on disk, so that the next measurement does not pay for it."""
    for path in paths:
        path.unlink()
    settle()


def settle():
    """Let the disk come to rest."""
    os.sync()
    time.sleep(0.5)


def timed(work):
    """Return the seconds that the work takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def note(values, way, value):
    """Append a value to those of a way."""
    values.setdefault(way, []).append(value)


def write_bytes():
    """Return the bytes that this process and its ended children have sent to disks, by the kernel's count."""
    with open("/proc/self/io", encoding="ascii") as stream:
        return int(next(line.split()[1] for line in stream if line.startswith("write_bytes")))


def call(*argv):
    """Run a program."""
    subprocess.run([os.fspath(word) for word in argv], check=True, stdout=subprocess.DEVNULL)


def show(kind, label, times):
    """Print the median times of one disk."""
    print(f"{kind}, {label}: " + ", ".join(f"{way} {seconds:.4f} s" for way, seconds in times.items()), flush=True)


def print_bars(bars):
    """Print what was measured beside what is wanted."""
    print(f"\n{'measured':62} {'value':>10} {'at most':>9}")
    for name, value, unit, most in bars:
        print(f"{name:62} {value:10.4f} {most:9} {unit:9} {'ok' if value <= most else 'MISSED'}")


WAYS = (("documented", "#b33"), ("one", "#c80"), ("new file", "#27b"), ("in place", "#283"))
NAMES = {"documented": "documented procedure", "one": "one-step qemu-img", "new file": "vhd_align, new file", "in place": "vhd_align, in place"}


def write_plot(path, series):
    """Write the times by disk size as an SVG; both axes are logarithmic."""
    sizes = sorted(series)
    ticks = [10.0**power for power in range(-3, 2)]
    left, top, width, height = 70, 40, 420, 260

    def point(index, seconds):
        decades = math.log10(max(min(seconds, ticks[-1]), ticks[0]) / ticks[0])
        return left + width * index / max(len(sizes) - 1, 1), top + height - height * decades / (len(ticks) - 1)

    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" width="700" height="360" font-family="sans-serif" font-size="12">',
        '<rect width="700" height="360" fill="white"/>',
        '<text x="70" y="22" font-size="14">Seconds until the VHD is on disk, 1 GiB of data, XFS</text>',
    ]
    for tick in ticks:
        _x, y = point(0, tick)
        parts.append(
            f'<line x1="{left}" x2="{left + width}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
            f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>'
        )
    for index, size in enumerate(sizes):
        x, _y = point(index, 1)
        label = next(name for name, value in SIZES.items() if value == size)
        parts.append(f'<text x="{x:.1f}" y="{top + height + 20}" text-anchor="middle">{label}</text>')
    for way, colour in WAYS:
        points = [point(index, series[size][way]) for index, size in enumerate(sizes)]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{line}"/>')
        parts.append(f'<text x="{points[-1][0] + 8:.1f}" y="{points[-1][1] + 4:.1f}" fill="{colour}">{NAMES[way]}</text>')
    parts.append("</svg>")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
