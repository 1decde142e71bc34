"""Peers from the registries, unpacked below build/peers/ and installed nowhere.

    unpack("exim4-daemon-light")       # [its folder, then those of the libraries and Python modules that the machine lacks]
    npm_install("Haraka", "3.3.4")     # the folder with node_modules

A peer that cannot be had fails its tests, unless may-be-missing.txt names it with a reason: then they are skipped, and counted as that.
"""
import json
import re
import shutil
import subprocess
import unittest
from pathlib import Path

PEERS = Path(__file__).resolve().parents[1] / "build" / "peers"
MAY_BE_MISSING = Path(__file__).resolve().parent / "may-be-missing.txt"


class Missing(RuntimeError):
    """A peer that cannot be had."""


def may_be_missing(text):
    """name: reason. A name without a reason is an error: nothing is skipped unexplained."""
    found = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, reason = line.partition(":")
            if not reason.strip():
                raise ValueError(f"may-be-missing.txt: {line!r} has no reason; write NAME: reason")
            found[name.strip()] = reason.strip()
    return found


def cannot_be_had(peer, why, listed=None):
    listed = may_be_missing(MAY_BE_MISSING.read_text()) if listed is None else listed
    if peer in listed:
        raise unittest.SkipTest(f"the peer {peer} cannot be had ({why.strip()}); may-be-missing.txt: {listed[peer]}")
    raise Missing(f"the peer {peer} cannot be had: {why.strip()}")


def unpack(peer):
    """The folders of the package and of what it needs beside what is installed, each downloaded once."""
    folders, waiting, seen = [], [peer], set()
    while waiting:
        package = waiting.pop(0)
        if package in seen:
            continue
        seen.add(package)
        folder = _unpack_one(package, peer)
        folders.append(folder)
        names = [name for name in needs((folder / "DEBIAN/control").read_text()) if not _installed(name)]
        waiting += [name for name in map(_real, names) if name not in seen and not _installed(name)]
    return folders


def needs(control):
    """The libraries and Python modules that a package depends on: the first of each list of alternatives."""
    depends = re.search(r"^Depends: (.*)$", control, re.M)
    names = [re.match(r"[\w.+-]+", one.strip()).group() for one in depends.group(1).split(",")] if depends else []
    return [name for name in dict.fromkeys(names) if name.startswith(("lib", "python3-")) and not name.startswith("libjs-")]


def _real(package):
    """Itself, or the first package that provides a name that is none's own."""
    said = subprocess.run(["apt-cache", "showpkg", package], capture_output=True, text=True).stdout
    own, _, provided = said.partition("Reverse Provides:")
    is_own = re.search(r"^Versions: *\n\S", own, re.M)
    provider = re.match(r"\s*([\w.+-]+)", provided)
    return provider.group(1) if provider and not is_own else package


def _installed(package):
    done = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}\n", package], capture_output=True, text=True)
    return "installed" in done.stdout.split()


def _unpack_one(package, peer):
    target = PEERS / package
    if not (target / "DEBIAN/control").exists():
        downloads = PEERS / "downloads"
        downloads.mkdir(parents=True, exist_ok=True)
        for old in downloads.glob(f"{package}_*.deb"):
            old.unlink()
        fetched = _download(package, downloads)
        found = list(downloads.glob(f"{package}_*.deb"))
        if not found:
            cannot_be_had(peer, fetched.stderr)
        _replace(target, lambda half: subprocess.run(["dpkg-deb", "-R", found[0], half], check=True))
    return target


def _download(package, folder):
    """Twice where needed: the package lists may be missing, or another may be renewing them just now."""
    command = ["apt-get", "download", "-q", package]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        subprocess.run(["apt-get", "update", "-qq"], capture_output=True)
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return done


def npm_install(name, version):
    """Without the optional packages, and no install script runs."""
    target = PEERS / name
    if not _has_npm(target, name, version):
        def install(half):
            half.mkdir(parents=True)
            command = ["npm", "install", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund", f"{name}@{version}"]
            try:
                done = subprocess.run(command, cwd=half, capture_output=True, text=True, timeout=300)
            except (OSError, subprocess.TimeoutExpired) as error:
                cannot_be_had(name, str(error))
            if done.returncode != 0:
                cannot_be_had(name, done.stderr)
        _replace(target, install)
    return target


def _has_npm(target, name, version):
    package = target / "node_modules" / name / "package.json"
    return package.exists() and json.loads(package.read_text())["version"] == version


def _replace(target, make):
    """`target` is there as a whole or not at all, also when this is interrupted."""
    half = target.with_name(target.name + ".half")
    for old in (half, target):
        shutil.rmtree(old, ignore_errors=True)
    make(half)
    half.rename(target)
