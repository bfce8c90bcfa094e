"""How an answer is printed: a table for people, CSV and JSON for programs."""

import csv
import json
import sys

from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestration.query import Answer


def write(answer: Answer, output: str, console: Console) -> None:
    if output == "json":
        rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
        print(json.dumps(rows, indent=2, default=str))
    elif output == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(answer.columns)
        writer.writerows(answer.rows)
    else:
        table = Table(*answer.columns)
        for row in answer.rows:
            table.add_row(*(Text("" if value is None else str(value)) for value in row))
        console.print(table)
        console.print(f"{len(answer.rows)} rows")
