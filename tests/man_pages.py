"""The manual pages name what the programs have, and nothing else; docs/operations.md knows each line of the log that warns.

Needs the sources alone, and mandoc. Commands and options are read from the declarations in gateway/main/, exit codes and
lines of the log from where they are used, settings from docs/configuration.md, and keys of policy files from
policy/rules_*.cpp. A declaration that this cannot read is a failure.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "man"))
sys.dont_write_bytecode = True
import make  # noqa: E402

PAGES = {path.name: path.read_text() for path in sorted((ROOT / "man").glob("*.[58]"))}


def source(name):
    """Code without comments."""
    return re.sub(r"//[^\n]*", "", (ROOT / name).read_text())


# What the programs have

STRING = r'"((?:[^"\\]|\\.)*)"'


def string_as(group):
    return STRING.replace("(", f"(?P<{group}>", 1)


def option_sets(code):
    """Name → options, of the functions add_NAME(CLI::App& …) that give several commands the same options."""
    functions = re.findall(r"void add_(\w+)\(CLI::App& (?!app\b).*?\) \{(.*?)\n\}", code, re.S)
    return {name: set(re.findall(r"\.add_(?:option|flag)\(\s*" + STRING, body)) for name, body in functions}


def declarations(code):
    """Command → its options and positionals ("" is the program itself), from the CLI11 calls in `code`."""
    commands, by_variable, read = {"": set()}, {"app": ""}, 0
    there = len(re.findall(r"add_(?:subcommand|option|flag)\w*\(", code))
    sets = option_sets(code)
    for name, options in sets.items():
        read += len(options)
        code = re.sub(rf"void add_{name}\(CLI::App& .*?\n\}}", "", code, flags=re.S)

    def variable(name):
        if name not in by_variable:
            raise ValueError(f"'{name}' is no command that was declared before")
        return by_variable[name]

    # In order: a command (perhaps kept in a variable), an option, a helper that makes commands, and its calls.
    call = re.compile(
        r"(?:CLI::App\*\s+(?P<kept>\w+)\s*=\s*)?(?P<of>\w+)(?:\.|->)add_subcommand\(\s*" + string_as("command") +
        r"|(?P<on>\w+)(?:\.|->)add_(?:option|flag)\(\s*" + string_as("option") + r"(?P<rest>[^;]*;)" +
        r"|const auto (?P<helper>\w+) = \[&\]\(const char\* name\b(?P<body>.*?)\n  \};" +
        r"|\badd_(?P<set>" + "|".join(sets or ["no_set"]) + r")\(\*(?P<with>\w+)" +
        r"|(?:CLI::App\*\s+(?P<made_as>\w+)\s*=\s*)?\b(?P<called>\w+)\(\s*" + string_as("made"), re.S)
    helpers = {}
    for match in call.finditer(code):
        if match["command"] is not None:
            name = f"{variable(match['of'])} {match['command']}".strip()
            commands[name] = set()
            if match["kept"]:
                by_variable[match["kept"]] = name
            read += 1
        elif match["option"] is not None:
            values = re.findall(r"IsMember\(\{([^}]*)\}", match["rest"])
            words = {word for value in values for word in re.findall(STRING, value)}
            commands[variable(match["on"])] |= set(match["option"].split(",")) | words
            read += 1
        elif match["helper"]:
            of = re.search(r"(\w+)->add_subcommand\(name\b", match["body"])
            options = re.findall(r"->add_(?:option|flag)\(\s*" + STRING, match["body"])
            used = {name.upper() for name in sets if f"add_{name}(" in match["body"]}
            helpers[match["helper"]] = (variable(of[1]), set(options) | used)
            read += 1 + len(options)
        elif match["set"] is not None:
            commands[variable(match["with"])].add(match["set"].upper())
        elif match["called"] in helpers:
            of, options = helpers[match["called"]]
            name = f"{of} {match['made']}".strip()
            commands[name] = set(options)
            if match["made_as"]:
                by_variable[match["made_as"]] = name
    if read != there:
        raise ValueError(f"{there} declarations, of which {read} could be read")
    groups = {name.rsplit(" ", 1)[0] for name in commands if " " in name}
    return {name: options for name, options in commands.items() if options or name not in groups}


def exit_codes(*files):
    numbers = dict(re.findall(r"\b(exit_\w+) = (\d+)", source("base/exit_codes.hpp")))
    return {numbers[name] for file in files for name in re.findall(r"\bexit_\w+", source(file)) if name in numbers}


def setting_keys():
    return set(re.findall(r"^\| `([^`]+)` \|", (ROOT / "docs/configuration.md").read_text(), re.M))


def policy_keys():
    code = "".join(path.read_text() for path in sorted((ROOT / "policy").glob("rules_*.cpp")))
    declared = re.findall(r"\b(?:text|texts|number|flag|choice|octets|later<\w+>|custom<\w+>)\(\s*" + STRING, code)
    compared = re.findall(r"\b(?:entry\.)?key [!=]= " + STRING, code)
    return set(declared) | set(compared)


# What the pages say

ENTRY = re.compile(r"^\.It (.*)$", re.M)


def words_of(line):
    """An .It line without its macros: "queue list Op Fl -state Ar STATE" → ["queue", "list", "--state", "STATE"]."""
    line = re.sub(r"\bFl (-?\w[\w-]*)", r"-\1", line).replace("\\(dq", '"').replace(" , ", " ")
    return [word for word in line.split() if word not in ("Ic", "Op", "Oo", "Oc", "Ar", "Cm", "Dv", "Ev", "Pa", "...")]


def section(page, title):
    found = re.search(rf"^\.Sh {title}\n(.*?)(?=^\.Sh |\Z)", page, re.M | re.S)
    return found[1] if found else ""


def entries(text):
    """What each .It names → its text up to the next .It that is not within it."""
    marks = list(ENTRY.finditer(text))
    for i, mark in enumerate(marks):
        end = marks[i + 1].start() if i + 1 < len(marks) else len(text)
        yield words_of(mark[1]), text[mark.start():end]


def named(page):
    """Every name that stands in an .It Ic line or an .Ic line, without what is above it: "size.over" → size, over."""
    names = set()
    for line in re.findall(r"^\.(?:It )?Ic (.*)$", page, re.M):
        for word in re.split(r"[\s,.\[\]]+", line.replace("\\(dq", '"')):
            names.add(word)
    return names


def has(text, what):
    """Is the option, the positional or the word in the text, as mdoc writes it?"""
    if what.startswith("-"):
        return re.search(rf"\bFl {re.escape(what[1:])}(?![\w-])", text) is not None
    return re.search(rf"\b(?:Ar|Cm) {re.escape(what)}(?![\w-])", text) is not None


# The checks: each yields what is wrong

def program_and_page(program, page, codes_in):
    text, code = PAGES[page], "".join(map(source, codes_in))
    commands = declarations(code)
    listed = {}
    for words, body in entries(section(text, "COMMANDS")):
        listed[" ".join(word for word in words if word.islower() and not word.startswith("-"))] = body
    for name, options in commands.items():
        if name and name not in listed:
            yield f"{page}: the command '{name}' is missing"
            continue
        where = listed[name] if name else section(text, "DESCRIPTION")
        for option in sorted(options):
            if not has(where, option):
                yield f"{page}: {name or program}: '{option}' is missing"
    for name in listed:
        if name not in commands:
            yield f"{page}: '{name}' is no command of {program}"
    shared = set().union(*option_sets(code).values())
    for option in sorted(shared):
        if not has(text, option):
            yield f"{page}: '{option}' is missing"
    known = {"--help", "-h"} | shared | {option for options in commands.values() for option in options}
    for option in re.findall(r"\bFl (-?\w[\w-]*)", text):
        if "-" + option not in known:
            yield f"{page}: {program} has no option -{option}"

    documented = {words[0] for words, _ in entries(section(text, "EXIT STATUS"))}
    for number in sorted(exit_codes(*codes_in) ^ documented):
        yield f"{page}: exit code {number} is {'not its own' if number in documented else 'missing'}"


def settings_are_there():
    listed = {words[0] for words, _ in entries(section(PAGES["postern.toml.5"], "SETTINGS")) if words}
    for key in sorted(setting_keys() - listed):
        yield f"postern.toml.5: the setting '{key}' is missing"
    for key in sorted(listed - setting_keys()):
        yield f"postern.toml.5: '{key}' is no setting of docs/configuration.md"


def settings_are_fresh():
    page = PAGES["postern.toml.5"]
    if make.refreshed(page, (ROOT / "docs/configuration.md").read_text()) != page:
        yield "postern.toml.5: its table is not what docs/configuration.md says: python3 man/make.py --write"


ACTIONS = {"deliver", "protect", "quarantine", "refuse"}


def policy_is_there():
    keys, there = policy_keys(), named(PAGES["postern-policy.5"])
    if len(keys) < 40:
        yield f"only {len(keys)} keys of policy files could be read from policy/rules_*.cpp"
    for key in sorted(keys - there):
        yield f"postern-policy.5: the key '{key}' is missing"
    for words, _ in entries(PAGES["postern-policy.5"]):
        for word in re.split(r"[\s.\[\]]+", " ".join(words)):
            if re.fullmatch(r"[a-z_]+", word) and word not in keys | ACTIONS:
                yield f"postern-policy.5: '{word}' is no key of policy files"


def warnings_are_explained():
    """All that a line says of its own stands in one row of docs/operations.md, in that order."""
    rows = (ROOT / "docs/operations.md").read_text().splitlines()
    files = subprocess.run(["git", "ls-files", "*.cpp", "*.hpp"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    found = 0
    for name in files:
        if name.startswith(("tests/", "fuzz/", "bench/")):
            continue
        for literals in re.findall(r"\blog::(?:warning|error)\(\s*((?:" + STRING + r"\s*)+)", source(name)):
            line = "".join(re.findall(STRING, literals[0]))
            found += 1
            words = [re.escape(piece.strip(" :")) for piece in line.split("{}") if piece.strip(" :")]
            if not any(re.search(".*".join(words), row) for row in rows):
                yield f"docs/operations.md: the line '{line}' ({name}) is missing"
    if found < 20:
        yield f"only {found} lines of the log could be read"


def references_lead_somewhere():
    for page, text in PAGES.items():
        for name, number in re.findall(r"\.Xr (postern\S*) (\d)", text):
            if f"{name}.{number}" not in PAGES:
                yield f"{page}: there is no page {name}({number})"


def pages_are_sound():
    """mandoc's own opinion; which other pages are installed here is not its page's fault."""
    paths = [str(ROOT / "man" / name) for name in PAGES]
    try:
        said = subprocess.run(["mandoc", "-Tlint", *paths], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        yield "mandoc is not installed (dev.d/packages.txt)"
        return
    if said.returncode > 4:
        yield f"mandoc failed with {said.returncode}"
    for line in said.stdout.splitlines():
        if "referenced manual not found" not in line:
            yield line


COMMANDS = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "gateway/main").glob("*command*.cpp"))]

CHECKS = {
    "postern(8) and its program": lambda: program_and_page("postern", "postern.8", ["gateway/main/postern.cpp", *COMMANDS]),
    "posternd(8) and its program": lambda: program_and_page("posternd", "posternd.8", ["gateway/main/posternd.cpp", "gateway/daemon.cpp", "base/program.cpp"]),
    "postern-portal(8) and its program":
        lambda: program_and_page("postern-portal", "postern-portal.8", ["portal/main/postern-portal.cpp", "portal/portal_daemon.cpp", "base/program.cpp"]),
    "every setting": settings_are_there,
    "a fresh table": settings_are_fresh,
    "every key of policy files": policy_is_there,
    "every warning of the log": warnings_are_explained,
    "references": references_lead_somewhere,
    "mandoc -Tlint": pages_are_sound,
}


def main():
    failed = 0
    for name, check in CHECKS.items():
        try:
            wrong = list(check())
        except (ValueError, KeyError) as fault:
            wrong = [f"{name}: cannot be checked: {fault!r}"]
        failed += bool(wrong)
        for line in wrong:
            print(line)
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
