"""Loading without looking for garbage, and what that must not cost."""

from __future__ import annotations

import gc
import weakref

import pytest

from app.core.garbage import loading


class Knot:
    """Refers to itself, so that only a look for garbage finds it."""

    def __init__(self) -> None:
        self.itself = self


def test_nothing_looks_for_garbage_while_something_is_loaded():
    with loading():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_load_that_fails_leaves_it_as_it_was():
    with pytest.raises(ImportError), loading():
        raise ImportError
    assert gc.isenabled()


def test_what_was_made_before_a_later_load_can_still_be_garbage():
    with loading():
        pass
    knot = Knot()
    seen = weakref.ref(knot)
    del knot
    with loading():
        pass
    gc.collect()
    assert seen() is None
