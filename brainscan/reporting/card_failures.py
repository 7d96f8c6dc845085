"""The card's chapters on failures and on how to reproduce every figure."""

from __future__ import annotations

from typing import Any

from brainscan.data.names import display_name
from brainscan.reporting.card_faithfulness import faithful_sets
from brainscan.reporting.card_json import dig, rows, table, text, whole, words
from brainscan.reporting.card_parts import Block, Commands, Gallery, Section, Table, Text
from brainscan.reporting.card_results import errors_blocks, held_out, test_sets

_NO_LIST = "The release lists no single errors of its test sets."
_NO_GALLERY = (
    "No search for synthetic failures was stored with the release. The Model page can make one."
)
SYNTHETIC = (
    "Synthetic drawings, not patients' images. They show how an error can look; they say nothing "
    "about how often the model errs on real slices."
)


def failures_section(manifest: dict[str, Any]) -> Section:
    """Return the worst errors on the test sets, by name, and the synthetic gallery."""
    listed = errors_blocks(manifest)
    blocks: list[Block] = []
    if listed:
        blocks.append(
            Text(
                "The most confident errors of each kind at the released threshold, by file name: "
                "the pictures themselves are not passed on."
            )
        )
        blocks += listed
    else:
        blocks.append(Text(_NO_LIST))
    return Section("failures", "Failures", (*blocks, *gallery_blocks(manifest.get("gallery"))))


def gallery_blocks(found: Any) -> list[Block]:
    """Return the outcome of a search as `brainscan.reporting.gallery.find_failures` gives it."""
    node = table(found)
    if not node:
        return [Text(_NO_GALLERY)]
    slices, seed = whole(node.get("slices")), whole(node.get("seed"))
    searched = (
        f" {slices:,} drawings were tried, from seed {seed}."
        if slices is not None and seed is not None
        else ""
    )
    blocks: list[Block] = [Text(SYNTHETIC + searched)]
    counted = rows(node.get("by_lesion"))
    kinds = sorted({key for row in counted for key in row} - {"lesion", "n", "right"})
    if counted:
        lines = tuple(
            (
                text(row.get("lesion")).replace("none", "no lesion"),
                whole(row.get("n")),
                whole(row.get("right")) or 0,
                *(whole(row.get(kind)) or 0 for kind in kinds),
            )
            for row in counted
        )
        columns = ("Drawn", "n", "Right", *(display_name(k).capitalize() for k in kinds))
        blocks.append(Table("Answers to the drawings", columns, lines))
    cases = rows(node.get("cases"))
    if cases:
        blocks.append(Gallery(tuple(cases)))
    else:
        blocks.append(Text("The search found no drawing that the model answers wrongly."))
    return blocks


def reproduce_section(manifest: dict[str, Any]) -> Section:
    """Return one command for each group of figures."""
    name = text(manifest.get("name"))
    lines = []
    for dataset, part, metrics in test_sets(manifest):
        if held_out(part):
            continue  # the release command alone knows which images these were
        folds = words(part.get("folds"))
        tail = f" --folds {' '.join(folds)}" if folds else ""
        command = f"python -m brainscan evaluate DATA/{dataset} --model {name}{tail}"
        lines.append((f"All figures on {dataset}, baselines included", command))
        sampled = whole(dig(metrics, "stability", "images")) or whole(
            dig(part, "stability", "images")
        )
        if sampled:
            lines.append((f"Stability on {dataset}", f"{command} --stability {sampled}"))
    for dataset, folds in faithful_sets(manifest):
        tail = f" --folds {' '.join(folds)}" if folds else ""
        command = f"python -m brainscan faithfulness DATA/{dataset} --model {name}{tail}"
        lines.append((f"Faithfulness of the maps on {dataset}", command))
    for dataset, part in table(dig(manifest, "volume_rule", "test")).items():
        trained = " ".join(f"DATA/{one}" for one in words(dig(manifest, "volume_rule", "datasets")))
        tested = " ".join(words(table(part).get("folds")))
        tail = f" --test-folds {tested}" if tested else ""
        command = f"python -m brainscan volume_rule {name} {trained} --test DATA/{dataset}{tail}"
        lines.append((f"The rule for whole volumes, and its figures on {dataset}", command))
    if rows(manifest.get("ablation")) or table(manifest.get("ablation")):
        lines.append(("The ablation", "python -m benchmarks.ablation --help"))
    lines.append(("This card and all checksums", "python -m brainscan models"))
    first = Text(
        "DATA is the folder that holds the datasets. Each command prints its figures and writes "
        "them to metrics.json; the fingerprint in manifest.json tells whether the images are the "
        "same."
    )
    return Section("reproduce", "Reproduce", (first, Commands(tuple(lines))))
