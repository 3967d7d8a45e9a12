"""Sends chat messages, e-mail and SMS through Acquire, and returns the outcome of each.

Copy this file: it has no dependencies, and needs Python 3.10 or newer. openapi/README.md describes it.

Each message is sent once, over a new connection: no retries, no redirects, and one time limit for everything. The verdict
ignores the content type of an answer. `of_answer` and `of_error` give the same verdict on a call of a generated client.
"""

from __future__ import annotations

import http.client
import json
import math
import re
import socket
import ssl
import threading
import time
import zlib
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, TypedDict
from urllib.parse import urlencode, urlsplit

UserType = Literal["user", "contact"]


class _NewChatMessage(TypedDict):
    type: Literal["message", "note", "event"]
    message: str


class NewChatMessage(_NewChatMessage, total=False):
    translateLangKey: str


class _ChatMessage(TypedDict):
    caseId: int
    message: NewChatMessage


class ChatMessage(_ChatMessage, total=False):
    channel: str
    delay: int
    mentionUsers: list[str]
    meta: dict[str, Any]


# `from` is a keyword of Python.
_NewMailMessage = TypedDict(
    "_NewMailMessage",
    {
        "caseId": int,
        "contactId": int,
        "from": str,
        "to": "list[str]",
        "cc": "list[str]",
        "bcc": "list[str]",
        "subject": str,
        "type": Literal["message"],
        "htmlBody": str,
    },
)


class NewMailMessage(_NewMailMessage, total=False):
    textBody: str
    attachments: list[Any]


class MailMessage(TypedDict):
    data: NewMailMessage


class _Sms(TypedDict):
    threadId: int  # the case
    contactId: int
    timelineId: int
    From: str
    To: str
    Body: str


class Sms(_Sms, total=False):
    id: int
    isClosed: bool
    isMultiChannel: bool
    markValue: str
    message: str
    msgType: str
    sms: str
    title: str


@dataclass(frozen=True)
class Accepted:
    """Acquire accepted the message. An ID is None if the answer doesn't have it."""

    status: int
    # May repeat the message, so `repr` doesn't show it.
    body: bytes = field(repr=False)
    message_id: int | None = None
    case_id: int | None = None
    timeline_id: int | None = None
    delivery: ClassVar[Literal["accepted"]] = "accepted"
    next_step: ClassVar[Literal["none"]] = "none"


@dataclass(frozen=True)
class Refused:
    """The server answered that it refuses the message."""

    next_step: Literal["send_again", "fix_message", "fix_setup"]
    status: int
    body: bytes = field(repr=False)
    code: str | None = None
    reason: str | None = field(default=None, repr=False)
    # How many seconds to wait, with `send_again`.
    after: int = 0
    delivery: ClassVar[Literal["refused"]] = "refused"


@dataclass(frozen=True)
class NotSent:
    """No part of the message left this process."""

    next_step: Literal["send_again", "fix_message", "fix_setup"]
    error: BaseException
    after: ClassVar[int] = 0
    delivery: ClassVar[Literal["not_sent"]] = "not_sent"


@dataclass(frozen=True)
class Unknown:
    """The message may have been sent. Look into the case before sending it again."""

    status: int | None = None
    body: bytes = field(default=b"", repr=False)
    code: str | None = None
    reason: str | None = field(default=None, repr=False)
    error: BaseException | None = None
    delivery: ClassVar[Literal["unknown"]] = "unknown"
    next_step: ClassVar[Literal["look_first"]] = "look_first"


Outcome = Accepted | Refused | NotSent | Unknown


