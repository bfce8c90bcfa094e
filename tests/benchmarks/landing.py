"""What landing costs: `python -m tests.benchmarks.landing [first_load] [log_size] [all_sources]`.

Without a name, all of them, one after another: some fifteen minutes on two idle cores.
"""

import argparse

from tests.benchmarks import all_sources, first_load, log_size

SECTIONS = {
    "first_load": ("Landing: a first load", first_load.section),
    "log_size": ("Landing: the same changes in a small log and in a large one", log_size.section),
    "all_sources": ("Landing: all sources", all_sources.section),
}


def report(names: list[str]) -> str:
    """The sections in Markdown, measured now."""
    return "\n\n".join(
        f"## {title}\n\n{section()}" for title, section in map(SECTIONS.__getitem__, names)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("section", nargs="*", choices=[*SECTIONS, []], default=[])
    print(report(parser.parse_args().section or list(SECTIONS)))


if __name__ == "__main__":
    main()
