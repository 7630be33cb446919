"""Web search beside the Hub's own: names of models found on pages, and services that misbehave."""

import contextlib
import json
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hub_server import Hub
from support import jsonl, run
from test_find_reward_model import chosen, preference_rows

KEY = "web-canary-77"


class Web:
    """`answer(path, query, headers)` gives (status, body, headers)."""

    def __init__(self, answer):
        self.asked = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                parts = urllib.parse.urlsplit(self.path)
                query = urllib.parse.parse_qs(parts.query)
                outer.asked.append(query)
                status, body, headers = answer(parts.path, query, self.headers)
                data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
                with contextlib.suppress(OSError):
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


PAGES = [
    {
        "title": "A list",
        "url": "https://example.org/list",
        "content": "See https://huggingface.co/lab/chat-reward and hf.co/big/verbose-reward.",
    },
    {
        "title": "A card",
        "url": "https://huggingface.co/lab/stories-reward/tree/main",
        "content": "again huggingface.co/lab/chat-reward",
    },
    {
        "title": "No models",
        "url": "https://huggingface.co/datasets/lab/pairs",
        "content": "nothf.co/a/b, huggingface.co/lab",
    },
    {"title": "No address"},
]


def searxng(path, query, headers):
    assert path == "/search" and query["format"] == ["json"]
    return 200, {"query": query["q"][0], "results": PAGES, "unresponsive_engines": []}, {}


def brave(path, query, headers):
    assert path == "/res/v1/web/search" and int(query["count"][0]) <= 20
    if headers["X-Subscription-Token"] != KEY:
        return 401, {"error": f"bad key {headers['X-Subscription-Token']}"}, {}
    return 200, {"web": {"results": [{**page, "description": page.get("content", "")} for page in PAGES]}}, {}


@pytest.fixture
def search(hub_folder, environment):
    def call(web, check=0, **more):
        with Hub(*hub_folder) as hub:
            env = {**environment, "HF_ENDPOINT": hub.url, **more}
            return run("models", "search", "no-such-words", "--web-search", web, env=env, check=check)

    return call


def names(done):
    return [line.split()[-1] for line in done.stdout.decode().splitlines() if line.split()[0] == "web"]


@pytest.mark.parametrize("kind", ["searxng", "brave"])
def test_models_that_pages_name(search, kind):
    with Web({"searxng": searxng, "brave": brave}[kind]) as web:
        done = search(f"{kind}={web.url}/", RLAR_WEB_SEARCH_KEY=KEY)
        assert names(done) == ["lab/chat-reward", "big/verbose-reward", "lab/stories-reward"]
        assert "no-such-words" in web.asked[0]["q"][0]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((403, "Forbidden", {}), "search.formats"),
        ((429, {}, {"Retry-After": "30"}), "30 s"),
        ((500, "oops", {}), "500"),
        ((200, "<html>not json</html>", {}), "no JSON"),
        ((200, {"answers": []}, {}), "no list"),
        ((200, {"results": "none"}, {}), "no list"),
        ((200, [], {}), "no JSON object"),
    ],
)
def test_services_that_misbehave(search, answer, says):
    with Web(lambda *_: answer) as web:
        done = search(f"searxng={web.url}", check=1)
    assert says in done.stderr.decode() and not names(done)


def test_nothing_found_is_no_error(search):
    with Web(lambda *_: (200, {"query": {}}, {})) as web:  # Brave leaves `web` out
        assert names(search(f"brave={web.url}", RLAR_WEB_SEARCH_KEY=KEY)) == []


def test_the_key_is_in_no_message(search):
    with Web(brave) as web:
        done = search(f"brave={web.url}", check=1, RLAR_WEB_SEARCH_KEY="wrong-canary-78")
    assert "RLAR_WEB_SEARCH_KEY" in done.stderr.decode() and b"canary" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        ("bing", "neither searxng=URL nor brave"),
        ("searxng", "no address"),
        ("brave", "RLAR_WEB_SEARCH_KEY"),
        ("searxng=ftp://x", "no address"),
    ],
)
def test_a_choice_that_is_none(search, choice, says):
    assert says in search(choice, check=2).stderr.decode()


def test_a_model_that_only_a_page_names_is_found_and_proven(small_hub, environment, tmp_path):
    folder, repos = small_hub
    hidden = {name: {**about, "unlisted": name == "lab/chat-reward"} for name, about in repos.items()}
    (tmp_path / "rows.jsonl").write_text(jsonl(preference_rows("chat")))

    def build(out, *options):
        with Hub(folder, hidden) as hub:
            env = {**environment, "HF_ENDPOINT": hub.url}
            run(
                "build",
                tmp_path / "rows.jsonl",
                "--out",
                tmp_path / out,
                "--quiet",
                "--hub",
                "on",
                *options,
                env=env,
                timeout=300,
            )
        (task,) = json.loads(run("report", tmp_path / out, "--json").stdout)["tasks"]
        return task

    assert chosen(build("without")) is None
    with Web(searxng) as web:
        task = build("with", "--web-search", f"searxng={web.url}")
        assert chosen(task) == "rm_lab_chat_reward" and "more by web search" in task["route"]["why"]
        assert web.asked and "huggingface" in web.asked[0]["q"][0]
    assert chosen(build("dead", "--web-search", "searxng=http://127.0.0.1:9")) is None
