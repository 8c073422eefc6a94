"""Sends ARP requests for one address from many nonexistent senders: LINK PREFIX16 TARGET COUNT, in a namespace."""
import socket
import sys
import time

link, prefix, target, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
packets.bind((link, 0x0806))
asked = socket.inet_aton(target)
for number in range(count):
    host = number + 256
    mac = bytes([0x02, 0xEE, 0, 0, host >> 8, host & 0xFF])
    sender = socket.inet_aton(f"{prefix}.{host >> 8}.{host & 0xFF}")
    request = bytes([0, 1, 8, 0, 6, 4, 0, 1]) + mac + sender + bytes(6) + asked
    packets.send(bytes([0xFF] * 6) + mac + bytes([8, 6]) + request + bytes(18))
    if number % 100 == 99:
        time.sleep(0.05)
