"""The twelve regions of Morocco (decree 2-15-40 of 2015), by a short name of ours."""

from __future__ import annotations

REGIONS: dict[str, dict[str, str]] = {
    "tanger": {
        "ar": "طنجة - تطوان - الحسيمة",
        "fr": "Tanger-Tétouan-Al Hoceïma",
        "en": "Tangier-Tetouan-Al Hoceima",
        "zgh": "ⵟⴰⵏⵊⴰ - ⵜⵉⵟⵡⴰⵏ - ⵍⵃⵓⵙⵉⵎⴰ",
    },
    "oriental": {"ar": "الشرق", "fr": "L’Oriental", "en": "Oriental", "zgh": "ⵜⴰⵏⴳⵎⵓⴹⵜ"},
    "fes": {"ar": "فاس - مكناس", "fr": "Fès-Meknès", "en": "Fez-Meknes", "zgh": "ⴼⴰⵙ - ⵎⴽⵏⴰⵙ"},
    "rabat": {
        "ar": "الرباط - سلا - القنيطرة",
        "fr": "Rabat-Salé-Kénitra",
        "en": "Rabat-Salé-Kenitra",
        "zgh": "ⵕⵕⴱⴰⵟ - ⵙⵍⴰ - ⵇⵏⵉⵟⵔⴰ",
    },
    "beni-mellal": {
        "ar": "بني ملال - خنيفرة",
        "fr": "Béni Mellal-Khénifra",
        "en": "Beni Mellal-Khenifra",
        "zgh": "ⴱⵏⵉ ⵎⵍⵍⴰⵍ - ⵅⵏⵉⴼⵕⴰ",
    },
    "casablanca": {
        "ar": "الدار البيضاء - سطات",
        "fr": "Casablanca-Settat",
        "en": "Casablanca-Settat",
        "zgh": "ⵜⵉⴳⵎⵎⵉ ⵜⵓⵎⵍⵉⵍⵜ - ⵙⵟⵟⴰⵜ",
    },
    "marrakech": {"ar": "مراكش - آسفي", "fr": "Marrakech-Safi", "en": "Marrakesh-Safi", "zgh": "ⵎⵕⵕⴰⴽⵛ - ⴰⵙⴼⵉ"},
    "draa": {"ar": "درعة - تافيلالت", "fr": "Drâa-Tafilalet", "en": "Draa-Tafilalet", "zgh": "ⴷⵔⴰ - ⵜⴰⴼⵉⵍⴰⵍⵜ"},
    "souss": {"ar": "سوس - ماسة", "fr": "Souss-Massa", "en": "Souss-Massa", "zgh": "ⵙⵓⵙ - ⵎⴰⵙⵙⴰ"},
    "guelmim": {"ar": "كلميم - واد نون", "fr": "Guelmim-Oued Noun", "en": "Guelmim-Oued Noun", "zgh": "ⴳⵍⵎⵉⵎ - ⵡⴰⴷ ⵏⵓⵏ"},
    "laayoune": {
        "ar": "العيون - الساقية الحمراء",
        "fr": "Laâyoune-Sakia El Hamra",
        "en": "Laayoune-Sakia El Hamra",
        "zgh": "ⵍⵄⵢⵓⵏ - ⵜⴰⵔⴳⵡⴰ ⵜⴰⵣⴳⴳⵯⴰⵖⵜ",
    },
    "dakhla": {"ar": "الداخلة - وادي الذهب", "fr": "Dakhla-Oued Ed-Dahab", "en": "Dakhla-Oued Ed-Dahab", "zgh": "ⴷⴷⴰⵅⵍⴰ - ⵡⴰⴷ ⴷⴷⴰⵀⴰⴱ"},
}
