"""press: a printing press for notebooks that test claims against data. It knows nothing of any subject."""

from press.chapter import Chapter
from press.errors import PressError
from press.facts import Fact

__all__ = ["Chapter", "Fact", "PressError"]
