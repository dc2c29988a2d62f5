# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module guest_services: which services a guest starts at boot. One that does not run is switched by its own tools.

PRIVATE: module_utils of this collection are not an interface.
"""

from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core import commands, services
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

ARGUMENTS = {
    "enabled": {"type": "list", "elements": "str", "default": []},
    "disabled": {"type": "list", "elements": "str", "default": []},
    "unless": {"type": "list", "elements": "str", "default": []},
    "root": {"type": "path", "default": "/"},
}

#: How a service is switched on and off, by the first of these programs that the guest has: (program, for another init than systemd, on, off).
_TOOLS = (
    ("systemctl", False, [["systemctl", "enable", "{}"]], [["systemctl", "disable", "{}"]]),
    ("rc-update", True, [["rc-update", "add", "{}", "default"]], [["rc-update", "del", "{}", "--all"]]),
    ("chkconfig", True, [["chkconfig", "{}", "on"]], [["chkconfig", "{}", "off"]]),
    ("update-rc.d", True, [["update-rc.d", "{}", "defaults"], ["update-rc.d", "{}", "enable"]], [["update-rc.d", "{}", "disable"]]),
)
#: A job of Upstart is switched by a word in a file beside its own. Source: init(5) of Upstart, "Override File Handling", "manual".
_JOB = (
    "upstart",
    True,
    [["sh", "-c", 'test ! -e "/etc/init/$1.override" || sed -i "/^[[:blank:]]*manual[[:blank:]]*$/d" "/etc/init/$1.override"', "enable", "{}"]],
    [["sh", "-c", 'echo manual >> "/etc/init/$1.override"', "disable", "{}"]],
)


def run(module: "AnsibleModule") -> Dict[str, Any]:
    """Return the module's result. A running guest is only looked at, for the action plugin, which asks for that in check mode."""
    tree = LiveTree(module.params["root"])
    if tree.is_running_system and not module.check_mode:
        raise ImagewrightError("cannot switch services of the machine itself in this way; use ansible.builtin.service, or give the root of a mounted guest")
    there = services.states(tree, module.params["unless"]).values()
    enabled = [] if services.ENABLED in there else module.params["enabled"]
    wanted = [(name, services.ENABLED) for name in enabled] + [(name, services.DISABLED) for name in module.params["disabled"]]
    before = services.states(tree, [name for name, _state in wanted])
    missing = [name for name, state in wanted if state == services.ENABLED and before[name] == services.MISSING]
    if missing:
        raise ImagewrightError(f"cannot start {', '.join(missing)} at boot in {tree.root}: the guest has no such service; install its package first")
    work = [(name, state) for name, state in wanted if not _is(before[name], state)]
    after = dict(before, **dict(work))
    result = {"changed": bool(work), "before": before, "services": after}
    if getattr(module, "_diff", False):
        result["diff"] = [{"before_header": "services", "after_header": "services", "before": _text(before), "after": _text(after)}]
    if not module.check_mode:
        for name, state in work:
            _switch(tree, name, state, before[name])
    return result


def _is(found: str, wanted: str) -> bool:
    return found == wanted if wanted == services.ENABLED else found != services.ENABLED


def _text(states: Mapping[str, str]) -> str:
    return "".join(f"{name}: {state}\n" for name, state in states.items())


def _switch(tree: LiveTree, name: str, state: str, before: str) -> None:
    """Switch a service and look whether it is so. Raises ImagewrightError: it is not."""
    doing = f"{'start' if state == services.ENABLED else 'no longer start'} {name} at boot in {tree.root}"
    program, _another, on, off = _JOB if services.has_job(tree, name) and not services.uses_systemd(tree) else _tool(tree, doing)
    if before == services.MASKED:
        commands.run(["systemctl", "unmask", name], doing, root=tree.root)
    for words in on if state == services.ENABLED else off:
        commands.run([word.format(name) for word in words], doing, root=tree.root)
    found = services.state(tree, [name])
    if not _is(found, state):
        raise ImagewrightError(f"cannot {doing}: {program} ended well, and its state is {found!r}; look what else asks for it or masks it")


def _tool(tree: LiveTree, doing: str) -> Tuple[str, bool, List[List[str]], List[List[str]]]:
    systemd = services.uses_systemd(tree)
    for tool in _TOOLS:
        if tool[1] != systemd and commands.find(tool[0], tree.root):
            return tool
    raise ImagewrightError(f"cannot {doing}: it has none of {', '.join(tool[0] for tool in _TOOLS)}; install the one of its init system")
