# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provisioner: cloud-init or the agent starts, reads its configuration, and makes the user.

PRIVATE: module_utils of this collection are not an interface.
"""

import stat

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import config
from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import installation as cloud_init
from ansible_collections.imagewright.azure.plugins.module_utils.core import python_packages
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.command_lines import having
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import (
    ERROR,
    PASSED,
    WARNING,
    Evidence,
    failed,
    failed_if,
    not_applicable,
    passed,
    unknown,
)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import new_user
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import CLOUD_INIT, TWICE, WAAGENT, provisioner
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import PROVISIONER
from ansible_collections.imagewright.azure.plugins.module_utils.sudo import sudoers, sudoers_access, sudoers_lines
from ansible_collections.imagewright.azure.plugins.module_utils.waagent import installation

_NOT_USED = "cloud-init does not provision this guest"
_STATE = "/var/lib/waagent"
_RULES = "/etc/sudoers.d"
_SUDO = ("/usr/bin/sudo", "/usr/local/bin/sudo")


def _package(tree, script, package):
    """Return the Outcome whether the Python of a script finds its package."""
    if script is None or not tree.is_file(script):
        return not_applicable(f"{package} is not installed")
    answer = python_packages.find(tree, script, package)
    if answer is None:
        return not_applicable(f"{script} is no script of Python")
    library = python_packages.without_library(tree, script)
    if library and package == "cloudinit":  # the agent's has a rule of its own
        return failed([Evidence(library, None, f"{answer.interpreter} does not find os.py and encodings, and ends at once")])
    if answer.there:
        return passed(evidence=[Evidence(answer.found[0], None, f"for Python {answer.version or '(version not known)'}")])
    if answer.found:
        return failed([Evidence(path, None, f"{answer.interpreter} is Python {answer.version}, and does not look there") for path in answer.found])
    return failed([Evidence(script, 1, f"{answer.interpreter}: the package {package} is in no directory that it looks into")])


@rule(
    "R40f",
    step=PROVISIONER,
    severity=ERROR,
    fixed_by="guest_agent",
    title="The agent's Python finds its package",
    fault="The agent's Python does not find its package",
    why="/usr/sbin/waagent is a few lines that import azurelinuxagent: without it, or with another Python than it was installed for, it ends at once.",
    cure="Install the agent's package again, with the Python that its first line names.",
    source="WALinuxAgent bin/waagent2.0, setup.py",
)
def agent_package(context):
    """Return failed when azurelinuxagent is in no directory that the interpreter of waagent looks into."""
    path = installation.program(context.tree)
    return _package(context.tree, path if path and path.endswith("waagent") else None, "azurelinuxagent")


@rule(
    "R42i",
    step=PROVISIONER,
    severity=ERROR,
    fixed_by="guest_agent",
    title="cloud-init's Python finds its package",
    fault="cloud-init's Python does not find its package",
    why="/usr/bin/cloud-init imports cloudinit: without it, or with another Python than it was installed for, every stage ends at once.",
    cure="Install cloud-init's package again.",
    source="cloud-init setup.py",
)
def cloud_init_package(context):
    """Return failed when cloudinit is in no directory that the interpreter of cloud-init looks into."""
    if provisioner(context.tree).who not in (CLOUD_INIT, TWICE):
        return not_applicable(_NOT_USED)
    outcome = _package(context.tree, cloud_init.PROGRAM, "cloudinit")
    if outcome.status != PASSED or not context.tree.has_own_root:
        return outcome
    # what it imports whatever it does; the others are asked for where they are used
    lacking = [
        name for name in ("yaml", "requests") for answer in [python_packages.find(context.tree, cloud_init.PROGRAM, name)] if answer and not answer.there
    ]
    return (
        failed([Evidence(cloud_init.PROGRAM, None, f"{name}, which it imports, is in no directory of its Python") for name in lacking]) if lacking else outcome
    )


@rule(
    "R42j",
    step=PROVISIONER,
    severity=ERROR,
    fixed_by="",
    title="cloud-init can read its files",
    fault="cloud-init cannot read a file of its own",
    why="A file that is no YAML is left out with all that it says: the list of sources, the user, the stages.",
    cure="Correct the file, or remove it.",
    source="cloudinit/util.py, read_conf",
)
def files_are_yaml(context):
    """Return failed with each file of cloud.cfg(.d) that is no YAML, unknown when nothing here reads YAML."""
    if provisioner(context.tree).who not in (CLOUD_INIT, TWICE):
        return not_applicable(_NOT_USED)
    faults = context.shared(config.documents)[1]
    missing = [fault for fault in faults if fault.missing]
    if missing:
        return unknown(missing[0].message)
    return failed_if(Evidence(fault.path, None, fault.message) for fault in faults)


@rule(
    "R42k",
    step=PROVISIONER,
    severity=ERROR,
    fixed_by="",
    title="cloud-init makes the user and its key",
    fault="cloud-init does not make the user or its key",
    why="The user of Azure is the default one of the list users, made by the module users-groups; the module ssh writes the keys and makes the server's.",
    cure="Have `users: [default]` in /etc/cloud/cloud.cfg, and users-groups and ssh in cloud_init_modules.",
    source="cloudinit/config/cc_users_groups.py, cc_ssh.py",
)
def makes_the_user(context):
    """Return failed when users leaves the default one out, or a module is in no stage; unknown when nothing here reads YAML."""
    if provisioner(context.tree).who not in (CLOUD_INIT, TWICE):
        return not_applicable(_NOT_USED)
    documents, faults = context.shared(config.documents)
    if faults:
        return unknown(faults[0].message)
    found = []
    users = config.value(documents, "users")
    names = users.value if users else None
    if users and not (
        isinstance(names, str)
        and "default" in names.split(",")
        or isinstance(names, dict)
        and "default" in names
        or isinstance(names, list)
        and any(name == "default" or isinstance(name, dict) and name.get("name") == "default" for name in names)
    ):
        found.append(Evidence(users.path, users.line, "users leaves out default, which is the user of Azure"))
    named = {name for listed in config.modules(documents).values() for name in listed}
    place = config.value(documents, "cloud_init_modules")
    found += [
        Evidence(place.path if place else config.PATHS[0], place.line if place else None, f"no stage runs the module {name.replace('_', '-')}")
        for name in ("users_groups", "ssh")
        if name not in named
    ]
    return failed_if(found)


@rule(
    "R42l",
    step=PROVISIONER,
    severity=WARNING,
    fixed_by="guest_agent; grub_cmdline",
    title="The kernel's command line does not configure cloud-init",
    fault="The kernel's command line configures cloud-init",
    why="What stands there wins over Azure's metadata and the files: a network that is off, commands of an installer that every machine runs again.",
    cure="Take network-config= and cc: out (role guest_agent, where cloud-init provisions).",
    source="cloudinit/net/cmdline.py; cloudinit/util.py, read_cc_from_cmdline",
)
def not_configured_by_the_kernel(context):
    """Return failed with each command line that has network-config= or cc:."""
    if provisioner(context.tree).who not in (CLOUD_INIT, TWICE):
        return not_applicable(_NOT_USED)
    return failed_if(having(context, lambda word: word.startswith(("network-config=", "cc:"))))


@rule(
    "R45a",
    step=PROVISIONER,
    severity=ERROR,
    fixed_by="guest_agent",
    title="The agent has its configuration",
    fault="The agent has no waagent.conf",
    why="Without /etc/waagent.conf the agent ends with an error, and neither provisions nor reports ready.",
    cure="Install the agent's package again, or run the role guest_agent.",
    source="WALinuxAgent, common/conf.py, load_conf_from_file",
)
def has_configuration(context):
    """Return failed when the agent is installed and its configuration is not there, or something else is where it keeps its state."""
    if installation.program(context.tree) is None:
        return not_applicable("the agent is not installed")
    if context.tree.exists(_STATE) and not context.tree.is_dir(_STATE):
        return failed([Evidence(_STATE, None, "is no directory: the agent keeps its state there")])
    return passed() if installation.conf_path(context.tree) else failed([Evidence(installation.PATHS[0], None, "there is no such file")])


@rule(
    "R47a",
    step=PROVISIONER,
    severity=WARNING,
    fixed_by="",
    title="The user of Azure can use sudo",
    fault="sudo refuses to work",
    why="The provisioner writes a rule for the user; sudo takes none when its program or its files are not as it wants them.",
    cure="Install sudo's package again; correct the line that is named (`visudo -c`); have `@includedir /etc/sudoers.d`; "
    "`chown root:root /etc/sudoers; chmod 0440 /etc/sudoers`.",
    source="sudo.conf(5); plugins/sudoers/sudoers.c, open_sudoers; WALinuxAgent common/osutil/default.py, conf_sudoer",
)
def sudo_works(context):
    """Return failed when sudo is not setuid root, or /etc/sudoers may be written by others than root.

    It is an error when a line is none of sudo's, or when sudo does not read the directory into which the agent writes the user's rule.
    """
    tree = context.tree
    program = next((path for path in _SUDO if tree.is_file(path)), None)
    if program is None:
        return not_applicable("sudo is not installed")
    found, owned = [], tree.stat("/").uid == 0
    status = tree.stat(program)
    if not status.mode & stat.S_ISUID or owned and status.uid != 0:
        found.append(Evidence(program, None, f"mode {stat.S_IMODE(status.mode):04o}, user id {status.uid}: not setuid root"))
    for path in ("/etc/sudoers", "/etc/sudoers.d"):
        status = tree.stat(path)
        if status is not None and (status.mode & stat.S_IWOTH or owned and status.uid != 0):
            found.append(Evidence(path, None, f"mode {stat.S_IMODE(status.mode):04o}, user id {status.uid}: sudo takes no rule of it"))
    serious = _of_sudoers(context)
    return failed_if(serious + found, severity=ERROR if serious else None)


def _of_sudoers(context):
    """Return the [Evidence] of what takes sudo from everybody, or from the user whom the agent makes; an include of what is not there is R47's."""
    tree = context.tree
    if not tree.exists(sudoers.main_file(tree)):
        return []
    try:
        entries = sudoers.entries(tree)
    except ImagewrightError:
        return []
    found = [
        Evidence(path, line.number, f"{' '.join(line.clean.split())}: {cause}") for path, line in entries for cause in [sudoers_access.fault(line)] if cause
    ]
    includes = [sudoers.include_path(tree, path, included.path) for path, line in entries for included in [sudoers_lines.include(line)] if included]
    # where there is no such directory the agent makes it, and adds the include
    if provisioner(tree).who == WAAGENT and tree.is_dir(_RULES) and _RULES not in includes:
        found.append(Evidence(sudoers.main_file(tree), None, f"it does not include {_RULES}, into which the agent writes the user's rule"))
    return found


RULES = [agent_package, cloud_init_package, files_are_yaml, makes_the_user, not_configured_by_the_kernel, has_configuration, sudo_works] + new_user.RULES