class Acquire:
    def __init__(
        self, base_url: str, api_key: str, *, time_limit: float = 30, context: ssl.SSLContext | None = None
    ) -> None:
        """`base_url` is `https://ACCOUNT.acquire.io`, or plain HTTP on loopback. `time_limit` is in seconds, for
        connecting, sending and reading the answer together. Raises a ValueError for invalid settings."""
        url = urlsplit(base_url)
        is_loopback = url.hostname in ("localhost", "127.0.0.1", "::1")
        if not url.hostname or not (url.scheme == "https" or url.scheme == "http" and is_loopback):
            raise ValueError("base_url: must begin with https://, or be on loopback")
        if not re.fullmatch("[!-~]+", api_key):
            raise ValueError("api_key: is empty, or has characters that no key has")
        self._scheme, self._host, self._port, self._path = url.scheme, url.hostname, url.port, url.path.rstrip("/")
        self._api_key, self._time_limit = api_key, time_limit
        self._context = context or ssl.create_default_context()

    def send_chat(
        self, message: ChatMessage, *, user_type: UserType | None = None, contact_id: int | None = None
    ) -> Outcome:
        query = {"x-user-type": user_type, "contactId": contact_id}
        return self._send("/api/v1/crm/messenger/chat/add-message", query, message)

    def send_mail(self, message: MailMessage) -> Outcome:
        return self._send("/api/v1/mail/add-message", {}, message)

    def send_sms(self, message: Sms, *, user_type: UserType | None = None) -> Outcome:
        return self._send("/api/v1/voip/send-sms", {"x-user-type": user_type}, message)

    def _send(self, path: str, query: dict[str, Any], message: ChatMessage | MailMessage | Sms) -> Outcome:
        try:
            body = json.dumps(message, allow_nan=False).encode()
        except (TypeError, ValueError, RecursionError) as error:
            return NotSent("fix_message", error)
        given = {name: value for name, value in query.items() if value is not None}
        target = self._path + path + ("?" + urlencode(given) if given else "")
        headers = {
            "Authorization": f"Bearer {self._api_key}",
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
        }
        connection = self._connection()
        end = time.monotonic() + self._time_limit
        try:
            # If this fails, nothing was sent.
            connection.connect()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return NotSent("fix_setup" if _is_of_tls(error) else "send_again", error)
        left = end - time.monotonic()
        if left <= 0:
            connection.close()
            return NotSent("send_again", TimeoutError("no connection was made within the time limit"))
        # A socket's timeout is for each read: this timer is for all of them.
        timer = threading.Timer(left, _shut_down, [connection.sock])
        timer.daemon = True
        timer.start()
        try:
            connection.request("POST", target, body, headers)
            response = connection.getresponse()
            content = _decoded(_read(response), response.getheader("Content-Encoding"))
            return of_answer(response.status, content, response.headers)
        except (OSError, http.client.HTTPException, ValueError) as error:
            late = time.monotonic() >= end
            return Unknown(error=TimeoutError("no answer within the time limit") if late else error)
        finally:
            timer.cancel()
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        if self._scheme == "http":
            return http.client.HTTPConnection(self._host, self._port, timeout=self._time_limit)
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=self._time_limit, context=self._context
        )


# The longest body that is read, in bytes.
_LIMIT = 16 * 1024 * 1024


def _shut_down(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # It is closed already.


def _read(response: http.client.HTTPResponse) -> bytes:
    """The body, as far as it is received."""
    content = b""
    try:
        while len(content) < _LIMIT and (part := response.read1(65536)):
            content += part
    except (OSError, http.client.HTTPException, ValueError):
        pass
    return content


def _decoded(content: bytes, encoding: str | None) -> bytes:
    """Decompresses a body as far as possible. The server may compress it although the request doesn't ask for that."""
    for window in {"gzip": [31], "x-gzip": [31], "deflate": [15, -15]}.get((encoding or "").lower(), []):
        try:
            return zlib.decompressobj(window).decompress(content, _LIMIT)
        except zlib.error:
            pass
    return content


def _is_of_tls(error: BaseException) -> bool:
    # A connection that is closed during the handshake doesn't mean that TLS failed.
    return isinstance(error, ssl.SSLError) and not isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError))


# ---- The verdict, also for generated clients ----


