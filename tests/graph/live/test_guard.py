"""Nobody gets in who does not know the token or comes from another site."""

from __future__ import annotations

import hmac

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.http_headers import Headers

from heartbeat.graph.live.guard import HEADERS, Guard

PORT = 8123


class GuardTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.guard = Guard()

    def status(
        self,
        path: str | None = None,
        method: bytes = b"GET",
        port: int = PORT,
        **headers: str | list[str] | None,
    ) -> int:
        """Of the refusal, 0 if there is none; with a Host unless there is another."""
        raw = {"Host": f"127.0.0.1:{PORT}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        known = Headers()
        for name, value in raw.items():
            for each in value if isinstance(value, list) else [value]:
                if each is not None:
                    known.addRawHeader(name, each)
        asked = f"/{self.guard.token}/" if path is None else path
        refusal = self.guard.refusal(method, asked.encode(), known, port)
        return 0 if refusal is None else refusal.status

    def test_welcome(self) -> None:
        """The right token and the right name let in, to look."""
        self.assertEqual(self.status(), 0)
        self.assertEqual(self.status(method=b"HEAD"), 0)
        self.assertEqual(self.status(Host=f"LOCALHOST:{PORT}"), 0)

    def test_token(self) -> None:
        """Every token is another one, and long enough."""
        self.assertNotEqual(self.guard.token, Guard().token)
        self.assertGreaterEqual(len(self.guard.token), 43)

    def test_wrong_token(self) -> None:
        """Nothing but the whole token will do, at the beginning of the path."""
        token = self.guard.token
        for path in (
            *("", "/", "//", "/x/", f"/{token}", f"/{token[:-1]}/", f"/{token}x/"),
            *(f"/x/{token}/", f"//{token}/", f"/{token.swapcase()}/", "/../", "*"),
            *(f"http://evil/{token}/", f"/?token={token}", f"/%2e/{token}/", "/é/"),
        ):
            self.assertEqual(self.status(path), 403, path)

    def test_constant_time(self) -> None:
        """How much of a token is right cannot be told by how long it takes."""
        compared = []
        self.patch(hmac, "compare_digest", lambda *them: compared.append(them))
        self.guard.name(b"/guess/")
        self.assertEqual(compared, [(b"guess", self.guard.token.encode())])

    def test_name(self) -> None:
        """What is asked for is all that follows, as it stands."""
        path = f"/{self.guard.token}/../../etc/passwd".encode()
        self.assertEqual(self.guard.name(path), b"../../etc/passwd")

    def test_host(self) -> None:
        """A name that somebody let point here is not ours (DNS rebinding)."""
        for host in (
            *(f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:1", "", None),
            *([f"127.0.0.1:{PORT}"] * 2, f"127.0.0.1:{PORT}.evil.example"),
        ):
            self.assertEqual(self.status(Host=host), 403, host)

    def test_origin(self) -> None:
        """A request that another site made is not let in, whatever it knows."""
        own = f"http://127.0.0.1:{PORT}"
        self.assertEqual(self.status(Origin=own), 0)
        self.assertEqual(self.status(Origin=f"http://localhost:{PORT}"), 0)
        for origin in (
            *("null", "http://evil.example", f"https://127.0.0.1:{PORT}", ""),
            *("http://127.0.0.1:1", [own, "http://evil.example"]),
        ):
            self.assertEqual(self.status(Origin=origin), 403, origin)

    def test_fetch_metadata(self) -> None:
        """Browsers that say whose page asks are believed."""
        for site, status in (
            *(("same-origin", 0), ("none", 0)),
            *(("cross-site", 403), ("same-site", 403)),
        ):
            self.assertEqual(self.status(Sec_Fetch_Site=site), status, site)

    def test_method(self) -> None:
        """The page can only be read."""
        for method in (b"POST", b"PUT", b"DELETE", b"OPTIONS", b"TRACE", b"get"):
            self.assertEqual(self.status(method=method), 405, method)

    @given(st.binary())
    def test_any_path(self, path: bytes) -> None:
        """No path without the token gets in, and none breaks anything."""
        self.assertIsNone(Guard().name(path))

    def test_policy(self) -> None:
        """Nothing may be loaded but from here, and nobody may frame the page."""
        policy = HEADERS[b"Content-Security-Policy"].decode()
        self.assertIn("default-src 'none'", policy)
        self.assertIn("frame-ancestors 'none'", policy)
        self.assertNotIn("unsafe", policy)
        self.assertNotIn("*", policy)
