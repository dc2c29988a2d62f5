# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The optional libraries that read images, and their exceptions as our one error.

PRIVATE: module_utils of this collection are not an interface.
"""

import contextlib
import importlib
from types import ModuleType
from typing import Iterator

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError

#: Python packages that read disk images; requirements.txt names the same.
PACKAGES = ("dissect.volume", "dissect.extfs", "dissect.xfs", "dissect.btrfs", "dissect.fat", "dissect.hypervisor")


class MissingLibrary(ImagewrightError):
    """What reads the image is not installed: nothing can be said of the image."""


def library(name: str, doing: str) -> ModuleType:
    """Return the module.

    name: str, ``dissect.extfs.extfs``; its first two parts are the package.
    doing: str, for the error, e.g. ``read disk.vhd``.
    Raises MissingLibrary: it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = ".".join(name.split(".")[:2])
        raise MissingLibrary(
            f"cannot {doing}: the Python package {package} is missing on this machine ({error}); install it with `pip install {' '.join(PACKAGES)}`"
        ) from error


@contextlib.contextmanager
def damage_as_error(doing: str, cause: str) -> Iterator[None]:
    """Turn whatever a library raises on a damaged image into an ImagewrightError.

    doing: str, ``read /etc/fstab``; cause: str, ``the ext4 file system is damaged``.
    Raises ImagewrightError: the body raised something.
    """
    try:
        yield
    except ImagewrightError:
        raise
    except NotImplementedError as error:
        raise ImagewrightError(f"cannot {doing}: it uses something that cannot be read here: {_reason(error)}") from error
    except MemoryError as error:
        raise ImagewrightError(f"cannot {doing}: {cause}: it says that there is more than fits into memory") from error
    except RecursionError as error:
        raise ImagewrightError(f"cannot {doing}: {cause}: its blocks refer to each other in a loop") from error
    except Exception as error:  # pylint: disable=broad-exception-caught  # struct, zlib, EOF, key and value errors: all mean damage
        raise ImagewrightError(f"cannot {doing}: {cause}: {_reason(error)}; check it with fsck or qemu-img check, or take a sound copy") from error


def _reason(error: BaseException) -> str:
    return f"{error}" or type(error).__name__
