#!/usr/bin/env python3
"""A VLAN of a link for kernels without the 8021q module: a TAP whose frames carry the tags on the link.

usage: vlan-tap.py LINK TAP TPID:VLAN [TPID:VLAN]      the outer tag first; TPID in hexadecimal (8100, 88a8)
"""
import fcntl
import os
import select
import socket
import struct
import sys

TUNSETIFF = 0x400454CA
IFF_TAP_NO_PI = 0x1002
ETH_P_ALL = 3
SOL_PACKET = 263
PACKET_AUXDATA = 8
PACKET_OUTGOING = 4
VLAN_VALID = 0x10
TPID_VALID = 0x40


def main() -> None:
    link, name, *tags = sys.argv[1:]
    stack = b"".join(struct.pack("!HH", int(tpid, 16), int(vlan)) for tpid, vlan in (tag.split(":") for tag in tags))
    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TAP_NO_PI))
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    wire.bind((link, 0))
    # The kernel takes the outer tag out of the frame and tells it beside it.
    wire.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    print("ready", flush=True)
    while True:
        ready, _, _ = select.select([tap, wire], [], [])
        if tap in ready:
            frame = os.read(tap, 65536)
            wire.send(frame[:12] + stack + frame[12:])
        if wire in ready:
            frame, ancillary, _, (_, _, packet_type, _, _) = wire.recvmsg(65536, 256)
            if packet_type == PACKET_OUTGOING:
                continue
            for level, kind, data in ancillary:
                if level == SOL_PACKET and kind == PACKET_AUXDATA:
                    status, _, _, _, _, tci, tpid = struct.unpack("=IIIHHHH", data[:20])
                    if status & VLAN_VALID:
                        tpid = tpid if status & TPID_VALID else 0x8100
                        frame = frame[:12] + struct.pack("!HH", tpid, tci & 0x0FFF) + frame[12:]
            if frame[12 : 12 + len(stack)] == stack:
                os.write(tap, frame[:12] + frame[12 + len(stack) :])


main()
