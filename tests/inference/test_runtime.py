"""What holds for a runtime whatever it runs."""

import numpy as np
import pytest

from brainscan.inference.release import open_release
from brainscan.inference.runtime import OpenVINORuntime, RawOutput


def test_the_first_call_is_made_before_threads_can_make_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Two first calls at once can wait for each other for ever inside the bindings.
    shapes = []
    forward = OpenVINORuntime.forward

    def counted(self: OpenVINORuntime, images: np.ndarray) -> RawOutput:
        shapes.append(images.shape)
        return forward(self, images)

    monkeypatch.setattr(OpenVINORuntime, "forward", counted)
    release = open_release("custom_cnn")
    OpenVINORuntime(release)
    size = release.preprocessing.size
    assert shapes == [(1, size, size)]
