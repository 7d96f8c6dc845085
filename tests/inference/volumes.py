"""Small volumes for tests, made without a file."""

from __future__ import annotations

import numpy as np

from brainscan.imaging.grid import SourceGrid
from brainscan.imaging.orientation import Plane, spacing_of
from brainscan.imaging.volume import Volume
from tests.imaging.patient import intensity


def make_volume(
    spacing: tuple[float, float, float] = (2.0, 2.0, 2.0),
    plane: Plane = "axial",
    shape: tuple[int, int, int] = (44, 48, 42),
    lesion: bool = True,
    name: str = "scan.nii.gz",
) -> Volume:
    """Return the asymmetric patient of :mod:`tests.imaging.patient` on an RAS grid."""
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = -np.array(spacing) * (np.array(shape) - 1) / 2
    index = np.stack(np.meshgrid(*[np.arange(n) for n in shape], indexing="ij"), axis=-1)
    voxels = intensity(index * np.array(spacing) + affine[:3, 3]).astype(np.float32)
    if not lesion:
        voxels[voxels == 1000] = 300
    voxels.setflags(write=False)
    return Volume(
        voxels=voxels,
        affine=affine,
        spacing=spacing_of(affine),
        sha256="ab" * 32,
        name=name,
        kind="nifti",
        sequence=None,
        plane=plane,
        source=SourceGrid.of(shape, affine),
        warnings=("About the file.",),
    )
