"""The research-use notice that every page, report and exported file carries."""

RESEARCH_USE = "For research use only. Not a medical device. Not for diagnosis or treatment."
