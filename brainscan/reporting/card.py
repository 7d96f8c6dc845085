"""The model card of a release, made from its own JSON and from nothing else.

One structure serves the Markdown file in the release and the Model page.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from brainscan.reporting import card_checks as checks
from brainscan.reporting.card_about import answer_section, glance, lead, use_section
from brainscan.reporting.card_claim import claim_section
from brainscan.reporting.card_data import data_section, training_section
from brainscan.reporting.card_failures import failures_section, reproduce_section
from brainscan.reporting.card_faithfulness import faithfulness_section
from brainscan.reporting.card_files import ReleaseFiles
from brainscan.reporting.card_gate import gate_section
from brainscan.reporting.card_headline import headline, judged_section
from brainscan.reporting.card_json import text
from brainscan.reporting.card_limits import limits_section
from brainscan.reporting.card_markdown import to_markdown
from brainscan.reporting.card_outlines import outlines_section
from brainscan.reporting.card_parts import Card
from brainscan.reporting.card_results import calibration_section, results_section
from brainscan.reporting.card_sources import licence_of
from brainscan.reporting.card_volume import volume_section


def build_card(manifest: dict[str, Any], files: ReleaseFiles | None = None) -> Card:
    """Return the card of a release.

    Every figure is one of the manifest's. What the manifest lacks, in older releases or in a
    user's own, is said in a plain sentence; a value of the wrong kind counts as lacking.

    Parameters
    ----------
    manifest
        Of the release; ``manifest["metrics"]`` maps a test dataset's name to ``{"folds": [...],
        "metrics": ...}`` with the figures of :func:`brainscan.evaluation.export.metrics_dict`.
    files
        Settings, best epoch and history that lie beside the manifest.
    """
    files = files or ReleaseFiles()
    name, version = text(manifest.get("name")), text(manifest.get("version"))
    return Card(
        title=f"{name} {version}".strip() or "A model without a name",
        lead=lead(manifest),
        glance=glance(manifest),
        headline=headline(manifest),
        sections=(
            use_section(manifest),
            judged_section(manifest),
            limits_section(manifest),
            answer_section(manifest),
            data_section(manifest, files),
            training_section(manifest, files),
            results_section(manifest),
            calibration_section(manifest),
            outlines_section(manifest),
            faithfulness_section(manifest),
            checks.coverage_section(manifest),
            checks.baselines_section(manifest),
            checks.seen_section(manifest),
            volume_section(manifest),
            gate_section(manifest),
            checks.stability_section(manifest),
            checks.ablation_section(manifest),
            failures_section(manifest),
            claim_section(manifest, files),
            reproduce_section(manifest),
        ),
    )


def model_card(manifest: dict[str, Any], folder: Path | None = None) -> str:
    """Return the card as Markdown; ``folder`` is the release, for its settings and history."""
    return to_markdown(build_card(manifest, ReleaseFiles.read(folder) if folder else None))


__all__ = ["build_card", "licence_of", "model_card"]
