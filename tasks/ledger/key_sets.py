"""Sets of row keys: numbers in pages of bits, so that a hundred million take some megabytes."""

from collections.abc import Iterable

PAGE_BITS = 16
PAGE = 1 << PAGE_BITS


class Keys:
    """A set of keys: whole numbers, which may be many, and texts, which are few."""

    def __init__(self) -> None:
        self._pages: dict[int, bytearray] = {}
        self._texts: set[str] = set()

    def add(self, key: int | str) -> None:
        """Take a key in."""
        if isinstance(key, str):
            self._texts.add(key)
            return
        page = self._pages.setdefault(key >> PAGE_BITS, bytearray(PAGE // 8))
        place = key & (PAGE - 1)
        page[place >> 3] |= 1 << (place & 7)

    def add_range(self, first: int, last: int) -> None:
        """Take all numbers from the first to the last in."""
        for number in range(first, last + 1):
            self.add(number)

    def __contains__(self, key: int | str) -> bool:
        if isinstance(key, str):
            return key in self._texts
        page = self._pages.get(key >> PAGE_BITS)
        place = key & (PAGE - 1)
        return page is not None and bool(page[place >> 3] & (1 << (place & 7)))


def ranges(numbers: Iterable[int]) -> list[list[int]]:
    """Write ascending numbers as ranges.

    >>> ranges([1, 2, 3, 7])
    [[1, 3], [7, 7]]
    """
    found: list[list[int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found
