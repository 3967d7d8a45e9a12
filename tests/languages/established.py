"""Ends a connection by EHOSTUNREACH, ENETUNREACH and ECONNREFUSED after the server has received the whole request, and
checks the outcome that a program reports.

usage: established.py <program> [<argument>...]

The program is one for verdict_cases.py. Client and server are in two network namespaces, and this script is the network
between them: it forwards packets, and when the request has passed, it answers for the server that it can't be reached.
Linux reports that on the established connection when the retransmissions are over. Needs root; otherwise it says so, and
checks nothing.
"""

import ctypes
import errno
import fcntl
import os
import selectors
import socket
import struct
import subprocess
import sys
import tempfile
import threading

from verdict_cases import name_of

# The addresses are of loopback, where the programs may use plain HTTP, but lead through a device here.
CLIENT, SERVER, PORT = "127.0.0.2", "127.0.0.1", 8000
CLONE_NEWNET, TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x40000000, 0x400454CA, 1, 0x1000
# By the code of "destination unreachable": RFC 792.
FAILURES = {errno.ENETUNREACH: 0, errno.EHOSTUNREACH: 1, errno.ECONNREFUSED: 3}


def enter_namespace(address: str, peer: str) -> int:
    """Moves this process to a new network namespace. Returns its one device, which leads to `peer`."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", b"tun0", IFF_TUN | IFF_NO_PI))
    for name, value in ("conf/all/route_localnet", 1), ("conf/tun0/route_localnet", 1), ("tcp_retries2", 1):
        with open(f"/proc/sys/net/ipv4/{name}", "w") as setting:
            setting.write(str(value))
    subprocess.run(["ip", "address", "add", address, "peer", peer, "dev", "tun0"], check=True)
    subprocess.run(["ip", "link", "set", "tun0", "up"], check=True)
    return device


def checksum(content: bytes) -> int:
    total = sum(struct.unpack(f"!{len(content) // 2}H", content))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def unreachable(packet: bytes, code: int) -> bytes:
    """The answer of a router to a packet."""
    quoted = packet[:28]
    icmp = struct.pack("!BBHI", 3, code, 0, 0) + quoted
    icmp = icmp[:2] + struct.pack("!H", checksum(icmp)) + icmp[4:]
    source, target = packet[16:20], packet[12:16]
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(icmp), 0, 0, 64, 1, 0, source, target)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + icmp


class Network:
    """Forwards between two devices. What comes from the client after `BODY_END` gets no answer but an error."""

    def __init__(self, client: int, server: int) -> None:
        self.client, self.server, self.code, self.is_cut = client, server, 0, False

    def run(self) -> None:
        ready = selectors.DefaultSelector()
        ready.register(self.client, selectors.EVENT_READ)
        ready.register(self.server, selectors.EVENT_READ)
        while True:
            for key, _ in ready.select():
                packet = os.read(key.fd, 65536)
                if packet[0] >> 4 != 4:
                    continue
                if key.fd == self.server:
                    if not self.is_cut:
                        os.write(self.client, packet)
                    continue
                os.write(self.server, packet)
                self.is_cut |= b"Hey" in packet
                if self.is_cut:
                    os.write(self.client, unreachable(packet, self.code))


def receive(listener: socket.socket, received: list[bytes]) -> None:
    while True:
        connection, _ = listener.accept()
        connection.settimeout(5)
        content = b""
        try:
            while b"Hey" not in content:
                content += connection.recv(65536)
        except OSError:
            pass
        received.append(content)


def check_that_it_fails(wanted: int) -> None:
    connection = socket.create_connection((SERVER, PORT), 10)
    connection.sendall(b"Hey")
    try:
        raise AssertionError(f"an answer: {connection.recv(1)!r}")
    except OSError as error:
        assert error.errno == wanted, error


def main() -> None:
    program = sys.argv[1:]
    try:
        server_device = enter_namespace(SERVER, CLIENT)
        listener = socket.create_server((SERVER, PORT))
        network = Network(enter_namespace(CLIENT, SERVER), server_device)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"{name_of(program)}: skipped, since no network namespaces can be made here: {error}")
        return
    received: list[bytes] = []
    threading.Thread(target=network.run, daemon=True).start()
    threading.Thread(target=receive, args=(listener, received), daemon=True).start()
    with tempfile.NamedTemporaryFile("w") as cases:
        cases.write(f"http://{SERVER}:{PORT}\n")
        cases.flush()
        for error, code in FAILURES.items():
            network.code, network.is_cut = code, False
            check_that_it_fails(error)
            network.is_cut = False
            received.clear()
            found = subprocess.run(
                program,
                check=True,
                timeout=60,
                stdout=subprocess.PIPE,
                text=True,
                env=os.environ | {"CASES": cases.name, "TIME_LIMIT": "20"},
            ).stdout.split()
            name = errno.errorcode[error]
            assert found[:2] == ["unknown", "look_first"], f"{name}: {found}"
            assert len(received) == 1 and b"Hey" in received[0], f"{name}: {received}"
    print(f"{name_of(program)}: unknown after {', '.join(errno.errorcode[error] for error in FAILURES)}")


if __name__ == "__main__":
    main()
