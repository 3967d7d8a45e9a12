"""Tests a program with openapi/verdict-cases.json. Each case has a server, which counts what it receives.

usage: verdict_cases.py [--unknown <case>,...] <program> [<argument>...]

The program sends a chat message to each URL of the file that CASES names, one a line, within TIME_LIMIT seconds, with one
client for all lines of a URL. It prints for each a line of verdict, next step, and the seconds to wait after a 429.
In the cases after `--unknown` it can't know the outcome, and must print `unknown`.
"""

import argparse
import asyncio
import contextlib
import gzip
import json
import os
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

CASES = Path(__file__).parent / "../../openapi/verdict-cases.json"
# In seconds. Long enough for an answer on a busy machine.
TIME_LIMIT = 4


async def read_request(reader: asyncio.StreamReader) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b"expect: 100-continue" in head:
        raise ValueError("waits for a 100 that not every server sends")
    if b"transfer-encoding: chunked" in head:
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    else:
        await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))


def answer(status: int = 200, body: str | list[int] = "{}", gzipped: bool = False, **more: str | bool) -> bytes:
    content = body.encode() if isinstance(body, str) else bytes(body)
    if gzipped:
        content = gzip.compress(content)
        more["contentEncoding"] = "gzip"
    announced = len(content) + 100 * bool(more.pop("cut", False))
    names = {"contentType": "content-type", "retryAfter": "retry-after"} | {"contentEncoding": "content-encoding"}
    headers = [f"{names.get(name, name)}: {value}" for name, value in more.items()]
    if status not in (204, 304):
        headers.append(f"content-length: {announced}")
    head = "\r\n".join([f"HTTP/1.1 {status} X", *headers, "connection: close", "", ""])
    return head.encode() + content


def reset(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Server:
    """Serves one case. `received` counts whole requests."""

    def __init__(self, case: dict, certificates: Path) -> None:
        self.case, self.certificates, self.received = case, certificates, 0
        self.failure: str | None = case.get("failure")

    async def start(self) -> str:
        """Its address."""
        if self.failure == "name-not-found":
            return "https://nowhere.invalid"
        if self.failure == "connection-refused":
            self.bound = socket.socket()
            self.bound.bind(("127.0.0.1", 0))
            return f"http://127.0.0.1:{self.bound.getsockname()[1]}"
        context = None
        if self.failure in ("certificate-untrusted", "certificate-of-another-name"):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificates / f"{self.failure}.pem")
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0, ssl=context)
        scheme = "https" if context or self.failure in ("no-tls", "closed-in-handshake") else "http"
        return f"{scheme}://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            await self.converse(reader, writer)
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            writer.close()
            await writer.wait_closed()

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        match self.failure:
            case "closed-in-handshake":
                await reader.read(1)
                return
            case "no-tls":
                await reader.read(1)
                writer.write(b"HTTP/1.1 400 X\r\ncontent-length: 0\r\n\r\n")
                return await writer.drain()
        await read_request(reader)
        self.received += 1
        match self.failure:
            case None:
                given = self.case["answer"]
                given = {name: value for name, value in given.items() if name != "gzip"}
                writer.write(answer(gzipped="gzip" in self.case["answer"], **({"body": ""} | given)))
            case "closed-before-answer":
                return
            case "reset-before-answer":
                return reset(writer)
            case "closed-in-head":
                writer.write(b"HTTP/1.1 200 X\r\ncontent-ty")
            case "no-http":
                writer.write(b"220 mail.example ESMTP\r\n")
            case "interim-only":
                writer.write(b"HTTP/1.1 103 X\r\nlink: </x>\r\n\r\n")
            case "timeout":
                await reader.read()
            case "timeout-in-body":
                writer.write(answer(body='{"data":{"id', cut=True))
                await reader.read()
            case "closed-on-a-kept-connection" if self.received == 1:
                writer.write(answer(body='{"data":{"id":1}}').replace(b"connection: close\r\n", b""))
                await read_request(reader)
                self.received += 1
                return
            case "closed-on-a-kept-connection":
                return
            case _:
                raise ValueError(self.failure)
        await writer.drain()


def make_certificates(folder: Path) -> None:
    for name, host in [("certificate-untrusted", "IP:127.0.0.1"), ("certificate-of-another-name", "DNS:example.org")]:
        path = folder / f"{name}.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
             "2", "-subj", "/CN=test", "-addext", f"subjectAltName={host}", "-keyout", path, "-out", f"{path}.cert"],
            check=True, capture_output=True,
        )  # fmt: skip
        with path.open("a") as file:
            file.write(Path(f"{path}.cert").read_text())


async def run(program: list[str], cases: list[dict], folder: Path) -> tuple[list[str], list[Server]]:
    make_certificates(folder)
    servers = [Server(case, folder) for case in cases]
    urls = [await server.start() for server in servers]
    sends = [url for url, server in zip(urls, servers) for _ in range(messages(server.case))]
    (folder / "cases").write_text("".join(f"{url}\n" for url in sends))
    trusted = str(folder / "certificate-of-another-name.pem.cert")
    process = await asyncio.create_subprocess_exec(
        *program,
        stdout=subprocess.PIPE,
        env=os.environ
        | {"CASES": str(folder / "cases"), "TIME_LIMIT": str(TIME_LIMIT)}
        | {"SSL_CERT_FILE": trusted, "NODE_EXTRA_CA_CERTS": trusted},
    )
    output, _ = await asyncio.wait_for(process.communicate(), 120)
    if process.returncode:
        sys.exit(f"{program} failed")
    lines = output.decode().splitlines()
    if len(lines) != len(sends):
        sys.exit(f"{len(lines)} lines for {len(sends)} messages: {lines[-3:]}")
    return lines, servers


def messages(case: dict) -> int:
    return 2 if case.get("failure") == "closed-on-a-kept-connection" else 1


def name_of(program: list[str]) -> str:
    """What runs it, and what it is."""
    parts = [part for part in program if "=" not in part and not part.startswith("-") and part != "env"]
    return " ".join(os.path.basename(part) for part in dict.fromkeys([parts[0], parts[-1]]))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--unknown", default="")
    parser.add_argument("program", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    can_not_know = [name for name in arguments.unknown.split(",") if name]
    cases = json.loads(CASES.read_text())["cases"]
    with tempfile.TemporaryDirectory() as folder:
        lines, servers = asyncio.run(run(arguments.program, cases, Path(folder)))
    wrong, right = [], 0
    rest = iter(lines)
    for case, server in zip(cases, servers):
        verdict, step, after = ([next(rest) for _ in range(messages(case))][-1].split() + ["-"])[:3]
        found, wanted = (verdict, step), (case["delivery"], case["nextStep"])
        right += found == wanted
        if case["name"] in can_not_know:
            wanted = ("unknown", "look_first")
        if found != wanted:
            wrong.append(f"{case['name']}: {found}, not {wanted}")
        elif "after" in case and after != str(case["after"]):
            wrong.append(f"{case['name']}: after {after} s, not {case['after']}")
        # The verdict is compared with what the server received.
        received = 0 if case["delivery"] == "not_sent" else messages(case)
        if server.received != received:
            wrong.append(f"{case['name']}: {server.received} requests arrived, not {received}")
    print("\n".join(wrong), end="\n" if wrong else "")
    counts = Counter(line.split()[0] for line in lines)
    print(f"{name_of(arguments.program)}: {right} of {len(cases)} right, {len(can_not_know)} unknown for want of a proof ({dict(counts)})")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
