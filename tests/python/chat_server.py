"""A scripted chat server: answers each stage of a build by what its prompt says, and misbehaves when told to."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STAGES = {
    "You describe data sets": "name_task",
    "You sort data sets": "same_task",
    "You sort a data set": "place_query",
    "You plan how answers": "plan_verifier",
    "You write small Python": "write_check",
    "You repair small Python": "repair_check",
    "You choose how answers": "pick_native",
    "You choose which tool": "choose_tool",
    "You write rubrics": "write_rubric",
    "You read the cards": "read_card",
}


class Chat:
    """`answer(stage, prompt)` gives the content of a reply; `fault(n, stage)` may give (status, body, headers) or a delay in seconds."""

    def __init__(self, answer, fault=None):
        self.answer, self.fault = answer, fault
        self.calls: list[str] = []
        self.headers: list[dict] = []
        self.lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                system = body["messages"][0]["content"]
                stage = next((name for start, name in STAGES.items() if system.startswith(start)), "unknown")
                with outer.lock:
                    n = len(outer.calls)
                    outer.calls.append(stage)
                    outer.headers.append(dict(self.headers))
                trouble = outer.fault(n, stage) if outer.fault else None
                if isinstance(trouble, (int, float)):
                    time.sleep(trouble)
                elif trouble is not None:
                    return self.reply(*trouble)
                content = outer.answer(stage, body["messages"][-1]["content"])
                message = {"role": "assistant", "content": content}
                if "tools" in body and isinstance(content, dict):  # {"function": …, "arguments": …}: a tool call
                    assert content["function"] in [tool["function"]["name"] for tool in body["tools"]], body["tools"]
                    called = {"name": content["function"], "arguments": json.dumps(content["arguments"])}
                    calls = [{"id": "call_1", "type": "function", "function": called}]
                    message = {"role": "assistant", "content": None, "tool_calls": calls}
                choice = {"index": 0, "message": message, "finish_reason": "stop"}
                usage = {"prompt_tokens": 200, "completion_tokens": 50}
                return self.reply(200, json.dumps({"choices": [choice], "usage": usage}), {})

            def reply(self, status, body, headers):
                with contextlib.suppress(OSError):
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(body.encode())))
                    self.end_headers()
                    self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
