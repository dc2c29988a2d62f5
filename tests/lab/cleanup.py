# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Give back what guests of killed runs still hold."""

from lab import container, guests, machine, nspawn


def cleanup(everyone: bool = False, say=print) -> None:
    """Release every guest that is off or has lost its owner, and with everyone stop the living ones too."""
    for guest in guests.everyone():
        if guests.is_off(guest):
            say(f"{guest.name}: dead, released")
            nspawn.release(guest)
        elif guests.abandoned(guest):
            say(f"{guest.name}: its owner is gone, stopped")
            stop(guest, at_once=True)
        elif everyone:
            say(f"{guest.name}: stopped")
            stop(guest, at_once=True)


def stop(guest: guests.Guest, at_once: bool = False) -> None:
    """Stop a guest of either kind."""
    (machine.stop if guest.kind == "machine" else container.stop)(guest, at_once=at_once)
