# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every key of waagent.conf: its kind, its default, and the agents that read it.

Source: azurelinuxagent/common/conf.py of the agents 2.2.47, 2.7.3.0, 2.12.0.2, 2.15.0.1 and 2.16.0.2, and its git history.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections

#: One key. kind: SWITCH, INTEGER or STRING; default: what the agent takes without the key, as text of the file, None: nothing;
#: since, until: first and last version (tuple of int) that may read the key, None: every one since 2.1;
#: choices: the only values that mean something, (): any; note: what a person should know before setting it.
Key = collections.namedtuple("Key", "name kind default since until choices note")
Key.__new__.__defaults__ = (None, None, (), None)

SWITCH = "switch"
INTEGER = "integer"
STRING = "string"

#: The single-file agents end with 2.0.x.
_LAST_SINGLE_FILE = (2, 0, 99)
#: Provisioning.Agent came with 2.2.45 (October 2019).
_LAST_BEFORE_PROVISIONING_AGENT = (2, 2, 44)

_SWITCHES = (
    Key("AutoUpdate.Enabled", SWITCH, "y"),
    Key("AutoUpdate.UpdateToLatestVersion", SWITCH, None, (2, 10), note="without it AutoUpdate.Enabled counts; with both, this one wins"),
    Key("CGroups.Enabled", SWITCH, "y", (2, 2, 48)),
    Key("CGroups.EnforceLimits", SWITCH, "y", (2, 2, 31), (2, 2, 54)),
    Key("Debug.CgroupDisableOnProcessCheckFailure", SWITCH, "y", (2, 2, 48)),
    Key("Debug.CgroupDisableOnQuotaCheckFailure", SWITCH, "y", (2, 2, 48)),
    Key("Debug.CgroupLogMetrics", SWITCH, "n", (2, 2, 48)),
    Key("Debug.EnableAgentMemoryUsageCheck", SWITCH, "n", (2, 8)),
    Key("Debug.EnableAgentSignatureValidation", SWITCH, "n", (2, 13)),
    Key("Debug.EnableCgroupV2ResourceLimiting", SWITCH, "y", (2, 8)),
    Key("Debug.EnableExtSignatureValidation", SWITCH, "y", (2, 13)),
    Key("Debug.EnableExtensionPolicy", SWITCH, "y", (2, 13)),
    Key("Debug.EnableFastTrack", SWITCH, "y", (2, 2, 48)),
    Key("Debug.EnableGAVersioning", SWITCH, "y", (2, 2, 48)),
    Key("Debug.EnableRsmDowngrade", SWITCH, "n", (2, 13)),
    Key("Debug.IgnoreExtSignatureValidationErrors", SWITCH, "y", (2, 13)),
    Key("DetectScvmmEnv", SWITCH, "n"),
    Key("EnableOverProvisioning", SWITCH, "y"),
    Key("Extensions.Enabled", SWITCH, "y"),
    Key("Extensions.WaitForCloudInit", SWITCH, "n", (2, 10)),
    Key("LBProbeResponder", SWITCH, "y", until=_LAST_SINGLE_FILE),
    Key("Logs.Collect", SWITCH, "y", (2, 2, 48)),
    Key("Logs.Console", SWITCH, "y"),
    Key("Logs.Verbose", SWITCH, "n"),
    Key("Monitor.NetworkConfigurationChanges", SWITCH, "n", (2, 2, 48)),
    Key("OS.AllowHTTP", SWITCH, "n"),
    Key("OS.CheckRdmaDriver", SWITCH, "n"),
    Key("OS.EnableFIPS", SWITCH, "n"),
    Key("OS.EnableFirewall", SWITCH, "n", (2, 2, 17)),
    Key("OS.EnableRDMA", SWITCH, "n"),
    Key("OS.UpdateRdmaDriver", SWITCH, "n"),
    Key("Provisioning.AllowResetSysUser", SWITCH, "n"),
    Key("Provisioning.DecodeCustomData", SWITCH, "n"),
    Key("Provisioning.DeleteRootPassword", SWITCH, "n"),
    Key("Provisioning.Enabled", SWITCH, "y", until=_LAST_BEFORE_PROVISIONING_AGENT, note="replaced by Provisioning.Agent in 2.2.45"),
    Key("Provisioning.ExecuteCustomData", SWITCH, "n"),
    Key("Provisioning.MonitorHostName", SWITCH, "n"),
    Key("Provisioning.RegenerateSshHostKeyPair", SWITCH, "n"),
    Key("Provisioning.UseCloudInit", SWITCH, "n", (2, 2, 10), _LAST_BEFORE_PROVISIONING_AGENT, note="replaced by Provisioning.Agent in 2.2.45"),
    Key("ResourceDisk.EnableSwap", SWITCH, "n"),
    Key("ResourceDisk.EnableSwapEncryption", SWITCH, "n", (2, 2, 32)),
    Key("ResourceDisk.Format", SWITCH, "n"),
)