class Headers(Protocol):
    """As in http.client, urllib3, requests and httpx: names are case-insensitive."""

    def get(self, name: str, /) -> str | None: ...


def of_answer(status: int, body: bytes, headers: Headers) -> Outcome:
    """The verdict on an answer. `body` is the part that was received."""
    text = body.decode("utf-8-sig", "replace")
    members = _members(text)
    code, reason = _reason(members.error)
    if 200 <= status < 300:
        first = text.lstrip("\t\n\f\r ")[:1]
        # http.client, which urllib3 uses too, accepts a head that is cut.
        is_framed = status == 204 or headers.get("Content-Length") or headers.get("Transfer-Encoding")
        said = _says(members) if first == "{" else "nothing" if not first and is_framed else "unclear"
        if said == "nothing":
            return Accepted(status, body, *_ids(members.data))
        if said == "refusal":
            return Refused("fix_message", status, body, code, reason)
        return Unknown(status, body, code, reason)
    # Proxies answer with 408, 460 and 499 after they passed the whole request on.
    if not 400 <= status < 500 or status in (408, 460, 499):
        return Unknown(status, body, code, reason)
    if status == 429:
        return Refused("send_again", status, body, code, reason, _seconds(headers.get("Retry-After")))
    return Refused("fix_setup" if status in (401, 403, 407) else "fix_message", status, body, code, reason)


class _Nothing:
    """For a member that is missing, or whose value is cut."""


class _Members(NamedTuple):
    error: Any = _Nothing
    data: Any = _Nothing
    names_error: bool = False
    is_whole: bool = False


class _Number(str):
    """A number as text: it may be longer than `int` accepts."""


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


_JSON = json.JSONDecoder(parse_int=_Number, parse_float=_Number, parse_constant=_refuse)
_PUNCTUATION = re.compile(r'"(?:[^"\\]|\\.)*"|[][{}]', re.DOTALL)


def _members(text: str) -> _Members:
    """`error` and `data` of a JSON object, as far as it is valid. Of two members with the same name the last one counts."""
    found: dict[str, Any] = {}
    at = _skip(text, 0)
    while text[at : at + 1] in ("{", ","):
        is_first = text[at] == "{"
        at = _skip(text, at + 1)
        if is_first and text[at : at + 1] == "}":
            break
        name, at = _value(text, at)
        if not isinstance(name, str) or isinstance(name, _Number):
            at = len(text)
            break
        found[name] = _Nothing
        at = _skip(text, at)
        value, at = _value(text, _skip(text, at + 1)) if text[at : at + 1] == ":" else (_Nothing, at)
        if value is _Nothing:
            at = len(text)
            break
        found[name] = value
        at = _skip(text, at)
    is_whole = text[at : at + 1] == "}"
    return _Members(found.get("error", _Nothing), found.get("data", _Nothing), "error" in found, is_whole)


def _skip(text: str, at: int) -> int:
    while text[at : at + 1] in (" ", "\t", "\n", "\r"):
        at += 1
    return at


def _value(text: str, at: int) -> tuple[Any, int]:
    """The value that begins at this index, and the index of its end."""
    try:
        value, end = _JSON.raw_decode(text, at)
    except RecursionError:
        depth = 0
        for token in _PUNCTUATION.finditer(text, at):
            depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(token[0], 0)
            if depth == 0:
                return ["too deep to read"], token.end()
        return _Nothing, at
    except ValueError:
        return _Nothing, at
    return value, end


def _is_something(data: Any) -> bool:
    return data is not _Nothing and data not in (None, False, "", {}, []) and not (data == "0" and type(data) is _Number)


def _says(members: _Members) -> Literal["nothing", "refusal", "unclear"]:
    """What the body of a 2xx says: a refusal is an error with a code or a message, and no data."""
    if not members.names_error or members.error is None or _is_something(members.data):
        return "nothing"
    return "refusal" if members.is_whole and _reason(members.error) != (None, None) else "unclear"


