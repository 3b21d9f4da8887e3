"""Fetching one file from an outside source: within limits of time and size, from the hosts that are named, or not."""

from __future__ import annotations

import hashlib
import ipaddress
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from press.errors import SourceError

_BUSY = (429, 500, 502, 503, 504)
_MOST_REDIRECTS = 5
_BLOCK = 1 << 16


@dataclass(frozen=True)
class Patience:
    """How long is waited (seconds): for a connection, for the next bytes, for the whole; how often it is tried again.

    A source that asks for a longer pause than ``most_wait`` is left alone.
    """

    connect: float = 10
    read: float = 30
    whole: float = 300
    retries: int = 3
    most_wait: float = 120
    wait: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Fetched:
    """The bytes that came, and from where in the end."""

    content: bytes
    url: str
    content_type: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


class Refused(SourceError):
    """A source answered with another status than 200."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def fetch(url: str, most_bytes: int, hosts: Iterable[str] = (), patience: Patience = Patience()) -> Fetched:
    """Fetch ``url``. Raises SourceError that says what was found and what was expected.

    Only https is spoken, but for addresses of this machine; redirects stay on the address's host and ``hosts``.
    """
    return _follow(url, {_host(url), *hosts}, patience, lambda response, until: _read(response, most_bytes, until))


def look(url: str, most_bytes: int, patience: Patience = Patience()) -> Fetched:
    """Fetch the beginning of what stands at ``url``, wherever that leads: to be looked at, and never taken in.

    Raises SourceError as ``fetch`` does; ``Refused`` has the status.
    """
    return _follow(url, None, patience, lambda response, until: _start(response, most_bytes))


def _follow(
    url: str, allowed: set[str] | None, patience: Patience, take: Callable[[requests.Response, float], bytes]
) -> Fetched:
    """Follow redirects to the hosts that are allowed (None: any, and without https too), and take what is there."""
    begun = time.monotonic()
    with requests.Session() as session:
        session.headers["User-Agent"] = "press-refresh"
        adapter = HTTPAdapter(max_retries=_retry(patience))
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        seen: list[str] = []
        while True:
            _require_safe(url, local=_local(seen[0] if seen else url), plain=allowed is None)
            if url in seen or len(seen) > _MOST_REDIRECTS:
                raise SourceError(f"found a redirect that comes to no end ({_where(url)}), expected a file")
            seen.append(url)
            try:
                with session.get(
                    url, stream=True, allow_redirects=False, timeout=(patience.connect, patience.read)
                ) as response:
                    if response.is_redirect:
                        url = urljoin(url, response.headers["location"])
                        if allowed is not None and _host(url) not in allowed:
                            raise SourceError(
                                f"found a redirect to {_host(url)}, expected to stay on {', '.join(sorted(allowed))}"
                            )
                        continue
                    if response.status_code != 200:
                        raise Refused(_refused(response), response.status_code)
                    content = take(response, begun + patience.whole)
                    return Fetched(content, url, response.headers.get("content-type", ""))
            except requests.RequestException as error:
                raise SourceError(_failed(error, url, patience)) from None


def _retry(patience: Patience) -> Retry:
    class Waiting(Retry):
        """Waits as the source asks, or longer each time; by the given clock."""

        def sleep(self, response: Any = None) -> None:
            asked = self.get_retry_after(response) if response is not None else None
            seconds = asked or self.get_backoff_time()
            if seconds > patience.most_wait:
                raise SourceError(
                    f"found status {response.status}: it asks to come back in {seconds:.0f} s, "
                    f"expected a file within {patience.most_wait:.0f} s"
                )
            if seconds > 0:
                patience.wait(seconds)

    return Waiting(
        total=patience.retries,
        redirect=False,  # followed here, each looked at
        status_forcelist=_BUSY,
        raise_on_status=False,  # the last answer is told as it is
        backoff_factor=1,
        retry_after_max=sys.maxsize,  # told as it is; what is too long is not waited for
    )


def _read(response: requests.Response, most: int, until: float) -> bytes:
    """Read the body as it comes, so that neither a long nor a slow one is taken in whole before it is refused."""
    told = response.headers.get("content-length", "")
    if told.isdigit() and int(told) > most:
        raise SourceError(f"found {int(told):,} bytes announced, expected at most {most:,}")
    parts, size = [], 0
    for part in response.iter_content(_BLOCK):
        size += len(part)
        if size > most:
            raise SourceError(f"found more than {most:,} bytes, expected at most that")
        if time.monotonic() > until:
            raise SourceError(f"found {size:,} bytes and no end in the time that there is, expected the whole file")
        parts.append(part)
    if not size:
        raise SourceError("found an empty answer, expected a file")
    return b"".join(parts)


def _start(response: requests.Response, most: int) -> bytes:
    """Read the first bytes of the body; an empty one is none."""
    content = b""
    for part in response.iter_content(_BLOCK):
        content += part
        if len(content) >= most:
            break
    return content[:most]


def _refused(response: requests.Response) -> str:
    status = f"found status {response.status_code} {response.reason or ''}".rstrip()
    if response.status_code in _BUSY:
        return f"{status} again and again, expected a file; try later"
    hint = "; has the address moved?" if response.status_code in (404, 410) else ""
    return f"{status}, expected 200{hint}"


def _failed(error: requests.RequestException, url: str, patience: Patience) -> str:
    if isinstance(error, requests.Timeout):
        return f"found no answer from {_where(url)} within {patience.read:g} s, expected a file"
    if isinstance(error, requests.exceptions.SSLError):
        return f"found a certificate of {_where(url)} that does not hold, expected a safe connection"
    if isinstance(error, requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError):
        return f"found a download from {_where(url)} that broke off, expected the whole file"
    if isinstance(error, requests.ConnectionError):
        if "timed out" in str(error):
            return f"found no answer from {_where(url)} within {patience.read:g} s, expected a file"
        return f"found no connection to {_where(url)}, expected a file; is there a network?"
    return f"found an answer from {_where(url)} that is none ({type(error).__name__}), expected a file"


def _require_safe(url: str, *, local: bool, plain: bool = False) -> None:
    if plain and urlsplit(url).scheme in ("http", "https") and (local or not _local(url)):
        return
    if urlsplit(url).scheme != "https" and not (local and _local(url) and urlsplit(url).scheme == "http"):
        raise SourceError(f"found the address {urlsplit(url).scheme}://{_host(url)}, expected https")


def _local(url: str) -> bool:
    try:
        return ipaddress.ip_address(_host(url)).is_loopback
    except ValueError:
        return _host(url) == "localhost"


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _where(url: str) -> str:
    return urlsplit(url).netloc
