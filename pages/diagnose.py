"""Diagnose: one or many scans in, an answer with its evidence beside each."""

from __future__ import annotations

from brainscan.ui.page import title

title("Diagnose", "Drop brain MRI slices to read them.")
