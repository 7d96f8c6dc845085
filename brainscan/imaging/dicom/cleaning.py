"""Remove, empty or replace the attributes of a data set, one by one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.uid import UID_dictionary

from brainscan.imaging.dicom.parsing import PARSE_ERRORS
from brainscan.imaging.dicom.profile import (
    BULK,
    CHARACTERISTICS,
    DATES,
    TECHNICAL_TEXT,
    TERMS,
    Action,
    action_for,
    names_a_class,
)
from brainscan.imaging.dicom.pseudonyms import Pseudonyms
from brainscan.imaging.identity import Identity

_TEXT = frozenset({"AE", "LO", "LT", "SH", "ST", "UC", "UR", "UT"})
_PERSONAL = frozenset({"AS", "DA", "DT", "PN", "TM"})
_NUMBERS = frozenset({"AT", "FD", "FL", "SL", "SS", "SV", "UL", "US", "UV", "US or SS"})
_DUMMIES: dict[str, Any] = {
    "AS": "000Y",
    "DA": "19000101",
    "DT": "19000101000000",
    "TM": "000000",
    "DS": "0",
    "IS": "0",
    "UR": "http://anonymized.invalid",
    "OB": b"\0\0",
    "UN": b"\0\0",
}
_REMOVED = "ANONYMIZED"
_CODE_STRING = re.compile(r"[\w .+/*&()-]{0,16}", re.ASCII)
_NUMBER = re.compile(r" *[+-]?[0-9.]{0,64}([eE][+-]?[0-9]{1,3})? *")
_DATE = re.compile(r"\d{8}")
_TIME = re.compile(r"\d{2,6}(\.\d{1,6})?")
_DATE_TIME = re.compile(r"(\d{8})(\d{2,6}(?:\.\d{1,6})?)?([+-]\d{4})?")
_AGE = re.compile(r"(\d{3})([DWMY])")
_OLDEST = 90  # years; above, an age alone can tell who somebody is
_LONG_TRACE = 4


@dataclass(frozen=True)
class DateShift:
    """Moves dates to the past; times of day stay.

    Attributes
    ----------
    days
        How far.
    """

    days: int

    def date(self, stated: str) -> str | None:
        """Return a date (``YYYYMMDD``), or ``None`` where it is none."""
        if not _DATE.fullmatch(stated):
            return None
        try:
            moved = datetime.strptime(stated, "%Y%m%d") - timedelta(days=self.days)
        except (ValueError, OverflowError):
            return None
        return f"{moved.year:04d}{moved.month:02d}{moved.day:02d}"

    def value(self, stated: str, vr: str) -> str | None:
        """Return a DA, TM or DT value, or ``None`` where it is none."""
        stated = stated.strip()
        if vr == "DA":
            return self.date(stated)
        if vr == "TM":
            return stated if _TIME.fullmatch(stated) else None
        found = _DATE_TIME.fullmatch(stated)
        date = self.date(found[1]) if found else None
        return f"{date}{found[2] or ''}{found[3] or ''}" if found and date else None


class Cleaner:
    """Applies the profile to the data set of one object.

    Parameters
    ----------
    pseudonyms
        Where the new identifiers come from.
    patient
        Who the patient is now.
    identity
        Who the patient was, and everybody else who is named.
    keep_characteristics
        Whether age, sex and the like stay.
    shift
        How dates are moved; ``None``: they do not stay.
    """

    def __init__(
        self,
        pseudonyms: Pseudonyms,
        patient: str,
        identity: Identity,
        keep_characteristics: bool,
        shift: DateShift | None,
    ) -> None:
        self._pseudonyms = pseudonyms
        self._patient = patient
        self._identity = identity
        self._keep = keep_characteristics
        self._shift = shift
        self._traces = {
            trace.casefold() for _, trace in identity.facts if len(trace) >= _LONG_TRACE
        }

    def clean(self, dataset: Dataset) -> None:
        """Clean a data set and all items in it, in place."""
        for tag in list(dataset.keys()):
            number = int(tag)
            if number in BULK:
                continue
            if self._optional(dataset, number):
                continue
            action = action_for(number)
            if action is Action.REMOVE:
                del dataset[tag]
            elif action is Action.EMPTY:
                dataset[tag] = _empty(number)
            elif action is Action.DUMMY:
                _replace(dataset, number, _dummy(number))
            else:
                self._rewrite(dataset, number)

    def _optional(self, dataset: Dataset, tag: int) -> bool:
        """Keep what an option keeps; return whether it did."""
        wanted = (self._keep and tag in CHARACTERISTICS) or (self._shift and tag in DATES)
        if not wanted:
            return False
        try:
            element = dataset[tag]
            stated, vr = str(element.value or ""), dictionary_VR(tag)
        except PARSE_ERRORS:
            return False
        if self._shift and tag in DATES:
            moved = self._shift.value(stated, vr)
        elif vr == "AS":
            moved = _capped_age(stated)
        elif vr in ("DS", "US"):
            moved = stated if _NUMBER.fullmatch(stated) else None
        elif tag in TERMS:
            moved = stated if stated in TERMS[tag] else None
        else:
            moved = None if self._names_somebody(stated) or len(stated) > 16 else stated
        if not moved:
            return False
        dataset[tag] = DataElement(tag, vr, int(moved) if vr == "US" else moved)
        return True

    def _rewrite(self, dataset: Dataset, tag: int) -> None:
        """Replace identifiers, clean items, and judge what is not in the table."""
        try:
            element = dataset[tag]
            if element.VR == "SQ":
                for item in element.value:
                    self.clean(item)
                return
            if element.is_empty:
                return
            kept = self._value(tag, element)
        except PARSE_ERRORS:
            kept = None
        if kept is None:
            del dataset[tag]
        elif kept is not element.value:
            dataset[tag] = DataElement(tag, element.VR, kept)

    def _value(self, tag: int, element: DataElement) -> Any:
        """Return the value that stays; ``None`` where not even the attribute does."""
        vr, stated = element.VR, element.value
        if vr == "UI" or action_for(tag) is Action.UID:
            return self._uids(tag, stated)
        if vr == "CS":
            return _each(stated, self._code_string)
        if vr in ("DS", "IS"):
            # What is no number is kept as text by pydicom.
            return _each(stated, lambda one: one if _NUMBER.fullmatch(_original(one)) else "")
        if vr in _NUMBERS:
            return stated
        if vr in _TEXT and tag in TECHNICAL_TEXT:
            return _each(stated, self._free_text)
        # Empty rather than gone: it may be of type 2, which must be there.
        return "" if vr in _TEXT | _PERSONAL else None

    def _uids(self, tag: int, stated: Any) -> Any:
        def new(one: Any) -> str:
            old = str(one).strip("\0 ")
            known = old in UID_dictionary
            return old if not old or known else self._pseudonyms.uid(old)

        if names_a_class(tag):
            # The kinds that DICOM defines are no secret; others may carry one.
            return _each(stated, lambda one: str(one) if str(one) in UID_dictionary else "")
        return _each(stated, new)

    def _code_string(self, one: Any) -> str:
        said = str(one)
        # "MR" names nobody; a name in a word (Mary, PRIMARY) is none, a number in one is.
        named = len(said) >= _LONG_TRACE and self._names_somebody(said)
        named |= any(trace in said.casefold() for trace in self._traces if not trace.isalpha())
        return said if _CODE_STRING.fullmatch(said) and not named else ""

    def _free_text(self, one: Any) -> str:
        said = str(one)
        inside = any(trace in said.casefold() for trace in self._traces)
        return "" if inside or self._names_somebody(said) else said

    def _names_somebody(self, said: str) -> bool:
        tidy = " ".join(said.split()).strip(" ,;:-_^")
        return self._identity.cleared(said) != tidy


def _each(stated: Any, change: Any) -> Any:
    if isinstance(stated, (list, tuple, MultiValue)):
        return [change(one) for one in stated]
    return change(stated)


def _original(one: Any) -> str:
    """Return a number as the file writes it, which is how the copy would."""
    return str(getattr(one, "original_string", one))


def _empty(tag: int) -> DataElement:
    vr = dictionary_VR(tag).split(" or ")[0]
    return DataElement(tag, vr, Sequence() if vr == "SQ" else None)


def _dummy(tag: int) -> DataElement | None:
    """Return a value that fits and says nothing; ``None`` for a sequence, which is removed."""
    vr = dictionary_VR(tag).split(" or ")[0]
    if vr == "SQ":
        return None
    return DataElement(tag, vr, _DUMMIES.get(vr, 0 if vr in _NUMBERS else _REMOVED))


def _replace(dataset: Dataset, tag: int, element: DataElement | None) -> None:
    if element is None:
        del dataset[tag]
    else:
        dataset[tag] = element


def _capped_age(stated: str) -> str | None:
    found = _AGE.fullmatch(stated.strip())
    if not found:
        return None
    old = found[2] == "Y" and int(found[1]) >= _OLDEST
    return f"{_OLDEST:03d}Y" if old else found[0]
