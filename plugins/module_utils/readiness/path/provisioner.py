# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provisioner: cloud-init or the agent starts, reads its configuration, looks for Azure, and leaves the machine on.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import config
from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import installation as cloud_init
from ansible_collections.imagewright.azure.plugins.module_utils.core import python_packages
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
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import NOT_CLOUD_INIT, is_by_cloud_init
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import started_lines
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import PROVISIONER
from ansible_collections.imagewright.azure.plugins.module_utils.waagent import installation

_STATE = "/var/lib/waagent"
_OFF = re.compile(
    r"(?:^|[/\s;&])(poweroff|halt|shutdown|reboot)(?:$|[\s;&])|systemctl\s+(?:\S+\s+)*?(poweroff|halt|reboot)\b|(?:^|[/\s;&])init\s+([06])(?:$|[\s;&])"
)
_CANCELLED = re.compile(r"shutdown\s+-c\b")


#: What each package's script imports of it.
_MODULES = {"azurelinuxagent": "agent.py", "cloudinit": "cmd/main.py"}
#: What is imported whatever they do, and what finds Azure.
_IMPORTED = {
    "azurelinuxagent": (
        "agent.py",
        "common/version.py",
        "common/osutil/factory.py",
        "common/osutil/default.py",
        "common/utils/textutil.py",
        "common/utils/flexible_version.py",
    ),
    "cloudinit": ("cmd/main.py", "util.py", "distros/__init__.py", "sources/DataSourceAzure.py", "sources/helpers/azure.py"),
}
#: What they run, each in its turn; what a release has not is passed over.
_ENTERED = {
    "azurelinuxagent": (
        *("agent", "common.osutil.factory", "common.version", "daemon.main", "daemon.scvmm", "pa.deprovision.factory", "pa.provision.factory"),
        *("pa.rdma.factory", "ga.update", "ga.exthandlers", "ga.env", "ga.monitor"),
    ),
    "cloudinit": (
        *("cmd.main", "stages", "sources.DataSourceAzure", "sources.helpers.azure", "util", "distros", "handlers.cloud_config", "templater"),
        *("config.cc_users_groups", "config.cc_ssh", "config.cc_set_hostname", "net.dhcp"),
    ),
}
#: What the first file of a package that cloud-init imports has, in each of its versions.
_HAVING = {"yaml": "safe_load", "requests": "from .api", "jinja2": "Template", "configobj": "ConfigObj"}


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
    ended = python_packages.ended(tree, script)
    if ended:
        path, number, text = ended
        return failed([Evidence(path, number, f"{text}: {answer.interpreter} runs it before {script}, and ends")])
    shadowing = python_packages.shadowing(tree, script, package, _MODULES[package])
    if shadowing:
        return failed([Evidence(shadowing, None, f"{answer.interpreter} takes this one before the system's, and it has no {_MODULES[package]}")])
    entry = python_packages.without_entry(tree, script)
    if entry:
        return failed([Evidence(script, None, f"asks for the entry point of {entry}, whose entry_points.txt is in no directory of Python {answer.version}")])
    missing, beside = python_packages.imports(tree, script, [f"{package}.{name}" for name in _ENTERED[package]])
    if missing:
        return failed([Evidence(missing.path, missing.line, f"{missing.text}: {missing.name} is in no directory of Python {answer.version}")])
    if beside:
        return failed([Evidence(beside, None, f"{answer.interpreter} takes it before its own module of this name, for it lies beside {script}")])
    wrong = python_packages.unreadable(tree, script, package, _IMPORTED[package])
    if wrong:
        path, number, text = wrong
        return failed([Evidence(path, number, f"{text}: it ends at the import")])
    if answer.there:
        return passed(evidence=[Evidence(answer.found[0], None, f"for Python {answer.version or '(version not known)'}")])
    if answer.found:
        return failed([Evidence(path, None, f"{answer.interpreter} is Python {answer.version}, and does not look there") for path in answer.found])
    return failed([Evidence(script, 1, f"{answer.interpreter}: the package {package} is in no directory that it looks into")])


