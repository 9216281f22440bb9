"""How names, e-mail addresses and phone numbers are written down for finding: one form, whoever typed it."""

import re
import unicodedata

import phonenumbers
from django.conf import settings

PHONE_LIKE = re.compile(r"[\s\d().+/\-]{4,}")
SEPARATORS = re.compile(r"[\s,;]+")
INSIDE_NAMES = re.compile("[-'\u30fb]")  # the last one stands between the parts of a foreign name in Japanese
# Scripts that write first and last name without a space between them.
UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
# Letters that Unicode does not take apart, and the apostrophes that tablets type.
ALIKE = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "’": "'", "ʼ": "'", "‘": "'"}
)
TRUNK_ZERO = "(0)"


def plain(text: str) -> str:
    """`text` without case and accents, so that "Éloïse" is found by "eloise"."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(ALIKE))
    return "".join(char for char in decomposed if not unicodedata.combining(char)).strip()


def words(text: str) -> list[str]:
    """The words of `text` in plain form; a hyphenated name counts whole and in its parts."""
    found: list[str] = []
    for word in SEPARATORS.split(plain(text)):
        if word:
            found.append(word)
            found.extend(part for part in INSIDE_NAMES.split(word)[1:] if part)
    return found


def digits(text: str) -> str:
    """The digits of a phone number as 0 to 9, whatever script they are typed in, without a "(0)" in the middle."""
    found = (unicodedata.decimal(char, None) for char in text.replace(TRUNK_ZERO, ""))
    return "".join(str(number) for number in found if number is not None)


def international_phone(text: str, region: str = "") -> str:
    """E.164 where the number can be understood in `region` (ISO country), else what was typed, trimmed."""
    try:
        number = phonenumbers.parse(text, region or settings.PHONE_DEFAULT_REGION)
    except phonenumbers.NumberParseException:
        return text.strip()[:32]
    if not phonenumbers.is_possible_number(number):
        return text.strip()[:32]
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def readable_phone(text: str, region: str = "") -> str:
    """A stored number as people of `region` write it: national at home, international abroad."""
    try:
        number = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException:
        return text
    home = phonenumbers.region_code_for_number(number) == (region or settings.PHONE_DEFAULT_REGION)
    form = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(number, form.NATIONAL if home else form.INTERNATIONAL)


def search_text(*, names: list[str], email: str, phones: list[str], external_ids: list[str]) -> str:
    """What a client is found by, as one line: every word is preceded by a space, so " no" finds starts of words."""
    found = [word for name in names for word in words(name)] + _run_together(names)
    found += [plain(email), *(digits(phone) for phone in phones), *(plain(one) for one in external_ids)]
    found += [digits(one) for one in external_ids if PHONE_LIKE.fullmatch(one)]
    return "".join(f" {word}" for word in dict.fromkeys(found) if word)


def _run_together(names: list[str]) -> list[str]:
    """A name of two parts in both orders as it is written where nothing parts them."""
    if len(names) != 2 or not all(UNSPACED.fullmatch(name) for name in names):
        return []
    first, last = map(plain, names)
    return [last + first, first + last]


def search_terms(query: str) -> list[str]:
    """What `search_text` must contain, all of it, for a client to match what was typed.

    A query that looks like a phone number is one term, without the leading zeros of national and
    international dialling, so that "06 12 34" finds +33 6 12 34.
    """
    if PHONE_LIKE.fullmatch(query) and len(digits(query)) >= 4:
        return [digits(query).lstrip("0") or digits(query)]
    return [f" {word}" for word in SEPARATORS.split(plain(query)) if word][:8]
