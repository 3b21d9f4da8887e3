"""press: a printing press for notebooks that test claims against data. It knows nothing of any subject."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from press.errors import PressError

if TYPE_CHECKING:
    from press.chapter import Chapter
    from press.facts import Fact

__version__ = "2026.11"
__all__ = ["Chapter", "Fact", "PressError"]


def __getattr__(name: str) -> Any:
    """Load what chapters use when it is asked for: a command that has nothing to do should not wait for pandas."""
    if name == "Chapter":
        from press.chapter import Chapter

        return Chapter
    if name == "Fact":
        from press.facts import Fact

        return Fact
    raise AttributeError(f"module 'press' has no attribute '{name}'")
