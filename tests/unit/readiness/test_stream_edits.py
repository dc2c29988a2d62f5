# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What sed leaves of a file, asked of sed itself."""

import shlex
import shutil
import subprocess

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.readiness import stream_edits

_TEXT = "# Include what is [own]\nPort 22\n#Port 2222\n\nroot:x:0:0:root:/root:/bin/bash\nazureuser:x:1000:1000::/home/azureuser:/bin/bash\nlast (one) + a|b\n"
_KNOWN = (
    "-i '/azureuser/d'",
    "-i 's#/bin/bash#/usr/sbin/nologin#'",
    "-i d",
    "-i.bak '$d'",
    r"-i 's/^#\?Port .*$/Port 2022/;/^root/d'",
    r"-i -e 's/^\(root\):x:/\1:y:/' -e '1,2d'",
    r"-Ei 's/^(azureuser|root):[^:]*:/\1:!:/'",
    "-i -r 's|/home/([a-z]+)|/srv/\\1|g'",
    "-i '/Include/,/^$/d'",
    "-i '5,2d'",
    "-i '/^#/!d'",
    "-i 's/o/<&>/g'",
    r"-i 's/o/\&/'",
    "-i 's/[[:space:]]*#.*//'",
    r"-i 's/\./\\./g'",
    "-i 's/PORT/x/I'",
    "-i 's/[]o[]/_/g'",
    r"-i 's/a\|b/X/g'",
    r"-i 's/2\{2,\}/Y/'",
    "-i 's/(one) +/y/'",
    "--in-place '2s/22/2022/'",
)


@pytest.mark.skipif(shutil.which("sed") is None, reason="sed is not here")
@pytest.mark.parametrize("words", _KNOWN)
def test_a_file_is_as_sed_leaves_it(tmp_path, words):
    path = tmp_path / "file"
    path.write_text(_TEXT, encoding="ascii")
    subprocess.run(["sed", *shlex.split(words), path], check=True)
    commands, paths = stream_edits.of_words(["sed", *shlex.split(words), "/file"])
    assert paths == ["/file"]
    assert stream_edits.edited(_TEXT, commands) == path.read_text(encoding="ascii")


@pytest.mark.parametrize(
    "words", ["s/a/b/ /file", "-i 'y/a/b/' /file", "-n -i p /file", "-i '2i x' /file", "-i '0~2d' /file", "-i 's/a/b/e' /file", "-i 's/a/b/'"]
)
def test_what_is_not_known_of_sed_is_not_told(words):
    assert stream_edits.of_words(["sed", *shlex.split(words)]) is None
