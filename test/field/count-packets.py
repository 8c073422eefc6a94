"""Numbered UDP packets, sent or counted, until SIGTERM: send ADDRESS RATE PORT... | receive PORT...

Prints `PORT COUNT`: at the end the packets that were sent to a port, RATE a second; every half second the different ones
that have arrived at it.
"""
import select
import signal
import socket
import sys
import time

PRINT_SECONDS = 0.5


def ended(*_):
    raise SystemExit


def send(address, rate, ports):
    packets = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    number = 0
    try:
        while True:
            for port in ports:
                packets.sendto(b"%d %d" % (port, number), (address, port))
            number += 1
            time.sleep(1 / rate)
    finally:
        for port in ports:
            print(port, number, flush=True)


def receive(ports):
    arrived = {}
    for port in ports:
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        one.bind(("", port))
        arrived[one] = set()
    print("ready", flush=True)
    printed, printed_at = None, 0
    while True:
        for one in select.select(list(arrived), [], [], PRINT_SECONDS)[0]:
            arrived[one].add(one.recv(64))
        counts = [len(numbers) for numbers in arrived.values()]
        if counts != printed and time.monotonic() > printed_at + PRINT_SECONDS:
            for port, count in zip(ports, counts):
                print(port, count, flush=True)
            printed, printed_at = counts, time.monotonic()


signal.signal(signal.SIGTERM, ended)
if sys.argv[1] == "send":
    send(sys.argv[2], float(sys.argv[3]), [int(port) for port in sys.argv[4:]])
else:
    receive([int(port) for port in sys.argv[2:]])
