# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files the new user's shell reads at a login, by the kind of shell that it is.

PRIVATE: module_utils of this collection are not an interface.
Source: bash(1), dash(1), zsh(1), tcsh(1), STARTUP FILES of each; fish, Configuration. Each file was tried with Debian's.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.readiness import new_shell

BASH, SH, ZSH, FISH, CSH = "bash", "sh", "zsh", "fish", "csh"
PROFILE, SKELETON = "/etc/profile", "/etc/skel"
_KINDS = {"bash": BASH, "rbash": BASH, "zsh": ZSH, "fish": FISH, "csh": CSH, "tcsh": CSH, **dict.fromkeys(("sh", "dash", "ash", "ksh", "mksh", "yash"), SH)}
_OF_ZSH = ("zshenv", "zprofile", "zshrc", "zlogin")
_READS_PROFILE = re.compile(r"(?m)^[^#\n]*(?:source|\.)[ \t]+[\"']?/etc/profile\b")


def kind(context):
    """Return the kind (str) of the shell of whoever logs in: of the user whom Azure makes, and bash where nothing names it, or several have their own."""
    path = new_shell.path(context) if context.kind != "specialized" and new_shell.named(context) else None
    name = posixpath.basename(path or "")
    if name == "sh" and posixpath.basename(context.tree.resolve(path)) == "bash":
        return BASH
    return _KINDS.get(name, BASH)


def files(context, shell):
    """Return (paths ([str]) that a login reads in the order in which it does, those of them of a new user's own) for a kind (str) of shell."""
    tree, is_new = context.tree, context.kind != "specialized"
    own = {BASH: _own_of_bash, SH: _own_of_sh, ZSH: _own_of_zsh, FISH: _own_of_fish, CSH: _own_of_csh}[shell](tree) if is_new else []
    of_all = [PROFILE] + tree.glob("/etc/profile.d/*.sh") + (["/etc/bash.bashrc", "/etc/bashrc"] if shell == BASH else [])
    if shell == ZSH:
        folder = "/etc/zsh/" if any(tree.is_file(f"/etc/zsh/{name}") for name in _OF_ZSH) else "/etc/"
        paths = [f"{folder}{name}" for name in _OF_ZSH]
        of_all = paths + (of_all if any(_READS_PROFILE.search(context.text(path)) for path in paths) else [])
    elif shell == FISH:
        of_all = [path for folder in ("/usr/share/fish/vendor_conf.d", "/etc/fish/conf.d") for path in tree.glob(f"{folder}/*.fish")] + [
            "/etc/fish/config.fish"
        ]
    elif shell == CSH:
        of_all = ["/etc/csh.cshrc", "/etc/csh.login"] + tree.glob("/etc/profile.d/*.csh") + tree.glob("/etc/csh/cshrc.d/*") + tree.glob("/etc/csh/login.d/*")
    return of_all + own, own


def _own_of_bash(tree):
    # of those of a new user's own bash takes the first that is there
    own = [path for path in (f"{SKELETON}/{name}" for name in (".bash_profile", ".bash_login", ".profile")) if tree.is_file(path)][:1]
    return own + [f"{SKELETON}/.bashrc"]  # bash reads it for every command that ssh gives it, too


def _own_of_sh(_tree):
    return [f"{SKELETON}/.profile"]


def _own_of_zsh(_tree):
    return [f"{SKELETON}/.{name}" for name in _OF_ZSH]


def _own_of_fish(tree):
    return tree.glob(f"{SKELETON}/.config/fish/conf.d/*.fish") + [f"{SKELETON}/.config/fish/config.fish"]


def _own_of_csh(tree):
    first = [path for path in (f"{SKELETON}/.tcshrc", f"{SKELETON}/.cshrc") if tree.is_file(path)][:1]
    return first + [f"{SKELETON}/.login"]
