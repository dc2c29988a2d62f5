# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes images of this directory importable."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
