"""Bounded memory: what stays, what leaves, and that sizes add up."""

from __future__ import annotations

from brainscan.ui.store import BoundedStore


def test_keeps_what_fits() -> None:
    store: BoundedStore[str, int] = BoundedStore(10)
    store.put("a", 1, 4)
    store.put("b", 2, 6)
    assert (store.get("a"), store.get("b"), store.used, len(store)) == (1, 2, 10, 2)


def test_least_recently_used_leaves_first() -> None:
    store: BoundedStore[str, int] = BoundedStore(10)
    store.put("a", 1, 4)
    store.put("b", 2, 4)
    store.get("a")
    store.put("c", 3, 4)
    assert (store.get("a"), store.get("b"), store.get("c")) == (1, None, 3)
    assert store.used == 8


def test_replacing_does_not_count_twice() -> None:
    store: BoundedStore[str, int] = BoundedStore(10)
    store.put("a", 1, 8)
    store.put("a", 2, 5)
    assert (store.get("a"), store.used) == (2, 5)


def test_value_larger_than_the_store_is_kept_alone() -> None:
    store: BoundedStore[str, int] = BoundedStore(10)
    store.put("a", 1, 5)
    store.put("b", 2, 50)
    assert (store.get("a"), store.get("b"), len(store)) == (None, 2, 1)


def test_discard_forgets_and_ignores_the_unknown() -> None:
    store: BoundedStore[str, int] = BoundedStore(10)
    store.put("a", 1, 5)
    store.discard("a")
    store.discard("never there")
    assert (store.get("a"), store.used) == (None, 0)
