"""A Hub on this machine: the API and the files of docs.huggingface.co's, from folders, over real HTTP, with faults on demand.

faults: {path part: {"kind": …, "times": n}} with the kinds throttle (429), server_error (500), cut (half of a body, then the connection ends), corrupt
(a byte is changed), slow (seconds), no_range (a Range request is answered whole).
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def git_sha1(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@functools.cache
def hashes(path: Path, size: int, changed: int) -> tuple[str, str]:
    """(git's blob hash, SHA-256) of a file as it is now; real weights are too large to read at every request."""
    data = path.read_bytes()
    return git_sha1(data), hashlib.sha256(data).hexdigest()


def hashes_of(path: Path) -> tuple[str, str]:
    state = path.stat()
    return hashes(path, state.st_size, state.st_mtime_ns)


class Hub:
    def __init__(
        self, folder: Path, repos: dict[str, dict], renamed: dict[str, str] | None = None, token: str = ""
    ) -> None:
        self.folder, self.repos, self.renamed, self.token = folder, repos, renamed or {}, token
        self.faults: dict[str, dict] = {}
        self.log: list[tuple[str, str, dict]] = []
        self.lock = threading.Lock()
        self.api = self._server(self._api)
        self.cdn = self._server(self._cdn)
        self.url = f"http://127.0.0.1:{self.api.server_port}"
        self.cdn_url = f"http://localhost:{self.cdn.server_port}"  # another host: the token must not go there

    def __enter__(self):
        for server in (self.api, self.cdn):
            threading.Thread(target=server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        for server in (self.api, self.cdn):
            server.shutdown()
            server.server_close()

    def sha(self, repo: str) -> str:
        return hashlib.sha1(repo.encode()).hexdigest()

    def files(self, repo: str) -> list[Path]:
        return sorted(path for path in (self.folder / repo).rglob("*") if path.is_file())

    def is_lfs(self, path: Path) -> bool:
        return path.suffix in (".safetensors", ".bin")

    def etag(self, path: Path) -> str:
        git, sha256 = hashes_of(path)
        return sha256 if self.is_lfs(path) else git

    def describe(self, repo: str, full: bool) -> dict:
        about = self.repos[repo]
        siblings = []
        for path in self.files(repo):
            name = str(path.relative_to(self.folder / repo))
            size = about.get("sizes", {}).get(name, path.stat().st_size)
            entry: dict = {"rfilename": name}
            if full:
                entry |= {"size": size, "blobId": hashes_of(path)[0]}
                if self.is_lfs(path):
                    entry["lfs"] = {"size": size, "sha256": self.etag(path), "pointerSize": 134}
            siblings.append(entry)
        card = (self.folder / repo / "README.md").read_text()
        data = {}
        for line in card.split("---")[1].strip().splitlines() if card.startswith("---") else []:
            key, value = line.split(": ", 1)
            data[key] = value.strip("[]").split(", ") if value.startswith("[") else value
        return {
            "_id": "1", "id": repo, "modelId": repo, "author": repo.split("/")[0], "sha": self.sha(repo), "lastModified": "2026-01-01T00:00:00.000Z",
            "createdAt": "2026-01-01T00:00:00.000Z", "private": False, "gated": about.get("gated", False), "disabled": False,
            "downloads": about.get("downloads", 0), "likes": 1, "tags": about.get("tags", []), "pipeline_tag": "text-classification",
            "library_name": "transformers", "siblings": siblings, "cardData": data,
        }  # fmt: skip

    def _fault(self, path: str) -> dict | None:
        with self.lock:
            for part, fault in self.faults.items():
                if part in path and fault.get("times", 1) > 0:
                    fault["times"] = fault.get("times", 1) - 1
                    return fault
        return None

    def _server(self, answer):
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                with outer.lock:
                    outer.log.append((self.command, self.path, dict(self.headers)))
                with contextlib.suppress(OSError):
                    answer(self)

            do_HEAD = do_GET

            def reply(self, status, body=b"", headers=None, keep=None):
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                if "Content-Length" not in (headers or {}):
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body if keep is None else body[:keep])
                    if keep is not None:
                        self.close_connection = True

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        return server

    def _error(self, handler, status, code, message):
        handler.reply(
            status, json.dumps({"error": message}).encode(), {"X-Error-Code": code, "X-Error-Message": message}
        )

    def _api(self, handler):
        parts = urllib.parse.urlsplit(handler.path)
        path = urllib.parse.unquote(parts.path)
        query = urllib.parse.parse_qs(parts.query)
        fault = self._fault(path)
        if fault and fault["kind"] == "throttle":
            return handler.reply(429, b"{}", {"Retry-After": "1"})
        if fault and fault["kind"] == "server_error":
            return handler.reply(500, b"oops")
        if fault and fault["kind"] == "slow":
            time.sleep(fault["seconds"])
        if path == "/api/models":
            return self._search(handler, query)
        for old, new in self.renamed.items():
            if path.startswith(f"/api/models/{old}") or path.startswith(f"/{old}/"):
                return handler.reply(307, b"", {"Location": handler.path.replace(old, new, 1)})
        if path.startswith("/api/models/"):
            repo = "/".join(path.split("/")[3:5])
            if repo not in self.repos:
                return self._error(handler, 401, "RepoNotFound", "Repository not found")
            if "/tree/" in path:
                return self._tree(handler, repo, query)
            return handler.reply(
                200, json.dumps(self.describe(repo, True)).encode(), {"Content-Type": "application/json"}
            )
        return self._resolve(handler, path)

    def _tree(self, handler, repo, query):
        entries = []
        for path in self.files(repo):
            entry = {
                "type": "file",
                "path": str(path.relative_to(self.folder / repo)),
                "size": path.stat().st_size,
                "oid": hashes_of(path)[0],
            }
            if self.is_lfs(path):
                entry["lfs"] = {"oid": self.etag(path), "size": path.stat().st_size, "pointerSize": 134}
            entries.append(entry)
        offset = int(query.get("cursor", ["0"])[0])
        headers = {"Content-Type": "application/json"}
        if offset + 3 < len(entries):
            headers["Link"] = (
                f'<{self.url}/api/models/{repo}/tree/{self.sha(repo)}?recursive=true&cursor={offset + 3}>; rel="next"'
            )
        handler.reply(200, json.dumps(entries[offset : offset + 3]).encode(), headers)

    def _search(self, handler, query):
        listed = [repo for repo in self.repos if not self.repos[repo].get("unlisted")]
        found = sorted(listed, key=lambda repo: -self.repos[repo].get("downloads", 0))
        for word in query.get("search", []):
            found = [repo for repo in found if word.lower() in repo.lower()]
        for tag in query.get("filter", []):
            found = [repo for repo in found if tag in [*self.repos[repo].get("tags", []), "text-classification"]]
        limit, offset = int(query.get("limit", ["20"])[0]), int(query.get("offset", ["0"])[0])
        page = found[
            offset : offset + min(limit, 4)
        ]  # small pages: a client that reads only the first finds too little
        headers = {"Content-Type": "application/json"}
        if offset + len(page) < len(found):
            more = {key: values for key, values in query.items() if key != "offset"} | {
                "offset": [str(offset + len(page))]
            }
            headers["Link"] = f'<{self.url}/api/models?{urllib.parse.urlencode(more, doseq=True)}>; rel="next"'
        handler.reply(200, json.dumps([self.describe(repo, False) for repo in page]).encode(), headers)

    def _resolve(self, handler, path):
        pieces = path.strip("/").split("/")
        repo, name = "/".join(pieces[:2]), "/".join(pieces[4:])
        if repo not in self.repos:
            return self._error(handler, 404, "RepoNotFound", "Repository not found")
        if self.repos[repo].get("gated"):
            return self._error(handler, 403, "GatedRepo", "Access to model is restricted")
        file = self.folder / repo / name
        if not file.is_file():
            return self._error(handler, 404, "EntryNotFound", "Entry not found")
        headers = {"X-Repo-Commit": self.sha(repo), "ETag": f'"{self.etag(file)}"', "Accept-Ranges": "bytes"}
        if self.is_lfs(file):
            headers |= {"X-Linked-Etag": f'"{self.etag(file)}"', "X-Linked-Size": str(file.stat().st_size)}
            return handler.reply(302, b"", headers | {"Location": f"{self.cdn_url}/{repo}/{name}?signature=1"})
        return self._send(handler, file, headers, path)

    def _cdn(self, handler):
        path = urllib.parse.unquote(urllib.parse.urlsplit(handler.path).path)
        if handler.headers.get("Authorization"):
            return handler.reply(400, b"a token was sent to another host")
        return self._send(handler, self.folder / path.strip("/"), {"ETag": '"x"'}, path)

    def _send(self, handler, file, headers, path):
        data = file.read_bytes()
        fault = self._fault("file:" + path)
        kind = fault["kind"] if fault else ""
        if kind == "corrupt":
            data = data[:-1] + bytes([data[-1] ^ 1])
        start = 0
        if (wanted := handler.headers.get("Range")) and kind != "no_range":
            start = int(wanted.removeprefix("bytes=").split("-")[0])
            headers = headers | {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
        body = data[start:]
        handler.reply(
            206 if start else 200,
            body,
            headers | {"Content-Length": str(len(body))},
            len(body) // 2 if kind == "cut" else None,
        )