def _reason(error: Any) -> tuple[str | None, str | None]:
    """Code and message of an error: a string, an object, or a list whose first item is one of these."""
    if isinstance(error, list) and error:
        error = error[0]
    if type(error) is str:
        return None, error or None
    if not isinstance(error, dict):
        return None, None
    code, reason = (error.get(name) for name in ("code", "message"))
    return None if code is None else str(code), None if reason is None else str(reason)


def _ids(data: Any) -> tuple[int | None, int | None, int | None]:
    inner = data.get("data") if isinstance(data, dict) else None
    # The `id` of an SMS is not the ID of a message.
    names = ["caseMessageId"] if isinstance(inner, dict) else ["caseMessageId", "id"]
    members = inner if isinstance(inner, dict) else data if isinstance(data, dict) else {}

    def id_of(*names: str) -> int | None:
        found = (members.get(name) for name in names)
        return next((int(str(value)) for value in found if re.fullmatch(r"\d{1,20}", str(value))), None)

    return id_of(*names), id_of("caseId"), id_of("timelineId")


def _seconds(retry_after: str | None) -> int:
    """How long to wait after a 429, in seconds, rounded up. Longer if `Retry-After` can't be parsed."""
    if retry_after is None:
        return 5
    if seconds := re.fullmatch(r"(\d+)(?:\.(\d+))?", retry_after.strip()):
        return int(str(seconds[1])[:12]) + bool((seconds[2] or "").strip("0"))
    try:
        wait = parsedate_to_datetime(retry_after) - datetime.now(timezone.utc)
    except (TypeError, ValueError):
        return 10
    return max(0, math.ceil(wait.total_seconds()))


def of_response(response: Any) -> Outcome:
    """The verdict on a response of urllib3 without preloaded content, or of httpx that is streamed. Reads the body as far as
    it is received."""
    content = b""
    try:
        # Both yield what was received, without waiting for more, which would be lost if the connection breaks.
        parts = response.iter_bytes() if hasattr(response, "iter_bytes") else iter(response.read1, b"")
        for part in parts:
            content += part
            if len(content) > _LIMIT:
                break
    except Exception:  # The class depends on the library.
        pass
    return of_answer(getattr(response, "status_code", None) or response.status, content, response.headers)


def of_error(error: BaseException) -> Outcome:
    """The verdict on what urllib3 or httpx raised instead of returning a response.

    Only by classes that these raise while they connect. An OSError proves nothing: EHOSTUNREACH, for example, also ends a
    connection that was made, after the server has received everything."""
    # What urllib3 raises after retries, and what openapi-generator's client raises if TLS fails.
    if _is_one_of(error, {"urllib3.exceptions.MaxRetryError"}):
        error = getattr(error, "reason", None) or error
    elif type(error).__name__ == "ApiException" and getattr(error, "status", None) == 0:
        error = error.__context__ or error
    causes = _causes(error)
    if _is_one_of(error, _WHILE_CONNECTING):
        return NotSent("fix_setup" if any(_is_of_tls(cause) for cause in causes) else "send_again", error)
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return NotSent("fix_setup", error)
    return Unknown(error=error)


_WHILE_CONNECTING = {
    # Includes NameResolutionError.
    "urllib3.exceptions.NewConnectionError",
    "urllib3.exceptions.ConnectTimeoutError",
    "httpx.ConnectError",
    "httpx.ConnectTimeout",
    "httpx.PoolTimeout",
}


def _is_one_of(error: BaseException, names: set[str]) -> bool:
    return any(f"{each.__module__}.{each.__qualname__}" in names for each in type(error).__mro__)


def _causes(error: BaseException) -> list[BaseException]:
    """An error and its causes: what it was raised from, or its first argument."""
    causes: list[BaseException] = []
    following: object = error
    while isinstance(following, BaseException) and following not in causes:
        causes.append(following)
        following = following.__cause__ or (following.args[0] if following.args else None)
    return causes
