"""Numbers that somebody else wrote are exact, or refused before anything is computed."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitascope.exact import exact


@given(st.fractions())
def test_what_is_written_is_read(number):
    assert exact(str(number)) == number


@pytest.mark.parametrize(
    ("text", "number"), [("2.5", Fraction(5, 2)), (" 4 ", 4), ("1e-3", Fraction(1, 1000)), ("-1E+02", -100)]
)
def test_decimals_and_powers_are_numbers_too(text, number):
    assert exact(text) == number


@pytest.mark.parametrize(
    "text", ["", "x", "nan", "inf", "1/0", "1e9999999", "1E-9999999", "1e9_999_999", "1e+٩٩٩", "9" * 61]
)
def test_what_is_no_number_or_never_ends_is_refused(text):
    with pytest.raises(ValueError, match=r"number|Invalid"):
        exact(text)
