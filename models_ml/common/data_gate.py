"""The gate before every training: too little history gives a named refusal, never a model."""

from collections.abc import Mapping


class NotEnoughData(Exception):  # noqa: N818 - the name says what it is, not that it failed
    """A model would be made up; `need` and `have` count the same things under the same names."""

    def __init__(self, need: Mapping[str, int], have: Mapping[str, int]) -> None:
        self.need = dict(need)
        self.have = dict(have)
        missing = ", ".join(
            f"{name}: {have.get(name, 0)} of {count}"
            for name, count in need.items()
            if have.get(name, 0) < count
        )
        super().__init__(f"Not enough data ({missing}); nothing was trained.")


def require_enough(need: Mapping[str, int], have: Mapping[str, int]) -> None:
    """Raise NotEnoughData when any count of `have` is below the same count of `need`."""
    if any(have.get(name, 0) < count for name, count in need.items()):
        raise NotEnoughData(need, have)
