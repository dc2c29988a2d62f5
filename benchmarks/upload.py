# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long vhd_upload takes and how much it sends, against the SDK's own upload and against every page, to the same Azurite.

    python3 benchmarks/upload.py [dense] [scattered] [interrupted]

dense: 8 GiB with 800 MiB of data in 12 pieces. scattered: 2 GiB with 256 MiB in 400 pieces. Azurite on the loopback address takes
its share of the processors: read the ratios, and run it on an idle machine. Azurite syncs each write to its disk, which is no part of any
way to upload: its data is kept in memory (/dev/shm) where there is enough of it. Every way is a process of its own, interpreter and
imports included, to an emulator of its own that one upload has warmed up; the faster of two runs counts, of one where the disk is large.
`processor` is the seconds of processor time of that process alone, which other work on the machine changes least.

`BlobClient.upload_blob` is the SDK's own upload as its documentation and other tools call it, without max_concurrency; the bars are
measured against it. The row below tells what max_concurrency changes. `the writes alone` sends what vhd_upload sends by the standard
library's http.client, without digests, lease, journal and comparison: the floor of a program in Python that has loaded the SDK.
"""

import collections
import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

from ansible_collections.imagewright.azure.plugins.module_utils.upload.vhd import OpenVhd
from integration.upload import azurite as emulator
from integration.upload import vhds
from integration.upload.fault_proxy import proxy

MIB = 1024 * 1024
WORKERS = 8

#: name: (MiB of the disk, number of pieces, MiB of data, how many times faster than the SDK it has to be)
CASES = {"dense": (8192, 12, 800, 10), "scattered": (2048, 400, 256, 6)}
OURS, SDK, SDK_PARALLEL = "vhd_upload", "BlobClient.upload_blob", f"the same, max_concurrency={WORKERS}"
EVERY_PAGE, WRITES_ALONE = "every page", "the writes alone"
RUNS = {
    "dense": {OURS: 2, SDK: 1, SDK_PARALLEL: 1, EVERY_PAGE: 1, WRITES_ALONE: 1},
    "scattered": {OURS: 3, SDK: 2, SDK_PARALLEL: 2, EVERY_PAGE: 1, WRITES_ALONE: 2},
}

MEMORY = pathlib.Path("/dev/shm")
SPARE = 4096 * MIB  # bytes of memory that are left to the machine

#: One upload: seconds, processor time in seconds, bytes sent, number of page writes, peak memory in bytes.
Run = collections.namedtuple("Run", "seconds processor sent writes memory")

MODULE = """
import atexit, json, re, runpy, sys
atexit.register(lambda: sys.stderr.write(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read()).group(1)))
from ansible.module_utils import basic
basic._ANSIBLE_ARGS = sys.stdin.buffer.read()
basic._ANSIBLE_PROFILE = "legacy"
runpy.run_module("ansible_collections.imagewright.azure.plugins.modules.vhd_upload", run_name="__main__", alter_sys=True)
"""


def main():
    """Measure what was asked for, and print it; exit with 1 when a bar is missed."""
    if sys.argv[1:2] == ["--way"]:
        return run_way(*sys.argv[2:])
    wanted = sys.argv[1:] or [*CASES, "interrupted"]
    missed = []
    with tempfile.TemporaryDirectory(prefix="imagewright-bench-") as folder:
        for case in [case for case in wanted if case in CASES]:
            missed += measure(pathlib.Path(folder), case)
        if "interrupted" in wanted:
            missed += measure_interrupted(pathlib.Path(folder))
    if missed:
        sys.exit("missed: " + "; ".join(missed))
    return None


@contextlib.contextmanager
def warm_emulator(folder, size):
    """Start an emulator that has room for size bytes in memory, or on disk, upload something small to it, and give it."""
    available = int(re.search(r"MemAvailable:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text()).group(1)) * 1024
    room = min(available - SPARE, shutil.disk_usage(MEMORY).free) if MEMORY.is_dir() else 0
    with emulator.running(parent=MEMORY if room > size else folder) as azurite:
        azurite.client().create_container("bench")
        warm = make_disk(folder / "warm.vhd", 256, 60, 64)
        measure_once(azurite, warm, OURS, "warm")
        warm.unlink()
        yield azurite


def measure(folder, case):
    """Upload one VHD in each way, print a table, and return the bars that were missed ([str])."""
    size_mib, count, data_mib, factor = CASES[case]
    vhd = make_disk(folder / f"{case}.vhd", size_mib, count, data_mib)
    needed = vhds.non_zero_blocks(vhd)
    os.sync()
    print(f"\n{case}: {size_mib} MiB, {needed / MIB:.1f} MiB in blocks of 64 KiB that are not zero, {WORKERS} workers")
    print(f"{'':28}{'seconds':>9}{'processor':>11}{'MiB sent':>10}{'writes':>8}{'peak MiB':>10}")
    runs = {}
    for name, times in RUNS[case].items():
        with warm_emulator(folder, times * size_mib * MIB) as azurite:
            runs[name] = min(measure_once(azurite, vhd, name, f"{case} {number}") for number in range(times))
        run = runs[name]
        print(f"{name:28}{run.seconds:9.2f}{run.processor:11.2f}{run.sent / MIB:10.1f}{run.writes:8}{run.memory / MIB:10.1f}", flush=True)
    ours, sdk = runs[OURS], runs[SDK]
    print(f"{case}: the writes alone are {sdk.seconds / runs[WRITES_ALONE].seconds:.1f} times faster than the SDK, which is the most that can be had here")
    vhd.unlink()
    return report(
        [
            (f"{case}: times faster than the SDK", sdk.seconds / ours.seconds, factor, True),
            (f"{case}: times less processor time than the SDK", sdk.processor / ours.processor, 1, True),
            (f"{case}: times faster than every page", runs[EVERY_PAGE].seconds / ours.seconds, 1, True),
            (f"{case}: bytes sent / bytes that are not zero", ours.sent / needed, 1.02, False),
            (f"{case}: peak memory of the module, MiB", ours.memory / MIB, 128, False),
        ]
    )


def measure_once(azurite, vhd, name, blob):
    """Return the Run of one way to upload, in a process of its own."""
    pathlib.Path(f"{vhd}.journal").unlink(missing_ok=True)
    started = time.monotonic()
    if name == OURS:
        process = start_module(azurite, vhd, blob)
    else:
        process = subprocess.Popen([sys.executable, __file__, "--way", name, azurite.endpoint, vhd, blob], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    output, peak = process.stdout.read(), process.stderr.read()
    _pid, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    result = json.loads(output)
    if status or result.get("failed"):
        sys.exit(result.get("msg", f"{name} failed"))
    azurite.client().get_blob_client("bench", blob).delete_blob()
    # the kernel's own ru_maxrss counts this process too, as it was when it started that one
    return Run(seconds, usage.ru_utime + usage.ru_stime, result["bytes_uploaded"], result["ranges"], int(peak.split()[-1]) * 1024)


def run_way(name, endpoint, vhd, blob):
    """Upload in one of the other ways, and print what was sent as vhd_upload does."""
    client = emulator.Azurite(urllib.parse.urlsplit(endpoint).port).client().get_blob_client("bench", blob)
    sent, writes = WAYS[name](client, vhd)
    print(json.dumps({"bytes_uploaded": sent, "ranges": writes}))
    print(re.search(r"VmHWM:\s+(\d+)", pathlib.Path("/proc/self/status").read_text()).group(1), file=sys.stderr)


def measure_interrupted(folder):
    """Kill an upload in the middle and go on; return the bars that were missed."""
    vhd = make_disk(folder / "interrupted.vhd", 1024, 100, 200)
    with warm_emulator(folder, 1024 * MIB) as azurite, proxy(azurite.port) as (port, faults):
        faults.delay = 0.02
        process = start_module(azurite, vhd, "interrupted", port)
        while sum(request.is_page_write for request in faults.requests) < 50:
            time.sleep(0.005)
        process.kill()
        process.wait()
        faults.delay = 0
        result = finish_module(start_module(azurite, vhd, "interrupted", port))
        writes = sum(request.is_page_write for request in faults.requests)
    ranges = expected_ranges(vhd)
    print(f"\ninterrupted: {ranges} ranges, killed after 50 had begun, {result['ranges']} sent by the second run, {writes} in all")
    vhd.unlink()
    return report([("interrupted: ranges sent again, a worker", (writes - ranges) / WORKERS, 1, False)])


def report(bars):
    """Print each bar, (what, measured, bar, whether more is better), and return those that were missed."""
    missed = []
    for what, measured, limit, more in bars:
        held = measured >= limit if more else measured <= limit
        print(f"{what:58}{measured:8.2f}   {'at least' if more else 'at most'} {limit}   {'holds' if held else 'MISSED'}")
        if not held:
            missed.append(f"{what}: {measured:.2f}")
    return missed


def make_disk(path, size_mib, count, data_mib):
    """Write a VHD with data_mib of random data in count pieces of different lengths all over it; return its path."""
    source = random.Random(size_mib)
    weights = [source.uniform(0.5, 1.5) for _piece in range(count)]
    slot = (size_mib - 2) * MIB // count
    pieces = [
        (
            MIB + index * slot + source.randrange(max(slot // 8, 4096)) // 4096 * 4096,
            min(int(weight / sum(weights) * data_mib * MIB) // 4096 * 4096 + 4096, slot * 3 // 4),
        )
        for index, weight in enumerate(weights)
    ]
    return vhds.make(path, size_mib, pieces)


def start_module(azurite, vhd, blob, port=None):
    """Start vhd_upload in a process of its own."""
    endpoint = f"http://127.0.0.1:{port}/{azurite.account}" if port else azurite.endpoint
    arguments = {
        "src": str(vhd),
        "account": azurite.account,
        "container": "bench",
        "blob": blob,
        "account_key": azurite.key,
        "endpoint": endpoint,
        "parallel": WORKERS,
        "verify": "true",
        "journal": f"{vhd}.journal",
    }
    process = subprocess.Popen([sys.executable, "-c", MODULE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode())
    process.stdin.close()
    return process


def finish_module(process):
    """Return the result (dict) of a module that was started."""
    result = json.loads(process.stdout.read())
    process.wait()
    if result.get("failed"):
        sys.exit(result["msg"])
    return result


def upload_sdk(client, vhd, **options):
    """Return (bytes sent, writes) of the SDK's own upload of a page blob."""
    from azure.storage.blob import BlobType

    counted = []
    with open(vhd, "rb") as stream:
        client.upload_blob(
            stream, blob_type=BlobType.PAGEBLOB, length=os.path.getsize(vhd), raw_request_hook=lambda request: counted.append(written(request)), **options
        )
    return sum(counted), sum(1 for length in counted if length)


