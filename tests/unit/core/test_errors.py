# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import errno

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import finish


class Failed(Exception):
    """What fail_json does: the module ends."""


class FakeModule:
    """The members of AnsibleModule that finish uses."""

    def warn(self, text):
        pytest.fail(text)

    def fail_json(self, **result):
        raise Failed(result)

    def exit_json(self, **result):
        pytest.fail("the module went well")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(errno.EIO, "Input/output error", "/etc/fstab"), "cannot use /etc/fstab: the disk reports an input/output error"),
        (OSError(errno.EROFS, "Read-only file system", "/boot/x\n"), "cannot use /boot/x\\n: the file system is mounted read-only; remount it"),
        (OSError(errno.EMFILE, "Too many open files"), "cannot use the disk: Too many open files"),
    ],
)
def test_a_disk_that_fails_where_nobody_expects_it_is_one_clear_error(error, message):
    def run(module):
        raise error

    with pytest.raises(Failed) as caught:
        finish(FakeModule(), run)
    assert caught.value.args[0]["msg"].startswith(message) and caught.value.args[0]["errno"] == errno.errorcode[error.errno]
