# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft's storage emulator, installed with npm and run on the loopback address.

`python3 tests/integration/upload/azurite.py` installs it.
"""

import contextlib
import datetime
import fcntl
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]
PACKAGE = CHECKOUT / "tests" / "azurite" / "package.json"
INSTALLED = CHECKOUT / ".cache" / "azurite"

#: The emulator's account and its key, which Microsoft publishes: no secret.
#: Source: "Use the Azurite emulator for local Azure Storage development".
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def install():
    """Install the pinned release into .cache, once; return the script to run.

    Raises RuntimeError: node or npm is not installed.
    """
    script = INSTALLED / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
    missing = [name for name in ("node", "npm") if not shutil.which(name)]
    if missing:
        raise RuntimeError(f"the tests of vhd_upload need {' and '.join(missing)}: apt-get install nodejs npm")
    INSTALLED.mkdir(parents=True, exist_ok=True)
    with open(INSTALLED / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = PACKAGE.read_text()
        copy = INSTALLED / "package.json"
        if script.exists() and copy.exists() and copy.read_text() == wanted:
            return script
        copy.write_text(wanted)
        subprocess.run(["npm", "install", "--prefix", INSTALLED, "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"], check=True, timeout=600)
    return script


class Azurite:
    """A running emulator: endpoint (str), account, key; client() for the SDK's own view of it."""

    def __init__(self, port, scheme="http"):
        self.port = port
        self.endpoint = f"{scheme}://127.0.0.1:{port}/{ACCOUNT}"
        self.account, self.key = ACCOUNT, KEY

    def client(self):
        from azure.storage.blob import BlobServiceClient

        return BlobServiceClient(self.endpoint, credential={"account_name": ACCOUNT, "account_key": KEY})

    def sas(self, container, blob, permission="rcw", hours=1):
        """Return a shared access signature for one blob."""
        from azure.storage.blob import generate_blob_sas

        now = datetime.datetime.now(datetime.timezone.utc)
        return generate_blob_sas(
            ACCOUNT,
            container,
            blob,
            account_key=KEY,
            permission=permission,
            start=now - datetime.timedelta(hours=24),
            expiry=now + datetime.timedelta(hours=hours),
        )


@contextlib.contextmanager
def running(extra=(), scheme="http", parent=None):
    """Start an emulator with a data directory of its own; stop it and remove the directory in the end.

    extra: [str], further arguments; parent: str or None, where its data directory is made.
    """
    script = install()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="imagewright-azurite-", dir=parent))
    port = free_port()
    log = open(folder / "log", "wb")  # noqa: SIM115 closed below
    process = subprocess.Popen(
        [
            "node",
            script,
            "--blobHost",
            "127.0.0.1",
            "--blobPort",
            str(port),
            "--location",
            folder / "data",
            "--silent",
            "--skipApiVersionCheck",
            "--disableTelemetry",
            *extra,
        ],
        stdout=log,
        stderr=log,
        stdin=subprocess.DEVNULL,
        env=dict(os.environ, NODE_OPTIONS=""),
    )
    try:
        _wait_for(port, process, folder / "log")
        yield Azurite(port, scheme)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def free_port():
    """Return a port of the loopback address that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(port, process, log):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"azurite did not start: {log.read_text()[-2000:]}")


if __name__ == "__main__":
    print(json.dumps({"azurite": str(install())}))