def written(request):
    """Return the bytes of a page write, 0 for another request."""
    headers = request.http_request.headers
    return int(headers["Content-Length"]) if headers.get("x-ms-page-write") == "update" else 0


def upload_every_page(client, vhd):
    """Return (bytes sent, writes) of sending the whole file in writes of 4 MiB, with as many workers."""
    size, piece = os.path.getsize(vhd), 4 * MIB
    client.create_page_blob(size)
    with open(vhd, "rb") as stream, concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:

        def send(offset):
            content = os.pread(stream.fileno(), piece, offset)
            client.upload_page(content, offset, len(content))

        offsets = range(0, size, piece)
        for _done in pool.map(send, offsets):
            pass
    return size, len(offsets)


def upload_sdk_parallel(client, vhd):
    """Return (bytes sent, writes) of the SDK's own upload of a page blob with as many workers as vhd_upload."""
    return upload_sdk(client, vhd, max_concurrency=WORKERS)


def upload_writes_alone(client, vhd):
    """Return (bytes sent, writes) of sending the ranges that vhd_upload sends with nothing around them."""
    client.create_page_blob(os.path.getsize(vhd))
    url = urllib.parse.urlsplit(client.url)
    sas = emulator.Azurite(url.port).sas(client.container_name, client.blob_name)
    sent, next_one = [], threading.Lock()

    def work(runs):
        connection = http.client.HTTPConnection(url.hostname, url.port)
        while True:
            with next_one:
                offset, content = next(runs, (None, b""))
            if offset is None:
                return
            connection.request(
                "PUT",
                f"{url.path}?{sas}&comp=page",
                content,
                {"x-ms-version": "2021-12-02", "x-ms-page-write": "update", "x-ms-range": f"bytes={offset}-{offset + len(content) - 1}"},
            )
            answer = connection.getresponse()
            if answer.status != 201:
                raise RuntimeError(f"{answer.status}: {answer.read()}")
            answer.read()
            sent.append(len(content))

    with OpenVhd(vhd) as source, concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        runs = source.non_zero_runs()
        for done in [pool.submit(work, runs) for _worker in range(WORKERS)]:
            done.result()
    return sum(sent), len(sent)


WAYS = {SDK: upload_sdk, SDK_PARALLEL: upload_sdk_parallel, EVERY_PAGE: upload_every_page, WRITES_ALONE: upload_writes_alone}


def expected_ranges(vhd):
    """Return how many writes the VHD needs: runs of blocks that are not zero, cut at 4 MiB, and the footer."""
    count, run, size = 1, 0, os.path.getsize(vhd)
    with open(vhd, "rb") as stream:
        for _offset in range(0, size - 512, 65536):
            block = stream.read(65536)
            run = run + 1 if block.strip(b"\0") else 0
            count += run % 64 == 1
    return count


if __name__ == "__main__":
    main()
