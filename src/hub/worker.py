"""Talks to the Hugging Face Hub for the parent process, by the huggingface_hub package: its cache is the cache that every Python user has.

Reads one JSON request a line and answers one JSON line, {"ok": …} or {"error": {"kind", "message"}}:
  {"op": "search", "query", "filter", "limit"}  → [{id, downloads, likes, tags, pipeline_tag, gated}]
  {"op": "info", "model"}     → {id, sha, gated, private, tags, license, languages, architectures, num_labels, custom_code, files: [{name, size}]}
  {"op": "card", "model", "revision"}  → text of README.md, at most 64 KiB; empty where there is none
  {"op": "fetch", "model", "revision", "max_bytes"}  → {dir, bytes, checked}
Kinds: gated, not_found, rate_limited, offline, timeout, unreachable, too_large, corrupt, disk_full, no_package, other.

Downloads are checked: a file whose name in the cache is a SHA-256 must have it, a small one its git blob hash; what does not is removed.
"""

import errno
import hashlib
import json
import os
import sys

WANTED = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja", "README.md")
CARD_BYTES = 64 << 10


class Refusal(Exception):
    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


def explain(error):
    """(kind, message) of whatever the package raises."""
    names = {cls.__name__ for cls in type(error).__mro__}
    status = getattr(getattr(error, "response", None), "status_code", None)
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if isinstance(error, Refusal):
        return error.kind, str(error)
    if "GatedRepoError" in names:
        return "gated", "it is gated: accept its terms on its page and set HF_TOKEN"
    if "RepositoryNotFoundError" in names:
        return "not_found", "there is no such model, or it is private (then HF_TOKEN must name somebody who may see it)"
    if "RevisionNotFoundError" in names or "EntryNotFoundError" in names:
        return "not_found", text
    if "OfflineModeIsEnabled" in names or "LocalEntryNotFoundError" in names and os.environ.get("HF_HUB_OFFLINE"):
        return "offline", "HF_HUB_OFFLINE is set and the cache does not hold it"
    if status == 429:
        return "rate_limited", "the Hub asks for a pause (429)"
    if status in (401, 403):
        return "gated", f"the Hub refuses access ({status}): set HF_TOKEN"
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "disk_full", "the disk is full"
    if any("Timeout" in name for name in names):
        return "timeout", "the Hub did not answer in time"
    if (
        any(name in names for name in ("ConnectError", "TransportError", "ConnectionError", "LocalEntryNotFoundError"))
        or status
        and status >= 500
    ):
        return "unreachable", text
    if any(word in text for word in ("Consistency check", "file should be of size")):
        return "corrupt", text
    return "other", f"{type(error).__name__}: {text}"


def search(api, request):
    found = api.list_models(
        search=request.get("query") or None,
        filter=request.get("filter") or None,
        sort="downloads",
        limit=int(request.get("limit") or 20),
    )
    return [
        {
            "id": model.id,
            "downloads": model.downloads or 0,
            "likes": model.likes or 0,
            "tags": list(model.tags or []),
            "pipeline_tag": model.pipeline_tag or "",
            "gated": bool(model.gated),
        }
        for model in found
    ]


def card_data(info):
    data = info.card_data.to_dict() if info.card_data is not None else {}
    tags = list(info.tags or [])
    license_name = data.get("license") or next((tag[8:] for tag in tags if tag.startswith("license:")), "")
    languages = data.get("language") or []
    return str(license_name), [languages] if isinstance(languages, str) else [str(one) for one in languages]


def info(api, request):
    found = api.model_info(request["model"], files_metadata=True)
    names = [file.rfilename for file in found.siblings or []]
    config = {}
    if "config.json" in names and not found.gated:
        import huggingface_hub

        path = huggingface_hub.hf_hub_download(found.id, "config.json", revision=found.sha)
        verify(path)
        with open(path, encoding="utf-8") as file:
            config = json.load(file)
    license_name, languages = card_data(found)
    labels = config.get("num_labels") or len(config.get("id2label") or {}) or (2 if config else 0)
    return {
        "id": found.id,
        "sha": found.sha or "",
        "gated": bool(found.gated),
        "private": bool(found.private),
        "downloads": found.downloads or 0,
        "tags": list(found.tags or []),
        "license": license_name,
        "languages": languages,
        "architectures": list(config.get("architectures") or []),
        "num_labels": labels,
        "custom_code": "auto_map" in config,
        "files": [{"name": file.rfilename, "size": file.size or 0} for file in found.siblings or []],
    }


def verify(path):
    """Checks a file of the cache against its own name there; returns whether its name could be checked."""
    blob = os.path.realpath(path)
    name = os.path.basename(blob)
    size = os.path.getsize(blob)
    if len(name) == 64:
        digest = hashlib.sha256()
    elif len(name) == 40:
        digest = hashlib.sha1(b"blob %d\0" % size)
    else:
        return False
    with open(blob, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    if digest.hexdigest() == name:
        return True
    os.remove(blob)
    if os.path.lexists(path):
        os.remove(path)
    raise Refusal("corrupt", f"{os.path.basename(path)} does not have its checksum; it was removed from the cache")


def card(api, request):
    import huggingface_hub

    try:
        path = huggingface_hub.hf_hub_download(request["model"], "README.md", revision=request.get("revision") or None)
    except huggingface_hub.errors.EntryNotFoundError:
        return ""
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read(CARD_BYTES)


def fetch(api, request):
    import huggingface_hub

    found = api.model_info(request["model"], revision=request.get("revision") or None, files_metadata=True)
    import fnmatch

    wanted = [
        file for file in found.siblings or [] if any(fnmatch.fnmatch(file.rfilename, pattern) for pattern in WANTED)
    ]
    total = sum(file.size or 0 for file in wanted)
    if total > request.get("max_bytes", 1 << 50):
        raise Refusal("too_large", f"its files have {total} bytes")
    folder = huggingface_hub.snapshot_download(
        found.id, revision=found.sha, allow_patterns=[file.rfilename for file in wanted], max_workers=2
    )
    checked = sum(verify(os.path.join(folder, file.rfilename)) for file in wanted)
    return {"dir": folder, "bytes": total, "checked": checked, "sha": found.sha}


def main():
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    operations = {"search": search, "info": info, "card": card, "fetch": fetch}
    api = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if api is None:
                try:
                    import huggingface_hub
                except ModuleNotFoundError as error:
                    raise Refusal(
                        "no_package",
                        f"this Python has no {error.name}: install rlar[models], or name another with RLAR_MODELS_PYTHON",
                    ) from None
                api = huggingface_hub.HfApi()
            reply = {"ok": operations[request["op"]](api, request)}
        except Exception as error:
            kind, message = explain(error)
            token = os.environ.get("HF_TOKEN")
            reply = {"error": {"kind": kind, "message": message.replace(token, "***") if token else message}}
        answers.write(json.dumps(reply) + "\n")
        answers.flush()


main()
