"""Superset's parser of times is ready before the first chart asks for it."""

import subprocess

from semantic.superset_server import SERVER_DIR
from tests.paths import PROJECT

UNREADY = """
import sys

sys.modules["bootstrap"] = type(sys)("bootstrap")
sys.modules["bootstrap"].load_application = object
import revlake_wsgi
from superset.utils.date_parser import datetime_parser

def unready():
    todo, seen = [datetime_parser()], {}
    while todo:
        element = todo.pop()
        if id(element) not in seen:
            seen[id(element)] = element
            todo += element.recurse()
    return sum(not element.streamlined for element in seen.values())

before = unready()
revlake_wsgi.ready_time_expressions()
print(before > 0, unready())
"""


def test_no_thread_finds_the_grammar_half_ready() -> None:
    """One that is readied by two threads at once misses parts; charts then fail now and then."""
    done = subprocess.run(
        [str(PROJECT / ".venv-superset" / "bin" / "python"), "-c", UNREADY],
        cwd=SERVER_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["True", "0"], done.stderr
