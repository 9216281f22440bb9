from integrations.sandbox.markup import Html, el, page, select


def test_text_and_attributes_are_escaped() -> None:
    assert el("p", "<&", title='"x"') == '<p title="&quot;x&quot;">&lt;&amp;</p>'


def test_markup_is_not_escaped_again() -> None:
    assert el("p", el("b", "<"), Html("<i></i>")) == "<p><b>&lt;</b><i></i></p>"


def test_attributes_may_be_flags_and_reserved_words() -> None:
    made = el("input", class_="a", required=True, checked=False, value=None, aria_label="x")

    assert made == '<input class="a" required aria-label="x">'


def test_choice_is_marked() -> None:
    assert '<option value="2" selected>two</option>' in select("N", "n", [(1, "one"), (2, "two")], chosen="2")


def test_page_escapes_its_title() -> None:
    shown = page("<t>", links=(("/", "Home"),)).get_data(as_text=True)

    assert "<t>" not in shown
    assert "<title>&lt;t&gt;</title>" in shown
