# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sshd's own command line: the options that count before its configuration, and those with which it serves nobody.

Pure: words in, settings and faults out.

PRIVATE: module_utils of this collection are not an interface.
Source: sshd(8); main of sshd.c (getopt) and process_server_config_line of servconf.c in OpenSSH 5.3 to 10.0.
"""

import collections

from ansible_collections.imagewright.azure.plugins.module_utils.ssh.sshd_config import GLOBAL, SshdSetting, parsed
from ansible_collections.imagewright.azure.plugins.module_utils.ssh.sshd_faults import SshdFault

#: A word of the command line and where it stands. text: str, quotes and variables resolved; path, line: of the unit, or of the file that a variable is in.
Argument = collections.namedtuple("Argument", "text path line")

#: What a command line asks for. conf: Argument of -f, None when it is not there; settings: [SshdSetting]; faults: [SshdFault]; has_ports: bool, of -p,
#: for which sshd leaves Port of its configuration out.
SshdCommandLine = collections.namedtuple("SshdCommandLine", "conf settings faults has_ports")

#: Configuration that is none: sshd reads no file.
NO_FILE = "none"

_WITH_VALUE = "CEbcfghkopu"
_ALONE = "46DGQRTVdeiqrt"
_ENDS = {"t": "it looks at its configuration and ends", "T": "it shows its configuration and ends", "G": "it shows its configuration and ends"}
_ENDS.update(V="it shows its version and ends", d="it serves one connection and ends")
_AS_SETTING = {"p": "port", "h": "hostkey", "g": "logingracetime", "c": "hostcertificate"}
_FAMILIES = {"4": "inet", "6": "inet6"}


def parse(arguments):
    """Return the SshdCommandLine of the Arguments ([Argument]) behind the program's name."""
    conf, settings, faults, ports = None, [], [], False
    for option, value, place in _options(arguments):
        if option is None:
            faults.append(_fault(place, place.text, "sshd takes no argument but options, and ends"))
        elif option not in _WITH_VALUE + _ALONE:
            faults.append(_fault(place, f"-{option}", "sshd knows no such option, and ends"))
        elif option in _WITH_VALUE and not value:
            faults.append(_fault(place, f"-{option}", "it has no value, and sshd ends"))
        elif option in _ENDS:
            faults.append(_fault(place, f"-{option}", _ENDS[option]))
        elif option == "f":
            conf = Argument(value, place.path, place.line)
        elif option == "o":
            keyword, text = parsed(value)
            settings.append(SshdSetting(place.path, place.line, keyword or "", text if keyword else value, GLOBAL))
        elif option in _AS_SETTING:
            ports = ports or option == "p"
            settings.append(SshdSetting(place.path, place.line, _AS_SETTING[option], value, GLOBAL))
        elif option in _FAMILIES:
            settings.append(SshdSetting(place.path, place.line, "addressfamily", _FAMILIES[option], GLOBAL))
    return SshdCommandLine(conf, settings, faults, ports)


def joined(line, configured):
    """Return the settings ([SshdSetting]) of a SshdCommandLine with those of the configuration ([SshdSetting]) behind them, as sshd takes them."""
    return line.settings + [setting for setting in configured if not (line.has_ports and setting.keyword == "port")]


def _options(arguments):
    """Return [(option or None for another word, its value or "", Argument)] as getopt reads them: the first other word ends the options."""
    found, position = [], 0
    while position < len(arguments):
        place = arguments[position]
        position += 1
        if not place.text.startswith("-") or place.text == "-":
            return found + [(None, "", place)]
        if place.text == "--":
            return found + [(None, "", other) for other in arguments[position:]][:1]
        letters = place.text[1:]
        while letters:
            option, letters = letters[0], letters[1:]
            if option not in _WITH_VALUE:
                found.append((option, "", place))
                continue
            if not letters and position < len(arguments):
                letters = arguments[position].text
                position += 1
            found.append((option, letters, place))
            letters = ""
    return found


def _fault(place, text, cause):
    return SshdFault(place.path, place.line, text, cause)
