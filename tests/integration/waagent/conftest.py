# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agents of several Debian releases, unpacked but not installed: their own parser is what the tests ask."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]
CACHE = CHECKOUT / ".cache" / "agents"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"

#: Releases that carry different agents: 2.2.47, 2.7, 2.12 and the newest.
SUITES = ("bullseye", "bookworm", "trixie", "sid")

#: Prints what the agent makes of configuration texts: its own load(), its own table of options.
ASK = """
import json, sys
from azurelinuxagent.common import conf, version
answers = []
for text in json.load(sys.stdin):
    provider = conf.ConfigurationProvider()
    try:
        provider.load(text)
        answers.append({"values": provider.values, "configuration": conf.get_configuration(provider)})
    except Exception as error:
        answers.append({"error": type(error).__name__})
kinds = {"switch": sorted(conf.__SWITCH_OPTIONS__), "string": sorted(conf.__STRING_OPTIONS__), "integer": sorted(conf.__INTEGER_OPTIONS__)} \
    if hasattr(conf, "__SWITCH_OPTIONS__") else {}
print(json.dumps({"version": version.AGENT_VERSION, "kinds": kinds, "answers": answers}))
"""


class Agent:
    """An agent: root, where its package is unpacked (a tree with etc/waagent.conf)."""

    def __init__(self, root):
        self.root = root
        self.conf = root / "etc/waagent.conf"

    def ask(self, texts):
        """Return {version, kinds, answers: [{values, configuration} or {error}]} for the configuration texts."""
        package = next(self.root.glob("usr/lib/python3/dist-packages"))
        process = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", ASK],
            input=json.dumps(texts),
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
            cwd="/",
            env=dict(os.environ, PYTHONPATH=str(package), PYTHONIOENCODING="utf-8:surrogateescape"),
        )
        return json.loads(process.stdout)


@pytest.fixture(scope="session", params=SUITES)
def agent(request):
    """Return the Agent of each release in turn; its files must not be changed."""
    return Agent(unpacked(request.param))


@pytest.fixture(scope="session")
def newest_agent():
    """Return the Agent of Debian's unstable release."""
    return Agent(unpacked(SUITES[-1]))


def unpacked(suite):
    """Return where the agent's package of a Debian release is unpacked, below .cache; it is fetched the first time."""
    root = CACHE / suite
    if not (root / "etc/waagent.conf").is_file():
        root.mkdir(parents=True, exist_ok=True)
        package = downloaded(suite, root)
        subprocess.run(["dpkg-deb", "--extract", str(package), str(root)], check=True)
    return root


def downloaded(suite, folder):
    """Return the path of the release's waagent package, fetched with an apt of its own from the mirrors of this machine."""
    sites = subprocess.run(["apt-get", "indextargets", "--format", "$(SITE)"], capture_output=True, text=True, check=True).stdout
    mirror = next(line.rstrip("/") for line in sites.splitlines() if line.rstrip("/").endswith("/debian"))
    state = folder / "apt"
    for name in ("lists/partial", "cache/archives/partial", "etc"):
        (state / name).mkdir(parents=True, exist_ok=True)
    (state / "status").touch()
    (state / "etc/sources.list").write_text(f"deb [signed-by={KEYRING}] {mirror} {suite} main\n")
    options = [
        "-o",
        f"Dir::State::Lists={state}/lists",
        "-o",
        f"Dir::State::status={state}/status",
        "-o",
        f"Dir::Cache={state}/cache",
        "-o",
        f"Dir::Etc::SourceList={state}/etc/sources.list",
        "-o",
        "Dir::Etc::SourceParts=/nonexistent",
        "-o",
        "APT::Sandbox::User=root",
        "-o",
        "Acquire::Languages=none",
    ]
    subprocess.run(["apt-get", "-q", *options, "update"], check=True, timeout=300, capture_output=True)
    subprocess.run(["apt-get", "-q", *options, "download", "waagent"], check=True, timeout=300, cwd=folder, capture_output=True)
    return next(folder.glob("waagent_*.deb"))
