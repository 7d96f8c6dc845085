"""Figures with n and 95 % intervals, curves, error review, report and exports."""
