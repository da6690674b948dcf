"""`make audit` fails on a vulnerability, and reports an outage of the service without failing."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.conf import settings

VULNERABILITY = {
    "id": "OSV-TEST-1", "summary": "Made up", "affected": [{
        "package": {"name": "django", "ecosystem": "PyPI"},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.0"}]}],
    }],
}  # fmt: skip


@contextmanager
def advisories(known: dict[str, dict], status: int = 200) -> Iterator[str]:
    """Run a service like osv.dev that knows these vulnerabilities; yield its address."""

    class Service(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["package"][
                "name"
            ]
            body = json.dumps({"vulns": [known[asked]]} if asked in known else {}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def audit(url: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, ".ci/audit", f"--osv-url={url}"],
        cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    return done.returncode, done.stdout


def test_known_vulnerability_fails_and_is_named():
    with advisories({"django": VULNERABILITY}) as url:
        code, said = audit(url)
    assert code == 1
    assert "audit: django 5.2" in said and "OSV-TEST-1, mended in 99.0" in said


def test_no_known_vulnerability_passes_and_says_how_many_packages_were_asked_about():
    with advisories({}) as url:
        code, said = audit(url)
    assert code == 0
    assert int(said.split()[1]) > 50 and said.strip().endswith("0 known vulnerabilities")


@pytest.mark.ci
def test_service_that_is_away_or_broken_is_a_visible_skip():
    with advisories({}, status=502) as url:
        assert audit(url)[1].startswith("audit: skipped: ")
    code, said = audit("http://127.0.0.1:1/v1/query")
    assert code == 0
    assert said.startswith("audit: skipped: ") and len(said.splitlines()) == 1
