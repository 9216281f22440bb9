import pytest

from clienteling import names


def found(query: str, **client: object) -> bool:
    text = names.search_text(**{"names": [], "email": "", "phones": [], "external_ids": []} | client)  # type: ignore[arg-type]
    return bool(names.search_terms(query)) and all(term in text for term in names.search_terms(query))


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ("lea", "Léa", "Noir"),
        ("LÉA NOIR", "Lea", "Noir"),
        ("noir lea", "Lea", "Noir"),
        ("no le", "Lea", "Noir"),
        ("montmorency", "Anne-Marie", "de la Rochefoucauld-Montmorency"),
        ("marie anne", "Anne-Marie", "Roy"),
        ("obrien", "Bo", "OBrien"),
        ("o’brien", "Bo", "O'Brien"),
        ("brien", "Bo", "O’Brien"),
        ("oystein", "Øystein", "Ås"),
        ("strasse", "Eva", "Straße"),
        ("lukasz", "Łukasz", "Nowak"),
        ("isik", "Işık", "Kaya"),
        ("nguyen", "Mai", "Nguyễn"),
        ("محمد", "مُحَمَّد", "الأحمد"),
        ("山田", "太郎", "山田"),
        ("山田太郎", "太郎", "山田"),
        ("山田　太郎", "太郎", "山田"),
        ("ガルシア", "マリア・ガルシア", ""),
        ("noir, lea", "Lea", "Noir"),
    ],
)
def test_search_finds_names_whatever_their_accents_order_and_script(query: str, first: str, last: str) -> None:
    assert found(query, names=[first, last])


@pytest.mark.parametrize(("query", "first", "last"), [("oir", "Lea", "Noir"), ("lea blanc", "Lea", "Noir")])
def test_search_wants_beginnings_of_words_and_all_of_them(query: str, first: str, last: str) -> None:
    assert not found(query, names=[first, last])


@pytest.mark.parametrize(
    "query",
    ["06 12 34 56 78", "0612345678", "+33 6 12 34 56 78", "0033612345678", "+33 (0)6 12 34 56 78", "06.12.34", "3456"]
    + ["٠٦١٢٣٤٥٦٧٨", "０６１２３４５６７８"],
)
def test_search_finds_a_phone_number_in_any_form(query: str) -> None:
    assert found(query, phones=["+33612345678"])


def test_search_for_zeros_does_not_find_everybody() -> None:
    assert names.search_terms("0000") == ["0000"]
    assert not found("0000", names=["Lea", "Noir"])


@pytest.mark.parametrize("query", ["CUST-9", "cust-9", "cust"])
def test_search_finds_a_customer_number(query: str) -> None:
    assert found(query, external_ids=["CUST-9"])


@pytest.mark.parametrize("query", ["2024-0031", "20240031"])
def test_search_finds_a_customer_number_that_looks_like_a_phone_number(query: str) -> None:
    assert found(query, external_ids=["2024-0031"])


def test_search_finds_the_beginning_of_an_email_address() -> None:
    assert found("Lea.Noir@", email="lea.noir@example.org")


def test_search_terms_are_few_however_long_the_query() -> None:
    assert len(names.search_terms("a " * 50)) == 8


@pytest.mark.parametrize("query", ["", "   ", " , ; "])
def test_search_terms_of_nothing_are_none(query: str) -> None:
    assert names.search_terms(query) == []


def test_international_phone_understands_the_number_of_a_region() -> None:
    assert names.international_phone("06 12 34 56 78", "FR") == "+33612345678"
    assert names.international_phone("(212) 555-0100", "US") == "+12125550100"


@pytest.mark.parametrize("text", ["call me", "12", "9" * 5000])
def test_international_phone_keeps_what_it_cannot_understand_and_caps_it(text: str) -> None:
    assert names.international_phone(text, "FR") == text[:32]


def test_readable_phone_is_national_at_home_and_international_abroad() -> None:
    assert names.readable_phone("+33612345678", "FR") == "06 12 34 56 78"
    assert names.readable_phone("+33612345678", "US") == "+33 6 12 34 56 78"
    assert names.readable_phone("call me", "FR") == "call me"
