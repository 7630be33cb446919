#!/usr/bin/env python3
"""Serves a reranking GGUF (scripts/to_gguf.py) with llama.cpp: prints {"url": …}, and ends when its standard input closes.

    serve_gguf.py MODEL.gguf [--threads N] [--context N] [--port N]

The server comes with the Python package xllamacpp; $RLAR_LLAMA_SERVER names another llama.cpp server program. Attention is computed without
the flash kernel, whose 16-bit keys would change scores in the third decimal. A text over the context (in tokens) is refused by the server.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request


def say(url: str) -> None:
    print(json.dumps({"url": url}), flush=True)


def packaged(options):
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = options.model
    params.embedding = True
    params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_RANK
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    params.n_ctx = params.n_batch = params.n_ubatch = options.context
    params.n_parallel = 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = options.threads
    params.cpuparams.poll = params.cpuparams_batch.poll = 0
    params.hostnames = ["127.0.0.1"]
    params.port = options.port
    return xllamacpp.Server(params)  # held by the caller: it serves as long as it lives


def own(program: str, options) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", options.port))
        port = probe.getsockname()[1]
    size = str(options.context)
    command = [program, "-m", options.model, "--reranking", "--flash-attn", "off", "-c", size, "-b", size, "-ub", size, "-np", "1",
               "-t", str(options.threads), "--host", "127.0.0.1", "--port", str(port)]  # fmt: skip
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr)

    def wait() -> None:
        sys.stdin.read()
        server.kill()

    threading.Thread(target=wait, daemon=True).start()
    url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 60
    while server.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(url + "/health", timeout=2):
            say(url)
            break
        time.sleep(0.1)
    sys.exit(server.wait())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--context", type=int, default=512)
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    options = parser.parse_args()
    if not os.path.isfile(options.model):
        print(f"there is no file {options.model}", file=sys.stderr)
        return 2
    if program := os.environ.get("RLAR_LLAMA_SERVER"):
        own(program, options)
    try:
        server = packaged(options)
    except ModuleNotFoundError:
        print(
            "there is no llama.cpp server: install the package xllamacpp, or name a program with RLAR_LLAMA_SERVER",
            file=sys.stderr,
        )
        return 3
    say(server.listening_address)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
