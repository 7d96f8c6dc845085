"""What the tests of a release's maps say of how far a map can be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def points_at_tumor(manifest: Mapping[str, Any], kind: str) -> bool | None:
    """Return whether a kind of map found the tumor more often than the centre of the head did.

    Parameters
    ----------
    manifest
        Of a release, with what ``python -m brainscan faithfulness`` measured.
    kind
        ``"gradcam"`` or ``"evidence"``.

    Returns
    -------
    bool or None
        Whether the 95 % interval of the pointing game (arXiv:1608.00507) lies above that of the
        centre on every set; ``None`` where it was not measured.
    """
    sets = (manifest.get("faithfulness") or {}).get("sets") or {}
    better = []
    for part in sets.values():
        games = ((part.get("parts") or [{}])[0]).get("pointing") or {}
        low = (games.get(kind) or {}).get("low")
        center = (games.get("center") or {}).get("high")
        if low is not None and center is not None:
            better.append(low > center)
    return all(better) if better else None
