"""Start an audit in the background and keep it in the session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from brainscan.data.audit import Audit, audit_dataset
from brainscan.data.dataset import Dataset, open_dataset
from brainscan.data.pairs import Pair, copy_pairs
from brainscan.data.synthetic import write_planted
from brainscan.data.verdict import Verdict, verdict
from brainscan.ui.evaluation_intake import FolderSource, Source
from brainscan.ui.jobs import Handle, Job, SessionJob

STAGES = {
    "reading": "Reading the files",
    "comparing": "Comparing every pair of pictures",
    "border": "Predicting from the border alone",
}


@dataclass(frozen=True, eq=False)
class AuditedDataset:
    """An audit and, for uploads, the folder its files were unpacked into.

    Attributes
    ----------
    audit
        Without thumbnails: pictures are read from their files when they are looked at.
    pairs
        Copies to look at.
    title
        What the dataset is called on the page.
    here
        Whether the files lie where the user keeps them, so that a split can be written there.
    synthetic
        Whether it is the synthetic set.
    workspace
        Removed when the audit is forgotten or the session ends.
    """

    audit: Audit
    pairs: tuple[Pair, ...]
    title: str
    here: bool
    synthetic: bool
    workspace: TemporaryDirectory[str]

    @cached_property
    def verdict(self) -> Verdict:
        return verdict(self.audit)


DatasetJob = Job[AuditedDataset]
JOB: SessionJob[AuditedDataset] = SessionJob("dataset_job")
current, keep, forget, dismiss = JOB.current, JOB.keep, JOB.forget, JOB.dismiss


def start(source: Source) -> DatasetJob:
    """Audit the images of a source."""

    def opened(workspace: Path, handle: Handle) -> Dataset:
        handle.begin("Opening the dataset")
        return source.open(workspace, handle.should_stop)

    here = isinstance(source, FolderSource)
    return Job(source.title, lambda handle: _audit(handle, opened, source.title, here, False))


def start_synthetic() -> DatasetJob:
    """Draw the synthetic set with its planted faults, and audit it."""

    def drawn(workspace: Path, handle: Handle) -> Dataset:
        handle.begin("Drawing synthetic slices")
        folder = workspace / "synthetic-leaky-set"
        write_planted(folder, progress=handle.report, cancel=handle.should_stop)
        return open_dataset(folder)

    title = "Synthetic set with planted faults"
    return Job(title, lambda handle: _audit(handle, drawn, title, False, True))


def _audit(
    handle: Handle,
    opened: Callable[[Path, Handle], Dataset],
    title: str,
    here: bool,
    synthetic: bool,
) -> AuditedDataset:
    # On some systems a scanner of new files still holds one open when we are done.
    workspace = TemporaryDirectory(prefix="brainscan-", ignore_cleanup_errors=True)
    try:
        dataset = opened(Path(workspace.name), handle)

        def progress(stage: str, done: int, total: int) -> None:
            if handle.stage != STAGES[stage]:
                handle.begin(STAGES[stage])
            handle.report(done, total)

        audit = audit_dataset(dataset, progress=progress, cancel=handle.should_stop)
        slim = audit.without_pictures()
        return AuditedDataset(slim, copy_pairs(slim), title, here, synthetic, workspace)
    except BaseException:
        workspace.cleanup()
        raise