#: What cc: has cloud-init look for, up to the list's end or its own.
_SOURCES_OF_KERNEL = re.compile(r"\bcc:.*?datasource_list\s*:\s*([^\]}]*)")


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
    outcome = _package(context.tree, path if path and path.endswith("waagent") else None, "azurelinuxagent")
    asks = python_packages.without_distro(context.tree, path) if outcome.status == PASSED else None
    if asks:
        return failed([Evidence(asks[0], asks[1], f"{asks[2]}: its Python has no package distro (python3-distro), and the agent ends as it starts")])
    return outcome


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
    if not is_by_cloud_init(context.tree):
        return not_applicable(NOT_CLOUD_INIT)
    outcome = _package(context.tree, cloud_init.PROGRAM, "cloudinit")
    if outcome.status != PASSED or not context.tree.has_own_root:
        return outcome
    # what it imports whatever it does; the others are asked for where they are used
    lacking = [(name, "it") for name in ("yaml", "requests")] + [(name, "requests") for name in python_packages.of_requests(context.tree, cloud_init.PROGRAM)]
    found = [
        Evidence(cloud_init.PROGRAM, None, f"{name}, which {importer} imports, is in no directory of its Python")
        for name, importer in lacking
        for answer in [python_packages.find(context.tree, cloud_init.PROGRAM, name)]
        if answer and not answer.there
    ]
    emptied = [python_packages.emptied(context.tree, cloud_init.PROGRAM, name, word) for name, word in _HAVING.items()]
    found += [Evidence(path, None, "is taken before the system's, and has nothing of what cloud-init imports") for path in emptied if path]
    return failed(found) if found else outcome


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
    if not is_by_cloud_init(context.tree):
        return not_applicable(NOT_CLOUD_INIT)
    faults = context.shared(config.documents)[1]
    missing = [fault for fault in faults if fault.missing]
    if missing:
        return unknown(missing[0].message)
    return failed_if(Evidence(fault.path, None, fault.message) for fault in faults)


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
    """Return failed with each command line that has network-config= or cc:; an error where a list of sources that starts there leaves Azure out."""
    if not is_by_cloud_init(context.tree):
        return not_applicable(NOT_CLOUD_INIT)
    lines = [" ".join(parameter.text for parameter in line.parameters) for line in started_lines(context)]
    sources = [match.group(1) for line in lines for match in [_SOURCES_OF_KERNEL.search(line)] if match]
    severity = ERROR if any("azure" not in listed.lower() for listed in sources) else None
    return failed_if(having(context, lambda word: word.startswith(("network-config=", "cc:"))), severity=severity)


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
    "R42m",
    step=PROVISIONER,
    severity=ERROR,
    title="ds-identify lets cloud-init look for Azure",
    fault="ds-identify keeps cloud-init from Azure",
    why="ds-identify decides in systemd's generator whether cloud-init starts, and which sources it may ask: policy: disabled and the name of another "
    "cloud are its last word.",
    cure="Remove /etc/cloud/ds-identify.cfg.",
    source="cloud-init tools/ds-identify",
)
def identified(context):
    """Return failed with the line of ds-identify.cfg that switches cloud-init off, or names sources without Azure."""
    if not is_by_cloud_init(context.tree):
        return not_applicable(NOT_CLOUD_INIT)
    last = cloud_init.identify_settings(context.tree)
    evidence = []
    for key, keeps in (("policy", _ends_the_start), ("datasource", _leaves_azure_out)):
        number, line, value = last.get(key, (None, "", ""))
        if number and keeps(value):
            evidence.append(Evidence(cloud_init.DS_IDENTIFY, number, line))
    return failed_if(evidence)


def _ends_the_start(policy):
    return policy.split(",")[0].strip() in ("disabled", "report")


def _leaves_azure_out(sources):
    return "azure" not in re.findall(r"\w+", sources.lower())


@rule(
    "R42n",
    step=PROVISIONER,
    severity=ERROR,
    title="cloud-init leaves the machine on",
    fault="cloud-init powers the machine off",
    why="power_state of the build ends the first start of every machine, and a command in bootcmd each start: Azure shows a machine that is stopped.",
    cure="Take power_state, or the command, out of /etc/cloud/cloud.cfg.d.",
    source="cloudinit/config/cc_power_state_change.py, cc_bootcmd.py, cc_runcmd.py",
)
def stays_on(context):
    """Return failed with power_state that powers off, and with each command of bootcmd and runcmd that does; unknown when nothing here reads YAML."""
    if not is_by_cloud_init(context.tree):
        return not_applicable(NOT_CLOUD_INIT)
    documents, faults = context.shared(config.documents)
    if faults:
        return unknown(faults[0].message)
    evidence = []
    mode, condition = (config.value(documents, "power_state", key) for key in ("mode", "condition"))
    if mode is not None and mode.value in ("poweroff", "halt") and not (condition is not None and condition.value is False):
        evidence.append(Evidence(mode.path, mode.line, f"power_state: mode: {mode.value}"))
    for key in ("bootcmd", "runcmd"):
        commands = config.value(documents, key)
        for command in commands.value if commands is not None and isinstance(commands.value, list) else []:
            text = " ".join(str(word) for word in command) if isinstance(command, list) else str(command)
            match = _OFF.search(text)
            # once for each machine a restart does no harm
            if match and not _CANCELLED.search(text) and not (key == "runcmd" and ("reboot" in match.groups() or "6" in match.groups())):
                evidence.append(Evidence(commands.path, commands.line, f"{key}: {text}"))
    return failed_if(evidence)


RULES = [agent_package, cloud_init_package, files_are_yaml, not_configured_by_the_kernel, has_configuration, identified, stays_on] + new_user.RULES
