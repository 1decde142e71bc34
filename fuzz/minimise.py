#!/usr/bin/env python3
"""Into fuzz/corpus/: of the inputs with names what reaches all edges that they reach, and of what the fuzzers found
(build/fuzz/found/) what reaches more.

These stay in any case: every command in every state (NAME-then-NAME), findings, and what fuzz/planted/ starts from."""
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "fuzz"
LONGEST = 8192  # octets of an input that is kept
FINDINGS = ("crash-", "leak-", "timeout-", "oom-", "slow-unit-")


def digest(data):
    return hashlib.sha1(data).hexdigest()


def merge(target, into, folder):
    """Adds to `into` what of `folder` reaches new edges, short inputs first."""
    subprocess.run([BUILD / "fuzz" / f"fuzz_{target}", "-merge=1", "-use_counters=0", f"-max_len={LONGEST}", into, folder], check=True, capture_output=True)


def is_named(name):
    return not re.fullmatch(r"[0-9a-f]{12,40}", name)


def needed(target):
    patch = ROOT / "fuzz" / "planted" / f"{target}.patch"
    starts = re.search(r"^# starts: (.*)$", patch.read_text(), re.M).group(1).split() if patch.exists() else []
    return lambda name: "-then-" in name or name.startswith("finding-") or name in starts


def copy(files, folder):
    for file in files:
        if not file.name.startswith(FINDINGS):  # they would end the merge
            shutil.copy2(file, folder / file.name)
    return folder


def minimise(target):
    corpus, found = ROOT / "fuzz" / "corpus" / target, BUILD / "found" / target
    stays = needed(target)
    with tempfile.TemporaryDirectory() as work:
        named, others, kept = (Path(work) / name for name in ("named", "others", "kept"))
        for folder in (named, others, kept):
            folder.mkdir()
        copy([file for file in corpus.iterdir() if stays(file.name)], kept)
        copy([file for file in corpus.iterdir() if is_named(file.name)], named)
        copy([file for file in corpus.iterdir() if not is_named(file.name)] + (list(found.iterdir()) if found.is_dir() else []), others)
        known = {digest(file.read_bytes()): file.name for file in sorted(named.iterdir(), reverse=True)}
        merge(target, kept, named)
        merge(target, kept, others)
        shutil.rmtree(corpus)
        corpus.mkdir()
        for file in kept.iterdir():
            data = file.read_bytes()
            (corpus / (file.name if stays(file.name) else known.get(digest(data), digest(data)[:12]))).write_bytes(data)
    files = list(corpus.iterdir())
    print(f"{target}: {len(files)} files, {sum(file.stat().st_size for file in files)} octets, "
          f"{sum(is_named(file.name) for file in files)} with names", flush=True)


def main():
    for target in sys.argv[1:] or sorted(folder.name for folder in (ROOT / "fuzz" / "corpus").iterdir()):
        minimise(target)


if __name__ == "__main__":
    main()
