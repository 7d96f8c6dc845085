"""The exceptions BrainScan raises on purpose.

Every message is a sentence for a person: what was wrong, what was found, what to do.
Pages and commands show ``str(error)`` as it stands; nothing else may be assumed about it.
"""


class BrainScanError(Exception):
    """Base of every error BrainScan raises on purpose."""


class InputRejected(BrainScanError):
    """A file is not something BrainScan can read as a scan."""


class NotBrainMR(InputRejected):
    """A picture that can be read, but that the input gate takes for no brain MR slice."""


class FileUnreadable(InputRejected):
    """A file is not there or cannot be opened: nothing is known about what it holds."""


class DatasetError(BrainScanError):
    """A folder, ZIP archive or manifest does not describe a usable dataset."""


class ModelUnavailable(BrainScanError):
    """A released model is missing, incomplete or altered."""


class TrainingError(BrainScanError):
    """A training run cannot start, resume or be read."""


class Cancelled(BrainScanError):
    """The user stopped a piece of work before it was finished."""
