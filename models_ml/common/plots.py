"""Pictures of a backtest as PNG bytes, drawn without a display."""

import io

import polars as pl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from models_ml.common.probability_metrics import reliability_bins

INK = "#1f3a5f"
QUIET = "#9aa5b1"
ACCENT = "#c8553d"


def png(figure: Figure) -> bytes:
    """Render with Agg; the caller's process needs no display and keeps no global state."""
    buffer = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(buffer, format="png", dpi=110, bbox_inches="tight")
    return buffer.getvalue()


def reliability_plot(
    backtest: pl.DataFrame, *, target: str, title: str, baseline_label: str
) -> bytes:
    """Predicted against observed in ten equal-mass bins, model and baseline, beside the mass.

    `backtest` has the columns `target`, `probability` and `baseline_probability`.
    """
    outcome = backtest[target].cast(pl.Float64).to_numpy()
    figure = Figure(figsize=(6.4, 4.8))
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle="--", label="perfect")
    for column, label, colour in (
        ("baseline_probability", baseline_label, ACCENT),
        ("probability", "model", INK),
    ):
        bins = reliability_bins(outcome, backtest[column].to_numpy())
        axes.plot(
            bins["predicted"],
            bins["observed"],
            marker="o",
            color=colour,
            label=label,
            linewidth=1.5,
        )
    largest = float(backtest["probability"].to_numpy().max())
    highest = min(1.0, 1.15 * max(largest, 0.05))
    axes.set_xlim(0, highest)
    axes.set_ylim(0, highest)
    axes.set_xlabel("predicted probability")
    axes.set_ylabel("share that came true")
    axes.set_title(f"{title} ({len(outcome):,} held-out rows)")
    axes.legend(frameon=False)
    return png(figure)
