"""Guess the MR sequence of a DICOM series from its description and its timing."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.dataset import Dataset

from brainscan.imaging.dicom.frames import functional_group
from brainscan.imaging.dicom.parsing import number, text, words
from brainscan.imaging.sequence import (
    SequenceGuess,
    SequenceLabel,
    other_sequence,
    sequence_from_text,
)

_NO_AGENT = frozenset({"", "NO", "NONE", "N", "0", "NO CONTRAST", "WITHOUT", "UNKNOWN"})
_BY_CONTRAST = {
    "T1": "T1",
    "T2": "T2",
    "FLUID_ATTENUATED": "FLAIR",
}
_OTHER_CONTRAST = {
    "DIFFUSION": "diffusion",
    "PERFUSION": "perfusion",
    "PROTON_DENSITY": "proton density",
    "T2_STAR": "T2*",
    "STIR": "STIR",
    "FLOW_ENCODED": "angiography",
    "TAGGING": "tagging",
    "TEMPERATURE": "temperature",
}


@dataclass(frozen=True)
class Protocol:
    """How an image was taken; times in milliseconds, angle in degrees; ``None`` if not stated."""

    description: str = ""
    scanning: tuple[str, ...] = ()
    echo_time: float | None = None
    repetition_time: float | None = None
    inversion_time: float | None = None
    flip_angle: float | None = None
    agent: bool = False
    contrast: str = ""

    @property
    def timing(self) -> str:
        """The times in words, for a reason sentence."""
        parts = (
            ("TE", self.echo_time),
            ("TR", self.repetition_time),
            ("TI", self.inversion_time),
        )
        shown = [f"{name} {time:.0f} ms" for name, time in parts if time]
        return ", ".join(shown)


def read_protocol(dataset: Dataset) -> Protocol:
    """Collect what a header says about the sequence, in an enhanced object from frame 1."""

    def group(keyword: str) -> Dataset:
        return functional_group(dataset, 0, keyword) or Dataset()

    timing = group("MRTimingAndRelatedParametersSequence")
    described = (text(dataset, key) for key in ("SeriesDescription", "ProtocolName"))
    names = (text(dataset, key) for key in ("SequenceName", "PulseSequenceName"))
    return Protocol(
        description=" | ".join(part for part in (*described, *names) if part),
        scanning=words(dataset, "ScanningSequence") or words(dataset, "EchoPulseSequence"),
        echo_time=number(dataset, "EchoTime")
        or number(group("MREchoSequence"), "EffectiveEchoTime"),
        repetition_time=number(dataset, "RepetitionTime") or number(timing, "RepetitionTime"),
        inversion_time=number(dataset, "InversionTime")
        or number(group("MRModifierSequence"), "InversionTimes"),
        flip_angle=number(dataset, "FlipAngle") or number(timing, "FlipAngle"),
        agent=text(dataset, "ContrastBolusAgent").upper() not in _NO_AGENT,
        contrast=text(dataset, "AcquisitionContrast").upper(),
    )


def guess_sequence(protocol: Protocol) -> SequenceGuess:
    """Guess the sequence: the description first, then the stated contrast, then the timing.

    A contrast agent in the header makes a T1 a T1ce whatever the description says of it.

    Returns
    -------
    SequenceGuess
        The reason quotes times and the kind of element it rests on, never free text.
    """
    described = sequence_from_text(protocol.description)
    timed, why = _from_timing(protocol)
    timing = f" ({protocol.timing})" if protocol.timing else ""
    if described == "unknown":
        what = other_sequence(protocol.description) or ""
        return SequenceGuess("unknown", f"The description speaks of {what}{timing}.", what)
    if described is not None:
        label = _with_agent(described, protocol)
        reason = f"The description speaks of {described}"
        if label != described:
            reason += ", and a contrast agent is recorded"
        if timed in (None, "unknown"):
            return SequenceGuess(label, f"{reason}{timing}.")
        agrees = (
            "which fits" if timed == described.removesuffix("ce") else f"which suggests {timed}"
        )
        return SequenceGuess(label, f"{reason}; {protocol.timing}, {agrees}.")
    if protocol.contrast in _BY_CONTRAST:
        stated: SequenceLabel = _BY_CONTRAST[protocol.contrast]  # type: ignore[assignment]
        label = _with_agent(stated, protocol)
        agent = ", with a contrast agent" if label != stated else ""
        return SequenceGuess(label, f"The header states the contrast {stated}{agent}{timing}.")
    if protocol.contrast in _OTHER_CONTRAST:
        what = _OTHER_CONTRAST[protocol.contrast]
        return SequenceGuess("unknown", f"The header states the contrast {what}{timing}.", what)
    if timed is None:
        return SequenceGuess("unknown", "Neither description nor timing tells the sequence.")
    label = _with_agent(timed, protocol)
    agent = ", and a contrast agent is recorded" if label != timed else ""
    return SequenceGuess(label, f"{protocol.timing}: {why}{agent}.")


def _with_agent(label: SequenceLabel, protocol: Protocol) -> SequenceLabel:
    return "T1ce" if label == "T1" and protocol.agent else label


def _from_timing(protocol: Protocol) -> tuple[SequenceLabel | None, str]:
    """Judge by echo, repetition and inversion time, at the field strengths of 1.5 T and 3 T.

    The limits are those of radiology textbooks: T1 weighting needs a short echo and a short
    repetition or an inversion of about half to one second; T2 a long echo and repetition;
    FLAIR adds the long inversion (1.5 to 3.2 s) that blanks cerebrospinal fluid.
    """
    echo, repetition = protocol.echo_time, protocol.repetition_time
    inversion = protocol.inversion_time or 0.0
    if echo is None or repetition is None:
        return None, ""
    if "EP" in protocol.scanning:
        return "unknown", "an echo-planar sequence, as for diffusion or perfusion"
    if inversion >= 1500:
        long_echo = echo >= 60
        return (
            ("FLAIR", "long inversion and echo time")
            if long_echo
            else (
                "T1" if echo < 30 else None,
                "an inversion with a short echo time",
            )
        )
    if 80 <= inversion <= 300:
        return "unknown", "a short inversion time, as in STIR"
    gradient = "GR" in protocol.scanning and "SE" not in protocol.scanning
    if gradient and not inversion:
        if echo >= 12:
            return "unknown", "a gradient echo with a long echo time, as in T2*"
        steep = (protocol.flip_angle or 90.0) >= 8
        return (
            ("T1", "a gradient echo with short times")
            if steep and repetition < 800
            else (
                None,
                "",
            )
        )
    if echo <= 30 and (repetition <= 1200 or inversion >= 300):
        return "T1", "short echo and repetition time"
    if echo >= 70 and repetition >= 1800:
        return "T2", "long echo and repetition time"
    if echo < 60 and repetition >= 1500:
        return "unknown", "short echo and long repetition time, as in proton density"
    return None, ""
