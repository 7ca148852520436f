"""Who is let in: a look at a request before anything is done for it.

The port is open to every program of this machine, and to every web site that a browser
on it shows. A site can make a browser send requests here, and with a name that it lets
point to 127.0.0.1 it can even read the answers. So the token says who asks, ``Host``
that the browser knows whom, and ``Origin`` that no other site made it ask.

Source:
    RFC 9110, section 7.2 (Host); https://fetch.spec.whatwg.org/#origin-header;
    https://www.w3.org/TR/fetch-metadata/
"""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING

import attrs
from twisted.web import http

if TYPE_CHECKING:
    from twisted.web.http_headers import Headers

__all__ = ["HEADERS", "NAMES", "Guard", "Refusal"]

NAMES = (b"127.0.0.1", b"localhost")
"""What the page may be called."""

HEADERS: dict[bytes, bytes] = {
    b"Server": b"heartbeat",
    b"Cache-Control": b"no-store",
    b"Content-Security-Policy": b"; ".join(
        (
            b"default-src 'none'",
            b"script-src 'self'",
            b"style-src 'self'",
            b"img-src 'self'",
            b"connect-src 'self'",
            b"base-uri 'none'",
            b"form-action 'none'",
            b"frame-ancestors 'none'",
            # No text of the program can become markup, whatever the script does.
            b"require-trusted-types-for 'script'",
            b"trusted-types 'none'",
        )
    ),
    b"Cross-Origin-Opener-Policy": b"same-origin",
    b"Cross-Origin-Resource-Policy": b"same-origin",
    b"Referrer-Policy": b"no-referrer",  # the address has the token
    b"X-Content-Type-Options": b"nosniff",
    b"X-Frame-Options": b"DENY",
}
"""Part of every answer."""


@attrs.frozen
class Refusal:
    """An answer to a request that is not let in.

    Attributes:
        status: Of the answer.
        why: For the person who reads it; tells nothing of the program.
    """

    status: int
    why: str


_METHOD = Refusal(http.NOT_ALLOWED, "This page can only be read: GET or HEAD.")
_HOST = Refusal(http.FORBIDDEN, "This page is at 127.0.0.1 or localhost only.")
_ORIGIN = Refusal(http.FORBIDDEN, "Another site asked for this page.")
_TOKEN = Refusal(http.FORBIDDEN, "The address of this page has a token in it.")


class Guard:
    """Lets in who knows the token and comes from no other site.

    Attributes:
        token: The part of the address that nobody can guess.
    """

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(32)

    def refusal(
        self, method: bytes, path: bytes, headers: Headers, port: int
    ) -> Refusal | None:
        """Why not, or None if a request that came to *port* is welcome."""
        hosts = {b"%s:%d" % (name, port) for name in NAMES}
        if not _is_to(hosts, headers):
            return _HOST
        if not _is_from(hosts, headers):
            return _ORIGIN
        if method not in {b"GET", b"HEAD"}:
            return _METHOD
        if self.name(path) is None:
            return _TOKEN
        return None

    def name(self, path: bytes) -> bytes | None:
        """What follows the token in a path; None without the right token."""
        _, _, rest = path.partition(b"/")
        token, slash, name = rest.partition(b"/")
        known = hmac.compare_digest(token, self.token.encode())
        return name if known and slash else None


def _is_to(hosts: set[bytes], headers: Headers) -> bool:
    named = headers.getRawHeaders(b"Host", [])
    return len(named) == 1 and named[0].lower() in hosts


def _is_from(hosts: set[bytes], headers: Headers) -> bool:
    allowed = {b"http://%s" % host for host in hosts}
    origins = headers.getRawHeaders(b"Origin", [])
    sites = headers.getRawHeaders(b"Sec-Fetch-Site", [])
    return all(origin.lower() in allowed for origin in origins) and all(
        # "none" is a person who opened the address.
        site.lower() in {b"same-origin", b"none"}
        for site in sites
    )
