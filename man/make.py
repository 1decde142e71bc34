"""The settings in postern.toml(5), from the table of docs/configuration.md, which `postern reference` printed.

  python3 man/make.py --write    writes them into the page
  python3 man/make.py            fails where the page is not what the table says
"""
import pathlib
import re
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent
BEGIN = '.\\" Made by man/make.py from docs/configuration.md:\n'
END = '.\\" End of what man/make.py made.\n'


def settings(markdown):
    """Key, type, default and meaning of each row of the one table."""
    rows = [line for line in markdown.splitlines() if line.startswith("| `")]
    for row in rows:
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        if len(cells) != 4:
            sys.exit(f"make.py: not four cells: {row}")
        yield cells[0].strip("`"), *cells[1:]


def roff(text):
    """Text that roff prints as it stands."""
    text = text.replace("\\", "\\e").replace('"', "\\(dq").replace("-", "\\-").replace("'", "\\(aq")
    return re.sub(r"`([^`]*)`", r"\\(lq\1\\(rq", text)


def paragraph(text):
    """Lines of running text, each sentence on lines of its own."""
    for sentence in re.split(r"(?<=\.) (?=[A-Z@])", text if text.endswith(".") else text + "."):
        for line in textwrap.wrap(sentence, 78, break_long_words=False, break_on_hyphens=False):
            yield ("\\&" if line[0] in ".'" else "") + line


def entry(key, kind, default, meaning):
    said = "required" if default == "required" else "default " + default.strip("`") if default else "optional"
    return [f".It Ic {roff(key)}", *paragraph(roff(f"{kind}; {said}")), ".br", *paragraph(roff(meaning))]


def table(markdown):
    """One list for each section, which is what stands before the first dot; plain keys come first and belong to the file."""
    lines, section = [], None
    for key, *rest in settings(markdown):
        plain = "." not in key and section in (None, "the file")
        of = "the file" if plain else key.split(".")[0]
        if of != section:
            lines += ([".El"] if section else []) + [f".Ss Settings of {of}", ".Bl -tag -width Ds"]
            section = of
        lines += entry(key, *rest)
    return "\n".join([*lines, ".El", ""])


def refreshed(page, markdown):
    """The page with a fresh table; None where the marks are missing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    return before + begin + table(markdown) + end + after if begin and end else None


def main():
    where = ROOT / "man/postern.toml.5"
    page = where.read_text()
    fresh = refreshed(page, (ROOT / "docs/configuration.md").read_text())
    if fresh is None:
        sys.exit("man/postern.toml.5 has lost the marks of man/make.py")
    if "--write" in sys.argv:
        where.write_text(fresh)
    elif fresh != page:
        sys.exit("man/postern.toml.5 is not what docs/configuration.md says: python3 man/make.py --write")


if __name__ == "__main__":
    main()
