# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every keyword that some sshd takes, and what its value looks like.

PRIVATE: module_utils of this collection are not an interface.
Source: the table keywords[] of servconf.c in OpenSSH 5.3 to 10.0, and the patches of Debian, Red Hat, SUSE, Alpine, Gentoo (HPN) and FreeBSD.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.ssh.sshd_config import ADDING, KEYWORDS


def _set(text):
    return frozenset(text.split())


#: Taken and ignored, or other names of today's.
_FORMER = """
    afstokenpassing authorizedkeysfile2 authorizedkeyscommandrunas challengeresponseauthentication checkmail dsaauthentication hostbasedacceptedkeytypes
    hostdsakey keepalive keyregenerationinterval kerberostgtpassing pamauthenticationviakbdint protocol pubkeyacceptedkeytypes reversemappingcheck
    rhostsauthentication rhostsrsaauthentication rsaauthentication serverkeybits skeyauthentication uselogin useprivilegeseparation
    verifyreversemapping requiredauthentications1 requiredauthentications2 permitblacklistedkeys kbdinteractivedevices"""

#: Of patches, and of builds without them.
_PATCHES = """
    debianbanner disablemtaes gssapienablek5users gssapikexalgorithms gssapikeyexchange gssapistorecredentialsonrekey gssapistorecredentialonrekey
    gssusesessioncreds hpnbuffersize hpndisabled kerberosuniqueccache kerberosusekuserok nonecipherenabled noneenabled nonemacenabled rsaminsize
    showpatchlevel sshdauthpath tcprcvbuf tcprcvbufpoll uselpk useblacklist useblocklist x11maxdisplays gssapidelegatecredentials
    logverbose xauthlocation"""

ALL = frozenset(KEYWORDS) | ADDING | _set(_FORMER) | _set(_PATCHES) | {"include", "match"}

_YES_NO = _set("yes no true false")
_FORWARDING = _set("yes no all local remote")

#: {keyword: the values it takes, in lower case}.
CHOICES = dict.fromkeys(
    _set("""
    allowagentforwarding challengeresponseauthentication disableforwarding exposeauthinfo gssapiauthentication gssapicleanupcredentials
    gssapistrictacceptorcheck gssapikeyexchange gssapistorecredentialsonrekey hostbasedauthentication hostbasedusesnamefrompacketonly
    ignoreuserknownhosts kbdinteractiveauthentication kerberosauthentication kerberosgetafstoken kerberosorlocalpasswd kerberosticketcleanup
    passwordauthentication permitemptypasswords permittty permituserrc printlastlog printmotd pubkeyauthentication streamlocalbindunlink strictmodes
    tcpkeepalive usedns usepam x11forwarding x11uselocalhost"""),
    _YES_NO,
)
CHOICES.update(
    addressfamily=_set("inet inet6 any"),
    allowstreamlocalforwarding=_FORWARDING,
    allowtcpforwarding=_FORWARDING,
    compression=_YES_NO | {"delayed"},
    gatewayports=_YES_NO | {"clientspecified"},
    ignorerhosts=_YES_NO | {"shosts-only"},
    permitrootlogin=_YES_NO | _set("without-password prohibit-password forced-commands-only"),
    permittunnel=_YES_NO | _set("ethernet point-to-point"),
    loglevel=_set("quiet fatal error info verbose debug debug1 debug2 debug3"),
    syslogfacility=_set("daemon user auth authpriv local0 local1 local2 local3 local4 local5 local6 local7"),
)

NUMBERS = _set("clientalivecountmax maxauthtries maxsessions port requiredrsasize rsaminsize x11displayoffset")
TIMES = _set("clientaliveinterval logingracetime")

#: sshd ends when one of these stands behind a Match that is for some connections.
GLOBAL_ONLY = _set("""
    addressfamily ciphers compression hostcertificate hostkey hostkeyagent hostkeyalgorithms kexalgorithms listenaddress logingracetime macs maxstartups
    permituserenvironment pidfile port printlastlog printmotd strictmodes syslogfacility tcpkeepalive usedns usepam xauthlocation""")

#: Lists of algorithms; sshd ends with a name that it does not know.
ALGORITHMS = _set("""
    casignaturealgorithms ciphers hostbasedacceptedalgorithms hostbasedacceptedkeytypes hostkeyalgorithms kexalgorithms macs pubkeyacceptedalgorithms
    pubkeyacceptedkeytypes""")

#: Ways to authenticate that AuthenticationMethods may have. Source: auth2.c, auth2_methods_valid.
METHODS = _set("publickey password keyboard-interactive hostbased gssapi-with-mic gssapi-keyex none")
#: Names of ports, of /etc/services, that somebody may have written in place of a number.
NAMED_PORTS = _set("ssh http https domain ftp telnet smtp ntp imap imaps ldap ldaps")

MATCH_WITH_VALUE = _set("user group host localaddress localport rdomain address version tagged command sessiontype")
MATCH_ALONE = _set("all invalid-user")
