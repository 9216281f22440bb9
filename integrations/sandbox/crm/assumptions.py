"""What the CRM's contract leaves open, decided here. Change the constant and the sandbox follows."""

SEARCH_MOST = 50
MERGED_STATUS = 301
NAME_MOST = 100
CONTACT_MOST = 254
ID_MOST = 100
KEY = "sandbox-crm-key"

ASSUMPTIONS = (
    "Search criteria must all hold; without any it is a 400; 50 customers are given at most (SEARCH_MOST).",
    "external_id is the customer's own id; one that was merged finds the customer she was merged into.",
    "E-mails are compared without case, phones by their digits; phone= finds either number.",
    "Phones are kept as E.164; spaces, dots, hyphens and brackets are taken out; a national number is a 400.",
    "Creating needs a name, an e-mail or a phone; a taken e-mail is a 409 unless allow_duplicate.",
    "An update may take an e-mail that another customer has.",
    "An Idempotency-Key seen before answers what it answered then; with another body it is a 409.",
    "null empties a text; what is equal to what is kept changes neither its time nor updated_at, and is no event.",
    "Merging fills the survivor's empty fields; reading, changing or deleting the other answers 301.",
    "A deleted customer is a 404, and in no search.",
    "Calls are not counted against any quota.",
)
