# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An emulator for the whole session, a container of its own for each test, and VHDs to upload."""

import itertools

import pytest

from integration.upload import azurite as emulator
from integration.upload import vhds

_NUMBERS = itertools.count(1)


class Target:
    """A container of the emulator: what vhd_upload is told of it, and a look at what arrived that does not use our code."""

    def __init__(self, azurite, container):
        self.azurite = azurite
        self.container = container

    def options(self, blob="disk.vhd", endpoint=None, **more):
        """Return arguments of vhd_upload."""
        options = {
            "account": self.azurite.account,
            "container": self.container,
            "blob": blob,
            "account_key": self.azurite.key,
            "endpoint": endpoint or self.azurite.endpoint,
            "retries": 4,
            "retry_delay": 0.05,
            "request_timeout": 20,
        }
        options.update(more)
        return options

    def blob(self, name="disk.vhd"):
        """Return the SDK's BlobClient."""
        return self.azurite.client().get_blob_client(self.container, name)

    def download(self, path, name="disk.vhd"):
        """Write the whole blob to path and return path."""
        with open(path, "wb") as stream:
            self.blob(name).download_blob(max_concurrency=4).readinto(stream)
        return path

    def sas_url(self, permission="rcw", hours=1, blob="disk.vhd"):
        """Return an address with a signature."""
        return f"{self.azurite.endpoint}/{self.container}/{blob}?{self.azurite.sas(self.container, blob, permission, hours)}"


@pytest.fixture(scope="session")
def azurite():
    """The emulator; a failure to install or start it fails the tests, they are never skipped."""
    with emulator.running() as server:
        yield server


@pytest.fixture
def target(azurite):
    """A new container."""
    name = f"vhds{next(_NUMBERS)}"
    azurite.client().create_container(name)
    return Target(azurite, name)


@pytest.fixture
def vhd(tmp_path):
    """A VHD of 32 MiB with some data."""
    return vhds.make(tmp_path / "disk.vhd", 32, [(2 * vhds.MIB, vhds.MIB), (9 * vhds.MIB + 4096, 5 * vhds.MIB), (30 * vhds.MIB, 512)])


@pytest.fixture
def upload(run_module, vhd, target):
    """Return a function that runs vhd_upload with the VHD and the container; arguments replace the usual ones."""

    def run(check=False, env=None, **arguments):
        options = target.options(src=vhd)
        options.update(arguments)
        return run_module("vhd_upload", check=check, env=env, **{key: value for key, value in options.items() if value is not None})

    return run
