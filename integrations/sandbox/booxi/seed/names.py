"""Names from many places, and phone numbers reserved for fiction."""

from random import Random

FRENCH = (
    ("Camille", "Léa", "Chloé", "Zoé", "Anaïs", "Inès", "Hélène", "Margaux", "Jean-Baptiste", "Marie-Noëlle",
     "François", "Jérôme", "Benoît", "Loïc", "Aurélie", "Océane", "Maëlys", "Éléonore", "Gaël", "Solène"),
    ("Dubois", "Lefèvre", "Moreau", "Garnier-Leclerc", "d'Aubigny", "Le Goff", "Béranger", "Noël", "Chevalier", "Roux",
     "Fontaine", "Delacroix", "Saint-Clair", "Müller", "Gauthier", "Besançon", "Hervé", "Ménard", "Rivière", "L'Hôte"),
)  # fmt: skip
ENGLISH = (
    ("Olivia", "Grace", "Siobhán", "Oliver", "Harry", "Florence", "Imogen", "Alistair", "Mary-Ann", "George", "Priya",
     "Freya", "Callum", "Niamh", "Zara", "Edward", "Poppy", "Rhys", "Beatrix", "Dev"),
    ("Smith", "O'Connor", "Taylor-Hughes", "MacDonald", "Patel", "Williams", "Ashworth", "Pemberton", "Khan", "Evans",
     "Whitfield", "St John", "Fitzgerald", "Okafor", "Bennett", "Clarke", "Ó Briain", "Hartley", "Singh", "Wood"),
)  # fmt: skip
AMERICAN = (
    ("Emma", "Sofía", "José", "Ashley", "Brandon", "Xochitl", "Latoya", "DeShawn", "Madison", "Tyler", "Renée",
     "Mackenzie", "Guadalupe", "Ethan", "Nia", "Björn", "Ava", "Thanh", "Zoë", "Kai"),
    ("Johnson", "García", "Núñez", "Washington", "Nguyễn", "Kowalski", "Rodríguez-Peña", "Lee", "Brown", "Van der Berg",
     "Cohen", "Ramírez", "Davis", "Øverland", "Jackson", "Tremblay", "Wu", "Petrović", "Miller", "Ibáñez"),
)  # fmt: skip
JAPANESE = (
    ("花子", "さくら", "陽菜", "太郎", "健一", "美咲", "葵", "翔太", "結衣", "蓮", "凛", "大翔"),
    ("山田", "佐藤", "鈴木", "高橋", "田中", "渡辺", "伊藤", "中村", "小林", "加藤", "吉田", "斎藤"),
)
ARABIC = (
    ("ليلى", "فاطمة", "محمد", "أحمد", "نور", "سارة", "يوسف", "مريم"),
    ("الحسيني", "بن علي", "منصور", "حداد", "خوري", "الفاسي"),
)
BY_COUNTRY = {"FR": FRENCH, "GB": ENGLISH, "US": AMERICAN, "CA": FRENCH, "JP": JAPANESE}
MANY = (FRENCH, ENGLISH, AMERICAN, JAPANESE, ARABIC)

LONGEST = (
    "Maria del Carmen Purificación Esperanza Guadalupe Concepción Fernanda Isabel",
    "von Hohenberg-Württemberg und zu Schwarzenfels-Oberammergau de la Fuente y Villanueva",
)


def person(generator: Random, *, country: str) -> tuple[str, str]:
    """A first and a last name: mostly of the country, sometimes from anywhere, now and then no last name."""
    pool = BY_COUNTRY[country] if generator.random() < 0.85 else generator.choice(MANY)
    first, last = generator.choice(pool[0]), generator.choice(pool[1])
    return (first, "") if generator.random() < 0.01 else (first, last)


def mobile(generator: Random, *, country: str) -> str:
    """An E.164 number from the ranges each country keeps for fiction (for Japan, digits that are never assigned)."""
    number = generator.randrange(10_000)
    return {
        "FR": f"+3363998{number:04d}",
        "GB": f"+447700900{number % 1000:03d}",
        "US": f"+1{201 + number % 700}55501{number % 100:02d}",
        "CA": f"+1{(438, 514)[number % 2]}55501{number % 100:02d}",
        "JP": f"+819000{number:06d}",
    }[country]


def home(generator: Random, *, country: str) -> str:
    number = generator.randrange(10_000)
    return {"FR": f"+3319900{number:04d}", "GB": f"+442079460{number % 1000:03d}"}.get(country, "")


_LOOKS = {
    "FR": lambda digits: f"0{digits[3]} {digits[4:6]} {digits[6:8]} {digits[8:10]} {digits[10:12]}",
    "GB": lambda digits: f"0{digits[3:7]} {digits[7:]}",
    "US": lambda digits: f"({digits[2:5]}) {digits[5:8]}-{digits[8:]}",
    "CA": lambda digits: f"{digits[2:5]}-{digits[5:8]}-{digits[8:]}",
    "JP": lambda digits: f"0{digits[3:5]}-{digits[5:9]}-{digits[9:]}",
}


def as_typed(generator: Random, phone: str, *, country: str) -> str:
    """The number as somebody at a counter might have typed it; mostly it stays E.164."""
    return _LOOKS[country](phone) if phone and generator.random() < 0.15 else phone