_INTEGERS = (
    Key("Autoupdate.Frequency", INTEGER, "3600", note="spelled with a lower-case u, unlike AutoUpdate.Enabled"),
    Key("Debug.AgentCpuQuota", INTEGER, "50", (2, 2, 48)),
    Key("Debug.AgentCpuThrottledTimeThreshold", INTEGER, "120", (2, 8)),
    Key("Debug.AgentMemoryQuota", INTEGER, "31457280", (2, 8)),
    Key("Debug.AutoUpdateHotfixFrequency", INTEGER, "14400", (2, 2, 48), (2, 11)),
    Key("Debug.AutoUpdateNormalFrequency", INTEGER, "86400", (2, 2, 48), (2, 11)),
    Key("Debug.CgroupCheckPeriod", INTEGER, "300", (2, 2, 48)),
    Key("Debug.EtpCollectionPeriod", INTEGER, "300", (2, 2, 48)),
    Key("Debug.FirewallRulesLogPeriod", INTEGER, "86400", (2, 8)),
    Key("Debug.LogCollectorInitialDelay", INTEGER, "300", (2, 8)),
    Key("Debug.SelfUpdateHotfixFrequency", INTEGER, "14400", (2, 8)),
    Key("Debug.SelfUpdateRegularFrequency", INTEGER, "86400", (2, 8)),
    Key("Debug.SignatureValidationInitialDelay", INTEGER, "600", (2, 13)),
    Key("Debug.SignatureValidationTimeout", INTEGER, "10", (2, 13)),
    Key("Extensions.GoalStateHistoryCleanupPeriod", INTEGER, "1800", (2, 2, 48), (2, 11)),
    Key("Extensions.GoalStatePeriod", INTEGER, "6", (2, 2, 48)),
    Key("Extensions.InitialGoalStatePeriod", INTEGER, None, (2, 2, 48), note="without it Extensions.GoalStatePeriod counts"),
    Key(
        "Extensions.WaitForCloudInitTimeout",
        INTEGER,
        "3600",
        (2, 10),
        note="the agent reads it as a switch, so that a number never takes effect and the timeout stays 3600 s",
    ),
    Key("HttpProxy.Port", INTEGER, None),
    Key("Logs.CollectPeriod", INTEGER, "3600", (2, 2, 48)),
    Key("OS.EnableFirewallPeriod", INTEGER, "300", (2, 2, 48)),
    Key("OS.MonitorDhcpClientRestartPeriod", INTEGER, "30", (2, 2, 48)),
    Key("OS.RemovePersistentNetRulesPeriod", INTEGER, "30", (2, 2, 48)),
    Key("OS.RootDeviceScsiTimeout", INTEGER, None),
    Key("OS.RootDeviceScsiTimeoutPeriod", INTEGER, "30", (2, 2, 48)),
    Key("OS.SshClientAliveInterval", INTEGER, "180"),
    Key("Provisioning.MonitorHostNamePeriod", INTEGER, "30", (2, 2, 48)),
    Key("Provisioning.PasswordCryptSaltLength", INTEGER, "10"),
    Key("ResourceDisk.SwapSizeMB", INTEGER, "0"),
)

_STRINGS = (
    Key("AutoUpdate.GAFamily", STRING, "Prod"),
    Key("CGroups.Excluded", STRING, None, (2, 2, 31), (2, 2, 54)),
    Key("DVD.MountPoint", STRING, "/mnt/cdrom/secure"),
    Key("Debug.CgroupMonitorExpiryTime", STRING, "2022-03-31", (2, 2, 48), (2, 15)),
    Key("Debug.CgroupMonitorExtensionName", STRING, "Microsoft.Azure.Monitor.AzureMonitorLinuxAgent", (2, 2, 48), (2, 15)),
    Key("Debug.SignatureValidationTelemetryExpiryTime", STRING, "2027-02-01", (2, 13)),
    Key("Extension.LogDir", STRING, "/var/log/azure"),
    Key("HttpProxy.Host", STRING, None),
    Key("Lib.Dir", STRING, "/var/lib/waagent"),
    Key("OS.HomeDir", STRING, "/home"),
    Key("OS.OpensslPath", STRING, "/usr/bin/openssl"),
    Key("OS.PasswordPath", STRING, "/etc/shadow"),
    Key("OS.SshDir", STRING, "/etc/ssh"),
    Key("OS.SudoersDir", STRING, "/etc/sudoers.d"),
    Key("Pid.File", STRING, "/var/run/waagent.pid"),
    Key("Policy.PolicyFilePath", STRING, "/etc/waagent_policy.json", (2, 13)),
    Key("Protocol.EndpointDiscovery", STRING, "dhcp", (2, 14), choices=("dhcp", "static")),
    Key(
        "Provisioning.Agent",
        STRING,
        "auto",
        (2, 2, 45),
        choices=("auto", "waagent", "cloud-init", "disabled"),
        note="older agents read Provisioning.Enabled and Provisioning.UseCloudInit instead",
    ),
    Key("Provisioning.PasswordCryptId", STRING, "6"),
    Key("Provisioning.SshHostKeyPairType", STRING, "rsa", choices=("rsa", "dsa", "ecdsa", "ed25519", "auto")),
    Key("ResourceDisk.Filesystem", STRING, "ext3"),
    Key("ResourceDisk.MountOptions", STRING, None),
    Key("ResourceDisk.MountPoint", STRING, "/mnt/resource"),
    Key("Role.ConfigurationConsumer", STRING, None, until=_LAST_SINGLE_FILE),
    Key("Role.StateConsumer", STRING, None, until=_LAST_SINGLE_FILE),
    Key("Role.TopologyConsumer", STRING, None, until=_LAST_SINGLE_FILE),
)

#: {name: Key}
KEYS = {key.name: key for key in _SWITCHES + _INTEGERS + _STRINGS}
